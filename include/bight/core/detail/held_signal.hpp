// Calls without the signal that comes with their errors, where no flag asks for that.
#pragma once
#include <signal.h>

namespace bight::detail {

/// Holds a signal of this thread's calls back while it lives: SIGPIPE or SIGXFSZ, so that a reader that has
/// gone, or a file that may not grow, is an error and not the end of the process. Leaves errno as it is.
class held_signal {
 public:
  explicit held_signal(int number) noexcept;
  held_signal(const held_signal&) = delete;
  held_signal& operator=(const held_signal&) = delete;
  ~held_signal();

  /// To be called when the call failed or was cut short: the signal may have come, and is taken away.
  void swallow() noexcept;

 private:
  sigset_t held_;
  sigset_t before_;
};

}  // namespace bight::detail
