// loop: the event loop.
#pragma once
#include <bight/core/any_task.hpp>
#include <bight/core/callback_handle.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/loop_handle.hpp>
#include <bight/core/task.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace bight {

namespace detail {
class loop_impl;
struct asio_access;
loop_core& core_of(loop& l) noexcept;
}  // namespace detail

/// The clock of a loop.
enum class clock_mode : std::uint8_t {
  real,      ///< std::chrono::steady_clock.
  virtual_,  ///< Jumps to the next deadline when all tasks wait and no external work is in progress. For
             ///< tests.
};

/// Options of a loop. Trivially copyable.
struct loop_options {
  clock_mode clock = clock_mode::real;
  /// Debug mode. Logs steps that block the loop for too long (while they last, from a watchdog thread, and
  /// afterwards with both ends); cycles of waiting tasks; awaitables and primitives that were never awaited;
  /// and tasks that are destroyed with the loop before they have completed. `spawn`, `call_soon` and its kin
  /// from another thread are logged and throw errc::wrong_loop; `task::cancel` from another thread is logged
  /// and ignored. Also enabled by the environment variable BIGHT_DEBUG=1. Costs about 0.5 us per step; one
  /// branch if disabled.
  bool debug = false;
  /// With `debug`: steps that take longer are reported.
  std::chrono::nanoseconds slow_step_threshold = std::chrono::milliseconds{100};
  /// If not 0, ready tasks run in a random order generated from this seed, and any await may yield. Reveals
  /// dependencies on unspecified orders. For tests.
  std::uint64_t shuffle_seed = 0;
  /// Every await yields. For tests.
  bool yield_at_every_await = false;
  /// The loop polls descriptors and timers after so many turns of ready tasks ...
  int max_turns_per_poll = 64;
  /// ... or after so much time.
  std::chrono::microseconds max_time_per_poll{50};
};

/// An event loop: one Boost.Asio io_context, one thread, any number of tasks (asyncio's event loop).
///
/// Most programs use it only through `run`. Code between two awaits is atomic, since a loop runs all its
/// tasks on one thread; tasks never migrate to other loops. Concurrency: loop thread only, except for
/// `call_soon_threadsafe`. Lifetime: destroying a loop destroys its unfinished tasks where they wait, without
/// resuming them.
class loop {
 public:
  /// Creates a loop with its own io_context.
  explicit loop(loop_options options = {});
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// The loop that runs on this thread. Errors: errc::wrong_loop if there is none.
  static loop& current();

  /// Starts `f(args...)` as a task of this loop; see bight::spawn. The loop need not be running.
  template <class F, class... Args>
    requires detail::async_callable<F, Args...>
  [[nodiscard(
      "the task is not awaited: call .detach() if that is intended")]] task<detail::call_result_t<F, Args...>>
  spawn(F&& f, Args&&... args) {
    auto& c = core();
    return task<detail::call_result_t<F, Args...>>{
        detail::make_task(c, detail::root_owner(c), std::forward<F>(f), std::forward<Args>(args)...)};
  }

  // Only for its error message.
  template <class F, class... Args>
    requires detail::wrong_call<F, Args...>
  auto spawn(F&&, Args&&...) {
    return task<detail::explained_t<F, Args...>>{};
  }

  /// Runs the loop until `t` has completed. Errors: deadlock_error if nothing can complete it;
  /// errc::loop_running if a loop is running on this thread, or this loop on another one; errc::wrong_loop if
  /// `t` belongs to another loop.
  template <class T>
  void run_until(const task<T>& t) {
    run_until(detail::task_access::base(t));
  }

  /// Cancels all tasks and runs until they have ended. Tasks that they spawn for cleanup are cancelled after
  /// them. Logs the remaining tasks every 10 s.
  void shut_down();

  /// Sets the handler of errors that no code retrieves: of a task whose last handle is destroyed, of a member
  /// of a supervised_group, of a function called by `call_soon` and its kin (then the task is not valid). By
  /// default, and with an empty handler, they are logged. Returns the previous handler
  /// (loop.set_exception_handler of asyncio). Exceptions of the handler are logged.
  ///
  ///     bight::loop::current().set_exception_handler([](const bight::any_task& t, std::exception_ptr e) {
  ///       std::cerr << (t.valid() ? t.name() : "a callback") << ": " << bight::describe(e) << '\n';
  ///     });
  exception_handler set_exception_handler(exception_handler handler);

  /// Calls `f()` in a later turn, after what is ready now. Its exceptions are passed to the exception
  /// handler.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  callback_handle call_soon(F&& f) {
    auto& c = *new detail::stored_callback<std::decay_t<F>>(core(), std::forward<F>(f));
    callback_handle handle{c};
    c.call_soon();
    return handle;
  }
  /// Calls `f()` after `d`; if not positive, as `call_soon`. Errors: std::invalid_argument for NaN.
  template <class Rep, class Period, class F>
    requires std::invocable<std::decay_t<F>&>
  callback_handle call_later(std::chrono::duration<Rep, Period> d, F&& f) {
    return call_at(detail::deadline_after(clock::now(), detail::to_duration(d)), std::forward<F>(f));
  }
  /// Calls `f()` at `when`; if that has passed, as `call_soon`.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  callback_handle call_at(clock::time_point when, F&& f) {
    auto& c = *new detail::stored_callback<std::decay_t<F>>(core(), std::forward<F>(f));
    callback_handle handle{c};
    c.call_at(when);
    return handle;
  }

  /// Returns a handle to this loop for other threads. Loop thread only.
  loop_handle handle();
  /// Calls `f` on the loop's thread. Thread-safe. Keeps the loop running until then. Its exceptions are
  /// passed to the exception handler.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  void call_soon_threadsafe(F&& f) {
    detail::send(mail(), std::make_shared<detail::posted_call<std::decay_t<F>>>(std::forward<F>(f)));
  }

 private:
  friend struct detail::asio_access;
  friend class detail::loop_impl;
  explicit loop(std::shared_ptr<detail::loop_impl> attached) noexcept;
  /// In debug mode, throws on other threads.
  detail::loop_core& core();
  detail::mailbox& mail() const noexcept;
  void run_until(detail::task_base& t);

  std::shared_ptr<detail::loop_impl> impl_;
};

}  // namespace bight
