// runner: several main coroutines on one loop.
#pragma once
#include <bight/core/run.hpp>
#include <type_traits>
#include <utility>

namespace bight {

/// A loop on which several main coroutines run, one after the other (asyncio.Runner). Tasks that one leaves
/// behind wait for the next, and a main begins with the task_local values that the one before it had at its
/// end.
///
///     bight::runner runner;
///     auto connection = runner.run(connect, "localhost");
///     runner.run(talk, std::ref(connection));
///
/// Not to be made where a loop runs (errc::loop_running). Concurrency: one thread.
class runner {
 public:
  explicit runner(const run_options& options = {}) : runner_(options) {}
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  /// Closes it.
  ~runner() { close(); }

  /// Runs `f(args...)` to its end and returns its result. Signals are handled meanwhile. Errors: as of
  /// bight::run; errc::loop_closed after `close`. The loop is as it was after a deadlock_error, and the main
  /// task is still there.
  template <class F, class... Args>
    requires detail::async_callable<F, Args...>
  detail::call_result_t<F, Args...> run(F&& f, Args&&... args) {
    require_open();
    auto main = [&] {
      const detail::values_scope mine{runner_.values()};
      return runner_.loop().spawn(std::forward<F>(f), std::forward<Args>(args)...);
    }();
    runner_.drive_alone(main);
    runner_.check_interrupt(main);
    if constexpr (std::is_object_v<detail::call_result_t<F, Args...>>)
      return std::move(main.result());
    else
      return main.result();
  }
  /// Cancels the tasks that are left and waits for them; their errors go to the log. Nothing runs afterwards.
  /// Called by the destructor; the second time does nothing.
  void close() noexcept;
  bight::loop& loop() noexcept { return runner_.loop(); }

 private:
  void require_open() const;

  detail::runner runner_;
  bool closed_ = false;
};

}  // namespace bight
