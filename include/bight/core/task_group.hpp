// task_group: structured concurrency.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/group_core.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

template <class T>
class task_status;

/// A scope of concurrent tasks: it does not return while one of them is running (asyncio.TaskGroup).
///
///     co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
///       group.spawn(fetch, first);
///       group.spawn(fetch, second);
///       co_return;
///     });                                     // both have ended here
///
/// If a member or the body fails, the other members and the body are cancelled and awaited, and all errors
/// are thrown as one exception_group, in the order in which they occurred, that of the body last; its text
/// names the type of each error, the task and where it was spawned. A cancelled member has not failed.
/// Cancellation: cancels and awaits the body and the members, then throws cancelled_error; further requests
/// during the wait are counted by `cancelling()` but have no other effect. If there are errors as well, they
/// are thrown, and the cancellation is delivered at the next await that waits.
class task_group final : public detail::group_core {
 public:
  /// Runs `body(group)` and waits for all tasks spawned into the group. Returns the result of the body.
  template <class F>
    requires detail::awaitable_type<std::invoke_result_t<F&, task_group&>>
  static awaitable<detail::group_result_t<task_group, F>> run(F body) {
    return run_in<task_group>(std::move(body));
  }

  /// Starts `f(status, args...)` as a member and waits until it calls `status.started(value)`; returns that
  /// value (trio's nursery.start). `status` is a task_status<T>.
  ///
  ///     auto port = co_await group.start<std::uint16_t>(serve);
  ///
  /// If the member fails before that, `start` throws its error, and the group does not fail; std::logic_error
  /// if it returns without calling `started`. Cancellation: cancels the member unless it has called
  /// `started`.
  template <class T = void, class F, class... Args>
    requires detail::async_callable<F, task_status<T>, Args...>
  awaitable<T> start(F f, Args... args);

 private:
  friend class detail::group_core;
  explicit task_group(detail::task_base& parent) noexcept : group_core(parent, "task_group") {}
  ~task_group() = default;
  void member_failed(detail::task_base& member) noexcept override;
  void add_error(const std::exception_ptr& error, std::string&& origin);
  void finish();

  std::vector<std::exception_ptr> errors_;
  std::vector<std::string> origins_;  // of the errors
};

namespace detail {

/// The state shared by task_group::start and the member.
template <class T>
struct start_state {
  event changed;
  result_slot<T> value;
  std::exception_ptr error;
  bool started = false;
};

[[noreturn]] void throw_not_started();
[[noreturn]] void throw_started_twice();

}  // namespace detail

/// Lets a member of a group report that it is ready: see task_group::start. Copies share the state.
template <class T>
class task_status {
 public:
  explicit task_status(std::shared_ptr<detail::start_state<T>> s) noexcept : state_(std::move(s)) {}
  /// Makes `start` return `value` (no argument for void). Errors: std::logic_error if called twice.
  template <class... V>
    requires(std::is_void_v<T> ? sizeof...(V) == 0 : sizeof...(V) == 1)
  void started(V&&... value) const {
    if (std::exchange(state_->started, true)) detail::throw_started_twice();
    if constexpr (!std::is_void_v<T>) state_->value.emplace(std::forward<V>(value)...);
    state_->changed.set();
  }

 private:
  std::shared_ptr<detail::start_state<T>> state_;
};

namespace detail {

template <class T, class F, class... Args>
awaitable<void> run_started(std::shared_ptr<start_state<T>> state, F f, Args... args) {
  try {
    auto work = to_awaitable(std::invoke(std::move(f), task_status<T>{state}, std::move(args)...));
    co_await std::move(work);
  } catch (const cancelled_error&) {
    state->changed.set();
    throw;
  } catch (...) {
    if (state->started) throw;
    state->error = std::current_exception();
  }
  state->changed.set();
}

}  // namespace detail

template <class T, class F, class... Args>
  requires detail::async_callable<F, task_status<T>, Args...>
awaitable<T> task_group::start(F f, Args... args) {
  auto state = std::make_shared<detail::start_state<T>>();
  auto member = spawn_at({}, detail::run_started<T, F, Args...>, state, std::move(f), std::move(args)...);
  std::exception_ptr cancelled;
  try {
    co_await state->changed.wait();
  } catch (...) { cancelled = std::current_exception(); }
  if (cancelled) {
    if (!state->started) member.cancel();
    std::rethrow_exception(cancelled);
  }
  if (state->error) std::rethrow_exception(state->error);
  if (!state->started) detail::throw_not_started();
  co_return state->value.take();
}

}  // namespace bight
