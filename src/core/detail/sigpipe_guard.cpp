#include <bight/core/detail/sigpipe_guard.hpp>

#include <time.h>

#include <cerrno>

namespace bight::detail {

sigpipe_guard::sigpipe_guard() noexcept {
  ::sigemptyset(&pipe_);
  ::sigaddset(&pipe_, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
}

sigpipe_guard::~sigpipe_guard() {
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

void sigpipe_guard::swallow() noexcept {
  const int error = errno;
  constexpr timespec no_time{};
  ::sigtimedwait(&pipe_, nullptr, &no_time);
  errno = error;
}

}  // namespace bight::detail
