// finally, with: asynchronous cleanup that always runs.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/uncancellable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace bight {

namespace detail {

/// Runs a cleanup that cannot be cancelled from outside, for at most `limit`. Errors: its own, and
/// timeout_error.
template <class C>
awaitable<void> clean_up(C& cleanup, clock::duration limit) {
  auto bounded = [&]() -> awaitable<void> {
    auto work = to_awaitable(std::invoke(cleanup));
    co_await wait_for(std::move(work), limit);
  };
  co_await uncancellable(bounded);
}

/// Logs the exception of a cleanup that ran because of another error.
void log_lost_error(const char* where) noexcept;

template <class T, class C>
awaitable<T> finally(awaitable<T> body, C cleanup, clock::duration limit) {
  std::exception_ptr error;
  result_slot<T> value;
  try {
    if constexpr (std::is_void_v<T>)
      co_await std::move(body);
    else
      value.emplace(co_await std::move(body));
  } catch (...) { error = std::current_exception(); }
  try {
    co_await awaitable_access::in_any_case(clean_up(cleanup, limit));
  } catch (...) {
    if (!error) throw;
    log_lost_error("a cleanup");
  }
  if (error) std::rethrow_exception(error);
  co_return value.take();
}

template <class R, class F>
awaitable<call_result_t<F, std::reference_wrapper<R>>> with(R resource, F body, clock::duration limit) {
  const auto close = [&] { return resource.close(); };
  auto call = [](F& f, R& r) -> awaitable<call_result_t<F, std::reference_wrapper<R>>> {
    auto started = to_awaitable(std::invoke(std::move(f), r));
    co_return co_await std::move(started);
  };
  auto work = awaitable_access::in_any_case(finally(call(body, resource), close, limit));
  co_return co_await std::move(work);
}

}  // namespace detail

/// Runs `body()` and then always `cleanup()`, also after an error or cancellation (try/finally with awaits).
/// Cleanup itself is not cancelled. Returns the result of `body`.
///
///     co_await bight::finally([&] { return transfer(db); },
///                             [&]() -> bight::awaitable<void> { co_await db.rollback_if_open(); });
///
/// `limit`: the time allowed for the cleanup; then it is cancelled and fails with timeout_error. Errors:
/// those of `body`; an error of the cleanup is thrown if `body` succeeded, and logged otherwise.
/// Cancellation: a pending request may be delivered before `body` starts; a request during the cleanup is
/// delivered after it.
template <class F, class C>
  requires detail::async_callable<F> && detail::async_callable<C&>
awaitable<detail::call_result_t<F>> finally(F body, C cleanup,
                                            clock::duration limit = std::chrono::seconds{10}) {
  auto work = [](F f) -> awaitable<detail::call_result_t<F>> {
    auto started = detail::to_awaitable(std::move(f)());
    co_return co_await std::move(started);
  };
  return detail::awaitable_access::in_any_case(
      detail::finally(work(std::move(body)), std::move(cleanup), limit));
}

/// Runs `body(resource)` and then always `resource.close()` (Python's async with). Returns the result of
/// `body`. Limit, errors and cancellation: as for `finally`.
///
///     auto connection = co_await net::connect("localhost", 7);
///     co_await bight::with(std::move(connection), [&](net::stream& s) -> bight::awaitable<void> {
///       co_await s.write("hello");
///       co_await s.read_some(buffer);
///     });
template <class R, class F>
  requires detail::async_callable<F, std::reference_wrapper<R>> &&
           detail::awaitable_type<decltype(std::declval<R&>().close())>
awaitable<detail::call_result_t<F, std::reference_wrapper<R>>> with(
    R resource, F body, clock::duration limit = std::chrono::seconds{10}) {
  return detail::awaitable_access::in_any_case(detail::with(std::move(resource), std::move(body), limit));
}

}  // namespace bight
