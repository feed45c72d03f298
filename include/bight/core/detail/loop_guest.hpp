// Objects outside tasks that need their loop, such as sockets and pools.
#pragma once
#include <bight/core/detail/loop_core.hpp>

namespace bight::detail {

/// Notified when its loop is destroyed first. Registered while it exists.
class loop_guest {
 public:
  explicit loop_guest(loop_core& loop) noexcept : loop_(&loop), next_(loop.guests) {
    if (next_) next_->previous_ = this;
    loop.guests = this;
  }
  loop_guest(const loop_guest&) = delete;
  loop_guest& operator=(const loop_guest&) = delete;

  /// Releases everything that belongs to the loop. Called once, after all tasks have been destroyed.
  virtual void loop_closing() noexcept = 0;

 protected:
  ~loop_guest() { leave(); }
  /// The loop; null after its destruction.
  loop_core* home() const noexcept { return loop_; }

 private:
  friend class loop_impl;
  void leave() noexcept {
    if (!loop_) return;
    (previous_ ? previous_->next_ : loop_->guests) = next_;
    if (next_) next_->previous_ = previous_;
    loop_ = nullptr;
  }

  loop_core* loop_;
  loop_guest* previous_ = nullptr;
  loop_guest* next_;
};

}  // namespace bight::detail
