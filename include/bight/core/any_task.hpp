// any_task: the handle of a task of whatever type; current_task, all_tasks.
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

/// The handle of a task whose result does not matter. Like `task`, without the result.
class any_task {
 public:
  any_task() = default;
  template <class T>
  any_task(const task<T>& t) noexcept : any_task(detail::task_access::core(t)) {}
  explicit any_task(detail::joinable_task& t) noexcept : core_(t) {}

  /// True if it refers to a task. All other members require it.
  bool valid() const noexcept { return static_cast<bool>(core_); }
  /// See `task` for these.
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

/// Receives the error of a task that no code retrieves: see loop::set_exception_handler.
using exception_handler = std::function<void(const any_task& task, const std::exception_ptr& error)>;

/// The task that is running (asyncio.current_task). Inside a child of a gather: the task that gathers, which
/// is the one that has a handle. Throws errc::wrong_loop where no task runs.
any_task current_task();

/// The tasks of the running loop that have not ended (asyncio.all_tasks), members of groups included, without
/// the children of gathers. Order: none in particular. Throws errc::wrong_loop without a running loop.
std::vector<any_task> all_tasks();

namespace this_task {
/// The name of the running task, and of a child of a gather its own.
std::string name();
}  // namespace this_task

}  // namespace bight
