// task<T>: the handle of a coroutine that runs on its own.
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
/// A handle is a cheap reference; copies refer to the same task, several coroutines may await it. Dropping
/// every handle neither stops nor cancels the task: its loop owns it. An error that nobody retrieved is
/// logged when the last handle goes. Concurrency: loop thread only. Cancellation: cancelling a coroutine
/// inside `co_await t` cancels t, and the coroutine waits until t has ended; see `shield` for waiting without
/// that. Cancelling one inside `t.wait()` leaves t alone.
template <class T = void>
class task {
 public:
  using value_type = T;

  task() = default;
  explicit task(detail::task_core<T>* adopted) noexcept
      : core_(detail::reference<detail::task_core<T>>::adopt(adopted)) {}

  /// True if it refers to a task. All other members require it.
  bool valid() const noexcept { return static_cast<bool>(core_); }

  /// Asks the task to stop: cancelled_error is thrown at the await where it waits, in its next turn. A task
  /// that has not started yet never does. Returns false if it has ended already.
  bool cancel(std::source_location where = std::source_location::current()) const noexcept {
    return core_->request_cancel(nullptr, cancel_reason::request, where);
  }
  /// The number of cancellation requests that were not taken back (asyncio.Task.cancelling).
  unsigned cancelling() const noexcept { return core_->cancelling(); }

  /// True if it has ended: with a result, an error, or cancelled.
  bool done() const noexcept { return core_->finished(); }
  /// True if cancelled_error left its body.
  bool cancelled() const noexcept { return core_->finished() && core_->cancelled(); }
  /// The error it ended with, null if there is none. Precondition: done(). Counts as retrieving it.
  std::exception_ptr exception() const noexcept {
    core_->mark_retrieved();
    return core_->error();
  }
  /// The result. Throws the task's error, or errc::not_retrievable when it has not ended.
  decltype(auto) result() const {
    core_->require_finished();
    return core_->get();
  }

  /// Forgets the handle: the task runs on, owned by its loop. Says on purpose what dropping it would do.
  void detach() noexcept { core_ = {}; }

  /// The name: what `named` or `set_name` gave it, or "task-N", counted in each loop from 1.
  std::string name() const { return detail::name_of(*core_); }
  void set_name(std::string name) const { detail::set_name(*core_, std::move(name)); }

  /// Calls `f(t)`, t being a handle of this task, in a turn of its own after the task has ended
  /// (asyncio.Task.add_done_callback); soon, if it has ended. Not when the loop is destroyed before. What `f`
  /// throws is logged.
  template <class F>
    requires std::invocable<std::decay_t<F>&, task>
  void add_done_callback(F&& f) const {
    detail::add_done_callback(*core_, [self = *this, call = std::decay_t<F>(std::forward<F>(f))]() mutable {
      std::invoke(call, std::move(self));
    });
  }

  /// Waits until the task has ended. Never throws the task's error. Cancellation: stops waiting, leaves the
  /// task alone.
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
/// The callable and copies of the arguments are kept by the task and handed over as rvalues; use std::ref for
/// a reference. Prefer `task_group`, which does not let a task outlive its scope. Errors: errc::wrong_loop if
/// no loop runs on this thread. Cost: one allocation beside the coroutine frame, both from the thread's
/// cache.
template <class F, class... Args>
  requires detail::async_callable<F, Args...>
[[nodiscard("a task that nobody awaits: say so with .detach()")]] task<detail::call_result_t<F, Args...>>
spawn(F&& f, Args&&... args) {
  auto& loop = detail::require_loop();
  return task<detail::call_result_t<F, Args...>>{
      detail::make_task(loop, detail::root_owner(loop), std::forward<F>(f), std::forward<Args>(args)...)};
}

// For the error message alone.
template <class F, class... Args>
  requires detail::wrong_call<F, Args...>
auto spawn(F&&, Args&&...) {
  return task<detail::explained_t<F, Args...>>{};
}

/// Awaits a task without cancelling it when the awaiting coroutine is cancelled (asyncio.shield, for tasks):
/// the wait is abandoned, the task runs on. Keep a handle of it.
template <class T>
[[nodiscard]] detail::shield_awaiter<T> shield(const task<T>& t) noexcept {
  return detail::shield_awaiter<T>{detail::task_access::core(t)};
}

}  // namespace bight
