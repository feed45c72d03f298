#include <bight/core/timeout.hpp>

#include <algorithm>
#include <bight/core/deadline.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <memory>
#include <stdexcept>

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
  if (scope.task()) throw std::logic_error("bight: deadline_control: is in use already");
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

}  // namespace bight
