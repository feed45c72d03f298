// task_group: tasks that do not outlive a scope.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/task.hpp>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

/// A scope for concurrent tasks: it cannot be left while one of them runs (asyncio.TaskGroup).
///
///     co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
///       group.spawn(fetch, first);
///       group.spawn(fetch, second);
///       co_return;
///     });                                     // both have ended here
///
/// When a member or the body fails, the other members and the body are cancelled, and after all have ended
/// the errors are thrown as one exception_group, in the order in which they happened, the body's last. A
/// member that ends cancelled is no failure. Cancellation of the calling task cancels body and members, waits
/// for them, and then throws cancelled_error; when there are errors as well, these are thrown and the
/// cancellation strikes at the next await that waits.
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
    co_return value.take();
  }

  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts `f(args...)` as a member, in the next turn of the loop; see bight::spawn. Members may spawn
  /// members. Errors: errc::group_closed once the group is being cancelled or has ended.
  template <class F, class... Args>
    requires detail::async_callable<F, Args...>
  task<detail::call_result_t<F, Args...>> spawn(F&& f, Args&&... args) {
    return task<detail::call_result_t<F, Args...>>{
        detail::make_task(open_loop(), members_, std::forward<F>(f), std::forward<Args>(args)...)};
  }

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
    explicit member_owner(task_group& g) noexcept : group(&g) {}
    void child_finished(detail::task_base& child) noexcept override;
    void child_started(detail::task_base& child) noexcept override;
    task_group* group;
    detail::task_list list;
    std::size_t count = 0;
  };

  explicit task_group(detail::task_base& parent) noexcept;
  ~task_group();
  detail::loop_core& open_loop();
  void body_failed();
  void abort() noexcept;
  void add_error(const std::exception_ptr& error);
  void finish();

  detail::task_base* parent_;
  detail::cancel_scope scope_;
  unsigned level_;
  member_owner members_;
  std::vector<std::exception_ptr> errors_;
  std::exception_ptr body_error_;
  group_awaiter* waiter_ = nullptr;
  bool body_cancelled_ = false;
  bool aborting_ = false;
  bool closed_ = false;
};

}  // namespace bight
