// task_local<T>: a value for a task and all that it starts.
#pragma once
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bight {

namespace detail {

/// The values of a task, never changed once made: children share them.
class local_values {
 public:
  const std::shared_ptr<const void>* find(const void* key) const noexcept;
  local_values with(const void* key, std::shared_ptr<const void> value) const;

 private:
  std::vector<std::pair<const void*, std::shared_ptr<const void>>> values_;
};

/// The values of the running task; null if it has none. Throws errc::wrong_loop outside of a task.
std::shared_ptr<const local_values>& running_locals();
const local_values* running_locals_if_any();

[[noreturn]] void throw_no_local_value();

}  // namespace detail

/// A variable with a value for each task (contextvars.ContextVar). A task begins with the values that the
/// task which spawned it had then, and what it sets is seen by itself and by what it spawns later.
///
///     bight::task_local<std::string> request_id;             // usually a global
///     ...
///     request_id.set("r-17");                                // for the running task, from now on
///     log("{}: done", request_id.get());                     // also in the tasks that it spawns
///     {
///       auto scope = request_id.with("r-18");                // until the end of the block
///       co_await handle();
///     }
///
/// T need not be copyable: tasks share one value, which nobody changes. Cost: a task that has none pays one
/// pointer; `set` copies the list of the task's values. Concurrency: any task of any loop. Lifetime: must
/// outlive the tasks that use it.
template <class T>
class task_local {
 public:
  /// Undoes `with` when destroyed. To be destroyed in the task that made it.
  class [[nodiscard("the value is gone when the scope is")]] scope {
   public:
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { *values_ = std::move(before_); }

   private:
    friend class task_local;
    scope(task_local& of, std::shared_ptr<const detail::local_values>& values, T&& value)
        : values_(&values), before_(values) {
      of.change(values, std::move(value));
    }
    std::shared_ptr<const detail::local_values>* values_;  // of the task in which the scope lives
    std::shared_ptr<const detail::local_values> before_;
  };

  /// Without a default: `get` throws where nothing was set.
  task_local() = default;
  explicit task_local(T default_value) : default_(std::move(default_value)) {}
  task_local(const task_local&) = delete;
  task_local& operator=(const task_local&) = delete;

  /// The value of the running task, or the default. Lifetime: until the value is set again. Throws
  /// std::logic_error if there is neither.
  const T& get() const {
    if (const auto* const value = find()) return *value;
    if (!default_) detail::throw_no_local_value();
    return *default_;
  }
  /// The value; null if none was set, whatever the default.
  const T* find() const {
    const auto* const values = detail::running_locals_if_any();
    const auto* const value = values ? values->find(this) : nullptr;
    return value ? static_cast<const T*>(value->get()) : nullptr;
  }
  /// Sets the value for the running task. Throws errc::wrong_loop outside of a task.
  void set(T value) { change(detail::running_locals(), std::move(value)); }
  /// The same until the scope is destroyed; then all values of the task are as they were.
  scope with(T value) { return scope{*this, detail::running_locals(), std::move(value)}; }

 private:
  void change(std::shared_ptr<const detail::local_values>& values, T&& value) {
    auto shared = std::make_shared<const T>(std::move(value));
    const detail::local_values none;
    values = std::make_shared<const detail::local_values>((values ? *values : none).with(this, shared));
  }

  std::optional<T> default_;
};

}  // namespace bight
