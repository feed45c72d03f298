// barrier: tasks that wait for each other.
#pragma once
#include <bight/core/awaiter.hpp>
#include <cstddef>

namespace bight {

/// A meeting point for a fixed number of tasks, again and again (asyncio.Barrier).
///
///     bight::barrier phase{3};
///     auto index = co_await phase.wait();        // until three tasks are here
///     if (index == 0) prepare_the_next_phase();
///
/// Cancellation: a cancelled task leaves the meeting, and one more has to come. Concurrency: one loop.
/// Lifetime: must outlive its waiters.
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

  /// `parties`: how many tasks have to come. Throws std::invalid_argument for 0.
  explicit barrier(std::size_t parties);
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;
  ~barrier() = default;

  /// Waits until `parties` tasks wait. Returns the place in the order of arrival, from 0: a number that each
  /// of them gets alone. Errors: errc::broken_barrier after `abort`, and when `reset` or `abort` happens
  /// meanwhile.
  [[nodiscard]] wait_awaiter wait() noexcept { return wait_awaiter{*this}; }
  /// Fails the tasks that wait now; those that come later begin anew, also after `abort`.
  void reset() noexcept;
  /// Fails the tasks that wait now and all that come, until `reset`.
  void abort() noexcept;

  std::size_t parties() const noexcept { return parties_; }
  /// Tasks that wait now.
  std::size_t waiting() const noexcept { return waiting_; }
  /// True after `abort`, until `reset`.
  bool broken() const noexcept { return broken_; }

 private:
  void fail_all() noexcept;

  std::size_t parties_;
  std::size_t waiting_ = 0;
  bool broken_ = false;
  waiter_list waiters_;
};

}  // namespace bight
