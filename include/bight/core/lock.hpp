// lock: one task at a time.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/holding.hpp>

namespace bight {

/// Mutual exclusion between tasks of a loop (asyncio.Lock). Needed only where a task awaits between reading
/// and writing what others see: code between two awaits is atomic anyway.
///
///     bight::lock lock;
///     auto held = co_await lock.acquire();       // released when `held` goes out of scope
///
/// Strictly first come, first served: `release` hands the lock to the longest waiter, and a newcomer never
/// overtakes. A free lock costs no suspension. Not recursive: a task that waits for a lock that it holds is a
/// deadlock. Cancellation: a cancelled waiter leaves the line; a lock granted just before is delivered.
/// Concurrency: one loop. Lifetime: must outlive its waiters (they throw errc::destroyed otherwise) and its
/// guards.
class lock {
 public:
  /// The right to go on; releases the lock when destroyed. Move-only: release(), detach(), operator bool.
  using guard = detail::holding<lock>;

  class acquire_awaiter final : public basic_awaiter<acquire_awaiter, queued_awaiter> {
   public:
    static constexpr bool gives_back = true;
    acquire_awaiter(acquire_awaiter&&) = default;
    ~acquire_awaiter() {
      if (left_behind()) [[unlikely]]
        abandon();
      report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "lock::acquire"; }
    const detail::task_base* waits_on() const noexcept override { return lock_->owner_; }

   private:
    friend class basic_awaiter<acquire_awaiter, queued_awaiter>;
    friend class lock;
    explicit acquire_awaiter(lock& l) noexcept : lock_(&l) {}
    bool ready() override { return lock_->take(task()); }
    void park() override { lock_->waiters_.push_back(*this); }
    bool unpark() noexcept override {
      lock_->waiters_.remove(*this);
      return true;
    }
    guard result() noexcept { return guard{*lock_}; }
    void abandon() noexcept {
      if (parked()) lock_->waiters_.remove(*this);
      if (woken()) lock_->pass_on();
    }
    lock* lock_;
  };

  lock() = default;
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;
  ~lock() = default;

  /// Takes the lock, waiting for it if need be.
  [[nodiscard]] acquire_awaiter acquire() noexcept { return acquire_awaiter{*this}; }
  /// Takes the lock if it is free; an empty guard otherwise.
  guard try_acquire() noexcept {
    if (locked_) return {};
    locked_ = true;
    owner_ = detail::this_loop ? detail::this_loop->current : nullptr;
    return guard{*this};
  }
  /// Releases a lock whose guard was detached. Throws std::logic_error if it is not locked.
  void release();
  bool locked() const noexcept { return locked_; }

 private:
  friend guard;
  void give_back() noexcept { pass_on(); }
  bool take(detail::task_base& by) noexcept {
    if (locked_) return false;
    locked_ = true;
    owner_ = &by;
    return true;
  }
  // To the longest waiter: it stays locked then.
  void pass_on() noexcept {
    auto* const first = static_cast<acquire_awaiter*>(waiters_.front());
    if (!first) {
      locked_ = false;
      owner_ = nullptr;
      return;
    }
    waiters_.remove(*first);
    owner_ = &first->task();
    first->wake();
  }

  bool locked_ = false;
  detail::task_base* owner_ = nullptr;  // who took it: for reports, perhaps gone by now
  waiter_list waiters_;
};

}  // namespace bight
