// Writing without SIGPIPE, where no flag asks for that.
#pragma once
#include <signal.h>

namespace bight::detail {

/// Holds SIGPIPE back from this thread while it lives: that the reader has gone must be an error, not the end
/// of the process. Leaves errno as it is.
class sigpipe_guard {
 public:
  sigpipe_guard() noexcept;
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;
  ~sigpipe_guard();

  /// To be called when the write failed or was cut short: the signal may have come, and is taken away.
  void swallow() noexcept;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

}  // namespace bight::detail
