#include <bight/core/future.hpp>

#include <bight/core/cancel.hpp>
#include <stdexcept>

namespace bight::detail {

bool future_state_base::begin_result() {
  if (cancelled_) return false;
  if (done_) throw std::logic_error("bight: promise: the result is already set");
  return true;
}

bool future_state_base::cancel() noexcept {
  if (done_) return false;
  cancelled_ = true;
  error_ = std::make_exception_ptr(cancelled_error{cancel_reason::request, {}, "future"});
  finish();
  return true;
}

void future_state_base::finish() noexcept {
  done_ = true;
  while (auto* const first = waiters_.front()) {
    waiters_.remove(*first);
    waiter_list::wake(*first);
  }
}

void future_state_base::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

}  // namespace bight::detail
