// condition: wait until another task has changed what a lock protects.
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
/// Waiters are woken in the order in which they came. A wake-up says "look again": what one waits for may be
/// gone when its turn comes, so prefer the form with a predicate. Cancellation: `wait` takes the lock again
/// before cancelled_error leaves it, in whatever time that takes; a notification that had come before is
/// delivered, never lost. Concurrency: one loop. Lifetime: must outlive its waiters; the lock outlives it.
class condition {
 public:
  explicit condition(lock& l) noexcept : lock_(&l) {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;
  ~condition() = default;

  /// Releases the lock, waits for a notification, and takes the lock again.
  /// Precondition: the calling task holds the lock; throws std::logic_error if nobody does.
  [[nodiscard]] awaitable<void> wait();
  /// Waits until `predicate()`, which is called with the lock held, is true.
  template <std::predicate F>
  [[nodiscard]] awaitable<void> wait(F predicate) {
    while (!predicate()) co_await wait();
  }

  /// Wakes up to `n` waiters, the longest first. Throws std::logic_error if the lock is not held.
  void notify(std::size_t n = 1);
  /// Wakes all waiters. Throws std::logic_error if the lock is not held.
  void notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

 private:
  class notified_awaiter;
  void require_locked(const char* what) const;

  lock* lock_;
  waiter_list waiters_;
};

}  // namespace bight
