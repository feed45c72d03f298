// as_completed: tasks in the order in which they end.
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

/// Of tasks that were numbered, which end when.
class order_of_ends {
 public:
  explicit order_of_ends(std::size_t count);
  order_of_ends(const order_of_ends&) = delete;
  order_of_ends& operator=(const order_of_ends&) = delete;
  ~order_of_ends();

  void follow(std::size_t number, joinable_task& t);
  /// The number of the task that ended next. Precondition: there is one more.
  [[nodiscard]] awaitable<std::size_t> next();

 private:
  class impl;
  pimpl<impl> impl_;
};

}  // namespace detail

/// Gives tasks in the order in which they end (asyncio.as_completed).
///
///     bight::as_completed ended{std::move(tasks)};
///     auto t = co_await ended.next();
///     while (t) {
///       use(t->result());                       // throws what the task threw
///       t = co_await ended.next();
///     }
///
/// Cancels nothing. Cancellation of `next`: the task stays for the next call. Concurrency: one loop.
/// Complexity: constant for each task. Put a `timeout` around it for a limit.
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

  /// The task that ended next, waiting for one; empty after all of them.
  [[nodiscard]] awaitable<std::optional<task<T>>> next() {
    std::optional<task<T>> none;
    if (left_ == 0) co_return none;
    const auto number = co_await order_.next();
    --left_;
    co_return std::move(tasks_[number]);
  }
  /// How many `next` will still give.
  std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
  std::vector<task<T>> tasks_;
  detail::order_of_ends order_;
};

}  // namespace bight
