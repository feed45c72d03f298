// with_deadline, current_deadline: a limit for all that happens inside.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/task_local.hpp>
#include <bight/core/timeout.hpp>
#include <utility>

namespace bight {

namespace detail {
/// The deadline of the running task; set by with_deadline alone.
task_local<clock::time_point>& ambient_deadline();
}  // namespace detail

/// The deadline of the innermost with_deadline around the running task; clock::time_point::max() if there is
/// none, or no task. What is waited for inherits it: members of groups, children of gather and race, calls
/// of to_thread and submit. Tasks that run on their own do not: those of bight::spawn and loop::spawn, and
/// callbacks.
clock::time_point current_deadline();

/// Runs `body()` until `deadline`, or the earlier one of a with_deadline outside: then throws timeout_error,
/// as timeout_at does. What waits on purpose inside (retry, rate_limiter, pool) knows of it, and gives up at
/// once where it would wait past it.
///
///     co_await bight::with_deadline(2s, [&]() -> bight::awaitable<void> {
///       // No back-off that would end after the deadline.
///       co_await bight::retry(policy, [&] { return client.get(url); });
///     });
///
/// A duration counts from the moment this is awaited. Cancellation and errors: as of timeout_at.
template <class F>
  requires detail::async_callable<F>
awaitable<detail::call_result_t<F>> with_deadline(clock::time_point deadline, F body) {
  const auto outer = current_deadline();
  const auto until = outer < deadline ? outer : deadline;
  const auto scope = detail::ambient_deadline().with(until);
  auto work = timeout_at(until, std::move(body));
  co_return co_await std::move(work);
}
template <class Rep, class Period, class F>
  requires detail::async_callable<F>
awaitable<detail::call_result_t<F>> with_deadline(std::chrono::duration<Rep, Period> d, F body) {
  const auto deadline = detail::deadline_after(clock::now(), detail::to_duration(d));
  auto work = with_deadline(deadline, std::move(body));
  co_return co_await std::move(work);
}

}  // namespace bight
