#include <bight/core/detail/gather_core.hpp>
#include <bight/core/race.hpp>
#include <bight/core/settled.hpp>

#include "core/scheduler/failures.hpp"

namespace bight::detail {

void gather_core::child_finished(task_base& child) noexcept {
  children_.remove(child);
  if (cancelled_ && !child.cancel_due()) child_cancelled_ = true;
  if (child.error()) {
    auto& first = child.cancelled() ? first_cancelled_ : first_error_;
    if (!first) first = child.error();
    if (!stopped_) cancel_children(cancel_reason::gather);
  }
  if (children_.empty() && !starting_) {
    if (auto* w = std::exchange(waiter_, nullptr)) static_cast<gather_awaiter*>(w)->wake();
  }
}

void gather_core::cancel_children(cancel_reason reason) noexcept {
  stopped_ = true;
  for (auto* t = children_.front(); t; t = t->next_sibling) t->request_cancel(nullptr, reason, {});
}

void gather_awaiter::start(gather_child_base& child) noexcept {
  if (core_->stopped_ || task().cancel_due()) {
    core_->skipped_ = true;
    return;
  }
  loop().current = &child;
  child.start(depth_);
  loop().current = &task();
}

bool gather_awaiter::all_ended() noexcept {
  core_->starting_ = false;
  return core_->children_.empty();
}

bool gather_awaiter::unpark() noexcept {
  core_->cancelled_ = true;
  core_->cancel_children(cancel_reason::gather);
  return false;
}

void gather_awaiter::rethrow_failure() {
  if (core_->first_error_) std::rethrow_exception(core_->first_error_);
  if (!core_->first_cancelled_ && !core_->skipped_) return;
  throw_if_cancelled();
  std::rethrow_exception(core_->first_cancelled_);
}

void require_not_cancelled(task_base& t, const char* doing) {
  if (t.cancel_due()) throw t.take_cancel(doing);
}

void late_failed() noexcept {
  report_failure(require_loop(), "the late callback of race", nullptr, std::current_exception());
}

}  // namespace bight::detail
