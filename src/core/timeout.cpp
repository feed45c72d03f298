#include <bight/core/deadline.hpp>
#include <bight/core/detail/timeout_scope.hpp>
#include <bight/core/detail/watchdog.hpp>
#include <bight/core/timeout.hpp>

#include <algorithm>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/error.hpp>
#include <memory>
#include <stdexcept>

namespace bight::detail {

void timeout_scope::arm() {
  waiting_ = true;
  if (requested || deadline_ == clock::time_point::max()) return;  // it strikes once, or never
  task_->loop().timers.add(*this, deadline_, age_);
}

void timeout_scope::reschedule(clock::time_point deadline) {
  if (requested) throw std::logic_error("bight: deadline_control::reschedule: already expired");
  deadline_ = deadline;
  task_->loop().timers.remove(*this);
  if (deadline <= clock::now())
    expired();
  else if (waiting_)
    arm();
}

void timeout_scope::expired() noexcept { task_->request_cancel(this, cancel_reason::timeout, {}); }

void throw_timeout_error() { throw timeout_error{}; }

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

namespace bight {

void deadline_control::reschedule(clock::time_point deadline) {
  auto* const task = scope_.task();
  if (!task) {
    limit_.reset();
    scope_.begin(deadline);
    return;
  }
  scope_.reschedule(deadline);
  // Seen by the task and what it starts from now on; tasks that run already have the old one.
  if (ambient_)
    detail::change_value(task->need_extras().locals, &detail::ambient_deadline(),
                         std::make_shared<const clock::time_point>(std::min(outer_, deadline)));
}

detail::timeout_scope& detail::control_access::begin(deadline_control& c) {
  auto& scope = c.scope_;
  if (scope.task()) throw std::logic_error("bight: deadline_control: already in use");
  c.ambient_ = false;
  if (c.limit_)
    scope.begin(*c.limit_);
  else
    scope.begin(scope.when());
  return scope;
}

clock::time_point detail::control_access::begin_ambient(deadline_control& c) {
  begin(c);
  c.ambient_ = true;
  c.outer_ = current_deadline();
  return std::min(c.outer_, c.when());
}

task_local<clock::time_point>& detail::ambient_deadline() {
  static task_local<clock::time_point> deadline{clock::time_point::max()};
  return deadline;
}

clock::time_point current_deadline() { return detail::ambient_deadline().get(); }

}  // namespace bight
