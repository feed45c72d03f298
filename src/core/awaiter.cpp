#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>

namespace bight {

bool awaiter::suspend(std::coroutine_handle<> frame) {
  frame_ = frame;
  if (state_ == state::deferred) {
    loop().push(*this);
    return true;
  }
  return begin_wait();
}

// The resource is not free: wait for it. Returns false if a cancellation strikes instead.
bool awaiter::begin_wait() {
  const bool due = task_->cancel_due();
  if (due && rule_ == on_cancel::strike_first) {
    state_ = state::cancelled;
    return false;
  }
  state_ = state::parked;
  task_->set_waiting(this);
  try {
    park();
  } catch (...) {
    state_ = state::idle;
    task_->set_waiting(nullptr);
    throw;
  }
  if (due && state_ == state::parked) interrupt();
  return true;
}

void awaiter::run() noexcept {
  if (state_ == state::deferred) {
    const bool struck = task_->cancel_due() && rule_ == on_cancel::strike_first;
    loop().budget = loop().budget_per_turn;
    loop().current = task_;
    if (struck) {
      state_ = state::cancelled;
    } else {
      state_ = state::idle;
      if (!retry()) return;
    }
  }
  loop().resume(frame_, *task_);
}

// Returns true if the coroutine is to go on now.
bool awaiter::retry() noexcept {
  try {
    return ready() || !begin_wait();
  } catch (...) {
    // It belongs to the awaiting coroutine, which is resumed next.
    loop().retry_error = std::current_exception();
    state_ = state::failed;
    return true;
  }
}

void awaiter::interrupt() noexcept {
  if (!unpark()) return;
  state_ = state::cancelled;
  task_->set_waiting(nullptr);
  loop().push(*this);
}

void awaiter::wake_in_place() noexcept {
  state_ = state::ready;
  task_->set_waiting(nullptr);
  loop().resume(frame_, *task_);
}

void awaiter::raise() {
  const bool failed = state_ == state::failed;
  state_ = state::idle;
  if (failed) std::rethrow_exception(std::exchange(loop().retry_error, nullptr));
  throw task_->take_cancel(waiting_for());
}

}  // namespace bight
