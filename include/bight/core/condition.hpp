// condition: a condition variable for tasks.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/core/lock.hpp>
#include <concepts>
#include <cstddef>
#include <limits>

namespace bight {

/// A condition variable for tasks (asyncio.Condition).
///
///     bight::lock lock;
///     bight::condition changed{lock};
///     auto held = co_await lock.acquire();
///     co_await changed.wait([&] { return !jobs.empty(); });     // the lock is held again here
///
/// Waiters are woken in FIFO order. The condition may no longer hold when a woken task runs, so prefer the
/// overload with a predicate. Cancellation: `wait` reacquires the lock before it throws cancelled_error,
/// however long that takes; a notification received before is not lost. Concurrency: one loop. Lifetime: must
/// outlive its waiters, and be outlived by the lock.
class condition {
 public:
  explicit condition(lock& l) noexcept : lock_(&l) {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;
  ~condition() = default;

  /// Releases the lock, waits for a notification and reacquires the lock. Precondition: the calling task
  /// holds the lock. Errors: std::logic_error if it is not locked.
  [[nodiscard]] awaitable<void> wait();
  /// Waits until `predicate()` is true. It is called with the lock held.
  template <std::predicate F>
  [[nodiscard]] awaitable<void> wait(F predicate) {
    while (!predicate()) co_await wait();
  }

  /// Wakes up to `n` waiters. Errors: std::logic_error if the lock is not held.
  void notify(std::size_t n = 1);
  /// Wakes all waiters. Errors: std::logic_error if the lock is not held.
  void notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

 private:
  class notified_awaiter;
  void require_locked(const char* what) const;

  lock* lock_;
  waiter_list waiters_;
};

}  // namespace bight
