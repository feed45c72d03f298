#include <bight/core/cancel.hpp>

#include <fmt/format.h>
#include <bight/core/detail/task_base.hpp>
#include <bight/core/error.hpp>

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
      return "because of its gather";
    case cancel_reason::shutdown:
      return "at the end of run";
    case cancel_reason::interrupt:
      return "by a signal";
  }
  return "";
}

detail::task_base& running_task() {
  if (!detail::this_loop || !detail::this_loop->current)
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: no task runs on this thread");
  return *detail::this_loop->current;
}

}  // namespace

std::string cancelled_error::describe() const {
  std::string line = fmt::format("cancelled {} while waiting for {}", text(reason_), waiting_for_);
  if (where_.line() != 0) line += fmt::format(" (requested at {}:{})", where_.file_name(), where_.line());
  return line;
}

unsigned this_task::cancelling() { return running_task().cancelling(); }
unsigned this_task::uncancel() { return running_task().uncancel(); }

}  // namespace bight
