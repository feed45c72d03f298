// The common base of task_group and supervised_group.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/task.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

namespace bight::detail {

/// What the body of a `Group` returns.
template <class Group, class F>
using group_result_t = await_result_t<std::invoke_result_t<F&, Group&>>;

/// The members of a group, its cancellation, and the wait for its end. Derived classes decide what the
/// failure of a member means.
class group_core {
 public:
  group_core(const group_core&) = delete;
  group_core& operator=(const group_core&) = delete;

  /// Starts `f(args...)` as a member, in the next turn of the loop; see bight::spawn. Members may spawn
  /// members. Errors: errc::group_closed once the group is being cancelled or has completed.
  template <class F, std::same_as<std::source_location> Where = std::source_location>
    requires async_callable<F>
  task<call_result_t<F>> spawn(F&& f, Where where = Where::current()) {
    return spawn_at(where, std::forward<F>(f));
  }
  template <class F, class A, std::same_as<std::source_location> Where = std::source_location>
    requires async_callable<F, A>
  task<call_result_t<F, A>> spawn(F&& f, A&& a, Where where = Where::current()) {
    return spawn_at(where, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B, std::same_as<std::source_location> Where = std::source_location>
    requires async_callable<F, A, B>
  task<call_result_t<F, A, B>> spawn(F&& f, A&& a, B&& b, Where where = Where::current()) {
    return spawn_at(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
  }
  /// With more arguments, the spawn location is unknown unless the task is `named`.
  template <class F, class... Args>
    requires(sizeof...(Args) > 2 && async_callable<F, Args...>)
  task<call_result_t<F, Args...>> spawn(F&& f, Args&&... args) {
    return spawn_at({}, std::forward<F>(f), std::forward<Args>(args)...);
  }

  // Only for its error message.
  template <class F, class... Args>
    requires wrong_call<F, Args...>
  auto spawn(F&&, Args&&...) {
    return task<explained_t<F, Args...>>{};
  }

  /// Cancels the body and all members; `run` returns normally when they have ended, unless one fails
  /// (asyncio.TaskGroup.cancel, trio's cancel scope). If the body has not returned its result by then, `run`
  /// throws errc::group_closed, unless the body is void.
  void cancel() noexcept;

  /// The number of members that have not completed.
  std::size_t size() const noexcept { return members_.count; }

 protected:
  // Waits for the members. A cancellation is forwarded to them and stays pending until they have ended.
  class waiting_for_members final : public basic_awaiter<waiting_for_members> {
   public:
    explicit waiting_for_members(group_core& group) noexcept
        : basic_awaiter<waiting_for_members>(on_cancel::wait_to_end), group_(&group) {}
    ~waiting_for_members() {
      if (parked()) group_->waiter_ = nullptr;
    }
    const char* waiting_for() const noexcept override { return group_->members_.kind(); }
    bool waits_for_children() const noexcept override { return true; }

   private:
    friend class basic_awaiter<waiting_for_members>;
    friend class group_core;
    bool ready() override { return group_->members_.count == 0; }
    void park() override { group_->waiter_ = this; }
    bool unpark() noexcept override;
    void result() noexcept {}

    group_core* group_;
  };

  /// Runs `body(group)` in a new `Group` and waits for its members.
  template <class Group, class F>
  static awaitable<group_result_t<Group, F>> run_in(F body) {
    using result = group_result_t<Group, F>;
    task_awaiter self;
    auto& parent = co_await self;
    Group group{parent};
    result_slot<result> value;
    try {
      auto work = to_awaitable(body(group));
      if constexpr (std::is_void_v<result>)
        co_await std::move(work);
      else
        value.emplace(co_await std::move(work));
    } catch (...) { group.body_failed(); }
    waiting_for_members rest{group};
    do {
      co_await rest;
    } while (group.size() != 0);  // a member may have been spawned after the last one had ended
    group.finish();
    if constexpr (!std::is_void_v<result>) group.require_result(value.full());
    co_return value.take();
  }

  /// `kind`: its name in reports, of static lifetime.
  group_core(task_base& parent, const char* kind) noexcept;
  ~group_core();
  template <class F, class... Args>
  task<call_result_t<F, Args...>> spawn_at(const std::source_location& where, F&& f, Args&&... args) {
    auto& loop = open_loop();
    members_.spawning_at = where;
    return task<call_result_t<F, Args...>>{
        make_task(loop, members_, std::forward<F>(f), std::forward<Args>(args)...)};
  }

  /// Called when a member has failed, after its removal from the list.
  virtual void member_failed(task_base& member) noexcept = 0;
  /// Stores the current exception and cancels the members.
  void body_failed();
  /// Closes the group and takes back its own cancellation request. Returns true if the task has requests that
  /// were made during the group.
  bool close() noexcept;
  /// Throws the pending cancellation, if any. `outside`: the result of `close`.
  void throw_if_cancelled(bool outside);
  void require_result(bool there) const;
  /// Cancels all members, and the body if it is still running.
  void cancel_all() noexcept;

  task_base& parent() const noexcept { return *parent_; }
  /// The error of the body, null if it ended with none or was cancelled.
  std::exception_ptr body_error() const noexcept { return body_cancelled_ ? nullptr : body_error_; }

 private:
  struct member_owner final : task_owner {
    member_owner(task_base& parent, group_core& g, const char* k) noexcept
        : task_owner(parent), group(&g), name(k) {}
    const char* kind() const noexcept override { return name; }
    void child_finished(task_base& child) noexcept override;
    void child_started(task_base& child) noexcept override;
    group_core* group;
    const char* name;
    std::size_t count = 0;
    std::source_location spawning_at = {};  // of the next task
  };

  loop_core& open_loop();
  void abort() noexcept;

  task_base* parent_;
  cancel_scope scope_;
  unsigned level_;  // requests delivered before it began
  member_owner members_;
  std::exception_ptr body_error_;
  waiting_for_members* waiter_ = nullptr;
  bool body_cancelled_ = false;
  bool aborting_ = false;
  bool cancelled_ = false;    // by `cancel`
  bool own_request_ = false;  // `cancel` or a failure cancelled the body; set by close()
  bool closed_ = false;
};

}  // namespace bight::detail
