// ring_operation: what awaits the ring. Beside it are two rings: with liburing, and without.
#include <bight/core/detail/mailbox.hpp>
#include <cerrno>

#include "fs/detail/ring.hpp"

namespace bight::fs::detail {

ring_operation::~ring_operation() {
  if (parked()) ring_->abandon(*this);
}

void ring_operation::park() {
  stopping_ = false;
  bight::detail::begin_external(loop());
  ring_->start(*this);
}

bool ring_operation::unpark() noexcept {
  stopping_ = true;
  return ring_->cancel(*this);
}

void ring_operation::completed(int result) noexcept {
  result_ = result;
  stage_ = stage::none;
  bight::detail::end_external(loop());
  wake();
}

int ring_operation::result() {
  if (stopping_ && (result_ == -ECANCELED || result_ == -EINTR)) throw_if_cancelled();
  return result_;
}

}  // namespace bight::fs::detail
