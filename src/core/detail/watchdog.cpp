#include <bight/core/detail/watchdog.hpp>

namespace bight::detail {

void watchdog::set(clock::time_point deadline) {
  deadline_ = deadline;
  if (timer_node::armed() && armed_for_ <= deadline) return;
  auto& timers = task_->loop().timers;
  timers.remove(*this);
  armed_for_ = deadline;
  timers.add(*this, deadline);
}

void watchdog::expired() noexcept {
  if (deadline_ == clock::time_point::max()) return;
  if (const auto now = clock::now(); now < deadline_) {
    armed_for_ = deadline_;
    task_->loop().timers.add(*this, deadline_);
    return;
  }
  task_->request_cancel(this, reason_, {});
}

}  // namespace bight::detail
