// to_thread: blocking calls on a thread.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/thread_job.hpp>
#include <concepts>
#include <functional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace bight {

/// Tag: cancellation abandons the call, which keeps running.
struct abandon_on_cancel_t {
  explicit abandon_on_cancel_t() = default;
};
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

/// Runs `f(args...)` on a thread of the process-wide pool and returns its result (asyncio.to_thread).
///
///     auto digest = co_await bight::to_thread(hash_file, path);
///
/// If `f` takes a std::stop_token as its first argument, it is passed one that is signalled when the task is
/// cancelled. The pool has at most min(32, cores + 4) threads, started on demand, and serves calls in FIFO
/// order. Cancellation: a call that has not started is never made. Otherwise signals the stop token and waits
/// until `f` has returned, since `f` may refer to locals of the caller. A result of `f` is returned, and the
/// cancellation is delivered at the next await that waits; an exception of `f` after the stop request is
/// replaced by cancelled_error. Errors: exceptions of `f`.
template <class F, class... Args>
  requires(!std::same_as<std::decay_t<F>, abandon_on_cancel_t>)
[[nodiscard]] auto to_thread(F&& f, Args&&... args) {
  return detail::thread_call<false, std::decay_t<F>, std::decay_t<Args>...>(
      detail::default_thread_pool(), std::forward<F>(f), std::forward<Args>(args)...);
}

/// Same for calls that cannot be stopped. Cancellation: throws cancelled_error immediately; `f` keeps running
/// and its result is dropped. `f` and `args` are copied and must not refer to objects that may be destroyed
/// before it returns.
template <class F, class... Args>
[[nodiscard]] auto to_thread(abandon_on_cancel_t, F&& f, Args&&... args) {
  return detail::thread_call<true, std::decay_t<F>, std::decay_t<Args>...>(
      detail::default_thread_pool(), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace bight
