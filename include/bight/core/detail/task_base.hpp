// The base of a task: cancellation state, scopes, what it waits for.
#pragma once
#include <bight/core/cancel.hpp>
#include <bight/core/detail/frame_cache.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <cstdint>
#include <exception>
#include <source_location>

namespace bight {
class awaiter;
}

namespace bight::detail {

class joinable_task;
class promise_base;
class task_base;
struct task_extras;

/// A region of a task's body that can cancel its contents (timeout, group) or defer cancellations of outer
/// regions (uncancellable). The scopes of a task form a stack.
struct cancel_scope {
  cancel_scope* outer = nullptr;
  bool requested = false;    ///< It has requested a cancellation, which `leave_scope` takes back.
  bool pending = false;      ///< ... which has not been thrown yet.
  bool mask = false;         ///< Defers requests of outer scopes and from outside.
  std::uint16_t hidden = 0;  ///< For a mask: the number of requests deferred or made before it.
};

/// A list of sibling tasks, oldest first. Abandoned newest first, since tasks may refer to older ones.
class task_list {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  task_base* front() const noexcept { return head_; }
  task_base* back() const noexcept { return tail_; }
  void push_back(task_base& t) noexcept;
  void remove(task_base& t) noexcept;

 private:
  task_base* head_ = nullptr;
  task_base* tail_ = nullptr;
};

/// The owner of tasks, notified of their end: a loop, a group or a gather. A loop knows all owners, and
/// through them all tasks.
class task_owner {
 public:
  task_owner(const task_owner&) = delete;
  task_owner& operator=(const task_owner&) = delete;

  virtual void child_started(task_base& child) noexcept = 0;
  virtual void child_finished(task_base& child) noexcept = 0;
  /// "task_group", "gather", "loop".
  virtual const char* kind() const noexcept = 0;

  /// The task that contains it; null for a loop.
  task_base* parent() const noexcept { return parent_; }
  const task_list& children() const noexcept { return children_; }
  task_owner* next_owner() const noexcept { return next_; }

 protected:
  /// For a loop, which is the head of the list.
  task_owner() noexcept = default;
  explicit task_owner(task_base& parent) noexcept;
  ~task_owner();

  task_list children_;

 private:
  task_base* parent_ = nullptr;
  task_owner* previous_ = nullptr;
  task_owner* next_ = nullptr;
};

/// A task: the owner of a coroutine, with the state for cancellation and joining.
class task_base : public scheduled, public cached_frame {
 public:
  task_base(loop_core& loop, task_owner& owner) noexcept
      : loop_(&loop), owner_(&owner), number_(++loop.tasks_made) {}
  task_base(const task_base&) = delete;
  task_base& operator=(const task_base&) = delete;

  loop_core& loop() const noexcept { return *loop_; }
  /// The number of the task in its loop, from 1, for tasks without a name.
  std::uint32_t number() const noexcept { return number_; }
  /// Where it was spawned; line 0 if unknown.
  const std::source_location& spawned_at() const noexcept { return spawned_at_; }
  void set_spawned_at(const std::source_location& where) noexcept { spawned_at_ = where; }
  bool finished() const noexcept { return finished_; }
  bool cancelled() const noexcept { return cancelled_; }
  std::exception_ptr error() const noexcept { return error_; }

  /// Requests a cancellation, by `scope` or (null) from outside. Returns false if the task has completed.
  bool request_cancel(cancel_scope* scope, cancel_reason reason, std::source_location where) noexcept;
  unsigned cancelling() const noexcept { return cancelling_; }
  /// Same without the requests hidden by a mask; scopes use it to distinguish their own request from others.
  unsigned visible_cancelling() const noexcept {
    const cancel_scope* s = scopes_;
    while (s && !s->mask) s = s->outer;
    const unsigned hidden = s ? s->hidden : 0U;
    return cancelling_ > hidden ? cancelling_ - hidden : 0U;
  }
  /// ... and without one that is pending: at the entry of a scope, the requests that have been delivered.
  unsigned handled_cancelling() const noexcept {
    const unsigned n = visible_cancelling();
    return n != 0 && cancel_due() ? n - 1 : n;
  }
  /// Takes back one outside request.
  unsigned uncancel() noexcept;

  /// Whether a request is pending that no mask defers.
  bool cancel_due() const noexcept { return cancel_pending_ && due(); }
  /// Consumes the pending requests and returns the error to throw.
  cancelled_error take_cancel(const char* waiting_for) noexcept;
  /// Makes consumed requests pending again (a group that ends with errors).
  void reissue_cancel() noexcept;

  void enter_scope(cancel_scope& scope) noexcept {
    scope.outer = scopes_;
    scopes_ = &scope;
  }
  /// Leaves the innermost scope and takes back its request. Returns `visible_cancelling()` afterwards.
  unsigned leave_scope(cancel_scope& scope) noexcept;

  /// `visible_cancelling()` without the requests of `scope` and the scopes inside it.
  unsigned cancelling_outside_of(const cancel_scope& scope) const noexcept;

  /// What the task waits for; null while it is running or ready.
  awaiter* waiting() const noexcept { return waiting_; }
  void set_waiting(awaiter* a) noexcept { waiting_ = a; }
  /// The coroutine that awaited a primitive last. The innermost one, if the task is not running.
  const promise_base* leaf() const noexcept { return leaf_; }
  void set_leaf(promise_base& p) noexcept { leaf_ = &p; }
  task_owner& owner() const noexcept { return *owner_; }

  /// Optional state: a name, task_local values, listeners.
  task_extras* extras() const noexcept { return extras_; }
  task_extras& need_extras();

  /// The task as one with handles; null for a child of a gather.
  virtual joinable_task* joinable() noexcept { return nullptr; }
  /// Called by the promise of the body when it has completed.
  virtual void body_finished(std::exception_ptr error, bool cancelled) noexcept = 0;
  /// Called by the destructor of the loop: destroys the body where it waits.
  virtual void abandon() noexcept = 0;

  task_base* previous_sibling = nullptr;
  task_base* next_sibling = nullptr;

 protected:
  ~task_base() {
    if (extras_) [[unlikely]]
      drop_extras();
  }
  void drop_extras() noexcept;
  bool due() const noexcept;
  void refresh_pending() noexcept;
  void mark_finished(std::exception_ptr error, bool cancelled) noexcept {
    error_ = std::move(error);
    cancelled_ = cancelled;
    finished_ = true;
    waiting_ = nullptr;
  }

  loop_core* loop_;
  task_owner* owner_;
  awaiter* waiting_ = nullptr;
  promise_base* leaf_ = nullptr;
  task_extras* extras_ = nullptr;
  cancel_scope* scopes_ = nullptr;
  std::exception_ptr error_;
  std::source_location cancel_site_ = {};
  std::source_location spawned_at_ = {};
  std::uint32_t number_;
  std::uint16_t cancelling_ = 0;
  cancel_reason cancel_reason_ = cancel_reason::request;
  bool started_ : 1 = false;
  bool finished_ : 1 = false;
  bool cancelled_ : 1 = false;
  bool cancel_pending_ : 1 = false;   ///< A request has not been thrown yet.
  bool outside_pending_ : 1 = false;  ///< ... from outside.
};

}  // namespace bight::detail
