#include "core/scheduler/failures.hpp"

#include <bight/core/detail/done_callback.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/finally.hpp>
#include <bight/core/log.hpp>
#include <string>

#include "core/scheduler/introspect.hpp"
#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {
namespace {

std::string describe_failure(const char* what, const joinable_task* task, const std::exception_ptr& error) {
  std::string text = std::string{"bight: "} + what;
  if (const auto place = text.find("{}"); task && place != text.npos) text.replace(place, 2, name_of(*task));
  if (const auto where = task ? spawned_at(*task) : std::string{}; !where.empty()) text += " (" + where + ')';
  return text + ": " + describe(error);
}

}  // namespace

void call_exception_handler(const exception_handler& handler, const any_task& task,
                            const std::exception_ptr& error) noexcept {
  const auto copy = handler;  // it may replace itself
  try {
    copy(task, error);
  } catch (...) {
    try {
      log(log_level::error, "bight: the exception handler failed: " + describe(std::current_exception()) +
                                "; it was handling: " + describe(error));
    } catch (...) { log(log_level::error, "bight: an exception handler failed"); }
  }
}

void report_failure(const shared_handler& handler, const char* what, joinable_task* task,
                    const std::exception_ptr& error) noexcept {
  if (handler) return call_exception_handler(*handler, task ? any_task{*task} : any_task{}, error);
  try {
    log(log_level::error, describe_failure(what, task, error));
  } catch (...) { log(log_level::error, std::string_view{what}); }
}

void report_failure(loop_core& loop, const char* what, joinable_task* task,
                    const std::exception_ptr& error) noexcept {
  report_failure(static_cast<loop_impl&>(loop).on_exception, what, task, error);
}

void log_lost_error(const char* where) noexcept {
  try {
    log(log_level::error, std::string{"bight: "} + where + " failed: " + describe(std::current_exception()));
  } catch (...) { log(log_level::error, "bight: a cleanup failed"); }
}

}  // namespace bight::detail
