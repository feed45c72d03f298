// task<T>, spawn, shield: concurrent coroutines.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/done_callback.hpp>
#include <bight/core/detail/reference.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/detail/traits.hpp>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <utility>

namespace bight {

namespace detail {
struct task_access;
}

/// The handle of a task: a coroutine that runs concurrently with the one that spawned it (asyncio.Task).
///
///     auto t = bight::spawn(fetch, url);
///     ...
///     page& p = co_await t;              // T&: the result stays in the task
///     page q = co_await std::move(t);    // T: the result is moved out
///     co_await t.wait();                 // waits for the end, whatever it is
///
/// A cheap reference: copies refer to the same task, and several coroutines may await it. Destroying all
/// handles neither stops nor cancels the task; its loop owns it. An error that was not retrieved is logged
/// when the last handle is destroyed. Loop thread only. Cancellation: if a coroutine is cancelled in
/// `co_await t`, t is cancelled and awaited; see `shield` for an alternative. `t.wait()` does not affect t.
template <class T = void>
class task {
 public:
  using value_type = T;

  task() = default;
  explicit task(detail::task_core<T>* adopted) noexcept
      : core_(detail::reference<detail::task_core<T>>::adopt(adopted)) {}

  /// Whether it refers to a task. Precondition of all other members.
  bool valid() const noexcept { return static_cast<bool>(core_); }

  /// Requests cancellation: cancelled_error is thrown at the await where the task is waiting, in its next
  /// turn. A task that has not started does not start. Returns false if the task has completed.
  bool cancel(std::source_location where = std::source_location::current()) const noexcept {
    return core_->request_cancel(nullptr, cancel_reason::request, where);
  }
  /// The number of cancellation requests that have not been taken back (asyncio.Task.cancelling).
  unsigned cancelling() const noexcept { return core_->cancelling(); }

  /// Whether it has completed: with a result, an error, or cancelled.
  bool done() const noexcept { return core_->finished(); }
  /// Whether it ended with cancelled_error.
  bool cancelled() const noexcept { return core_->finished() && core_->cancelled(); }
  /// The error that it ended with; null if there is none. Counts as retrieving the error. Precondition:
  /// done().
  std::exception_ptr exception() const noexcept {
    core_->mark_retrieved();
    return core_->error();
  }
  /// The result. Errors: the error of the task; errc::not_retrievable if it has not completed.
  decltype(auto) result() const {
    core_->require_finished();
    return core_->get();
  }

  /// Releases the handle; the task keeps running. Makes explicit that the handle is not needed.
  void detach() noexcept { core_ = {}; }

  /// The name given by `named` or `set_name`; otherwise "task-N", numbered per loop from 1.
  std::string name() const { return detail::name_of(*core_); }
  void set_name(std::string name) const { detail::set_name(*core_, std::move(name)); }

  /// Calls `f(t)` with a handle of this task in a later turn after it has completed
  /// (asyncio.Task.add_done_callback). Not called if the loop is destroyed first. Exceptions of `f` are
  /// logged.
  template <class F>
    requires std::invocable<std::decay_t<F>&, task>
  void add_done_callback(F&& f) const {
    detail::add_done_callback(*core_, [self = *this, call = std::decay_t<F>(std::forward<F>(f))]() mutable {
      std::invoke(call, std::move(self));
    });
  }

  /// Waits until the task has completed. Does not throw the task's error. Cancellation: stops waiting; the
  /// task is not affected.
  [[nodiscard]] detail::end_awaiter wait() const noexcept { return detail::end_awaiter{*core_}; }

  detail::join_awaiter<T, false> operator_co_await() const& noexcept {
    return detail::join_awaiter<T, false>{*core_};
  }
  detail::join_awaiter<T, true> operator_co_await() && noexcept {
    return detail::join_awaiter<T, true>{*core_};
  }

  friend bool operator==(const task&, const task&) = default;

 private:
  friend struct detail::task_access;

  detail::reference<detail::task_core<T>> core_;
};

namespace detail {
struct task_access {
  template <class T>
  static task_core<T>& core(const task<T>& t) noexcept {
    return *t.core_;
  }
  template <class Any>
    requires requires(const Any& t) { t.core_->joinable(); }
  static joinable_task& core(const Any& t) noexcept {
    return *t.core_;
  }
  template <class T>
  static task_base& base(const task<T>& t) noexcept {
    return *t.core_;
  }
};
}  // namespace detail

/// Starts `f(args...)` as a task of the running loop, in its next turn (asyncio.create_task).
///
///     auto t = bight::spawn(fetch, url);
///
/// The callable and copies of the arguments are stored in the task and passed as rvalues; use std::ref for
/// references. Prefer `task_group`, whose tasks cannot outlive its scope. Errors: errc::wrong_loop if no loop
/// is running on this thread. Cost: one allocation besides the coroutine frame, both from a per-thread cache.
template <class F, class... Args>
  requires detail::async_callable<F, Args...>
[[nodiscard(
    "the task is not awaited: call .detach() if that is intended")]] task<detail::call_result_t<F, Args...>>
spawn(F&& f, Args&&... args) {
  auto& loop = detail::require_loop();
  return task<detail::call_result_t<F, Args...>>{
      detail::make_task(loop, detail::root_owner(loop), std::forward<F>(f), std::forward<Args>(args)...)};
}

// Only for its error message.
template <class F, class... Args>
  requires detail::wrong_call<F, Args...>
auto spawn(F&&, Args&&...) {
  return task<detail::explained_t<F, Args...>>{};
}

/// Awaits a task without cancelling it if the awaiting coroutine is cancelled (asyncio.shield, for tasks):
/// only the wait is cancelled. Keep a handle of the task.
template <class T>
[[nodiscard]] detail::shield_awaiter<T> shield(const task<T>& t) noexcept {
  return detail::shield_awaiter<T>{detail::task_access::core(t)};
}

}  // namespace bight
