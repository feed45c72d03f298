// latch: a countdown to zero that tasks wait for.
#pragma once
#include <bight/core/event.hpp>
#include <cstddef>

namespace bight {

/// A single-use countdown; tasks wait until it reaches zero (std::latch for tasks).
///
///     bight::latch ready{3};
///     ...                                        // each of three tasks: ready.count_down();
///     co_await ready.wait();
///
/// Cancellation: immediate; the count is unchanged. Concurrency: one loop. Lifetime: must outlive its
/// waiters.
class latch {
 public:
  explicit latch(std::size_t count) noexcept : count_(count) {
    if (count == 0) zero_.set();
  }
  latch(const latch&) = delete;
  latch& operator=(const latch&) = delete;
  ~latch() = default;

  /// Decrements the count by `n`; at zero, wakes all waiters. Errors: std::logic_error if `n` exceeds the
  /// count.
  void count_down(std::size_t n = 1);
  /// Waits until the count is zero.
  [[nodiscard]] event::wait_awaiter wait() noexcept { return zero_.wait(); }
  /// The current count.
  std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_;
  event zero_;
};

}  // namespace bight
