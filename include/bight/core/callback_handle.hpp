// callback_handle: cancels a scheduled callback.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/detail/callback.hpp>
#include <bight/core/detail/reference.hpp>

namespace bight {

/// The result of loop::call_soon, call_later and call_at (asyncio.Handle, TimerHandle). Destroying it does
/// not cancel the callback. Loop thread only.
class callback_handle {
 public:
  callback_handle() = default;
  explicit callback_handle(detail::callback& c) noexcept : callback_(c) {}

  /// Drops the function if it has not been called yet.
  void cancel() noexcept {
    if (callback_) callback_->cancel();
  }
  /// Whether it was cancelled before the call.
  bool cancelled() const noexcept { return callback_ && callback_->cancelled(); }
  /// When it is due; the clock's epoch for call_soon.
  clock::time_point when() const noexcept { return callback_ ? callback_->when() : clock::time_point{}; }

 private:
  detail::reference<detail::callback> callback_;
};

}  // namespace bight
