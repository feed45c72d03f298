// Optional state of tasks, so that others pay only a pointer.
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

/// Is notified of the end of a task.
class end_listener {
 public:
  end_listener() = default;
  end_listener(const end_listener&) = delete;
  end_listener& operator=(const end_listener&) = delete;

  /// Called once when the task has its result and its joiners have been woken; not when it is destroyed with
  /// its loop. The listener has been removed by then.
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
  /// Detaches the remaining listeners.
  ~task_extras();

  std::string name;
  shared_values locals;
  end_listener* listeners = nullptr;  // oldest first
  end_listener* last_listener = nullptr;
  /// For a failed task: the exception handler of its loop at that time, since the loop may be destroyed
  /// first.
  std::shared_ptr<std::function<void(const any_task&, const std::exception_ptr&)>> on_exception;
};

}  // namespace bight::detail
