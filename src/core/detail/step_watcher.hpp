// Reports steps while they keep a loop.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace bight::detail {

/// What the thread of a loop is doing.
class watched_step {
 public:
  /// What it is, for the report. Called on the thread of the watcher while it lasts.
  virtual std::string describe(std::chrono::nanoseconds so_far) const = 0;

 protected:
  watched_step() = default;
  ~watched_step() = default;

 private:
  friend class step_watcher;
  watched_step* outer_ = nullptr;  // the step inside which it runs
  std::chrono::steady_clock::time_point began_{};
  bool reported_ = false;
};

/// A thread that looks at one loop and logs, as a warning, a step that takes longer than a limit, once, while
/// it goes on: what never ends is told, too.
class step_watcher {
 public:
  explicit step_watcher(std::chrono::nanoseconds limit);
  step_watcher(const step_watcher&) = delete;
  step_watcher& operator=(const step_watcher&) = delete;
  ~step_watcher();

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
