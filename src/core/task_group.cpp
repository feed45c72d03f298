#include <bight/core/task_group.hpp>

#include <algorithm>
#include <bight/core/detail/done_callback.hpp>
#include <stdexcept>

#include "core/detail/introspect.hpp"

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

// Whoever awaits a member that fails, fails with the same exception object: that is one error.
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
    // What struck in here, and came out as these errors, is not done with.
    if (outside) parent().reissue_cancel();
    throw exception_group("errors in a task group", std::move(errors_), std::move(origins_));
  }
  throw_if_cancelled(outside);
}

void detail::throw_not_started() {
  throw std::logic_error("bight: task_group::start: the task ended without saying that it was ready");
}

void detail::throw_started_twice() { throw std::logic_error("bight: task_status::started: called twice"); }

}  // namespace bight
