#include <bight/core/condition.hpp>

#include <bight/core/cancel.hpp>
#include <bight/core/uncancellable.hpp>
#include <exception>
#include <stdexcept>
#include <string>

namespace bight {

class condition::notified_awaiter final : public basic_awaiter<notified_awaiter, queued_awaiter> {
 public:
  explicit notified_awaiter(condition& c) noexcept : condition_(&c) {}
  ~notified_awaiter() {
    if (parked()) condition_->waiters_.remove(*this);
  }
  const char* waiting_for() const noexcept override { return "condition::wait"; }

 private:
  friend class basic_awaiter<notified_awaiter, queued_awaiter>;
  friend class condition;
  bool ready() override { return false; }
  // Not earlier: a notification between the release and the wait would be lost.
  void park() override {
    condition_->waiters_.push_back(*this);
    condition_->lock_->release();
    released_ = true;
  }
  bool unpark() noexcept override {
    condition_->waiters_.remove(*this);
    return true;
  }
  void result() noexcept {}

  condition* condition_;
  bool released_ = false;
};

void condition::require_locked(const char* what) const {
  if (!lock_->locked())
    throw std::logic_error(std::string{"bight: condition::"} + what + ": the lock is not held");
}

awaitable<void> condition::wait() {
  require_locked("wait");
  auto* const l = lock_;
  std::exception_ptr failure;
  notified_awaiter notified{*this};
  try {
    co_await notified;
  } catch (...) { failure = std::current_exception(); }
  if (notified.released_) {
    const auto take_again = [l]() -> awaitable<void> {
      auto held = co_await l->acquire();
      held.detach();  // the caller's guard is the one that releases
    };
    co_await uncancellable(take_again);
  }
  if (failure) std::rethrow_exception(failure);
}

void condition::notify(std::size_t n) {
  require_locked("notify");
  for (; n != 0 && !waiters_.empty(); --n) {
    auto& first = static_cast<notified_awaiter&>(*waiters_.front());
    waiters_.remove(first);
    first.wake();
  }
}

}  // namespace bight
