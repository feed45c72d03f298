// runner: several main coroutines on one loop.
#pragma once
#include <bight/core/run.hpp>
#include <type_traits>
#include <utility>

namespace bight {

/// Runs several main coroutines on one loop, one after the other (asyncio.Runner). Tasks that one of them
/// leaves behind are suspended until the next, and each starts with the task_local values that the previous
/// one had at its end.
///
///     bight::runner runner;
///     auto connection = runner.run(connect, "localhost");
///     runner.run(talk, std::ref(connection));
///
/// Errors: errc::loop_running if created while a loop is running. Concurrency: one thread.
class runner {
 public:
  explicit runner(const run_options& options = {}) : runner_(options) {}
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  /// Calls `close`.
  ~runner() { close(); }

  /// Runs `f(args...)` to completion and returns its result. Handles signals meanwhile. Errors: as for
  /// bight::run; errc::loop_closed after `close`. After a deadlock_error, the loop and its tasks, including
  /// the main task, are unchanged.
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
  /// Cancels and awaits the remaining tasks; their errors are logged. Called by the destructor; further calls
  /// have no effect.
  void close() noexcept;
  bight::loop& loop() noexcept { return runner_.loop(); }

 private:
  void require_open() const;

  detail::runner runner_;
  bool closed_ = false;
};

}  // namespace bight
