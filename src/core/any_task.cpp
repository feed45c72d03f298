#include <bight/core/any_task.hpp>

#include <bight/core/error.hpp>

#include "core/detail/loop_impl.hpp"

namespace bight {
namespace {

detail::task_base& running_task() {
  auto* const loop = detail::this_loop;
  if (!loop || !loop->current)
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: no task runs on this thread");
  return *loop->current;
}

}  // namespace

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
