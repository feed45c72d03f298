// take_activated_descriptors: descriptors that a service manager passes to the process.
#pragma once
#include <bight/core/detail/unique_fd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight {

/// A file descriptor passed by a service manager. Closes it, unless it is released. Move-only.
class activated_descriptor {
 public:
  activated_descriptor(detail::unique_fd fd, std::string name) noexcept
      : fd_(std::move(fd)), name_(std::move(name)) {}

  /// The name from FileDescriptorName= or `systemd-socket-activate --fdname`; empty if there is none.
  const std::string& name() const noexcept { return name_; }
  int get() const noexcept { return fd_.get(); }
  /// Passes the ownership to the caller.
  [[nodiscard]] int release() noexcept { return fd_.release(); }

 private:
  detail::unique_fd fd_;
  std::string name_;
};

/// Takes the descriptors that systemd or a compatible service manager has passed to the process
/// (sd_listen_fds(3): LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES), in order. With `name`, only those of that
/// name. Empty if there are none, or they are meant for another process.
///
///     for (auto& passed : bight::take_activated_descriptors("queue"))
///       use(passed.release());
///
/// For listening sockets: net::activated_listeners. Each descriptor is returned once. Child processes do not
/// inherit them. Thread-safe. Errors: system_error with invalid_argument if the variables are malformed.
[[nodiscard]] std::vector<activated_descriptor> take_activated_descriptors(std::string_view name = {});

}  // namespace bight
