// thread_pool, run_in_executor: blocking calls on a pool of threads.
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
  /// The maximum number of threads, and thus of concurrent calls; 0: one per processor.
  std::size_t max_threads = 0;
  /// The name of the threads in the system, at most 15 characters.
  const char* name = "bight-pool";
};

/// A bounded pool of threads for blocking calls (concurrent.futures.ThreadPoolExecutor), to separate or limit
/// one kind of work.
///
///     bight::thread_pool resizers{{.max_threads = 2}};
///     auto small = co_await bight::run_in_executor(resizers, resize, image, 200);
///
/// Threads are started on demand. Calls wait in FIFO order while all threads are busy; each has a waiting
/// task, so limit their number. If you need no limit of your own, use `to_thread`. Concurrency: any thread,
/// any number of loops. Lifetime: the destructor refuses new calls (errc::pool_closed) and blocks until the
/// submitted ones have completed.
class thread_pool {
 public:
  /// Errors: std::invalid_argument if the name is longer than 15 characters.
  explicit thread_pool(const thread_pool_options& options = {});
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool();

  /// The maximum number of threads.
  std::size_t threads() const noexcept;
  /// The number of queued calls.
  std::size_t waiting() const;
  /// The number of running calls.
  std::size_t running() const;

 private:
  friend struct detail::thread_pool_access;
  std::shared_ptr<detail::thread_pool_core> core_;
};

namespace detail {
struct thread_pool_access {
  static const std::shared_ptr<thread_pool_core>& core(const thread_pool& p) noexcept { return p.core_; }
};
}  // namespace detail

/// Runs `f(args...)` on a thread of `pool` and returns its result (loop.run_in_executor); otherwise like
/// `to_thread`. Errors: exceptions of `f`; errc::pool_closed while the pool is being destroyed.
template <class F, class... Args>
[[nodiscard]] auto run_in_executor(thread_pool& pool, F&& f, Args&&... args) {
  return detail::thread_call<false, std::decay_t<F>, std::decay_t<Args>...>(
      detail::thread_pool_access::core(pool), std::forward<F>(f), std::forward<Args>(args)...);
}

/// Same for calls that cannot be stopped: see `to_thread(abandon_on_cancel, ...)`.
template <class F, class... Args>
[[nodiscard]] auto run_in_executor(abandon_on_cancel_t, thread_pool& pool, F&& f, Args&&... args) {
  return detail::thread_call<true, std::decay_t<F>, std::decay_t<Args>...>(
      detail::thread_pool_access::core(pool), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace bight
