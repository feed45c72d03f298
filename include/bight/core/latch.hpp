// latch: wait until a number of things have happened.
#pragma once
#include <bight/core/event.hpp>
#include <cstddef>

namespace bight {

/// A count that goes down to zero once; tasks wait for that (std::latch, for tasks).
///
///     bight::latch ready{3};
///     ...                                        // each of three tasks: ready.count_down();
///     co_await ready.wait();
///
/// Cancellation: at once, nothing is lost; the count stays. Concurrency: one loop. Lifetime: must outlive its
/// waiters.
class latch {
 public:
  explicit latch(std::size_t count) noexcept : count_(count) {
    if (count == 0) zero_.set();
  }
  latch(const latch&) = delete;
  latch& operator=(const latch&) = delete;
  ~latch() = default;

  /// Takes `n` off the count; at zero, wakes all waiters. Throws std::logic_error if `n` is more than is
  /// left.
  void count_down(std::size_t n = 1);
  /// Waits until the count is zero.
  [[nodiscard]] event::wait_awaiter wait() noexcept { return zero_.wait(); }
  /// What is left.
  std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_;
  event zero_;
};

}  // namespace bight
