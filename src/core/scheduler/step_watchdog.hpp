// Reports blocking steps while they last.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace bight::detail {

/// A step that the thread of a loop is executing.
class watched_step {
 public:
  /// The text of the report. Called on the watchdog's thread during the step.
  virtual std::string describe(std::chrono::nanoseconds so_far) const = 0;

 protected:
  watched_step() = default;
  ~watched_step() = default;

 private:
  friend class step_watchdog;
  watched_step* outer_ = nullptr;  // the step inside which it runs
  std::chrono::steady_clock::time_point began_{};
  bool reported_ = false;
};

/// A thread that watches a loop and logs, once, a warning about a step that exceeds a limit, while it is
/// running: also one that never ends.
class step_watchdog {
 public:
  explicit step_watchdog(std::chrono::nanoseconds limit);
  step_watchdog(const step_watchdog&) = delete;
  step_watchdog& operator=(const step_watchdog&) = delete;
  ~step_watchdog();

  // On the loop's thread:
  void begin(watched_step& s) noexcept;
  void end(watched_step& s) noexcept;

 private:
  void watch();

  const std::chrono::nanoseconds limit_;
  std::mutex mutex_;
  std::condition_variable end_;
  watched_step* current_ = nullptr;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace bight::detail
