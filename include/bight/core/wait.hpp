// wait: waits for some of several tasks.
#pragma once
#include <bight/core/any_task.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/task.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

/// The condition for which `wait` waits.
enum class return_when : std::uint8_t {
  first_completed,  ///< A task has completed.
  first_exception,  ///< A task has failed (not: was cancelled), or all have completed.
  all_completed,    ///< All tasks have completed.
};

/// The result of `wait`; both in argument order.
template <class T>
struct wait_result {
  std::vector<T> done;
  std::vector<T> pending;
};

namespace detail {
/// Returns when the condition holds or `limit` has passed. Errors: std::invalid_argument if there are no
/// tasks.
awaitable<void> wait_for_tasks(std::vector<any_task> tasks, return_when when, clock::duration limit);
}  // namespace detail

/// Waits for tasks, at most for `limit` (asyncio.wait). Does not throw their errors, cancels nothing, and
/// does not throw on a timeout.
///
///     auto [done, pending] = co_await bight::wait(tasks, bight::return_when::first_completed);
///
/// Errors: std::invalid_argument if there are no tasks. Cancellation: stops waiting; the tasks are not
/// affected. Complexity: linear in the number of tasks per call; to process tasks one by one, see
/// `as_completed`.
template <class T>
awaitable<wait_result<task<T>>> wait(std::vector<task<T>> tasks,
                                     return_when when = return_when::all_completed,
                                     clock::duration limit = forever) {
  std::vector<any_task> all(tasks.begin(), tasks.end());
  co_await detail::wait_for_tasks(std::move(all), when, limit);
  wait_result<task<T>> result;
  for (auto& t : tasks) (t.done() ? result.done : result.pending).push_back(std::move(t));
  co_return result;
}
/// Same for tasks of different types.
awaitable<wait_result<any_task>> wait(std::vector<any_task> tasks,
                                      return_when when = return_when::all_completed,
                                      clock::duration limit = forever);

namespace detail {
template <class First, class... Rest>
using waited_t = std::conditional_t<(std::is_same_v<First, Rest> && ...), First, any_task>;
}  // namespace detail

/// Same for individual tasks: `wait(t, u)`, `wait(return_when::first_completed, t, u)`. The result has
/// handles of their type, or any_task if the types differ.
template <std::convertible_to<any_task> First, std::convertible_to<any_task>... Rest>
awaitable<wait_result<detail::waited_t<First, Rest...>>> wait(return_when when, const First& first,
                                                              const Rest&... rest) {
  std::vector<detail::waited_t<First, Rest...>> tasks;
  tasks.reserve(1 + sizeof...(Rest));
  tasks.emplace_back(first);
  (tasks.emplace_back(rest), ...);
  return wait(std::move(tasks), when);
}
template <std::convertible_to<any_task> First, std::convertible_to<any_task>... Rest>
awaitable<wait_result<detail::waited_t<First, Rest...>>> wait(const First& first, const Rest&... rest) {
  return wait(return_when::all_completed, first, rest...);
}

}  // namespace bight
