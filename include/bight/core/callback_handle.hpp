// callback_handle: to cancel what a loop was asked to call.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/detail/callback.hpp>
#include <bight/core/detail/reference.hpp>

namespace bight {

/// What loop::call_soon, call_later and call_at return (asyncio.Handle, TimerHandle). Dropping it changes
/// nothing: the call is made. Concurrency: loop thread only.
class callback_handle {
 public:
  callback_handle() = default;
  explicit callback_handle(detail::callback& c) noexcept : callback_(c) {}

  /// Drops the function, if it was not called yet.
  void cancel() noexcept {
    if (callback_) callback_->cancel();
  }
  /// True if `cancel` came before the call.
  bool cancelled() const noexcept { return callback_ && callback_->cancelled(); }
  /// When it is due; the clock's epoch for call_soon.
  clock::time_point when() const noexcept { return callback_ ? callback_->when() : clock::time_point{}; }

 private:
  detail::reference<detail::callback> callback_;
};

}  // namespace bight
