#include <bight/core/supervised_group.hpp>

#include "core/detail/failures.hpp"

namespace bight {

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
