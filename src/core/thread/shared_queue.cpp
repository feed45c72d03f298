#include <bight/core/detail/blocking_condition.hpp>
#include <bight/core/detail/shared_getter.hpp>

#include <condition_variable>
#include <stdexcept>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

class blocking_condition::impl : public std::condition_variable {};

blocking_condition::blocking_condition() : impl_(new impl) {}
blocking_condition::~blocking_condition() = default;

void blocking_condition::wait(std::unique_lock<std::mutex>& lock) { impl_->wait(lock); }

bool blocking_condition::wait_until(std::unique_lock<std::mutex>& lock,
                                    std::chrono::steady_clock::time_point deadline) {
  return impl_->wait_until(lock, deadline) == std::cv_status::no_timeout;
}

void blocking_condition::notify_one() noexcept { impl_->notify_one(); }
void blocking_condition::notify_all() noexcept { impl_->notify_all(); }

void notify(std::shared_ptr<shared_getter> getter) noexcept {
  if (!getter) return;
  const auto home = getter->home;
  send(*home, std::move(getter));
}

void forbid_blocking_here() {
  if (this_loop)
    throw std::logic_error("bight: shared_queue::put would block the loop of this thread: use try_put");
}

}  // namespace bight::detail
