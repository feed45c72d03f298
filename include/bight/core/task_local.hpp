// task_local<T>: a variable with a value per task.
#pragma once
#include <bight/core/detail/local_values.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace bight {

/// A variable with a value per task (contextvars.ContextVar). A task inherits the values that its spawner had
/// at that time; values that it sets are seen by itself and by tasks that it spawns later.
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
/// Callbacks, `to_thread` and `submit` use the values of their caller.
///
/// T need not be copyable: tasks share an immutable value. Cost: one pointer per task without values; `set`
/// copies the task's list of values. Concurrency: tasks of any loop. Lifetime: must outlive the tasks that
/// use it.
template <class T>
class task_local {
 public:
  /// Restores the previous value when destroyed, in the same task.
  using scope = detail::value_scope;

  /// Without a default value: `get` throws if no value is set.
  task_local() = default;
  explicit task_local(T default_value) : default_(std::move(default_value)) {}
  task_local(const task_local&) = delete;
  task_local& operator=(const task_local&) = delete;

  /// The value of the running task, or the default. Lifetime: until the value is set again. Errors:
  /// std::logic_error if there is neither.
  const T& get() const {
    if (const auto* const value = find()) return *value;
    if (!default_) detail::throw_no_local_value();
    return *default_;
  }
  /// The value; null if none is set, regardless of the default.
  const T* find() const noexcept { return static_cast<const T*>(detail::find_value(this)); }
  /// Sets the value for the running task, callback or thread call. Errors: errc::wrong_loop elsewhere.
  void set(T value) {
    detail::change_value(detail::changeable_values(), this, std::make_shared<const T>(std::move(value)));
  }
  /// Same until the scope is destroyed, which restores only this value.
  scope with(T value) { return scope{this, std::make_shared<const T>(std::move(value))}; }

 private:
  std::optional<T> default_;
};

}  // namespace bight
