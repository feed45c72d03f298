// The task_local values of the running task, or of the callback or thread call that runs outside tasks.
#pragma once
#include <memory>
#include <utility>
#include <vector>

namespace bight::detail {

/// The values of a task. Immutable: children share them.
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

/// The values of the running code; null if there are none.
shared_values current_values() noexcept;
/// Same for background work: without the deadline of a with_deadline.
shared_values background_values();
/// The modifiable values of the running code. Errors: errc::wrong_loop outside tasks, callbacks and thread
/// calls.
shared_values& changeable_values();
/// Sets or removes the value of `key`.
void change_value(shared_values& of, const void* key, std::shared_ptr<const void> value);
/// The value of the running code; null if it has none.
const void* find_value(const void* key) noexcept;
[[noreturn]] void throw_no_local_value();

/// Provides the values `mine` to code of this thread that runs outside tasks.
class values_scope {
 public:
  explicit values_scope(shared_values& mine) noexcept;
  values_scope(const values_scope&) = delete;
  values_scope& operator=(const values_scope&) = delete;
  ~values_scope();

 private:
  shared_values* previous_;
};

/// Sets a value until it is destroyed, which restores only that value.
class [[nodiscard("the value is set only while the scope exists")]] value_scope {
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
