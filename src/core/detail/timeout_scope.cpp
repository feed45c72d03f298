#include <bight/core/detail/timeout_scope.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <stdexcept>

namespace bight::detail {

void timeout_scope::arm() {
  waiting_ = true;
  if (limit_ != forever) deadline_ = deadline_after(clock::now(), std::max(limit_, clock::duration::zero()));
  if (deadline_ != clock::time_point::max()) task_->loop().timers.add(*this, deadline_);
}

void timeout_scope::reschedule(clock::time_point deadline) {
  if (requested) throw std::logic_error("bight: timeout_control::reschedule: time was up already");
  if (!task_) throw std::logic_error("bight: timeout_control::reschedule: the timeout has ended");
  limit_ = forever;
  deadline_ = deadline;
  if (!timer_node::armed() && !waiting_) return;
  task_->loop().timers.remove(*this);
  arm();
}

void timeout_scope::expired() noexcept { task_->request_cancel(this, cancel_reason::timeout, {}); }

void throw_timeout_error() { throw timeout_error{}; }

}  // namespace bight::detail
