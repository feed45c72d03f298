// Reporting of errors that no code retrieves.
#pragma once
#include <bight/core/any_task.hpp>
#include <exception>
#include <memory>

namespace bight::detail {

struct loop_core;
class joinable_task;

using shared_handler = std::shared_ptr<exception_handler>;

/// Calls the handler; logs its exceptions.
void call_exception_handler(const exception_handler& handler, const any_task& task,
                            const std::exception_ptr& error) noexcept;

/// Passes the error to the loop's exception handler, or logs it as "<what>: <error>", with {} in `what`
/// replaced by the name of the task. `task` is null for a callback.
void report_failure(loop_core& loop, const char* what, joinable_task* task,
                    const std::exception_ptr& error) noexcept;
/// Same with a saved handler, since the loop may have been destroyed.
void report_failure(const shared_handler& handler, const char* what, joinable_task* task,
                    const std::exception_ptr& error) noexcept;

}  // namespace bight::detail
