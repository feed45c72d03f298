// What happens to errors that no code retrieves.
#pragma once
#include <bight/core/any_task.hpp>
#include <exception>
#include <memory>

namespace bight::detail {

struct loop_core;
class joinable_task;

using shared_handler = std::shared_ptr<exception_handler>;

/// Calls it; what it throws goes to the log.
void call_exception_handler(const exception_handler& handler, const any_task& task,
                            const std::exception_ptr& error) noexcept;

/// Hands the error to the loop's exception handler, or else to the log, as "<what>: <error>", where {} in
/// `what` stands for the name of the task. `task` is null for the error of a callback.
void report_failure(loop_core& loop, const char* what, joinable_task* task,
                    const std::exception_ptr& error) noexcept;
/// The same with the handler that the loop had when it could be asked; it may be gone.
void report_failure(const shared_handler& handler, const char* what, joinable_task* task,
                    const std::exception_ptr& error) noexcept;

}  // namespace bight::detail
