// System calls without the signal that accompanies some of their errors.
#pragma once
#include <signal.h>

namespace bight::detail {

/// Blocks a signal that is raised by this thread's calls, SIGPIPE or SIGXFSZ, so that a closed pipe or a file
/// size limit is an error instead of the end of the process. Preserves errno.
class held_signal {
 public:
  explicit held_signal(int number) noexcept;
  held_signal(const held_signal&) = delete;
  held_signal& operator=(const held_signal&) = delete;
  ~held_signal();

  /// Call this if the system call failed or was cut short: removes the signal if it is pending.
  void swallow() noexcept;

 private:
  sigset_t held_;
  sigset_t before_;
};

}  // namespace bight::detail
