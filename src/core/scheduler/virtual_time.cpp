#include <fmt/format.h>
#include <algorithm>
#include <bight/core/error.hpp>
#include <chrono>

#include "core/scheduler/introspect.hpp"
#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

void loop_impl::run_virtual() {
  while (!finished()) {
    io_->restart();
    io_->poll();
    check_second_thread();
    if (finished() || ready_head || take_virtual_step()) continue;
    // A test that moves the clock itself does not wait for threads and descriptors.
    if (external_work != 0 && stops.empty())
      run_virtual_at_real_speed();
    else
      move_virtual_time();
  }
}

// Runs what is due now. A stop comes after the deadlines of its time and everything they start, and stops
// fire one by one: the task that moves the clock finds all others waiting.
bool loop_impl::take_virtual_step() {
  if (fire_due(virtual_time_)) return true;
  auto* const stop = stops.pop_due(virtual_time_);
  if (stop) stop->expired();
  return stop != nullptr;
}

void loop_impl::move_virtual_time() {
  constexpr auto never = clock::time_point::max();
  const auto deadline = timers.empty() ? never : timers.earliest();
  const auto stop = stops.empty() ? never : stops.earliest();
  const bool held = clock_is_held() && stop == never;
  if (!held && std::min(deadline, stop) != never) {
    virtual_time_ = std::min(deadline, stop);
    return;
  }
  auto report = describe_tasks(*this);
  if (held && deadline != never)
    report +=
        fmt::format("\n  the clock is held by a manual_clock, and nobody calls advance; deadline in {} s",
                    std::chrono::duration<double>(deadline - virtual_time_).count());
  throw deadlock_error(report);
}

// While threads and descriptors are in use, virtual time runs at real speed, unless a test holds it.
void loop_impl::run_virtual_at_real_speed() {
  const auto before = std::chrono::steady_clock::now();
  constexpr auto max_wait = std::chrono::hours{1};
  const bool held = clock_is_held();
  const auto wait = held || timers.empty() ? clock::duration{max_wait} : timers.earliest() - virtual_time_;
  io_->restart();
  io_->run_one_for(std::clamp(wait, clock::duration::zero(), clock::duration{max_wait}));
  if (!held) virtual_time_ += std::chrono::steady_clock::now() - before;
}

}  // namespace bight::detail
