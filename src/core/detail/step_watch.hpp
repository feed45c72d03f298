// Steps that keep a loop too long, for the log.
#pragma once
#include <bight/core/detail/loop_core.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "core/detail/failures.hpp"

namespace bight::detail {

/// Measures from its beginning on: the time that passed, and what this thread had of the processor.
class step_timer {
 public:
  step_timer() noexcept;
  /// How long it has been, as text, if that is longer than `limit`; empty otherwise.
  std::string longer_than(std::chrono::nanoseconds limit) const;

 private:
  std::chrono::steady_clock::time_point wall_;
  std::chrono::nanoseconds processor_;
};

void report_slow_call(loop_core& loop, const char* what, const step_timer& since);

/// Calls a function of the user. What it throws goes to the loop's exception handler; in debug mode the log
/// is told if it took long.
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
