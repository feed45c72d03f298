// priority_queue<T>: the least item first.
#pragma once
#include <bight/core/queue.hpp>
#include <functional>

namespace bight {

/// A queue that gives the least item first (asyncio.PriorityQueue), and of equal ones the oldest; everything
/// else is as in `queue`.
///
///     bight::priority_queue<job, std::greater<>> jobs;       // the greatest first
///
/// A consumer gets the least item of the moment in which it runs. Complexity: put and get are logarithmic.
template <class T, class Compare = std::less<>>
class priority_queue final : public basic_queue<T, detail::heap_store<T, Compare>> {
 public:
  /// `capacity`: how many items it holds; zero means no limit.
  explicit priority_queue(std::size_t capacity = priority_queue::unbounded, Compare compare = {})
      : basic_queue<T, detail::heap_store<T, Compare>>(capacity, std::move(compare)) {}
};

}  // namespace bight
