#include "core/scheduler/step_watchdog.hpp"

#include <algorithm>
#include <bight/core/log.hpp>

#include "core/thread/background_thread.hpp"

namespace bight::detail {

step_watchdog::step_watchdog(std::chrono::nanoseconds limit)
    : limit_(limit), thread_(start_background_thread("bight-watch", [this] { watch(); })) {}

step_watchdog::~step_watchdog() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  end_.notify_one();
  thread_.join();
}

void step_watchdog::begin(watched_step& s) noexcept {
  s.began_ = std::chrono::steady_clock::now();
  const std::lock_guard lock{mutex_};
  s.outer_ = current_;
  current_ = &s;
}

void step_watchdog::end(watched_step& s) noexcept {
  const std::lock_guard lock{mutex_};
  current_ = s.outer_;
}

// Polls twice per limit instead of being notified of each step, which would cost the loop a system call.
void step_watchdog::watch() {
  constexpr std::chrono::nanoseconds shortest = std::chrono::microseconds{200};
  constexpr std::chrono::nanoseconds longest = std::chrono::hours{1};
  const auto interval = std::clamp(limit_ / 2, shortest, longest);
  std::unique_lock lock{mutex_};
  while (!end_.wait_for(lock, interval, [this] { return ending_; })) {
    if (!current_ || current_->reported_) continue;
    const auto so_far = std::chrono::steady_clock::now() - current_->began_;
    if (so_far <= limit_) continue;
    current_->reported_ = true;
    std::string text;
    try {
      text = current_->describe(so_far);
    } catch (...) { text = "bight: a step blocks the loop"; }
    lock.unlock();  // the step may end while the log is written
    log(log_level::warning, text);
    lock.lock();
  }
}

}  // namespace bight::detail
