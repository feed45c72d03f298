// uncancellable: runs to completion even if the task is cancelled.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/task_base.hpp>
#include <bight/core/detail/traits.hpp>
#include <cstdint>
#include <utility>

namespace bight {

namespace detail {
/// Defers cancellations from outside while it exists.
class mask_scope final : private cancel_scope {
 public:
  explicit mask_scope(task_base& task) noexcept : task_(&task) {
    mask = true;
    hidden = static_cast<std::uint16_t>(task.cancelling());
    task.enter_scope(*this);
  }
  mask_scope(const mask_scope&) = delete;
  mask_scope& operator=(const mask_scope&) = delete;
  ~mask_scope() { task_->leave_scope(*this); }

 private:
  task_base* task_;
};

template <class F>
awaitable<call_result_t<F>> run_masked(F body) {
  task_awaiter self;
  auto& task = co_await self;
  mask_scope mask{task};
  auto work = to_awaitable(std::move(body)());
  co_return co_await std::move(work);
}
}  // namespace detail

/// Runs `body()` with cancellation from outside deferred: it is delivered at the first await that waits
/// afterwards. The body starts even if a cancellation is pending.
///
///     co_await bight::uncancellable([&]() -> bight::awaitable<void> { co_await db.rollback(); });
///
/// Timeouts inside the body still work. Give cleanup code a timeout, since nothing outside can stop it.
template <class F>
  requires detail::async_callable<F>
awaitable<detail::call_result_t<F>> uncancellable(F body) {
  return detail::awaitable_access::in_any_case(detail::run_masked(std::move(body)));
}

}  // namespace bight
