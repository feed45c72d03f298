// How things are awaited: the protocol of bight's own primitives, and of yours.
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

/// The type-erased half of an awaiter: its place in the loop and in its task. Derive from `basic_awaiter`.
class awaiter : public detail::scheduled {
 public:
  /// True in a derived class whose destructor gives back what it was granted if it was woken and not resumed:
  /// `race` leaves it like that when another one has won.
  static constexpr bool gives_back = false;

  /// Names what is waited for, as in "semaphore::acquire": for reports and cancelled_error.
  virtual const char* waiting_for() const noexcept = 0;
  /// The task whose end or release ends this wait, if that is known: for reports, never dereferenced unless
  /// it is alive.
  virtual const detail::task_base* waits_on() const noexcept { return nullptr; }
  /// True if it waits for the children of a group or gather of its task.
  virtual bool waits_for_children() const noexcept { return false; }

  /// Called by the loop when the task that waits here is cancelled.
  void interrupt() noexcept;
  /// Called once by the promise of the awaiting coroutine.
  void bind(detail::promise_base& parent) noexcept;

 protected:
  enum class state : unsigned char {
    unawaited,  // and not moved from
    idle,       // awaited, and running
    deferred,   // on the ready list because the budget was used up; nothing taken yet
    parked,     // waiting for wake()
    ready,      // woken: on the ready list
    cancelled,  // will throw cancelled_error
    failed,     // will throw what ready() or park() threw when they were called by the loop
    orphaned,   // what it waited at is gone: will throw errc::destroyed
  };

  /// What a cancellation that is due when the wait begins does.
  enum class on_cancel : unsigned char {
    strike_first,  ///< Throw before anything is started or taken.
    wait_to_end,   ///< Park all the same, then call unpark(): for waits that only forward a cancellation.
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

  /// Tries to finish without waiting. Called on the loop's thread, perhaps more than once.
  virtual bool ready() = 0;
  /// Waiting begins: arrange for `wake()` to be called.
  virtual void park() = 0;
  /// The task is cancelled. Return true after undoing `park()`: cancelled_error is thrown. Return false to
  /// stay parked: the operation must be awaited to its end (I/O in flight); `wake()` ends it as usual, and
  /// `result()` may call `throw_if_cancelled()` when nothing came of it. May be called again.
  virtual bool unpark() noexcept = 0;

  /// Ends the wait: the task goes on in its turn. Precondition: parked. Loop thread only: another loop's
  /// thread that gets here by mistake ends the program with a message, and in debug mode any other thread.
  void wake() noexcept {
    if (detail::this_loop != &task_->loop()) [[unlikely]]
      refuse_wrong_thread();
    state_ = state::ready;
    task_->set_waiting(nullptr);
    task_->loop().push(*this);
    if (task_->loop().hook) [[unlikely]]
      task_->loop().hook->at_await(*task_);
  }
  /// Ends the wait and resumes the task at once, as a completion handler of the loop's own I/O does.
  void wake_in_place() noexcept;

  bool parked() const noexcept { return state_ == state::parked; }
  /// Awaited and not resumed yet: what destructors check first.
  bool left_behind() const noexcept { return state_ > state::idle; }
  /// For destructors: in debug mode, tells the log if nobody awaited this awaiter.
  void report_unless_awaited() const noexcept {
    if (state_ == state::unawaited) [[unlikely]]
      report_unawaited();
  }
  /// Woken, and not resumed yet: the destructor of an awaiter that was handed something gives it back.
  bool woken() const noexcept { return state_ == state::ready; }
  /// Throws cancelled_error if a request is due for the task, and uses it up.
  void throw_if_cancelled() {
    if (task_->cancel_due()) throw task_->take_cancel(waiting_for());
  }
  detail::task_base& task() const noexcept { return *task_; }
  detail::loop_core& loop() const noexcept { return task_->loop(); }

  // What the compiler calls, for basic_awaiter, and what waiter_list calls.
  void forget() noexcept { state_ = state::idle; }
  void orphan() noexcept;
  bool spend_budget() noexcept {
    if (--loop().budget >= 0) [[likely]]
      return true;
    state_ = state::deferred;
    return false;
  }
  bool suspend(std::coroutine_handle<> frame);  // false: go on at once
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
  on_cancel rule_ = on_cancel::strike_first;
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
    links(links&&) noexcept {}  // not linked by copying
  };
  links links_;
};

/// First come, first served: awaiters parked at one object. Linking allocates nothing.
class waiter_list {
 public:
  waiter_list() = default;
  waiter_list(const waiter_list&) = delete;
  waiter_list& operator=(const waiter_list&) = delete;
  /// Awaiters that are left throw errc::destroyed, unless their frames are being destroyed with their loop.
  ~waiter_list() {
    while (auto* const a = head_) {
      remove(*a);
      a->orphan();
    }
  }

  bool empty() const noexcept { return head_ == nullptr; }
  queued_awaiter* front() const noexcept { return head_; }
  /// The one behind `a`, null at the end.
  static queued_awaiter* after(const queued_awaiter& a) noexcept { return a.links_.next; }
  /// Throws errc::wrong_loop if tasks of another loop wait here.
  void push_back(queued_awaiter& a) {
    if (head_ && &head_->loop() != &a.loop()) [[unlikely]]
      throw_wrong_loop(a);
    a.links_.previous = tail_;
    a.links_.next = nullptr;
    (tail_ ? tail_->links_.next : head_) = &a;
    tail_ = &a;
  }
  /// Lets one that was removed go on in its turn, whatever it is.
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

/// Base of an awaitable operation. `Derived` supplies four functions:
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
/// A free resource costs no suspension and no allocation: the awaiter lives in the frame of the awaiting
/// coroutine. Guarantees: all four run on the loop's thread; `ready()` is called before `park()`; after
/// `unpark()` returned true, `result()` is not called. Derived classes are final and need a constructor of
/// their own (GCC 12 destroys aggregates inside a co_await expression twice). Their destructor unlinks if
/// `parked()`: it runs without a resumption when the loop is destroyed.
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
