// to_thread: blocking work, off the loop.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/thread_job.hpp>
#include <concepts>
#include <functional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace bight {

/// Tag: a cancelled to_thread returns at once, and the call runs on without it.
struct abandon_on_cancel_t {
  explicit abandon_on_cancel_t() = default;
};
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

/// Runs `f(args...)` on a thread of the process's pool and returns its result (asyncio.to_thread).
///
///     auto digest = co_await bight::to_thread(hash_file, path);
///
/// If `f` takes a std::stop_token first, it gets one that is signalled when the task is cancelled.
/// The pool has at most min(32, cores + 4) threads, started when needed, first come, first served.
/// Cancellation: a call that has not begun never will. Otherwise signals the stop token and waits until `f`
/// has ended, since `f` may refer to locals of the caller. What `f` returned is then delivered, and the
/// cancellation strikes at the next await that waits; an error that `f` threw after it was stopped gives way
/// to cancelled_error. Errors: what `f` throws.
template <class F, class... Args>
  requires(!std::same_as<std::decay_t<F>, abandon_on_cancel_t>)
[[nodiscard]] auto to_thread(F&& f, Args&&... args) {
  return detail::thread_call<false, std::decay_t<F>, std::decay_t<Args>...>(
      detail::common_crew(), std::forward<F>(f), std::forward<Args>(args)...);
}

/// The same for calls that cannot be stopped. Cancellation: throws cancelled_error at once; `f` runs on and
/// its result is dropped. `f` and `args` are copied and must not refer to anything that may be gone by then.
template <class F, class... Args>
[[nodiscard]] auto to_thread(abandon_on_cancel_t, F&& f, Args&&... args) {
  return detail::thread_call<true, std::decay_t<F>, std::decay_t<Args>...>(
      detail::common_crew(), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace bight
