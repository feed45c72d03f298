// awaiter: the protocol of awaitable operations, bight's own and yours.
#pragma once
#include <bight/core/detail/task_base.hpp>
#include <concepts>
#include <coroutine>
#include <utility>

namespace bight {

namespace detail {
class promise_base;
struct awaiter_access;
}  // namespace detail

/// The type-erased part of an awaiter: its state, loop and task. Derive from `basic_awaiter`.
class awaiter : public detail::scheduled {
 public:
  /// Set to true in a derived class whose destructor gives back what it was granted if it was woken but not
  /// resumed. `race` relies on it: an operation that was granted something after another one has won is
  /// destroyed in that state.
  static constexpr bool revocable = false;

  /// The name of the operation, such as "semaphore::acquire", for reports and cancelled_error.
  virtual const char* waiting_for() const noexcept = 0;
  /// The task whose completion or release ends this wait, if known. For reports; only dereferenced if it is
  /// alive.
  virtual const detail::task_base* waits_on() const noexcept { return nullptr; }
  /// Whether it waits for the children of a group or gather of its task.
  virtual bool waits_for_children() const noexcept { return false; }

  /// Called by the loop to cancel the wait.
  void interrupt() noexcept;
  /// Called once by the promise of the awaiting coroutine.
  void bind(detail::promise_base& parent) noexcept;

 protected:
  enum class state : unsigned char {
    unawaited,  // not awaited or moved from yet
    idle,       // awaited; not suspended
    deferred,   // on the ready list because the budget is exhausted; nothing taken yet
    parked,     // suspended until wake()
    ready,      // woken; on the ready list
    cancelled,  // will throw cancelled_error
    failed,     // will throw what ready() or park() threw when called by the loop
    orphaned,   // the primitive was destroyed; will throw errc::destroyed
  };

  /// How a cancellation that is pending when the wait begins is handled.
  enum class on_cancel : unsigned char {
    throw_first,  ///< Throw before anything is started or taken.
    wait_to_end,  ///< Park, then call unpark(): for waits that only forward a cancellation.
  };

  awaiter() = default;
  explicit awaiter(on_cancel rule) noexcept : rule_(rule) {}
  awaiter(awaiter&& other) noexcept  // before it is awaited only
      : scheduled(std::move(other)),
        frame_(other.frame_),
        task_(other.task_),
        state_(std::exchange(other.state_, state::idle)),
        rule_(other.rule_) {}
  awaiter& operator=(awaiter&&) = delete;
  ~awaiter() = default;

  /// Tries to complete without waiting. May be called more than once.
  virtual bool ready() = 0;
  /// Called when the wait begins: arrange for `wake()` to be called.
  virtual void park() = 0;
  /// The task has been cancelled. Either undo `park()` and return true: cancelled_error is thrown. Or return
  /// false to stay parked until the operation has ended (I/O in flight): `wake()` ends the wait as usual, and
  /// `result()` may call `throw_if_cancelled()` if there is no result. May be called again.
  virtual bool unpark() noexcept = 0;

  /// Ends the wait; the task is resumed in a later turn. Precondition: parked. Loop thread only: a call from
  /// the thread of another loop, and in debug mode from any other thread, terminates the program with a
  /// message.
  void wake() noexcept {
    if (detail::this_loop != &task_->loop()) [[unlikely]]
      refuse_wrong_thread();
    state_ = state::ready;
    task_->set_waiting(nullptr);
    task_->loop().push(*this);
    if (task_->loop().hook) [[unlikely]]
      task_->loop().hook->at_await(*task_);
  }
  /// Ends the wait and resumes the task immediately, from a completion handler of the loop's I/O.
  void wake_in_place() noexcept;

  bool parked() const noexcept { return state_ == state::parked; }
  /// Awaited, but not resumed yet. Destructors of derived classes check this first.
  bool suspended() const noexcept { return state_ > state::idle; }
  /// For destructors: in debug mode, logs a warning if the awaiter was never awaited.
  void report_unless_awaited() const noexcept {
    if (state_ == state::unawaited) [[unlikely]]
      report_unawaited();
  }
  /// Woken, but not resumed yet: the destructor gives back what was granted.
  bool woken() const noexcept { return state_ == state::ready; }
  /// Throws cancelled_error if a cancellation request is due, which consumes the request.
  void throw_if_cancelled() {
    if (task_->cancel_due()) throw task_->take_cancel(waiting_for());
  }
  detail::task_base& task() const noexcept { return *task_; }
  detail::loop_core& loop() const noexcept { return task_->loop(); }

  // For basic_awaiter and waiter_list.
  void forget() noexcept { state_ = state::idle; }
  void orphan() noexcept;
  bool spend_budget() noexcept {
    if (--loop().budget >= 0) [[likely]]
      return true;
    state_ = state::deferred;
    return false;
  }
  bool suspend(std::coroutine_handle<> frame);  // false: do not suspend
  void finish() {
    if (state_ >= state::cancelled) [[unlikely]]
      raise();
    state_ = state::idle;
  }

 private:
  friend struct detail::awaiter_access;
  void run() noexcept final;
  bool begin_wait();
  bool retry() noexcept;
  [[noreturn]] void raise();
  void refuse_wrong_thread() const noexcept;
  void report_unawaited() const noexcept;

  std::coroutine_handle<> frame_;
  detail::task_base* task_ = nullptr;
  state state_ = state::unawaited;
  on_cancel rule_ = on_cancel::throw_first;
};

namespace detail {
struct awaiter_access {
  static bool woken(const awaiter& a) noexcept { return a.woken(); }
};
}  // namespace detail

/// An awaiter that waits in a `waiter_list`.
class queued_awaiter : public awaiter {
 protected:
  queued_awaiter() = default;
  explicit queued_awaiter(on_cancel rule) noexcept : awaiter(rule) {}
  queued_awaiter(queued_awaiter&&) = default;
  ~queued_awaiter() = default;

 private:
  friend class waiter_list;
  struct links {
    queued_awaiter* previous = nullptr;
    queued_awaiter* next = nullptr;
    links() = default;
    links(links&&) noexcept {}  // a moved awaiter is not linked
  };
  links links_;
};

/// An intrusive FIFO list of parked awaiters. Does not allocate.
class waiter_list {
 public:
  waiter_list() = default;
  waiter_list(const waiter_list&) = delete;
  waiter_list& operator=(const waiter_list&) = delete;
  /// Remaining awaiters throw errc::destroyed, unless their frames are destroyed with their loop.
  ~waiter_list() {
    while (auto* const a = head_) {
      remove(*a);
      a->orphan();
    }
  }

  bool empty() const noexcept { return head_ == nullptr; }
  queued_awaiter* front() const noexcept { return head_; }
  /// The awaiter after `a`; null at the end.
  static queued_awaiter* after(const queued_awaiter& a) noexcept { return a.links_.next; }
  /// Errors: errc::wrong_loop if tasks of another loop wait here.
  void push_back(queued_awaiter& a) {
    if (head_ && &head_->loop() != &a.loop()) [[unlikely]]
      throw_wrong_loop(a);
    a.links_.previous = tail_;
    a.links_.next = nullptr;
    (tail_ ? tail_->links_.next : head_) = &a;
    tail_ = &a;
  }
  /// Wakes an awaiter of any type that has been removed.
  static void wake(queued_awaiter& a) noexcept { a.wake(); }
  void remove(queued_awaiter& a) noexcept {
    auto& l = a.links_;
    (l.previous ? l.previous->links_.next : head_) = l.next;
    (l.next ? l.next->links_.previous : tail_) = l.previous;
    l.previous = l.next = nullptr;
  }

 private:
  [[noreturn]] static void throw_wrong_loop(const queued_awaiter& a);

  queued_awaiter* head_ = nullptr;
  queued_awaiter* tail_ = nullptr;
};

/// Base class of an awaitable operation. `Derived` supplies four functions:
///
///     class arrival final : public bight::basic_awaiter<arrival> {
///      public:
///       explicit arrival(hall& h) noexcept;
///       ~arrival();
///       bool ready();             // take the resource if it is free
///       void park();              // wait: link yourself where someone will call wake()
///       bool unpark() noexcept;   // the task was cancelled: unlink, return true
///       guest result();           // called once when the wait has succeeded
///     };
///
/// If the resource is free, awaiting neither suspends nor allocates: the awaiter is stored in the frame of
/// the awaiting coroutine. All four functions are called on the loop's thread; `ready()` is called before
/// `park()`; `result()` is not called after `unpark()` has returned true. Derived classes must be final and
/// have a user-provided constructor (GCC 12 destroys aggregates in a co_await expression twice). If
/// `parked()`, their destructor must unlink the awaiter: it is destroyed without being resumed when the loop
/// is destroyed.
template <class Derived, class Base = awaiter>
  requires std::derived_from<Base, awaiter>
class basic_awaiter : public Base {
 public:
  bool await_ready() { return this->spend_budget() && self().Derived::ready(); }
  bool await_suspend(std::coroutine_handle<> frame) { return this->suspend(frame); }
  decltype(auto) await_resume() {
    this->finish();
    return self().Derived::result();
  }

 protected:
  using Base::Base;
  basic_awaiter() = default;
  basic_awaiter(basic_awaiter&&) = default;
  ~basic_awaiter() = default;

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

}  // namespace bight
