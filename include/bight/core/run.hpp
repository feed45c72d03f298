// run, run_main: run a coroutine from ordinary code.
#pragma once
#include <bight/core/detail/local_values.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/task.hpp>
#include <chrono>
#include <functional>
#include <utility>

namespace bight {

/// Options of `run`. Trivially copyable.
struct run_options {
  loop_options loop = {};
  /// SIGINT and SIGTERM cancel the main task; a second one ends the process immediately, even while a step
  /// blocks the loop, with status 128 + signal. SIGUSR1 logs dump_tasks. Applies only to signals with the
  /// default action: existing handlers and SIG_IGN are kept (as in asyncio.Runner). While a `signals` object
  /// handles a signal, `run` ignores it. The default action is restored afterwards.
  bool handle_signals = true;
  /// The time allowed for cancelled tasks to end after the main task. Then the process is ended, since frames
  /// with operations in progress cannot be destroyed.
  std::chrono::nanoseconds shutdown_timeout = std::chrono::nanoseconds::max();
};

namespace detail {

/// Signal handling and shutdown around a loop.
class runner {
 public:
  explicit runner(const run_options& options);
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  ~runner();

  bight::loop& loop() noexcept { return loop_; }
  /// The task_local values of the last main coroutine, inherited by the next.
  shared_values& values() noexcept { return values_; }
  /// Runs until `main` has completed, then cancels and awaits all other tasks.
  template <class T>
  void drive(const task<T>& main) {
    begin(task_access::base(main));
    loop_.run_until(main);
    end();
  }
  /// Runs until `main` has completed, and leaves other tasks alone.
  template <class T>
  void drive_alone(const task<T>& main) {
    struct at_end {
      runner& r;
      const task_base& main;
      ~at_end() {
        r.forget_signals();
        r.keep_values(main);
      }
    } const forget{*this, task_access::base(main)};
    begin(task_access::base(main));
    loop_.run_until(main);
  }
  void end();
  /// Throws interrupt_error if a signal cancelled `main`.
  template <class T>
  void check_interrupt(const task<T>& main) {
    if (signal_ != 0 && main.cancelled()) raise_interrupt();
  }

 private:
  void begin(task_base& main);
  void forget_signals() noexcept;
  void keep_values(const task_base& main) noexcept;
  [[noreturn]] void raise_interrupt();
  class signals;

  bight::loop loop_;
  run_options options_;
  pimpl<signals> signals_;
  shared_values values_ = current_values();
  int signal_ = 0;
};

int report_main_failure() noexcept;

}  // namespace detail

/// Runs `f(args...)` on a new loop to completion and returns its result (asyncio.run).
///
///     int main() { bight::run(hello); }
///
/// Then cancels and awaits the remaining tasks, whose errors are logged. Errors: exceptions of `f`;
/// errc::loop_running if a loop is running on this thread; interrupt_error if SIGINT or SIGTERM cancelled it;
/// deadlock_error if all tasks are waiting and no timer, I/O or thread could wake one.
template <class F, class... Args>
  requires detail::async_callable<F, Args...>
detail::call_result_t<F, Args...> run(const run_options& options, F&& f, Args&&... args) {
  detail::runner r{options};
  auto main = r.loop().spawn(std::forward<F>(f), std::forward<Args>(args)...);
  r.drive(main);
  r.check_interrupt(main);
  if constexpr (std::is_reference_v<detail::call_result_t<F, Args...>> ||
                std::is_void_v<detail::call_result_t<F, Args...>>)
    return main.result();
  else
    return std::move(main.result());
}

template <class F, class... Args>
  requires detail::async_callable<F, Args...>
detail::call_result_t<F, Args...> run(F&& f, Args&&... args) {
  return bight::run(run_options{}, std::forward<F>(f), std::forward<Args>(args)...);
}

// Only for its error message.
template <class F, class... Args>
  requires detail::wrong_call<F, Args...>
auto run(F&&, Args&&...) {
  return detail::impossible<detail::explained_t<F, Args...>>();
}
template <class F, class... Args>
  requires detail::wrong_call<F, Args...>
auto run(const run_options&, F&&, Args&&...) {
  return detail::impossible<detail::explained_t<F, Args...>>();
}

/// `run` as the body of `main`: returns the exit status. `f` returns int or void (0). Errors are printed to
/// stderr and give 1; SIGINT gives 130, SIGTERM 143.
///
///     int main() { return bight::run_main(program); }
template <class F, class... Args>
  requires detail::async_callable<F, Args...>
int run_main(const run_options& options, F&& f, Args&&... args) noexcept {
  try {
    if constexpr (std::is_void_v<detail::call_result_t<F, Args...>>) {
      bight::run(options, std::forward<F>(f), std::forward<Args>(args)...);
      return 0;
    } else {
      return bight::run(options, std::forward<F>(f), std::forward<Args>(args)...);
    }
  } catch (...) { return detail::report_main_failure(); }
}

template <class F, class... Args>
  requires detail::async_callable<F, Args...>
int run_main(F&& f, Args&&... args) noexcept {
  return bight::run_main(run_options{}, std::forward<F>(f), std::forward<Args>(args)...);
}

// Only for its error message.
template <class F, class... Args>
  requires detail::wrong_call<F, Args...>
auto run_main(F&&, Args&&...) {
  return detail::impossible<detail::explained_t<F, Args...>>();
}
template <class F, class... Args>
  requires detail::wrong_call<F, Args...>
auto run_main(const run_options&, F&&, Args&&...) {
  return detail::impossible<detail::explained_t<F, Args...>>();
}

}  // namespace bight
