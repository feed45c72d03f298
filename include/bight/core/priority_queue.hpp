// priority_queue<T>: returns the smallest item first.
#pragma once
#include <bight/core/queue.hpp>
#include <functional>

namespace bight {

/// A queue that returns the smallest item first, and equal ones in FIFO order (asyncio.PriorityQueue);
/// otherwise like `queue`.
///
///     bight::priority_queue<job, std::greater<>> jobs;       // the greatest first
///
/// A consumer gets the smallest item at the time it runs. Complexity: put and get are logarithmic.
template <class T, class Compare = std::less<>>
class priority_queue final : public basic_queue<T, detail::heap_store<T, Compare>> {
 public:
  /// `capacity`: the maximum number of items; 0 means unlimited.
  explicit priority_queue(std::size_t capacity = priority_queue::unbounded, Compare compare = {})
      : basic_queue<T, detail::heap_store<T, Compare>>(capacity, std::move(compare)) {}
};

}  // namespace bight
