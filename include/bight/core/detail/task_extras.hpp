// What only some tasks have, so that the others pay one pointer for it.
#pragma once
#include <bight/core/detail/local_values.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace bight {
class any_task;
}

namespace bight::detail {

class joinable_task;

/// Hears of the end of a task.
class end_listener {
 public:
  end_listener() = default;
  end_listener(const end_listener&) = delete;
  end_listener& operator=(const end_listener&) = delete;

  /// Called once, when the task has its result and its joiners were woken; not when the task is destroyed
  /// with its loop. The listener is off the task's list by then.
  virtual void task_ended(joinable_task& ended) noexcept = 0;
  bool listening() const noexcept { return task_ != nullptr; }
  void listen(joinable_task& to);
  void stop_listening() noexcept;

 protected:
  ~end_listener() { stop_listening(); }

 private:
  friend class joinable_task;
  friend struct task_extras;
  joinable_task* task_ = nullptr;
  end_listener* previous_ = nullptr;
  end_listener* next_ = nullptr;
};

struct task_extras {
  task_extras() = default;
  task_extras(const task_extras&) = delete;
  task_extras& operator=(const task_extras&) = delete;
  /// Listeners that are left are let go.
  ~task_extras();

  std::string name;
  shared_values locals;
  end_listener* listeners = nullptr;  // oldest first
  end_listener* last_listener = nullptr;
  /// Of a task that failed: the exception handler that its loop had then, if any. The loop may go first.
  std::shared_ptr<std::function<void(const any_task&, const std::exception_ptr&)>> on_exception;
};

}  // namespace bight::detail
