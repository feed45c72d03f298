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

class promise_base;
class task_base;

/// A region of a task's body that may cancel what runs inside it (timeout, group) or hold cancellations of
/// outer regions back (uncancellable). Scopes of a task form a stack, innermost first.
struct cancel_scope {
  cancel_scope* outer = nullptr;
  bool requested = false;    ///< It asked for a cancellation, which `leave_scope` takes back.
  bool pending = false;      ///< ... which was not thrown yet.
  bool mask = false;         ///< Holds back what outer scopes and the outside ask for.
  std::uint16_t hidden = 0;  ///< Of a mask: how many requests it holds back, or were there before it.
};

/// Whoever started a task and hears of its end: a loop, a group, a gather.
class task_owner {
 public:
  virtual void child_started(task_base& child) noexcept = 0;
  virtual void child_finished(task_base& child) noexcept = 0;

 protected:
  ~task_owner() = default;
};

/// A task: not a coroutine, but the owner of one, with what cancellation and joining need.
class task_base : public scheduled, public cached_frame {
 public:
  task_base(loop_core& loop, task_owner& owner) noexcept : loop_(&loop), owner_(&owner) {}
  task_base(const task_base&) = delete;
  task_base& operator=(const task_base&) = delete;

  loop_core& loop() const noexcept { return *loop_; }
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

  /// Called by the body's promise when the body has ended.
  virtual void body_finished(std::exception_ptr error, bool cancelled) noexcept = 0;
  /// Called by the loop's destructor: destroys the body where it stands.
  virtual void abandon() noexcept = 0;

  task_base* previous_sibling = nullptr;
  task_base* next_sibling = nullptr;
  bool ending = false;  ///< Told to end with its loop.

 protected:
  ~task_base() = default;
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
  cancel_scope* scopes_ = nullptr;
  std::exception_ptr error_;
  std::source_location cancel_site_ = {};
  std::uint16_t cancelling_ = 0;
  cancel_reason cancel_reason_ = cancel_reason::request;
  bool started_ = false;
  bool finished_ = false;
  bool cancelled_ = false;
  bool cancel_pending_ = false;   ///< Any request not thrown yet, from outside or of a scope.
  bool outside_pending_ = false;  ///< ... from outside.
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

}  // namespace bight::detail
