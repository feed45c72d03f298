// Readiness of a descriptor that is shared with other processes, without changing it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

namespace bight::fs::detail {

struct watched_descriptor;

/// Tells when a descriptor can be read, or written. Asio itself would set O_NONBLOCK on what it waits for, so
/// it waits for an epoll instance that watches the descriptor. One wait at a time.
class readiness {
 public:
  enum class what : bool { reading, writing };

  /// Nothing can be waited for.
  readiness() noexcept;
  /// Precondition: `fd` stays open. Leaves *this as it would be without arguments if the system cannot wait
  /// for it: a file, or a device like /dev/null. Errors: system_error; errc::wrong_loop.
  readiness(int fd, what w);
  readiness(readiness&&) noexcept;
  readiness& operator=(readiness&&) noexcept;
  ~readiness();

  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// `name`, of static lifetime: for reports. It may have been for nothing. Precondition: bool().
  awaitable<void> wait(const char* name) const;

 private:
  boost::intrusive_ptr<watched_descriptor> state_;
};

}  // namespace bight::fs::detail
