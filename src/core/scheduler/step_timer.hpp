// Reports of steps that block a loop for too long.
#pragma once
#include <bight/core/detail/loop_core.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "core/scheduler/failures.hpp"

namespace bight::detail {

/// Measures the wall time and the CPU time of this thread since its construction.
class step_timer {
 public:
  step_timer() noexcept;
  /// The elapsed time as text if it exceeds `limit`; otherwise empty.
  std::string longer_than(std::chrono::nanoseconds limit) const;

 private:
  std::chrono::steady_clock::time_point wall_;
  std::chrono::nanoseconds processor_;
};

void report_slow_call(loop_core& loop, const char* what, const step_timer& since);

/// Calls a user function. Passes its exceptions to the loop's exception handler; in debug mode, logs a slow
/// call.
template <class F>
void call_and_log(loop_core& loop, const char* what, F f) noexcept {
  try {
    std::optional<step_timer> timer;
    if (loop.debug) timer.emplace();
    f();
    if (timer) report_slow_call(loop, what, *timer);
  } catch (...) { report_failure(loop, what, nullptr, std::current_exception()); }
}

}  // namespace bight::detail
