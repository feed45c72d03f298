// task_group: tasks that do not outlive a scope.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/task.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
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
class task_group {
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
    group_awaiter rest{group};
    do {
      co_await rest;
    } while (group.members_.count != 0);  // somebody spawned a member after the last one had ended
    group.finish();
    if constexpr (!std::is_void_v<result>) group.require_result(value.full());
    co_return value.take();
  }

  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts `f(args...)` as a member, in the next turn of the loop; see bight::spawn. Members may spawn
  /// members. Errors: errc::group_closed once the group is being cancelled or has ended.
  template <class F, std::same_as<std::source_location> Where = std::source_location>
    requires detail::async_callable<F>
  task<detail::call_result_t<F>> spawn(F&& f, Where where = Where::current()) {
    return spawn_at(where, std::forward<F>(f));
  }
  template <class F, class A, std::same_as<std::source_location> Where = std::source_location>
    requires detail::async_callable<F, A>
  task<detail::call_result_t<F, A>> spawn(F&& f, A&& a, Where where = Where::current()) {
    return spawn_at(where, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B, std::same_as<std::source_location> Where = std::source_location>
    requires detail::async_callable<F, A, B>
  task<detail::call_result_t<F, A, B>> spawn(F&& f, A&& a, B&& b, Where where = Where::current()) {
    return spawn_at(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
  }
  /// With more arguments, reports do not say where it was spawned, unless it is `named`.
  template <class F, class... Args>
    requires(sizeof...(Args) > 2 && detail::async_callable<F, Args...>)
  task<detail::call_result_t<F, Args...>> spawn(F&& f, Args&&... args) {
    return spawn_at({}, std::forward<F>(f), std::forward<Args>(args)...);
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

  /// Cancels body and members; `run` returns normally after they have ended, unless one of them fails
  /// (asyncio.TaskGroup.cancel, trio's cancel scope). A body that has not returned its result by then has
  /// none: `run` throws errc::group_closed if it is not of void.
  void cancel() noexcept;

  /// Number of members that have not ended.
  std::size_t size() const noexcept { return members_.count; }

 private:
  // Waits for the members. A cancellation is forwarded to them and stays due until they have ended.
  class group_awaiter final : public basic_awaiter<group_awaiter> {
   public:
    explicit group_awaiter(task_group& group) noexcept
        : basic_awaiter<group_awaiter>(on_cancel::wait_to_end), group_(&group) {}
    ~group_awaiter() {
      if (parked()) group_->waiter_ = nullptr;
    }
    const char* waiting_for() const noexcept override { return "task_group"; }
    bool waits_for_children() const noexcept override { return true; }

   private:
    friend class basic_awaiter<group_awaiter>;
    friend class task_group;
    bool ready() override { return group_->members_.count == 0; }
    void park() override { group_->waiter_ = this; }
    bool unpark() noexcept override;
    void result() noexcept {}

    task_group* group_;
  };
  struct member_owner final : detail::task_owner {
    member_owner(detail::task_base& parent, task_group& g) noexcept : task_owner(parent), group(&g) {}
    const char* kind() const noexcept override { return "task_group"; }
    void child_finished(detail::task_base& child) noexcept override;
    void child_started(detail::task_base& child) noexcept override;
    task_group* group;
    std::size_t count = 0;
    std::source_location spawning_at = {};  // of the task that starts next
  };

  explicit task_group(detail::task_base& parent) noexcept;
  ~task_group();
  template <class F, class... Args>
  task<detail::call_result_t<F, Args...>> spawn_at(const std::source_location& where, F&& f, Args&&... args) {
    auto& loop = open_loop();
    members_.spawning_at = where;
    return task<detail::call_result_t<F, Args...>>{
        detail::make_task(loop, members_, std::forward<F>(f), std::forward<Args>(args)...)};
  }
  detail::loop_core& open_loop();
  void body_failed();
  void abort() noexcept;
  void add_error(const std::exception_ptr& error, std::string&& origin);
  void finish();
  void require_result(bool there) const;

  detail::task_base* parent_;
  detail::cancel_scope scope_;
  unsigned level_;  // requests that had struck before it began
  member_owner members_;
  std::vector<std::exception_ptr> errors_;
  std::vector<std::string> origins_;  // of the errors
  std::exception_ptr body_error_;
  group_awaiter* waiter_ = nullptr;
  bool body_cancelled_ = false;
  bool aborting_ = false;
  bool cancelled_ = false;  // by `cancel`
  bool closed_ = false;
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
