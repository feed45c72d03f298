// A deadline that moves: for code that goes through many short phases, each with a limit.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/detail/task_base.hpp>

namespace bight::detail {

/// Cancels what its task waits for when the time set last has passed. Setting a later deadline touches no
/// timer: the node that is armed looks at the deadline when it fires. Lives in the frame of the task that it
/// watches.
class watchdog final : private cancel_scope, private timer_node {
 public:
  explicit watchdog(task_base& task, cancel_reason reason = cancel_reason::timeout) noexcept
      : task_(&task), level_(task.visible_cancelling()), reason_(reason) {
    task.enter_scope(*this);
  }
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    if (timer_node::armed()) task_->loop().timers.remove(*this);
    task_->leave_scope(*this);
  }

  /// Barks at `deadline`, instead of what was set before.
  void set(clock::time_point deadline);
  /// Does not bark until set again.
  void clear() noexcept { deadline_ = clock::time_point::max(); }
  /// True once the deadline has passed and the task was told. The cancelled_error that follows is the
  /// watchdog's, unless the task has other requests.
  bool barked() const noexcept { return requested; }
  /// True if nobody but the watchdog has asked for a cancellation since it began.
  bool alone() const noexcept { return requested && task_->cancelling_outside_of(*this) <= level_; }
  /// True if the watchdog or anybody else has asked for a cancellation since it began.
  bool task_is_cancelled() const noexcept { return task_->visible_cancelling() > level_; }

 private:
  void expired() noexcept override;

  task_base* task_;
  unsigned level_;
  cancel_reason reason_;
  clock::time_point deadline_ = clock::time_point::max();
  clock::time_point armed_for_ = clock::time_point::max();
};

}  // namespace bight::detail
