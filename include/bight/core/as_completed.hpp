// as_completed: tasks in the order in which they end.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/task.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace bight {

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
      : left_(tasks.size()), tasks_(std::move(tasks)), listeners_(std::make_unique<listener[]>(left_)) {
    for (std::size_t i = 0; i != left_; ++i) {
      auto& t = detail::task_access::core(tasks_[i]);
      listeners_[i].all = this;
      if (t.finished())
        ended_.try_put(i);
      else
        listeners_[i].listen(t);
    }
  }
  as_completed(const as_completed&) = delete;
  as_completed& operator=(const as_completed&) = delete;
  ~as_completed() = default;

  /// The task that ended next, waiting for one; empty after all of them.
  [[nodiscard]] awaitable<std::optional<task<T>>> next() {
    std::optional<task<T>> none;
    if (left_ == 0) co_return none;
    const auto index = co_await ended_.get();
    --left_;
    co_return std::move(tasks_[*index]);
  }
  /// How many `next` will still give.
  std::size_t left() const noexcept { return left_; }

 private:
  struct listener final : detail::end_listener {
    void task_ended(detail::joinable_task&) noexcept override {
      all->ended_.try_put(static_cast<std::size_t>(this - all->listeners_.get()));
    }
    as_completed* all = nullptr;
  };

  std::size_t left_;
  std::vector<task<T>> tasks_;
  queue<std::size_t> ended_;
  std::unique_ptr<listener[]> listeners_;
};

}  // namespace bight
