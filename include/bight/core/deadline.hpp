// with_deadline, current_deadline: a deadline for everything inside a scope.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/task_local.hpp>
#include <bight/core/timeout.hpp>
#include <utility>

namespace bight {

namespace detail {
/// The deadline of the running task; set only by with_deadline.
task_local<clock::time_point>& ambient_deadline();
}  // namespace detail

/// The deadline of the innermost enclosing with_deadline; clock::time_point::max() if there is none, or no
/// task is running. Inherited by operations that are awaited: members of groups, children of gather and race,
/// calls of to_thread and submit. Not inherited by tasks of bight::spawn and loop::spawn, or by callbacks.
clock::time_point current_deadline();

/// Runs `body()` and throws timeout_error if it has not completed by the deadline, as `timeout` does. In
/// addition, operations inside that wait deliberately (retry, rate_limiter, pool) fail immediately instead of
/// waiting past the deadline, or past an enclosing one.
///
///     co_await bight::with_deadline(2s, [&]() -> bight::awaitable<void> {
///       // No back-off that would end after the deadline.
///       co_await bight::retry(policy, [&] { return client.get(url); });
///     });
///
/// The limit is a time point, a duration that starts when this is awaited, or a deadline_control;
/// rescheduling the latter changes current_deadline() of this task and of what it starts from then on.
/// Cancellation and errors: as for `timeout`.
template <class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> with_deadline(deadline_control& limit, F body) {
  const auto inside = detail::control_access::begin_ambient(limit);
  const auto known = detail::ambient_deadline().with(inside);
  auto& scope = detail::control_access::scope(limit);
  detail::bounded_awaiter<detail::limited_result_t<F>> bounded{scope, detail::call_limited(body, limit)};
  co_return co_await bounded;
}
template <class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> with_deadline(clock::time_point limit, F body) {
  deadline_control control{limit};
  auto work = with_deadline(control, std::move(body));
  co_return co_await std::move(work);
}
template <class Rep, class Period, class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> with_deadline(std::chrono::duration<Rep, Period> limit, F body) {
  deadline_control control{limit};
  auto work = with_deadline(control, std::move(body));
  co_return co_await std::move(work);
}
template <class Limit, class A>
  requires detail::awaitable_type<A> && (!detail::limited_body<A>)
auto with_deadline(Limit&&, A&&) {
  static_assert(detail::never<A>,
                "with_deadline takes a function: with_deadline(limit, [&] { return f(x); })");
  return detail::impossible<awaitable<detail::await_result_t<A>>>();
}

}  // namespace bight
