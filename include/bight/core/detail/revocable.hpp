// A wait that is left as if it had never been granted anything.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <concepts>
#include <coroutine>

namespace bight::detail {

/// A primitive whose destructor gives back what it was granted: see awaiter::gives_back.
template <class A>
concept gives_back = std::derived_from<A, awaiter> && A::gives_back;

/// Awaits a primitive. If its task was cancelled and `revoked` has become true between the moment in which it
/// was granted something and the turn in which it takes that, it throws cancelled_error, and the primitive
/// gives it back when it is destroyed. Both must outlive this.
template <gives_back A>
class revocable {
 public:
  revocable(A& primitive, const bool& revoked) noexcept : primitive_(&primitive), revoked_(&revoked) {}

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
