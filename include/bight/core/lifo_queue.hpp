// lifo_queue<T>: a last-in, first-out queue.
#pragma once
#include <bight/core/queue.hpp>

namespace bight {

/// A queue that returns the newest item first (asyncio.LifoQueue); otherwise like `queue`.
template <class T>
class lifo_queue final : public basic_queue<T, detail::deque_store<T, true>> {
 public:
  /// `capacity`: the maximum number of items; 0 means unlimited.
  explicit lifo_queue(std::size_t capacity = lifo_queue::unbounded)
      : basic_queue<T, detail::deque_store<T, true>>(capacity) {}
};

}  // namespace bight
