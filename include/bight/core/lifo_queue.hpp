// lifo_queue<T>: the newest item first.
#pragma once
#include <bight/core/queue.hpp>

namespace bight {

/// A queue that gives the newest item first (asyncio.LifoQueue); everything else is as in `queue`.
template <class T>
class lifo_queue final : public basic_queue<T, detail::line_store<T, true>> {
 public:
  /// `capacity`: how many items it holds; zero means no limit.
  explicit lifo_queue(std::size_t capacity = lifo_queue::unbounded)
      : basic_queue<T, detail::line_store<T, true>>(capacity) {}
};

}  // namespace bight
