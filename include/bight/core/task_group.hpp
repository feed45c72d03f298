// task_group: tasks that do not outlive a scope.
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

/// A scope for concurrent tasks: it cannot be left while one of them runs (asyncio.TaskGroup).
///
///     co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
///       group.spawn(fetch, first);
///       group.spawn(fetch, second);
///       co_return;
///     });                                     // both have ended here
///
/// When a member or the body fails, the other members and the body are cancelled, and after all have ended
/// the errors are thrown as one exception_group, in the order in which they happened, the body's last; its
/// text says of each its type, its task and where that was spawned. A
/// member that ends cancelled is no failure. Cancellation of the calling task cancels body and members, waits
/// for them, and then throws cancelled_error; further requests meanwhile are counted by `cancelling()` and
/// strike nowhere else. When there are errors as well, whoever made them of the cancellation, these are
/// thrown and the cancellation strikes at the next await that waits.
class task_group final : public detail::group_core {
 public:
  /// Runs `body(group)` and waits for every task spawned into the group. Returns what the body returned.
  template <class F>
    requires detail::awaitable_type<std::invoke_result_t<F&, task_group&>>
  static awaitable<detail::await_result_t<std::invoke_result_t<F&, task_group&>>> run(F body) {
    using result = detail::await_result_t<std::invoke_result_t<F&, task_group&>>;
    detail::task_awaiter self;
    auto& parent = co_await self;
    task_group group{parent};
    detail::result_slot<result> value;
    try {
      auto work = detail::to_awaitable(body(group));
      if constexpr (std::is_void_v<result>)
        co_await std::move(work);
      else
        value.emplace(co_await std::move(work));
    } catch (...) { group.body_failed(); }
    waiting_for_members rest{group};
    do {
      co_await rest;
    } while (group.size() != 0);  // somebody spawned a member after the last one had ended
    group.finish();
    if constexpr (!std::is_void_v<result>) group.require_result(value.full());
    co_return value.take();
  }

  /// Starts `f(status, args...)` as a member and waits until it says that it is ready, by
  /// `status.started(value)`, whose value is returned (trio's nursery.start). `status` is a task_status<T>.
  ///
  ///     auto port = co_await group.start<std::uint16_t>(serve);
  ///
  /// A member that fails before fails `start`, not the group; std::logic_error if it ends before without
  /// saying anything. Cancellation: cancels the member unless it was ready.
  template <class T = void, class F, class... Args>
    requires detail::async_callable<F, task_status<T>, Args...>
  awaitable<T> start(F f, Args... args);

 private:
  explicit task_group(detail::task_base& parent) noexcept : group_core(parent, "task_group") {}
  ~task_group() = default;
  void member_failed(detail::task_base& member) noexcept override;
  void add_error(const std::exception_ptr& error, std::string&& origin);
  void finish();

  std::vector<std::exception_ptr> errors_;
  std::vector<std::string> origins_;  // of the errors
};

namespace detail {

/// Between task_group::start and the member that it started.
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

/// With this a member of a group says that it is ready: see task_group::start. Copies are the same.
template <class T>
class task_status {
 public:
  explicit task_status(std::shared_ptr<detail::start_state<T>> s) noexcept : state_(std::move(s)) {}
  /// Lets `start` return `value` (nothing, for void). Throws std::logic_error the second time.
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
