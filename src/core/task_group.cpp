#include <bight/core/detail/group_core.hpp>
#include <bight/core/supervised_group.hpp>
#include <bight/core/task_group.hpp>

#include <algorithm>
#include <bight/core/detail/done_callback.hpp>
#include <bight/core/error.hpp>
#include <stdexcept>

#include "core/scheduler/failures.hpp"
#include "core/scheduler/introspect.hpp"
#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

group_core::group_core(task_base& parent, const char* kind) noexcept
    : parent_(&parent), level_(parent.handled_cancelling()), members_(parent, *this, kind) {
  parent.enter_scope(scope_);
}

group_core::~group_core() {
  // Only when the loop is destroyed: `run` waits for the members otherwise.
  closed_ = true;
  while (auto* member = members_.children().back()) member->abandon();
}

loop_core& group_core::open_loop() {
  if (closed_ || aborting_)
    throw boost::system::system_error(make_error_code(errc::group_closed),
                                      closed_ ? "bight: spawn into a task group that has ended"
                                              : "bight: spawn into a task group that is being cancelled");
  auto& loop = parent_->loop();
  if (loop.debug) [[unlikely]]
    require_own_thread(loop, "a task is spawned into a group");
  return loop;
}

void group_core::member_owner::child_started(task_base& child) noexcept {
  children_.push_back(child);
  ++count;
  const auto where = std::exchange(spawning_at, {});
  if (child.spawned_at().line() == 0) child.set_spawned_at(where);  // unless its name came with one
}

void group_core::member_owner::child_finished(task_base& child) noexcept {
  children_.remove(child);
  --count;
  if (child.error() && !child.cancelled()) group->member_failed(child);
  if (count == 0) {
    if (auto* w = std::exchange(group->waiter_, nullptr)) w->wake();
  }
}

void group_core::abort() noexcept {
  aborting_ = true;
  for (auto* t = members_.children().front(); t; t = t->next_sibling)
    t->request_cancel(nullptr, cancel_reason::group, {});
}

void group_core::cancel_all() noexcept {
  if (aborting_) return;
  abort();
  // A body that is still running is cancelled once; one that waits for the members need not be.
  if (!waiter_) parent_->request_cancel(&scope_, cancel_reason::group, {});
}

void group_core::cancel() noexcept {
  if (closed_ || aborting_) return;
  cancelled_ = true;
  cancel_all();
}

void group_core::body_failed() {
  body_cancelled_ = handling_cancelled_error();
  body_error_ = std::current_exception();
  if (!aborting_) abort();
}

bool group_core::waiting_for_members::unpark() noexcept {
  if (!group_->aborting_) group_->abort();
  return false;
}

bool group_core::close() noexcept {
  closed_ = true;
  own_request_ = scope_.requested;
  // The group's own request is finished; requests beyond the level at entry came from outside.
  return parent_->leave_scope(scope_) > level_;
}

void group_core::throw_if_cancelled(bool outside) {
  // Requests during the wait for the members are part of the cancellation that is thrown here.
  if (body_cancelled_ && (!own_request_ || outside || !cancelled_)) {
    if (parent_->cancel_due()) static_cast<void>(parent_->take_cancel(members_.kind()));
    std::rethrow_exception(body_error_);
  }
  if (parent_->cancel_due()) throw parent_->take_cancel(members_.kind());
}

void group_core::require_result(bool there) const {
  if (there) return;
  throw boost::system::system_error(make_error_code(errc::group_closed),
                                    "bight: the task group was cancelled before its body returned a result");
}

}  // namespace bight::detail

namespace bight {
namespace {

std::string origin_of(const detail::task_base& member) {
  auto text = "in " + detail::name_of(member);
  if (const auto where = detail::spawned_at(member); !where.empty()) text += ", " + where;
  return text;
}

}  // namespace

void task_group::member_failed(detail::task_base& member) noexcept {
  add_error(member.error(), origin_of(member));
  static_cast<detail::joinable_task&>(member).mark_retrieved();
  cancel_all();
}

// A task that awaits a failing member fails with the same exception object: that is one error.
void task_group::add_error(const std::exception_ptr& error, std::string&& origin) {
  if (std::find(errors_.begin(), errors_.end(), error) != errors_.end()) return;
  errors_.push_back(error);
  origins_.push_back(std::move(origin));
}

void task_group::finish() {
  const bool outside = close();
  if (const auto error = body_error())
    add_error(error, "in the body of the group, " + detail::name_of(parent()));
  if (!errors_.empty()) {
    // The cancellation that these errors resulted from is delivered again.
    if (outside) parent().reissue_cancel();
    throw exception_group("errors in a task group", std::move(errors_), std::move(origins_));
  }
  throw_if_cancelled(outside);
}

void detail::throw_not_started() {
  throw std::logic_error("bight: task_group::start: the member ended without calling started()");
}

void detail::throw_started_twice() { throw std::logic_error("bight: task_status::started: called twice"); }

void supervised_group::member_failed(detail::task_base& member) noexcept {
  auto& task = static_cast<detail::joinable_task&>(member);
  task.mark_retrieved();
  if (handler_)
    detail::call_exception_handler(handler_, any_task{task}, task.error());
  else
    detail::report_failure(member.loop(), "{} failed in a supervised group", &task, task.error());
}

void supervised_group::finish() {
  const bool outside = close();
  if (const auto error = body_error()) {
    if (outside) parent().reissue_cancel();
    std::rethrow_exception(error);
  }
  throw_if_cancelled(outside);
}

}  // namespace bight
