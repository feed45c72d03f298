// thread_pool, run_in_executor: blocking or long work on threads of one's own.
#pragma once
#include <bight/core/to_thread.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace bight {

/// Options of a thread_pool. Trivially copyable.
struct thread_pool_options {
  /// How many calls run at the same time, each on a thread of its own. 0: one per processor.
  std::size_t threads = 0;
  /// What the system shows of the threads; at most 15 characters.
  const char* name = "bight-pool";
};

/// A bounded number of threads for blocking calls (concurrent.futures.ThreadPoolExecutor): so that one kind
/// of work cannot take the threads of another, or so that no more than so many calls run at a time.
///
///     bight::thread_pool resizers{{.threads = 2}};
///     auto small = co_await bight::run_in_executor(resizers, resize, image, 200);
///
/// Threads start when they are needed. Calls that find all threads busy wait, first come, first served; each
/// has a task that waits for it, so limit those. Where no limit of one's own is needed: `to_thread`.
/// Concurrency: any thread, any number of loops. Lifetime: the destructor takes no more calls and blocks
/// until those that were submitted have ended; a task that submits later gets errc::pool_closed.
class thread_pool {
 public:
  /// Errors: std::invalid_argument if the name is longer than 15 characters.
  explicit thread_pool(const thread_pool_options& options = {});
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool();

  /// The limit.
  std::size_t threads() const noexcept;
  /// Calls that wait for a thread.
  std::size_t waiting() const;
  /// Calls that are being made.
  std::size_t running() const;

 private:
  friend struct detail::thread_pool_access;
  std::shared_ptr<detail::thread_crew> crew_;
};

namespace detail {
struct thread_pool_access {
  static const std::shared_ptr<thread_crew>& crew(const thread_pool& p) noexcept { return p.crew_; }
};
}  // namespace detail

/// Runs `f(args...)` on a thread of `pool` and returns its result (loop.run_in_executor). Everything else is
/// as in `to_thread`. Errors: what `f` throws; errc::pool_closed while the pool is being destroyed.
template <class F, class... Args>
[[nodiscard]] auto run_in_executor(thread_pool& pool, F&& f, Args&&... args) {
  return detail::thread_call<false, std::decay_t<F>, std::decay_t<Args>...>(
      detail::thread_pool_access::crew(pool), std::forward<F>(f), std::forward<Args>(args)...);
}

/// The same for calls that cannot be stopped: see `to_thread(abandon_on_cancel, ...)`.
template <class F, class... Args>
[[nodiscard]] auto run_in_executor(abandon_on_cancel_t, thread_pool& pool, F&& f, Args&&... args) {
  return detail::thread_call<true, std::decay_t<F>, std::decay_t<Args>...>(
      detail::thread_pool_access::crew(pool), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace bight
