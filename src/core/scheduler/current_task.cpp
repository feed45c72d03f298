#include <bight/core/any_task.hpp>
#include <bight/core/cancel.hpp>

#include <fmt/format.h>
#include <bight/core/detail/task_base.hpp>
#include <bight/core/error.hpp>

#include "core/scheduler/loop_impl.hpp"

namespace bight {
namespace {

const char* text(cancel_reason reason) noexcept {
  switch (reason) {
    case cancel_reason::request:
      return "on request";
    case cancel_reason::timeout:
      return "by a timeout";
    case cancel_reason::group:
      return "because another task of its group failed";
    case cancel_reason::gather:
      return "by its gather";
    case cancel_reason::shutdown:
      return "at the end of run";
    case cancel_reason::interrupt:
      return "by a signal";
  }
  return "";
}

detail::task_base& running_task() {
  auto* const loop = detail::this_loop;
  if (!loop || !loop->current)
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: no task is running on this thread");
  return *loop->current;
}

}  // namespace

std::string cancelled_error::describe() const {
  std::string line = fmt::format("cancelled {} while waiting for {}", text(reason_), waiting_for_);
  if (where_.line() != 0) line += fmt::format(" (requested at {}:{})", where_.file_name(), where_.line());
  return line;
}

unsigned this_task::cancelling() { return running_task().cancelling(); }
unsigned this_task::uncancel() { return running_task().uncancel(); }

any_task current_task() {
  auto* t = &running_task();
  while (!t->joinable()) t = t->owner().parent();
  return any_task{*t->joinable()};
}

std::vector<any_task> all_tasks() {
  std::vector<any_task> tasks;
  const auto add = [&tasks](const detail::task_owner& owner) {
    for (auto* t = owner.children().front(); t; t = t->next_sibling)
      if (auto* const joinable = t->joinable()) tasks.emplace_back(*joinable);
  };
  auto& loop = detail::require_loop();
  add(static_cast<detail::loop_impl&>(loop));
  for (const auto* o = loop.owners; o; o = o->next_owner()) add(*o);
  return tasks;
}

std::string this_task::name() { return detail::name_of(running_task()); }

}  // namespace bight
