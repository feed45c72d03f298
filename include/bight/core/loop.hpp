// The event loop.
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

/// How a loop tells the time.
enum class clock_mode : std::uint8_t {
  real,      ///< std::chrono::steady_clock.
  virtual_,  ///< Jumps to the next deadline when every task waits and no external work is in flight. For
             ///< tests.
};

/// Options of a loop. Trivially copyable: designated initialisers are safe everywhere.
struct loop_options {
  clock_mode clock = clock_mode::real;
  /// Logs steps that keep the loop too long, while they do (a thread looks at that) and with both ends
  /// afterwards; tasks that wait for each other in a circle; awaitables and primitives that were dropped
  /// without having been awaited; and tasks that are destroyed with the loop before they have ended. `spawn`,
  /// `call_soon` and its kin from another thread are logged and throw errc::wrong_loop; `task::cancel` from
  /// there is logged and does nothing. Also switched on by the environment: BIGHT_DEBUG=1. Costs about 0.5 us
  /// per step; switched off, one branch.
  bool debug = false;
  /// With `debug`: a step that takes longer is too long.
  std::chrono::nanoseconds slow_step = std::chrono::milliseconds{100};
  /// Not 0: ready tasks run in an order that is made from this seed, and any await may let others run first.
  /// Shows what depends on an order that nobody promised; for tests.
  std::uint64_t shuffle_seed = 0;
  /// Every await lets others run first. For tests.
  bool yield_at_every_await = false;
  /// Ready tasks run in turns; after so many turns, the loop looks at descriptors and timers.
  int turns_per_poll = 64;
  /// ... or after this long.
  std::chrono::microseconds time_per_poll{50};
};

/// An event loop: one Boost.Asio io_context, one thread, any number of tasks (asyncio's event loop).
///
/// Most programs never name it: `run` makes one. Code between two awaits is atomic, since only one thread
/// runs the tasks of a loop; nothing migrates to another loop. Concurrency: everything on the loop's thread
/// only, except `call_soon_threadsafe`. Lifetime: destroying a loop destroys its unfinished tasks where they
/// wait, without running them.
class loop {
 public:
  /// A loop with an io_context of its own.
  explicit loop(loop_options options = {});
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// The loop that runs on this thread. Throws errc::wrong_loop if there is none.
  static loop& current();

  /// Starts `f(args...)` as a task of this loop; see bight::spawn. The loop need not run yet.
  template <class F, class... Args>
    requires detail::async_callable<F, Args...>
  [[nodiscard("a task that nobody awaits: say so with .detach()")]] task<detail::call_result_t<F, Args...>>
  spawn(F&& f, Args&&... args) {
    auto& c = core();
    return task<detail::call_result_t<F, Args...>>{
        detail::make_task(c, detail::root_owner(c), std::forward<F>(f), std::forward<Args>(args)...)};
  }

  // For the error message alone.
  template <class F, class... Args>
    requires detail::wrong_call<F, Args...>
  auto spawn(F&&, Args&&...) {
    return task<detail::explained_t<F, Args...>>{};
  }

  /// Runs until `t` has ended. Deadlock in which nothing can end it: throws deadlock_error.
  /// Errors: errc::loop_running if a loop runs on this thread already, or this loop on another;
  /// errc::wrong_loop if `t` is a task of another loop.
  template <class T>
  void run_until(const task<T>& t) {
    run_until(detail::task_access::base(t));
  }

  /// Cancels every task and runs until all have ended. Tasks that these start to clean up are cancelled after
  /// them. While some ignore it, says so in the log every 10 s.
  void shut_down();

  /// Replaces what happens to errors that no code retrieves: of a task whose last handle has gone, of a
  /// member of a supervised_group, of a function that `call_soon` or its kin called (the task is not valid
  /// then). By default, and with an empty handler, they are logged. Returns the old one
  /// (loop.set_exception_handler of asyncio). What the handler throws is logged.
  ///
  ///     bight::loop::current().set_exception_handler([](const bight::any_task& t, std::exception_ptr e) {
  ///       std::cerr << (t.valid() ? t.name() : "a callback") << ": " << bight::describe(e) << '\n';
  ///     });
  exception_handler set_exception_handler(exception_handler handler);

  /// Calls `f()` in a turn of its own, after what is ready now. What it throws goes to the exception handler.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  callback_handle call_soon(F&& f) {
    auto& c = *new detail::stored_callback<std::decay_t<F>>(core(), std::forward<F>(f));
    callback_handle handle{c};
    c.call_soon();
    return handle;
  }
  /// Calls `f()` after `d`; zero or less is soon. Errors: std::invalid_argument for NaN.
  template <class Rep, class Period, class F>
    requires std::invocable<std::decay_t<F>&>
  callback_handle call_later(std::chrono::duration<Rep, Period> d, F&& f) {
    return call_at(detail::deadline_after(clock::now(), detail::to_duration(d)), std::forward<F>(f));
  }
  /// Calls `f()` when the clock says `when`, or soon if it has passed.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  callback_handle call_at(clock::time_point when, F&& f) {
    auto& c = *new detail::stored_callback<std::decay_t<F>>(core(), std::forward<F>(f));
    callback_handle handle{c};
    c.call_at(when);
    return handle;
  }

  /// A way to this loop for other threads. Loop thread only.
  loop_handle handle();
  /// Calls `f` on the loop's thread, soon. From any thread. Keeps the loop running until then.
  /// What `f` throws goes to the exception handler.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  void call_soon_threadsafe(F&& f) {
    detail::send(mail(), std::make_shared<detail::posted_call<std::decay_t<F>>>(std::forward<F>(f)));
  }

 private:
  friend struct detail::asio_access;
  friend class detail::loop_impl;
  explicit loop(std::shared_ptr<detail::loop_impl> attached) noexcept;
  /// In debug mode refuses other threads.
  detail::loop_core& core();
  detail::mailbox& mail() const noexcept;
  void run_until(detail::task_base& t);

  std::shared_ptr<detail::loop_impl> impl_;
};

}  // namespace bight
