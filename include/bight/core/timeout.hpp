// Deadlines around work: timeout, wait_for, move_on_after.
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

/// A limit as an object: it can be moved while the work runs, and asked afterwards whether it expired
/// (asyncio.Timeout). For `timeout`, `move_on_after`, `with_deadline` and `wait_for`, in place of the
/// duration:
///
///     bight::deadline_control limit{5s};
///     try {
///       co_await bight::timeout(limit, transfer_all);
///     } catch (const bight::timeout_error&) {
///       if (!limit.expired()) throw;              // another limit, inside or outside
///       ...
///     }
///
/// Where no questions are asked afterwards, the body gets the control as its argument:
///
///     co_await bight::timeout(5s, [&](bight::deadline_control& limit) -> bight::awaitable<void> {
///       co_await handshake();
///       limit.reschedule(bight::clock::now() + 1h);
///       co_await talk();
///     });
///
/// May be used again when the work has ended: a duration then counts anew. Errors: std::logic_error from the
/// await if it is in use already. Concurrency: one loop. Lifetime: must outlive the work.
class deadline_control {
 public:
  /// `d` counts from the moment that the work is awaited. `forever`: no limit. Throws std::invalid_argument
  /// for NaN.
  template <class Rep, class Period>
  explicit deadline_control(std::chrono::duration<Rep, Period> d) : limit_(detail::to_duration(d)) {}
  explicit deadline_control(clock::time_point deadline) noexcept : scope_(deadline) {}
  deadline_control(const deadline_control&) = delete;
  deadline_control& operator=(const deadline_control&) = delete;
  ~deadline_control() = default;

  /// Sets another deadline for the work that runs, or, while none does, for the next;
  /// clock::time_point::max() for none. One that has passed strikes at once. Throws std::logic_error if the
  /// work is being cancelled already because time was up.
  void reschedule(clock::time_point deadline);
  /// The deadline; clock::time_point::max() if there is none, or if it was given as a duration and no work
  /// has begun.
  clock::time_point when() const noexcept { return scope_.when(); }
  /// True if time was up before the work, the last of several, had ended; also if that returned a result all
  /// the same.
  bool expired() const noexcept { return scope_.expired_already(); }

 private:
  friend struct detail::control_access;

  detail::timeout_scope scope_{forever};
  std::optional<clock::duration> limit_;
  clock::time_point outer_ = clock::time_point::max();
  bool ambient_ = false;  // of a with_deadline, inside another one that ends at outer_
};

namespace detail {

struct control_access {
  /// The limit begins. Throws std::logic_error if it is in use.
  static timeout_scope& begin(deadline_control& c);
  /// The same for with_deadline; returns what the deadline is for the tasks inside.
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
/// What the body of a limit returns: `body()`, or else `body(control)`.
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

/// Runs `body()` and throws timeout_error if it has not ended after `d` (asyncio.timeout).
///
///     auto found = co_await bight::timeout(2s, [&]() -> bight::awaitable<page> { ... });
///
/// The body runs in the calling task. Time counts from the moment this is awaited, before the body's first
/// step. When it is up the body is cancelled, once, and `timeout` waits until it has ended: a result or
/// another error of the body wins over the timeout, and so does a cancellation from outside. Of equal
/// deadlines the outer one strikes first. `forever` sets no limit. `d` of zero or less strikes at the first
/// await that waits, `yield` included, or that lets others run after a long turn. A body that wants to move
/// its deadline takes a deadline_control&. Cost: a look at the clock; nothing is armed unless the body waits.
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

/// The same with a limit that is an object: see deadline_control.
template <class F>
  requires detail::limited_body<F>
awaitable<detail::limited_result_t<F>> timeout(deadline_control& limit, F body) {
  auto& scope = detail::control_access::begin(limit);
  detail::bounded_awaiter<detail::limited_result_t<F>> bounded{scope, detail::call_limited(body, limit)};
  co_return co_await bounded;
}

/// The same until a moment of the clock (asyncio.timeout_at); one that has passed is a limit of zero.
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
/// The same with a limit that is an object: see deadline_control.
template <class A>
  requires detail::awaitable_type<A>
awaitable<detail::await_result_t<A>> wait_for(A&& work, deadline_control& limit) {
  return detail::wait_for(detail::to_awaitable(std::forward<A>(work)), limit,
                          detail::is_unstarted<std::remove_cvref_t<A>>);
}

template <class F>
  requires detail::limited_body<F>
awaitable<detail::moved_on_t<detail::limited_result_t<F>>> move_on_after(deadline_control& limit, F body);

/// Like `timeout`, but returns an empty optional instead of throwing when time is up; for a body of void:
/// true if it completed, false if time was up (trio.move_on_after).
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
/// The same with a limit that is an object: see deadline_control.
template <class F>
  requires detail::limited_body<F>
awaitable<detail::moved_on_t<detail::limited_result_t<F>>> move_on_after(deadline_control& limit, F body) {
  auto& scope = detail::control_access::begin(limit);
  detail::moving_on_awaiter<detail::limited_result_t<F>> bounded{scope, detail::call_limited(body, limit)};
  co_return co_await bounded;
}

// Calls where the function was wanted.
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
