// supervised_group: a scope of tasks that fail independently.
#pragma once
#include <bight/core/any_task.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/group_core.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <functional>
#include <type_traits>
#include <utility>

namespace bight {

/// A scope of concurrent tasks with isolated failures: if a member fails, the other members and the body
/// continue. For servers and other programs with independent clients.
///
///     co_await bight::supervised_group::run([&](bight::supervised_group& group) -> bight::awaitable<void> {
///       while (true) {
///         auto client = co_await listener.accept();
///         group.spawn(chat, std::move(client));    // one that throws is logged
///       }
///     });
///
/// The error of a member is reported immediately: to the group's exception handler, otherwise to that of the
/// loop (loop::set_exception_handler), otherwise to the log. It is also thrown to tasks that await the
/// member. A cancelled member has not failed. Apart from that, it behaves like a task_group: it does not
/// return while a member is running; if the body fails, the members are cancelled and awaited, and the error
/// is thrown as it is, not as an exception_group. Cancellation: cancels and awaits the body and the members,
/// then throws cancelled_error.
class supervised_group final : public detail::group_core {
 public:
  /// Runs `body(group)` and waits for all tasks spawned into the group. Returns the result of the body.
  template <class F>
    requires detail::awaitable_type<std::invoke_result_t<F&, supervised_group&>>
  static awaitable<detail::group_result_t<supervised_group, F>> run(F body) {
    return run_in<supervised_group>(std::move(body));
  }

  /// Sets the handler of members' errors; an empty handler restores that of the loop. It must stay usable
  /// until the group has completed. Exceptions of the handler are logged. Returns the previous handler.
  exception_handler set_exception_handler(exception_handler handler) noexcept {
    return std::exchange(handler_, std::move(handler));
  }

 private:
  friend class detail::group_core;
  explicit supervised_group(detail::task_base& parent) noexcept : group_core(parent, "supervised_group") {}
  ~supervised_group() = default;
  void member_failed(detail::task_base& member) noexcept override;
  void finish();

  exception_handler handler_;
};

}  // namespace bight
