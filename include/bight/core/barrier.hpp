// barrier: a cyclic barrier for tasks.
#pragma once
#include <bight/core/awaiter.hpp>
#include <cstddef>

namespace bight {

/// Blocks a fixed number of tasks until all of them have arrived; reusable (asyncio.Barrier).
///
///     bight::barrier phase{3};
///     auto index = co_await phase.wait();        // until three tasks are here
///     if (index == 0) prepare_the_next_phase();
///
/// Cancellation: a cancelled task no longer counts as waiting. Concurrency: one loop. Lifetime: must outlive
/// its waiters.
class barrier {
 public:
  class wait_awaiter final : public basic_awaiter<wait_awaiter, queued_awaiter> {
   public:
    wait_awaiter(wait_awaiter&&) = default;
    ~wait_awaiter() {
      if (parked()) leave();
      report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "barrier::wait"; }

   private:
    friend class basic_awaiter<wait_awaiter, queued_awaiter>;
    friend class barrier;
    explicit wait_awaiter(barrier& b) noexcept : barrier_(&b) {}
    bool ready() override;
    void park() override;
    bool unpark() noexcept override {
      leave();
      return true;
    }
    std::size_t result();
    void leave() noexcept;

    barrier* barrier_;
    std::size_t index_ = 0;
    bool broken_ = false;
  };

  /// `parties`: the number of tasks to wait for. Errors: std::invalid_argument if 0.
  explicit barrier(std::size_t parties);
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;
  ~barrier() = default;

  /// Waits until `parties` tasks are waiting. Returns the position in the order of arrival, from 0. Errors:
  /// errc::broken_barrier after `abort`, and if `reset` or `abort` is called during the wait.
  [[nodiscard]] wait_awaiter wait() noexcept { return wait_awaiter{*this}; }
  /// Fails the waiting tasks and makes the barrier usable again, also after `abort`.
  void reset() noexcept;
  /// Fails the waiting tasks and all later ones, until `reset`.
  void abort() noexcept;

  std::size_t parties() const noexcept { return parties_; }
  /// The number of waiting tasks.
  std::size_t waiting() const noexcept { return waiting_; }
  /// Whether the barrier has been aborted and not reset.
  bool broken() const noexcept { return broken_; }

 private:
  void fail_all() noexcept;

  std::size_t parties_;
  std::size_t waiting_ = 0;
  bool broken_ = false;
  waiter_list waiters_;
};

}  // namespace bight
