// supervised_group: tasks that do not outlive a scope, and fail each on their own.
#pragma once
#include <bight/core/any_task.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/group_core.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <functional>
#include <type_traits>
#include <utility>

namespace bight {

/// A scope for concurrent tasks that isolates their failures: a member that fails ends alone, the others and
/// the body go on. For servers, and whatever else handles independent clients.
///
///     co_await bight::supervised_group::run([&](bight::supervised_group& group) -> bight::awaitable<void> {
///       while (true) {
///         auto client = co_await listener.accept();
///         group.spawn(chat, std::move(client));    // one that throws is logged
///       }
///     });
///
/// The error of a member is reported when it happens: to the group's exception handler, or else to that of
/// the loop (loop::set_exception_handler), or else to the log. Whoever awaits the member's handle gets it as
/// well. A member that ends cancelled has not failed. In all else it is a task_group: it cannot be left while
/// a member runs; when the body fails, the members are cancelled and awaited, and then its error is thrown,
/// as it is, not in an exception_group. Cancellation of the calling task cancels body and members, waits for
/// them, and then throws cancelled_error.
class supervised_group final : public detail::group_core {
 public:
  /// Runs `body(group)` and waits for every task spawned into the group. Returns what the body returned.
  template <class F>
    requires detail::awaitable_type<std::invoke_result_t<F&, supervised_group&>>
  static awaitable<detail::await_result_t<std::invoke_result_t<F&, supervised_group&>>> run(F body) {
    using result = detail::await_result_t<std::invoke_result_t<F&, supervised_group&>>;
    detail::task_awaiter self;
    auto& parent = co_await self;
    supervised_group group{parent};
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

  /// Replaces what happens to the errors of members; an empty handler restores the loop's. It must not be
  /// needed after the group has ended. What it throws is logged. Returns the old one.
  exception_handler set_exception_handler(exception_handler handler) noexcept {
    return std::exchange(handler_, std::move(handler));
  }

 private:
  explicit supervised_group(detail::task_base& parent) noexcept : group_core(parent, "supervised_group") {}
  ~supervised_group() = default;
  void member_failed(detail::task_base& member) noexcept override;
  void finish();

  exception_handler handler_;
};

}  // namespace bight
