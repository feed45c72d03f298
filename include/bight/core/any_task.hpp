// any_task: a handle of a task of any type; current_task, all_tasks.
#pragma once
#include <bight/core/detail/reference.hpp>
#include <bight/core/task.hpp>
#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

namespace bight {

/// Type-erased handle of a task: a `task` without its result.
class any_task {
 public:
  any_task() = default;
  template <class T>
  any_task(const task<T>& t) noexcept : any_task(detail::task_access::core(t)) {}
  explicit any_task(detail::joinable_task& t) noexcept : core_(t) {}

  /// Whether the handle refers to a task. Precondition of all other members.
  bool valid() const noexcept { return static_cast<bool>(core_); }
  /// As in `task`.
  bool cancel(std::source_location where = std::source_location::current()) const noexcept {
    return core_->request_cancel(nullptr, cancel_reason::request, where);
  }
  unsigned cancelling() const noexcept { return core_->cancelling(); }
  bool done() const noexcept { return core_->finished(); }
  bool cancelled() const noexcept { return core_->finished() && core_->cancelled(); }
  std::exception_ptr exception() const noexcept {
    core_->mark_retrieved();
    return core_->error();
  }
  std::string name() const { return detail::name_of(*core_); }
  void set_name(std::string name) const { detail::set_name(*core_, std::move(name)); }
  [[nodiscard]] detail::end_awaiter wait() const noexcept { return detail::end_awaiter{*core_}; }

  friend bool operator==(const any_task&, const any_task&) = default;

 private:
  friend struct detail::task_access;

  detail::reference<detail::joinable_task> core_;
};

/// Receives errors that no code retrieves; see loop::set_exception_handler.
using exception_handler = std::function<void(const any_task& task, const std::exception_ptr& error)>;

/// The running task (asyncio.current_task). In a child of a gather: the task that called gather. Errors:
/// errc::wrong_loop if no task is running on this thread.
any_task current_task();

/// The unfinished tasks of the running loop, in no particular order (asyncio.all_tasks). Includes members of
/// groups, but not children of gathers. Errors: errc::wrong_loop without a running loop.
std::vector<any_task> all_tasks();

namespace this_task {
/// The name of the running task; in a child of a gather, the name of that child.
std::string name();
}  // namespace this_task

}  // namespace bight
