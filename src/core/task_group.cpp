#include <bight/core/task_group.hpp>

#include <algorithm>
#include <bight/core/detail/done_callback.hpp>
#include <bight/core/error.hpp>
#include <stdexcept>

#include "core/detail/introspect.hpp"
#include "core/detail/loop_impl.hpp"

namespace bight {
namespace {

std::string origin_of(const detail::task_base& member) {
  auto text = "in " + detail::name_of(member);
  if (const auto where = detail::spawned_at(member); !where.empty()) text += ", " + where;
  return text;
}

}  // namespace

task_group::task_group(detail::task_base& parent) noexcept
    : parent_(&parent), level_(parent.handled_cancelling()), members_(parent, *this) {
  parent.enter_scope(scope_);
}

task_group::~task_group() {
  // Only when the loop is destroyed: `run` waits for the members otherwise.
  closed_ = true;
  while (auto* member = members_.children().back()) member->abandon();
}

detail::loop_core& task_group::open_loop() {
  if (closed_ || aborting_)
    throw boost::system::system_error(make_error_code(errc::group_closed),
                                      closed_ ? "bight: spawn into a task group that has ended"
                                              : "bight: spawn into a task group that is being cancelled");
  auto& loop = parent_->loop();
  if (loop.debug) [[unlikely]]
    detail::require_own_thread(loop, "a task is spawned into a group");
  return loop;
}

void task_group::member_owner::child_started(detail::task_base& child) noexcept {
  children_.push_back(child);
  ++count;
  const auto where = std::exchange(spawning_at, {});
  if (child.spawned_at().line() == 0) child.set_spawned_at(where);  // unless its name came with one
}

void task_group::member_owner::child_finished(detail::task_base& child) noexcept {
  children_.remove(child);
  --count;
  if (child.error() && !child.cancelled()) {
    group->add_error(child.error(), origin_of(child));
    static_cast<detail::joinable_task&>(child).mark_retrieved();
    if (!group->aborting_) {
      group->abort();
      // A body that still runs is told once; one that waits for the members already needs no telling.
      if (!group->waiter_) group->parent_->request_cancel(&group->scope_, cancel_reason::group, {});
    }
  }
  if (count == 0) {
    if (auto* w = std::exchange(group->waiter_, nullptr)) w->wake();
  }
}

// Whoever awaits a member that fails, fails with the same exception object: that is one error.
void task_group::add_error(const std::exception_ptr& error, std::string&& origin) {
  if (std::find(errors_.begin(), errors_.end(), error) != errors_.end()) return;
  errors_.push_back(error);
  origins_.push_back(std::move(origin));
}

void task_group::abort() noexcept {
  aborting_ = true;
  for (auto* t = members_.children().front(); t; t = t->next_sibling)
    t->request_cancel(nullptr, cancel_reason::group, {});
}

void task_group::cancel() noexcept {
  if (closed_ || aborting_) return;
  cancelled_ = true;
  abort();
  if (!waiter_) parent_->request_cancel(&scope_, cancel_reason::group, {});
}

void task_group::require_result(bool there) const {
  if (there) return;
  throw boost::system::system_error(make_error_code(errc::group_closed),
                                    "bight: the task group was cancelled before its body had a result");
}

void detail::throw_not_started() {
  throw std::logic_error("bight: task_group::start: the task ended without saying that it was ready");
}

void detail::throw_started_twice() { throw std::logic_error("bight: task_status::started: called twice"); }

void task_group::body_failed() {
  body_cancelled_ = detail::handling_cancelled_error();
  body_error_ = std::current_exception();
  if (!aborting_) abort();
}

bool task_group::group_awaiter::unpark() noexcept {
  if (!group_->aborting_) group_->abort();
  return false;
}

void task_group::finish() {
  closed_ = true;
  const bool own_request = scope_.requested;
  // The group's own request is done with; what is left beyond the level at entry came from outside.
  const unsigned left = parent_->leave_scope(scope_);
  if (body_error_ && !body_cancelled_)
    add_error(body_error_, "in the body of the group, " + detail::name_of(*parent_));
  if (!errors_.empty()) {
    // What struck in here, and came out as these errors, is not done with.
    if (left > level_) parent_->reissue_cancel();
    throw exception_group("errors in a task group", std::move(errors_), std::move(origins_));
  }
  // Requests that came while the members were waited for are part of the cancellation that is thrown here.
  if (body_cancelled_ && (!own_request || left > level_ || !cancelled_)) {
    if (parent_->cancel_due()) static_cast<void>(parent_->take_cancel("task_group"));
    std::rethrow_exception(body_error_);
  }
  if (parent_->cancel_due()) throw parent_->take_cancel("task_group");
}

}  // namespace bight
