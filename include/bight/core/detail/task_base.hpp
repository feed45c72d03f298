// The identity of a task: cancellation state, scopes, what it waits for.
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

/// A region of a task's body that may cancel what runs inside it (timeout, group) or hold cancellations of
/// outer regions back (uncancellable). Scopes of a task form a stack, innermost first.
struct cancel_scope {
  cancel_scope* outer = nullptr;
  bool requested = false;    ///< It asked for a cancellation, which `leave_scope` takes back.
  bool pending = false;      ///< ... which was not thrown yet.
  bool mask = false;         ///< Holds back what outer scopes and the outside ask for.
  std::uint16_t hidden = 0;  ///< Of a mask: how many requests it holds back, or were there before it.
};

/// A list of sibling tasks, oldest first. Tasks that are given up go newest first: they may refer to older
/// ones.
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

/// Whoever started tasks and hears of their end: a loop, a group, a gather. A loop knows all of them, and
/// through them every task.
class task_owner {
 public:
  task_owner(const task_owner&) = delete;
  task_owner& operator=(const task_owner&) = delete;

  virtual void child_started(task_base& child) noexcept = 0;
  virtual void child_finished(task_base& child) noexcept = 0;
  /// "task_group", "gather", "loop".
  virtual const char* kind() const noexcept = 0;

  /// The task in which it lives; null for a loop.
  task_base* parent() const noexcept { return parent_; }
  const task_list& children() const noexcept { return children_; }
  task_owner* next_owner() const noexcept { return next_; }

 protected:
  /// Of a loop: it is not on the list, but its head.
  task_owner() noexcept = default;
  explicit task_owner(task_base& parent) noexcept;
  ~task_owner();

  task_list children_;

 private:
  task_base* parent_ = nullptr;
  task_owner* previous_ = nullptr;
  task_owner* next_ = nullptr;
};

/// A task: not a coroutine, but the owner of one, with what cancellation and joining need.
class task_base : public scheduled, public cached_frame {
 public:
  task_base(loop_core& loop, task_owner& owner) noexcept
      : loop_(&loop), owner_(&owner), number_(++loop.tasks_made) {}
  task_base(const task_base&) = delete;
  task_base& operator=(const task_base&) = delete;

  loop_core& loop() const noexcept { return *loop_; }
  /// Counts the tasks of its loop, from 1: what a task is called that has no name.
  std::uint32_t number() const noexcept { return number_; }
  /// Where it was spawned; line 0 if that is not known.
  const std::source_location& spawned_at() const noexcept { return spawned_at_; }
  void set_spawned_at(const std::source_location& where) noexcept { spawned_at_ = where; }
  bool finished() const noexcept { return finished_; }
  bool cancelled() const noexcept { return cancelled_; }
  std::exception_ptr error() const noexcept { return error_; }

  /// Asks for a cancellation, by `scope` or (null) from outside. Returns false if the task has ended.
  bool request_cancel(cancel_scope* scope, cancel_reason reason, std::source_location where) noexcept;
  unsigned cancelling() const noexcept { return cancelling_; }
  /// The same without the requests that a mask hides: what a scope compares to tell its own request from
  /// others.
  unsigned visible_cancelling() const noexcept {
    const cancel_scope* s = scopes_;
    while (s && !s->mask) s = s->outer;
    const unsigned hidden = s ? s->hidden : 0U;
    return cancelling_ > hidden ? cancelling_ - hidden : 0U;
  }
  /// ... and without one that is still due: at the entry of a scope, what does not concern it any more.
  unsigned handled_cancelling() const noexcept {
    const unsigned n = visible_cancelling();
    return n != 0 && cancel_due() ? n - 1 : n;
  }
  /// Takes back one outside request.
  unsigned uncancel() noexcept;

  /// True if a request is waiting that no mask holds back.
  bool cancel_due() const noexcept { return cancel_pending_ && due(); }
  /// Uses the due requests up and returns the error to throw.
  cancelled_error take_cancel(const char* waiting_for) noexcept;
  /// Makes the requests that are counted but were used up due again (a group that ends with errors).
  void reissue_cancel() noexcept;

  void enter_scope(cancel_scope& scope) noexcept {
    scope.outer = scopes_;
    scopes_ = &scope;
  }
  /// Takes the innermost scope off, and its request back. Returns `visible_cancelling()` afterwards.
  unsigned leave_scope(cancel_scope& scope) noexcept;

  /// `visible_cancelling()` without what `scope` and the scopes inside it ask for.
  unsigned cancelling_outside_of(const cancel_scope& scope) const noexcept;

  /// What the task waits for, null while it runs or is ready.
  awaiter* waiting() const noexcept { return waiting_; }
  void set_waiting(awaiter* a) noexcept { waiting_ = a; }
  /// The coroutine that reached a primitive last. Of a task that does not run it is the innermost one.
  const promise_base* leaf() const noexcept { return leaf_; }
  void set_leaf(promise_base& p) noexcept { leaf_ = &p; }
  task_owner& owner() const noexcept { return *owner_; }

  /// What only some tasks have: a name, values of their own, somebody who listens.
  task_extras* extras() const noexcept { return extras_; }
  task_extras& need_extras();

  /// The same task as one that has handles; null for a child of a gather.
  virtual joinable_task* joinable() noexcept { return nullptr; }
  /// Called by the body's promise when the body has ended.
  virtual void body_finished(std::exception_ptr error, bool cancelled) noexcept = 0;
  /// Called by the loop's destructor: destroys the body where it stands.
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
  bool cancel_pending_ : 1 = false;   ///< Any request not thrown yet, from outside or of a scope.
  bool outside_pending_ : 1 = false;  ///< ... from outside.
};

}  // namespace bight::detail
