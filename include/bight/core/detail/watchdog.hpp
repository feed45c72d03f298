// A movable deadline for code with many short phases, each with a timeout.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/detail/task_base.hpp>

namespace bight::detail {

/// Cancels the current wait of its task when the last deadline set has passed. Setting a later deadline
/// touches no timer: the armed node checks the deadline when it expires. Lives in a frame of the task it
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

  /// Fires at `deadline`; replaces the previous one.
  void set(clock::time_point deadline);
  /// Does not fire until set again.
  void clear() noexcept { deadline_ = clock::time_point::max(); }
  /// True once the deadline has passed and the task has been cancelled. The cancelled_error that follows is
  /// the watchdog's, unless the task has other requests.
  bool fired() const noexcept { return requested; }
  /// True if only the watchdog has requested a cancellation since it was created.
  bool alone() const noexcept { return requested && task_->cancelling_outside_of(*this) <= level_; }
  /// True if there has been a cancellation request, of the watchdog or not, since it was created.
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
