// Awaiting a primitive such that a grant can be revoked.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <concepts>
#include <coroutine>

namespace bight::detail {

/// A primitive whose destructor gives back what it was granted: see awaiter::revocable.
template <class A>
concept revocable_primitive = std::derived_from<A, awaiter> && A::revocable;

/// Awaits a primitive. If, between the grant and the resumption, the task is cancelled and `revoked` becomes
/// true, throws cancelled_error, and the primitive gives back the grant when it is destroyed. Lifetime: both
/// must outlive this.
template <revocable_primitive A>
class revocable_wait {
 public:
  revocable_wait(A& primitive, const bool& revoked) noexcept : primitive_(&primitive), revoked_(&revoked) {}

  void bind(promise_base& parent) noexcept {
    primitive_->bind(parent);
    task_ = &parent.task();
  }
  bool await_ready() { return primitive_->await_ready(); }
  bool await_suspend(std::coroutine_handle<> frame) { return primitive_->await_suspend(frame); }
  decltype(auto) await_resume() {
    if (*revoked_ && awaiter_access::woken(*primitive_) && task_->cancel_due())
      throw task_->take_cancel(primitive_->waiting_for());
    return primitive_->await_resume();
  }

 private:
  A* primitive_;
  const bool* revoked_;
  task_base* task_ = nullptr;
};

}  // namespace bight::detail
