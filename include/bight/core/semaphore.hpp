// semaphore: a limit on how many may do something at a time.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/holding.hpp>
#include <cstddef>

namespace bight {

/// Counts permits; `acquire` waits while there are none (asyncio.Semaphore).
///
///     bight::semaphore slots{8};
///     auto permit = co_await slots.acquire();    // given back when `permit` goes out of scope
///
/// Strictly first come, first served: a permit that is given back goes directly to the longest waiter, and a
/// newcomer never overtakes waiters. Free permits cost no suspension. Cancellation: a cancelled waiter leaves
/// the line, nothing is lost; a permit granted just before is delivered. Concurrency: one loop. Lifetime:
/// must outlive its waiters and permits.
class semaphore {
 public:
  /// One permit, given back by the destructor. Move-only: release(), detach(), operator bool.
  using permit = detail::holding<semaphore>;

  class acquire_awaiter final : public basic_awaiter<acquire_awaiter, queued_awaiter> {
   public:
    static constexpr bool gives_back = true;
    acquire_awaiter(acquire_awaiter&&) = default;
    ~acquire_awaiter() {
      if (left_behind()) [[unlikely]]
        abandon();
      report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "semaphore::acquire"; }

   private:
    friend class basic_awaiter<acquire_awaiter, queued_awaiter>;
    friend class semaphore;
    explicit acquire_awaiter(semaphore& s) noexcept : semaphore_(&s) {}
    bool ready() override { return semaphore_->take(); }
    void park() override { semaphore_->waiters_.push_back(*this); }
    bool unpark() noexcept override {
      semaphore_->waiters_.remove(*this);
      return true;
    }
    permit result() noexcept { return permit{*semaphore_}; }
    void abandon() noexcept {
      if (parked()) semaphore_->waiters_.remove(*this);
      if (woken()) semaphore_->release();
    }
    semaphore* semaphore_;
  };

  /// `permits`: how many may hold one at a time.
  explicit semaphore(std::size_t permits) noexcept : free_(permits) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore() = default;

  /// Takes a permit, waiting for one if need be.
  [[nodiscard]] acquire_awaiter acquire() noexcept { return acquire_awaiter{*this}; }
  /// Takes a permit if one is free and nobody waits; an empty permit otherwise.
  permit try_acquire() noexcept { return take() ? permit{*this} : permit{}; }
  /// Gives `n` permits: to the longest waiters, the rest to the count. More than were taken: raises the
  /// limit.
  void release(std::size_t n = 1) noexcept {
    for (; n != 0; --n) {
      if (auto* first = waiters_.front()) {
        waiters_.remove(*first);
        static_cast<acquire_awaiter*>(first)->wake();  // handed over: the count stays
      } else {
        ++free_;
      }
    }
  }
  /// Permits that are free.
  std::size_t available() const noexcept { return free_; }
  /// True if `acquire` would wait.
  bool locked() const noexcept { return free_ == 0; }

 private:
  friend permit;
  void give_back() noexcept { release(); }
  // Permits are free only while nobody waits, so a newcomer cannot overtake.
  bool take() noexcept {
    if (free_ == 0) return false;
    --free_;
    return true;
  }

  std::size_t free_;
  waiter_list waiters_;
};

}  // namespace bight
