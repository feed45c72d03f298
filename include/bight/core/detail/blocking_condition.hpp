// std::condition_variable without its header.
#pragma once
#include <bight/core/detail/pimpl.hpp>
#include <chrono>
#include <mutex>

namespace bight::detail {

/// A condition variable for threads, not tasks. Wake-ups may be spurious.
class blocking_condition {
 public:
  blocking_condition();
  blocking_condition(const blocking_condition&) = delete;
  blocking_condition& operator=(const blocking_condition&) = delete;
  ~blocking_condition();

  void wait(std::unique_lock<std::mutex>& lock);
  /// False once `deadline` has passed.
  bool wait_until(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point deadline);
  void notify_one() noexcept;
  void notify_all() noexcept;

 private:
  class impl;
  pimpl<impl> impl_;
};

}  // namespace bight::detail
