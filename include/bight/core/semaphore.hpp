// semaphore: a limit on concurrency.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/holding.hpp>
#include <cstddef>

namespace bight {

/// A counting semaphore (asyncio.Semaphore).
///
///     bight::semaphore slots{8};
///     auto permit = co_await slots.acquire();    // given back when `permit` goes out of scope
///
/// Fair: a released permit is handed to the task that has waited longest, and newcomers never overtake
/// waiters. Acquiring an available permit does not suspend. Cancellation: a cancelled waiter is removed from
/// the queue; a permit that has already been granted is delivered. Concurrency: one loop. Lifetime: must
/// outlive its waiters and permits.
class semaphore {
 public:
  /// A permit, released by its destructor. Move-only; has release(), detach() and operator bool.
  using permit = detail::holding<semaphore>;

  class acquire_awaiter final : public basic_awaiter<acquire_awaiter, queued_awaiter> {
   public:
    static constexpr bool revocable = true;
    acquire_awaiter(acquire_awaiter&&) = default;
    ~acquire_awaiter() {
      if (suspended()) [[unlikely]]
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

  /// `permits`: the number of permits.
  explicit semaphore(std::size_t permits) noexcept : free_(permits) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore() = default;

  /// Acquires a permit.
  [[nodiscard]] acquire_awaiter acquire() noexcept { return acquire_awaiter{*this}; }
  /// Acquires a permit if one is available; otherwise returns an empty permit.
  permit try_acquire() noexcept { return take() ? permit{*this} : permit{}; }
  /// Releases `n` permits, to waiters first. Releasing more than were acquired raises the limit.
  void release(std::size_t n = 1) noexcept {
    for (; n != 0; --n) {
      if (auto* first = waiters_.front()) {
        waiters_.remove(*first);
        static_cast<acquire_awaiter*>(first)->wake();  // handed over: the count is unchanged
      } else {
        ++free_;
      }
    }
  }
  /// The number of available permits.
  std::size_t available() const noexcept { return free_; }
  /// Whether `acquire` would wait.
  bool locked() const noexcept { return free_ == 0; }

 private:
  friend permit;
  void give_back() noexcept { release(); }
  // Permits are available only while nobody waits, so a newcomer cannot overtake.
  bool take() noexcept {
    if (free_ == 0) return false;
    --free_;
    return true;
  }

  std::size_t free_;
  waiter_list waiters_;
};

}  // namespace bight
