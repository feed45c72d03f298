// task_local<T>: a value for a task and all that it starts.
#pragma once
#include <bight/core/detail/local_values.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace bight {

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
/// Callbacks, `to_thread` and `submit` have the values of who called them.
///
/// T need not be copyable: tasks share one value, which nobody changes. Cost: a task that has none pays one
/// pointer; `set` copies the list of the task's values. Concurrency: any task of any loop. Lifetime: must
/// outlive the tasks that use it.
template <class T>
class task_local {
 public:
  /// Undoes `with` when destroyed. To be destroyed in the task that made it.
  using scope = detail::value_scope;

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
  const T* find() const noexcept { return static_cast<const T*>(detail::find_value(this)); }
  /// Sets the value for the running task, callback or call on a thread. Throws errc::wrong_loop elsewhere.
  void set(T value) {
    detail::change_value(detail::changeable_values(), this, std::make_shared<const T>(std::move(value)));
  }
  /// The same until the scope is destroyed; then this value is as it was, and others stay as they are.
  scope with(T value) { return scope{this, std::make_shared<const T>(std::move(value))}; }

 private:
  std::optional<T> default_;
};

}  // namespace bight
