// timeout, wait_for, move_on_after, deadline_control: time limits.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/timeout_scope.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/error.hpp>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace bight {

namespace detail {
struct control_access;
}

/// A time limit as an object, which can be rescheduled while the operation is running, and tells afterwards
/// whether it expired (asyncio.Timeout). Pass it to `timeout`, `move_on_after`, `with_deadline` or `wait_for`
/// instead of a duration:
///
///     bight::deadline_control limit{5s};
///     try {
///       co_await bight::timeout(limit, transfer_all);
///     } catch (const bight::timeout_error&) {
///       if (!limit.expired()) throw;              // another limit, inside or outside
///       ...
///     }
///
/// To only reschedule it, let the body take it as its argument:
///
///     co_await bight::timeout(5s, [&](bight::deadline_control& limit) -> bight::awaitable<void> {
///       co_await handshake();
///       limit.reschedule(bight::clock::now() + 1h);
///       co_await talk();
///     });
///
/// Reusable once the operation has completed; a duration then starts again. Errors: std::logic_error from the
/// await if it is in use. Concurrency: one loop. Lifetime: must outlive the operation.
class deadline_control {
 public:
  /// `d` starts when the operation is awaited. `forever`: no limit. Errors: std::invalid_argument for NaN.
  template <class Rep, class Period>
  explicit deadline_control(std::chrono::duration<Rep, Period> d) : limit_(detail::to_duration(d)) {}
  explicit deadline_control(clock::time_point deadline) noexcept : scope_(deadline) {}
  deadline_control(const deadline_control&) = delete;
  deadline_control& operator=(const deadline_control&) = delete;
  ~deadline_control() = default;

  /// Changes the deadline of the running operation, or else of the next one; clock::time_point::max() means
  /// none. A deadline that has passed expires immediately. Errors: std::logic_error if it has already
  /// expired.
  void reschedule(clock::time_point deadline);
  /// The deadline; clock::time_point::max() if there is none, or if it was given as a duration and no
  /// operation has started.
  clock::time_point when() const noexcept { return scope_.when(); }
  /// Whether it expired during the last operation, even if that returned a result.
  bool expired() const noexcept { return scope_.expired_already(); }

 private:
  friend struct detail::control_access;

  detail::timeout_scope scope_{forever};
  std::optional<clock::duration> limit_;
  clock::time_point outer_ = clock::time_point::max();
  bool ambient_ = false;  // of a with_deadline; an enclosing one ends at outer_
};

namespace detail {

struct control_access {
  /// Starts the limit. Errors: std::logic_error if it is in use.
  static timeout_scope& begin(deadline_control& c);
  /// Same for with_deadline; returns the resulting deadline of the tasks inside.
  static clock::time_point begin_ambient(deadline_control& c);
  static timeout_scope& scope(deadline_control& c) noexcept { return c.scope_; }
};

template <class F>
struct limited_result {};
template <class F>
  requires(!async_callable<F> &&
           requires { typename await_result_t<std::invoke_result_t<F, deadline_control&>>; })
struct limited_result<F> {
  using type = await_result_t<std::invoke_result_t<F, deadline_control&>>;
};
template <async_callable F>
struct limited_result<F> {
  using type = call_result_t<F>;
};
/// The result of `body()`, or else of `body(control)`.
template <class F>
using limited_result_t = typename limited_result<std::decay_t<F>>::type;
template <class F>
concept limited_body = requires { typename limited_result_t<F>; };

template <class F>
awaitable<limited_result_t<F>> call_limited(F& body, deadline_control& control) {
  if constexpr (async_callable<F>)
    return to_awaitable(std::move(body)());
  else
    return to_awaitable(std::move(body)(control));
}

template <class T>
awaitable<T> wait_for(awaitable<T> work, deadline_control& control, bool unstarted) {
  auto& scope = control_access::begin(control);
  if (scope.over()) {
    if (unstarted) {
      scope.give_up();
      throw_timeout_error();
    }
    fresh_turn turn;
    co_await turn;
  }
  bounded_awaiter<T> bounded{scope, std::move(work)};
  co_return co_await bounded;
}

}  // namespace detail

template <class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> timeout(deadline_control& limit, F body);

/// Runs `body()` and throws timeout_error if it has not completed within `d` (asyncio.timeout).
///
///     auto found = co_await bight::timeout(2s, [&]() -> bight::awaitable<page> { ... });
///
/// The body runs in the calling task. The time starts when this is awaited, before the body starts. When it
/// is up, the body is cancelled once, and `timeout` waits until it has ended: a result or another error of
/// the body takes precedence over the timeout, and so does a cancellation from outside. Of equal deadlines,
/// the outer one is delivered first. `forever` means no limit. If `d` is zero or less, the timeout is
/// delivered at the first await that waits or yields. A body that reschedules its deadline takes a
/// deadline_control&. Cost: reads the clock; a timer is armed only if the body waits.
template <class Rep, class Period, class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> timeout(std::chrono::duration<Rep, Period> d, F body) {
  if constexpr (detail::async_callable<F>) {
    detail::timeout_scope scope{detail::to_duration(d)};
    detail::bounded_awaiter<detail::call_result_t<F>> bounded{scope, detail::to_awaitable(std::move(body)())};
    co_return co_await bounded;
  } else {
    deadline_control limit{d};
    auto work = timeout(limit, std::move(body));
    co_return co_await std::move(work);
  }
}

/// Same with a deadline_control.
template <class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> timeout(deadline_control& limit, F body) {
  auto& scope = detail::control_access::begin(limit);
  detail::bounded_awaiter<detail::limited_result_t<F>> bounded{scope, detail::call_limited(body, limit)};
  co_return co_await bounded;
}

/// Same with a time point (asyncio.timeout_at); one that has passed is a limit of zero.
template <class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> timeout_at(clock::time_point deadline, F body) {
  if constexpr (detail::async_callable<F>) {
    detail::timeout_scope scope{deadline};
    detail::bounded_awaiter<detail::call_result_t<F>> bounded{scope, detail::to_awaitable(std::move(body)())};
    co_return co_await bounded;
  } else {
    deadline_control limit{deadline};
    auto work = timeout(limit, std::move(body));
    co_return co_await std::move(work);
  }
}

/// Awaits `work` and throws timeout_error if it has not completed within `d` (asyncio.wait_for).
///
///     auto item = co_await bight::wait_for(queue.get(), 5s);
///
/// `work` is any awaitable; the time starts when this is awaited. If `d` is zero or less, a coroutine is not
/// started, and a primitive or a task returns only what is ready. Otherwise as for `timeout`: a result that
/// `work` returns after its cancellation is not lost.
template <class A, class Rep, class Period>
  requires detail::awaitable_type<A>
awaitable<detail::await_result_t<A>> wait_for(A&& work, std::chrono::duration<Rep, Period> d) {
  return detail::wait_for(detail::to_awaitable(std::forward<A>(work)), detail::to_duration(d),
                          detail::is_unstarted<std::remove_cvref_t<A>>);
}
/// Same with a deadline_control.
template <class A>
  requires detail::awaitable_type<A>
awaitable<detail::await_result_t<A>> wait_for(A&& work, deadline_control& limit) {
  return detail::wait_for(detail::to_awaitable(std::forward<A>(work)), limit,
                          detail::is_unstarted<std::remove_cvref_t<A>>);
}

template <class F>
  requires detail::limited_body<F>
awaitable<detail::moved_on_t<detail::limited_result_t<F>>> move_on_after(deadline_control& limit, F body);

/// Like `timeout`, but returns nullopt instead of throwing when the time is up; for a void body, returns
/// whether it completed (trio.move_on_after).
template <class Rep, class Period, class F>
  requires detail::limited_body<F>
awaitable<detail::moved_on_t<detail::limited_result_t<F>>> move_on_after(std::chrono::duration<Rep, Period> d,
                                                                         F body) {
  if constexpr (detail::async_callable<F>) {
    detail::timeout_scope scope{detail::to_duration(d)};
    detail::moving_on_awaiter<detail::call_result_t<F>> bounded{scope,
                                                                detail::to_awaitable(std::move(body)())};
    co_return co_await bounded;
  } else {
    deadline_control limit{d};
    auto work = move_on_after(limit, std::move(body));
    co_return co_await std::move(work);
  }
}
/// Same with a deadline_control.
template <class F>
  requires detail::limited_body<F>
awaitable<detail::moved_on_t<detail::limited_result_t<F>>> move_on_after(deadline_control& limit, F body) {
  auto& scope = detail::control_access::begin(limit);
  detail::moving_on_awaiter<detail::limited_result_t<F>> bounded{scope, detail::call_limited(body, limit)};
  co_return co_await bounded;
}

// Only for their error messages: a call instead of a function.
template <class Limit, class A>
  requires detail::awaitable_type<A> && (!detail::limited_body<A>)
auto timeout(Limit&&, A&&) {
  static_assert(
      detail::never<A>,
      "timeout takes a function: timeout(limit, [&] { return f(x); }); wait_for(f(x), limit) takes a call");
  return detail::impossible<awaitable<detail::await_result_t<A>>>();
}
template <class Limit, class A>
  requires detail::awaitable_type<A> && (!detail::limited_body<A>)
auto timeout_at(Limit&&, A&&) {
  static_assert(detail::never<A>, "timeout_at takes a function: timeout_at(limit, [&] { return f(x); })");
  return detail::impossible<awaitable<detail::await_result_t<A>>>();
}
template <class Limit, class A>
  requires detail::awaitable_type<A> && (!detail::limited_body<A>)
auto move_on_after(Limit&&, A&&) {
  static_assert(detail::never<A>,
                "move_on_after takes a function: move_on_after(limit, [&] { return f(x); })");
  return detail::impossible<awaitable<detail::moved_on_t<detail::await_result_t<A>>>>();
}

}  // namespace bight
