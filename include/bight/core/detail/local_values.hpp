// The values of task_local: those of the running task, or outside of tasks those of the callback or of the
// call on a thread that runs.
#pragma once
#include <memory>
#include <utility>
#include <vector>

namespace bight::detail {

/// The values of a task, never changed once made: children share them.
class local_values {
 public:
  /// Null if there is none.
  const std::shared_ptr<const void>* find(const void* key) const noexcept;
  /// A copy in which `key` has `value`; null: has none.
  local_values with(const void* key, std::shared_ptr<const void> value) const;
  bool empty() const noexcept { return values_.empty(); }

 private:
  std::vector<std::pair<const void*, std::shared_ptr<const void>>> values_;
};
using shared_values = std::shared_ptr<const local_values>;

/// What the running code has; null if nothing.
shared_values current_values() noexcept;
/// The same for what runs on its own: without the deadline of a with_deadline.
shared_values background_values();
/// current_values(), to be changed. Throws errc::wrong_loop where nobody would see that.
shared_values& changeable_values();
/// Gives `key` a value, or none.
void change_value(shared_values& of, const void* key, std::shared_ptr<const void> value);
/// The value of the running code; null if it has none.
const void* find_value(const void* key) noexcept;
[[noreturn]] void throw_no_local_value();

/// While it lives, code of this thread that is no task has the values `mine`, and changes them there.
class values_scope {
 public:
  explicit values_scope(shared_values& mine) noexcept;
  values_scope(const values_scope&) = delete;
  values_scope& operator=(const values_scope&) = delete;
  ~values_scope();

 private:
  shared_values* previous_;
};

/// Gives a value until it is destroyed; then that one is as it was, whatever happened to others.
class [[nodiscard("the value is gone when the scope is")]] value_scope {
 public:
  value_scope(const void* key, std::shared_ptr<const void> value);
  value_scope(const value_scope&) = delete;
  value_scope& operator=(const value_scope&) = delete;
  ~value_scope();

 private:
  shared_values* values_;  // of the task in which the scope lives
  shared_values before_;
  shared_values after_;
  const void* key_;
};

}  // namespace bight::detail
