// lock: a mutex for tasks.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/holding.hpp>

namespace bight {

/// A mutex for the tasks of a loop (asyncio.Lock). Only needed if a task awaits between reading and writing
/// shared state: code between two awaits is atomic.
///
///     bight::lock lock;
///     auto held = co_await lock.acquire();       // released when `held` goes out of scope
///
/// Fair: `release` hands the lock to the task that has waited longest, and newcomers never overtake waiters.
/// Acquiring a free lock does not suspend. Not recursive: a task that waits for a lock that it holds is
/// deadlocked. Cancellation: a cancelled waiter is removed from the queue; a lock that has already been
/// granted is delivered. Concurrency: one loop. Lifetime: must outlive its guards and its waiters (which
/// otherwise throw errc::destroyed).
class lock {
 public:
  /// Holds the lock, and releases it when destroyed. Move-only; has release(), detach() and operator bool.
  using guard = detail::holding<lock>;

  class acquire_awaiter final : public basic_awaiter<acquire_awaiter, queued_awaiter> {
   public:
    static constexpr bool revocable = true;
    acquire_awaiter(acquire_awaiter&&) = default;
    ~acquire_awaiter() {
      if (suspended()) [[unlikely]]
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

  /// Acquires the lock.
  [[nodiscard]] acquire_awaiter acquire() noexcept { return acquire_awaiter{*this}; }
  /// Acquires the lock if it is free; otherwise returns an empty guard.
  guard try_acquire() noexcept {
    if (locked_) return {};
    locked_ = true;
    owner_ = detail::this_loop ? detail::this_loop->current : nullptr;
    return guard{*this};
  }
  /// Releases a lock whose guard was detached. Errors: std::logic_error if it is not locked.
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
  // Hands the lock to the first waiter; it stays locked.
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
  detail::task_base* owner_ = nullptr;  // for reports; may no longer exist
  waiter_list waiters_;
};

}  // namespace bight
