// Deadlines around work: timeout, wait_for, move_on_after.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/timeout_scope.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/error.hpp>
#include <functional>
#include <optional>
#include <utility>

namespace bight {

/// Runs `body()` and throws timeout_error if it has not ended after `d` (asyncio.timeout).
///
///     auto found = co_await bight::timeout(2s, [&]() -> bight::awaitable<page> { ... });
///
/// The body runs in the calling task. Time counts from the moment this is awaited, before the body's first
/// step. When it is up the body is cancelled, once, and `timeout` waits until it has ended: a result or
/// another error of the body wins over the timeout, and so does a cancellation from outside. Of equal
/// deadlines the outer one strikes first. `forever` sets no limit. `d` of zero or less strikes at the first
/// await that waits, `yield` included, or that lets others run after a long turn. Cost: a look at the clock;
/// nothing is armed unless the body waits.
template <class Rep, class Period, class F>
  requires detail::async_callable<F>
awaitable<detail::call_result_t<F>> timeout(std::chrono::duration<Rep, Period> d, F body) {
  detail::timeout_scope scope{detail::to_duration(d)};
  detail::bounded_awaiter<detail::call_result_t<F>> bounded{scope, detail::to_awaitable(std::move(body)())};
  co_return co_await bounded;
}

/// The same until a moment of the clock (asyncio.timeout_at); one that has passed is a limit of zero.
template <class F>
  requires detail::async_callable<F>
awaitable<detail::call_result_t<F>> timeout_at(clock::time_point deadline, F body) {
  detail::timeout_scope scope{deadline};
  detail::bounded_awaiter<detail::call_result_t<F>> bounded{scope, detail::to_awaitable(std::move(body)())};
  co_return co_await bounded;
}

/// What the body of a timeout can ask and do about it (asyncio.Timeout). Lifetime: that of the body.
class timeout_control {
 public:
  explicit timeout_control(detail::timeout_scope& s) noexcept : scope_(&s) {}
  /// Sets another deadline; clock::time_point::max() for none. One that has passed strikes at once. Throws
  /// std::logic_error if time was up already.
  void reschedule(clock::time_point deadline) { scope_->reschedule(deadline); }
  /// The deadline; clock::time_point::max() if there is none.
  clock::time_point when() const noexcept { return scope_->when(); }
  /// True if time is up: the body is being cancelled.
  bool expired() const noexcept { return scope_->expired_already(); }

 private:
  detail::timeout_scope* scope_;
};

/// `timeout` for a body that wants to move its deadline: `body(control)`.
///
///     co_await bight::timeout(5s, [&](bight::timeout_control& t) -> bight::awaitable<void> {
///       co_await handshake();
///       t.reschedule(bight::clock::now() + 1h);
///       co_await talk();
///     });
template <class Rep, class Period, class F>
  requires detail::async_callable<F, std::reference_wrapper<timeout_control>>
awaitable<detail::call_result_t<F, std::reference_wrapper<timeout_control>>> timeout(
    std::chrono::duration<Rep, Period> d, F body) {
  detail::timeout_scope scope{detail::to_duration(d)};
  timeout_control control{scope};
  using result = detail::call_result_t<F, std::reference_wrapper<timeout_control>>;
  detail::bounded_awaiter<result> bounded{scope, detail::to_awaitable(std::move(body)(control))};
  co_return co_await bounded;
}

/// Awaits `work` and throws timeout_error if it has not ended after `d` (asyncio.wait_for).
///
///     auto item = co_await bight::wait_for(queue.get(), 5s);
///
/// `work` is any awaitable; time counts from the moment this is awaited. With a `d` of zero or less, a
/// coroutine is not started, and a primitive or a task gives what is ready. The rules are those of `timeout`:
/// what `work` returns although it was cancelled is returned, never lost.
template <class A, class Rep, class Period>
  requires detail::awaitable_type<A>
awaitable<detail::await_result_t<A>> wait_for(A&& work, std::chrono::duration<Rep, Period> d) {
  return detail::wait_for(detail::to_awaitable(std::forward<A>(work)), detail::to_duration(d),
                          detail::is_unstarted<std::remove_cvref_t<A>>);
}

/// Like `timeout`, but returns an empty optional instead of throwing when time is up; for a body of void:
/// true if it ended by itself, false if time was up (trio.move_on_after).
template <class Rep, class Period, class F>
  requires detail::async_callable<F>
awaitable<detail::moved_on_t<detail::call_result_t<F>>> move_on_after(std::chrono::duration<Rep, Period> d,
                                                                      F body) {
  detail::timeout_scope scope{detail::to_duration(d)};
  detail::moving_on_awaiter<detail::call_result_t<F>> bounded{scope, detail::to_awaitable(std::move(body)())};
  co_return co_await bounded;
}

}  // namespace bight
