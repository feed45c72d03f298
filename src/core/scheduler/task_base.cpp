#include <bight/core/detail/frame_cache.hpp>
#include <bight/core/detail/task_base.hpp>

#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <cstdlib>
#include <utility>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

void trim_frame_cache() noexcept {
  for (auto& list : thread_frames.free) {
    while (auto* const b = list.head) {
      list.head = b->next;
      std::free(b);
    }
    list.count = 0;
  }
}

bool task_base::request_cancel(cancel_scope* scope, cancel_reason reason,
                               std::source_location where) noexcept {
  if (finished_) return false;  // first: its loop may be gone
  if (loop_->debug && is_wrong_thread(*loop_, "a task is cancelled")) return false;
  ++cancelling_;
  for (cancel_scope* s = scopes_; s && s != scope; s = s->outer) {
    if (s->mask) ++s->hidden;
  }
  cancel_reason_ = reason;
  cancel_site_ = where;
  cancel_pending_ = true;
  if (scope)
    scope->requested = scope->pending = true;
  else
    outside_pending_ = true;
  if (waiting_ && due()) waiting_->interrupt();
  return true;
}

unsigned task_base::uncancel() noexcept {
  if (cancelling_ != 0) --cancelling_;
  if (cancelling_ == 0) {
    outside_pending_ = false;
    refresh_pending();
  }
  return cancelling_;
}

bool task_base::due() const noexcept {
  for (const cancel_scope* s = scopes_; s; s = s->outer) {
    if (s->pending) return true;
    if (s->mask) return false;
  }
  return outside_pending_;
}

cancelled_error task_base::take_cancel(const char* waiting_for) noexcept {
  cancel_scope* s = scopes_;
  for (; s; s = s->outer) {
    s->pending = false;
    if (s->mask) break;
  }
  if (!s) outside_pending_ = false;
  refresh_pending();
  return {cancel_reason_, cancel_site_, waiting_for};
}

void task_base::refresh_pending() noexcept {
  cancel_pending_ = outside_pending_;
  for (const cancel_scope* s = scopes_; s && !cancel_pending_; s = s->outer) cancel_pending_ = s->pending;
}

// Requests deferred by a mask are not included.
void task_base::reissue_cancel() noexcept {
  unsigned outside = cancelling_;
  for (cancel_scope* s = scopes_; s; s = s->outer) {
    if (s->requested) {
      if (outside != 0) --outside;  // uncancel() may have taken it back
      s->pending = cancel_pending_ = true;
    }
    if (s->mask) return;
  }
  if (outside != 0) outside_pending_ = cancel_pending_ = true;
}

unsigned task_base::cancelling_outside_of(const cancel_scope& scope) const noexcept {
  unsigned others = visible_cancelling();
  for (const cancel_scope* s = scopes_; s; s = s->outer) {
    if (s->requested && others != 0) --others;
    if (s == &scope) break;
  }
  return others;
}

unsigned task_base::leave_scope(cancel_scope& scope) noexcept {
  scopes_ = scope.outer;
  if (scope.requested && cancelling_ != 0) --cancelling_;
  if (scope.pending) refresh_pending();
  return visible_cancelling();
}

task_owner::task_owner(task_base& parent) noexcept : parent_(&parent), next_(parent.loop().owners) {
  if (next_) next_->previous_ = this;
  parent.loop().owners = this;
}

task_owner::~task_owner() {
  if (!parent_) return;
  (previous_ ? previous_->next_ : parent_->loop().owners) = next_;
  if (next_) next_->previous_ = previous_;
}

task_extras& task_base::need_extras() {
  if (!extras_) extras_ = new task_extras;
  return *extras_;
}

void task_base::drop_extras() noexcept { delete extras_; }

void task_list::push_back(task_base& t) noexcept {
  t.previous_sibling = tail_;
  t.next_sibling = nullptr;
  (tail_ ? tail_->next_sibling : head_) = &t;
  tail_ = &t;
}

void task_list::remove(task_base& t) noexcept {
  (t.previous_sibling ? t.previous_sibling->next_sibling : head_) = t.next_sibling;
  (t.next_sibling ? t.next_sibling->previous_sibling : tail_) = t.previous_sibling;
  t.previous_sibling = t.next_sibling = nullptr;
}

}  // namespace bight::detail
