#include <bight/core/detail/timeout_scope.hpp>
#include <bight/core/error.hpp>

namespace bight::detail {

void timeout_scope::arm() {
  if (limit_ == forever) return;
  task_->loop().timers.add(*this, deadline_after(clock::now(), std::max(limit_, clock::duration::zero())));
}

void timeout_scope::expired() noexcept { task_->request_cancel(this, cancel_reason::timeout, {}); }

void throw_timeout_error() { throw timeout_error{}; }

}  // namespace bight::detail
