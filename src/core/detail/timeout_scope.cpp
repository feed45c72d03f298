#include <bight/core/detail/timeout_scope.hpp>

#include <bight/core/error.hpp>
#include <stdexcept>

namespace bight::detail {

void timeout_scope::arm() {
  waiting_ = true;
  if (requested || deadline_ == clock::time_point::max()) return;  // it strikes once, or never
  task_->loop().timers.add(*this, deadline_, age_);
}

void timeout_scope::reschedule(clock::time_point deadline) {
  if (requested) throw std::logic_error("bight: deadline_control::reschedule: time was up already");
  deadline_ = deadline;
  task_->loop().timers.remove(*this);
  if (deadline <= clock::now())
    expired();
  else if (waiting_)
    arm();
}

void timeout_scope::expired() noexcept { task_->request_cancel(this, cancel_reason::timeout, {}); }

void throw_timeout_error() { throw timeout_error{}; }

}  // namespace bight::detail
