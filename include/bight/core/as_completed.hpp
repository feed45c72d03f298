// as_completed: tasks in order of completion.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/task.hpp>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace bight {

namespace detail {

/// The order in which numbered tasks complete.
class completion_order {
 public:
  explicit completion_order(std::size_t count);
  completion_order(const completion_order&) = delete;
  completion_order& operator=(const completion_order&) = delete;
  ~completion_order();

  void follow(std::size_t number, joinable_task& t);
  /// The number of the next task that completes. Precondition: there is one.
  [[nodiscard]] awaitable<std::size_t> next();

 private:
  class impl;
  pimpl<impl> impl_;
};

}  // namespace detail

/// Returns tasks in order of completion (asyncio.as_completed).
///
///     bight::as_completed ended{std::move(tasks)};
///     auto t = co_await ended.next();
///     while (t) {
///       use(t->result());                       // throws what the task threw
///       t = co_await ended.next();
///     }
///
/// Does not cancel tasks; wrap `next` in a `timeout` to limit the wait. Cancellation of `next`: the task is
/// returned by the next call. Complexity: constant per task. Concurrency: one loop.
template <class T>
class as_completed {
 public:
  explicit as_completed(std::vector<task<T>> tasks)
      : left_(tasks.size()), tasks_(std::move(tasks)), order_(left_) {
    for (std::size_t i = 0; i != left_; ++i) order_.follow(i, detail::task_access::core(tasks_[i]));
  }
  as_completed(const as_completed&) = delete;
  as_completed& operator=(const as_completed&) = delete;
  ~as_completed() = default;

  /// The next task that has completed, waiting for one; nullopt after the last.
  [[nodiscard]] awaitable<std::optional<task<T>>> next() {
    std::optional<task<T>> none;
    if (left_ == 0) co_return none;
    const auto number = co_await order_.next();
    --left_;
    co_return std::move(tasks_[number]);
  }
  /// The number of tasks that `next` has not returned.
  std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
  std::vector<task<T>> tasks_;
  detail::completion_order order_;
};

}  // namespace bight
