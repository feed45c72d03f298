// event: a flag to wait for.
#pragma once
#include <bight/core/awaiter.hpp>

namespace bight {

/// A flag that tasks can wait for (asyncio.Event).
///
/// `set` wakes all waiting tasks, even if `clear` is called right after it. Concurrency: one loop. Lifetime:
/// must outlive its waiters.
class event {
 public:
  class wait_awaiter final : public basic_awaiter<wait_awaiter, queued_awaiter> {
   public:
    wait_awaiter(wait_awaiter&&) = default;
    ~wait_awaiter() {
      if (parked()) event_->waiters_.remove(*this);
      report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "event::wait"; }
    // A task that finds the flag clear becomes a waiter immediately, whatever the budget: a task that has
    // just checked a condition must not miss a `set` that is followed by `clear`.
    bool await_ready() { return event_->set_ && basic_awaiter::await_ready(); }

   private:
    friend class basic_awaiter<wait_awaiter, queued_awaiter>;
    friend class event;
    explicit wait_awaiter(event& e) noexcept : event_(&e) {}
    bool ready() override { return event_->set_; }
    void park() override { event_->waiters_.push_back(*this); }
    bool unpark() noexcept override {
      event_->waiters_.remove(*this);
      return true;
    }
    void result() noexcept {}
    event* event_;
  };

  event() = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  ~event() = default;

  /// Waits until the flag is set. Cancellation: immediate.
  [[nodiscard]] wait_awaiter wait() noexcept { return wait_awaiter{*this}; }
  /// Sets the flag and wakes all waiters in FIFO order.
  void set() noexcept {
    set_ = true;
    while (auto* first = waiters_.front()) {
      waiters_.remove(*first);
      static_cast<wait_awaiter*>(first)->wake();
    }
  }
  void clear() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

 private:
  bool set_ = false;
  waiter_list waiters_;
};

}  // namespace bight
