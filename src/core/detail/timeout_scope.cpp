#include <bight/core/detail/timeout_scope.hpp>
#include <bight/core/error.hpp>

namespace bight::detail {

void timeout_scope::arm() {
  auto at = deadline_;
  if (limit_ != forever) at = deadline_after(clock::now(), std::max(limit_, clock::duration::zero()));
  if (at != clock::time_point::max()) task_->loop().timers.add(*this, at);
}

void timeout_scope::expired() noexcept { task_->request_cancel(this, cancel_reason::timeout, {}); }

void throw_timeout_error() { throw timeout_error{}; }

}  // namespace bight::detail
