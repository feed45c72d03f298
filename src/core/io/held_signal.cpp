#include <bight/core/detail/held_signal.hpp>

#include <time.h>

#include <cerrno>

namespace bight::detail {

held_signal::held_signal(int number) noexcept {
  ::sigemptyset(&held_);
  ::sigaddset(&held_, number);
  ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

held_signal::~held_signal() {
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

void held_signal::swallow() noexcept {
  const int error = errno;
  constexpr timespec no_time{};
  ::sigtimedwait(&held_, nullptr, &no_time);
  errno = error;
}

}  // namespace bight::detail
