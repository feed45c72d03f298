// A cancel scope with a deadline, and the awaiters that run a body inside it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/task_base.hpp>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <utility>

namespace bight::detail {

/// Cancels the contents of a region when its deadline passes. Entered and left by one task, like a stack
/// frame. The time starts at construction; a deadline that has passed expires on entry.
class timeout_scope final : private cancel_scope, private timer_node {
 public:
  explicit timeout_scope(clock::duration d) noexcept { set(d); }
  explicit timeout_scope(clock::time_point deadline) noexcept { set(deadline); }
  timeout_scope(const timeout_scope&) = delete;
  timeout_scope& operator=(const timeout_scope&) = delete;
  ~timeout_scope() {
    if (task_) leave();  // the await failed, or the loop is destroyed
  }

  /// Restarts a scope that is not entered with a new limit.
  void begin(clock::duration d) noexcept {
    forget();
    set(d);
  }
  void begin(clock::time_point deadline) noexcept {
    forget();
    set(deadline);
  }
  /// Marks it as expired without entering it.
  void give_up() noexcept { requested = true; }
  /// The task that has entered it; null if there is none.
  task_base* task() const noexcept { return task_; }
  /// The deadline had passed when it started.
  bool over() const noexcept { return over_; }

  void enter(task_base& task) noexcept {
    task_ = &task;
    level_ = task.handled_cancelling();
    task.enter_scope(*this);
    age_ = task.loop().timers.take_age();
    if (over_) [[unlikely]]
      expired();
  }
  /// Called when the body suspends: arms the timer.
  void arm();
  /// Changes the deadline; one that has passed expires immediately. Errors: std::logic_error if it has
  /// expired. Precondition: entered.
  void reschedule(clock::time_point deadline);
  /// The deadline; the maximum if there is none.
  clock::time_point when() const noexcept { return deadline_; }
  bool expired_already() const noexcept { return requested; }

  /// Called when the body has ended. Returns true if a cancellation that left it was only this scope's: the
  /// time is up.
  bool leave() noexcept {
    task_base& task = *std::exchange(task_, nullptr);
    if (timer_node::armed()) task.loop().timers.remove(*this);
    const bool time_is_up = requested;
    return task.leave_scope(*this) <= level_ && time_is_up;
  }

 private:
  void expired() noexcept override;
  void set(clock::duration d) noexcept {
    if (d == forever) return;
    deadline_ = deadline_after(clock::now(), d);
    over_ = d <= clock::duration::zero();
  }
  void set(clock::time_point deadline) noexcept {
    deadline_ = deadline;
    over_ = deadline != clock::time_point::max() && deadline <= clock::now();
  }
  void forget() noexcept {
    deadline_ = clock::time_point::max();
    requested = pending = over_ = waiting_ = false;
  }

  clock::time_point deadline_ = clock::time_point::max();
  task_base* task_ = nullptr;
  std::uint64_t age_ = 0;  // at entry: of equal deadlines, the outer one expires first
  unsigned level_ = 0;
  bool over_ = false;     // at the start
  bool waiting_ = false;  // the body has suspended
};

[[noreturn]] void throw_timeout_error();

/// Runs a child inside a timeout_scope, which the parent coroutine owns.
template <class T>
class bounded_awaiter_base {
 public:
  bounded_awaiter_base(timeout_scope& scope, awaitable<T>&& work) noexcept
      : scope_(&scope), work_(std::move(work)) {}
  bounded_awaiter_base(bounded_awaiter_base&&) = default;
  ~bounded_awaiter_base() = default;

  void bind(promise_base& parent) noexcept {
    parent_ = &parent;
    scope_->enter(parent.task());
  }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> frame) {
    child_.emplace(awaitable_access::release(work_), *parent_);
    child_->await_ready();
    if (!child_->await_suspend(frame)) return false;
    scope_->arm();
    return true;
  }

 protected:
  promise<T>& ended() noexcept { return child_->promise_of(); }
  bool leave() noexcept { return scope_->leave(); }

 private:
  timeout_scope* scope_;
  awaitable<T> work_;
  promise_base* parent_ = nullptr;
  std::optional<child_awaiter<T>> child_;
};

/// timeout, wait_for: the result, or timeout_error.
template <class T>
class bounded_awaiter final : public bounded_awaiter_base<T> {
 public:
  using bounded_awaiter_base<T>::bounded_awaiter_base;
  T await_resume() {
    const bool time_is_up = this->leave();
    auto& p = this->ended();
    if (time_is_up && p.was_cancelled()) throw_timeout_error();
    return p.take();
  }
};

template <class T>
struct moved_on {
  using type = std::optional<T>;
};
template <>
struct moved_on<void> {
  using type = bool;
};
template <class T>
struct moved_on<T&> {
  using type = T*;
};
/// The result of move_on_after.
template <class T>
using moved_on_t = typename moved_on<T>::type;

/// The awaiter of move_on_after: the result, or nothing.
template <class T>
class moving_on_awaiter final : public bounded_awaiter_base<T> {
 public:
  using bounded_awaiter_base<T>::bounded_awaiter_base;
  moved_on_t<T> await_resume() {
    const bool time_is_up = this->leave();
    auto& p = this->ended();
    if (time_is_up && p.was_cancelled()) return {};
    if constexpr (std::is_void_v<T>) {
      p.take();
      return true;
    } else if constexpr (std::is_reference_v<T>) {
      return std::addressof(p.take());
    } else {
      return p.take();
    }
  }
};

/// Yields if the budget is nearly exhausted, so that the next awaiter, inside a coroutine of its own, returns
/// what is ready.
class fresh_turn final : public basic_awaiter<fresh_turn> {
 public:
  fresh_turn() noexcept {}
  bool await_ready() {
    if (loop().budget >= enough) return true;
    loop().budget = 0;
    return spend_budget();
  }
  const char* waiting_for() const noexcept override { return "its turn"; }

 private:
  friend class basic_awaiter<fresh_turn>;
  static constexpr int enough = 2;
  bool ready() override { return true; }
  void park() override {}
  bool unpark() noexcept override { return true; }
  void result() noexcept {
    if (loop().budget < enough) loop().budget = enough;
  }
};

/// Whether A is a coroutine, which has not started, rather than a task or a primitive, which may be ready.
template <class A>
inline constexpr bool is_unstarted = false;
template <class T>
inline constexpr bool is_unstarted<awaitable<T>> = true;

template <class T>
awaitable<T> wait_for(awaitable<T> work, clock::duration d, bool unstarted) {
  if (d <= clock::duration::zero()) {
    if (unstarted) throw_timeout_error();
    fresh_turn turn;
    co_await turn;
  }
  timeout_scope scope{d};
  bounded_awaiter<T> bounded{scope, std::move(work)};
  co_return co_await bounded;
}

}  // namespace bight::detail
