// The service manager's end of sd_notify: a Unix datagram socket.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bight/core/detail/unique_fd.hpp>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::test {

class fake_systemd {
 public:
  /// With an abstract name of its own.
  fake_systemd()
      : fake_systemd("@bight-systemd-" + std::to_string(::getpid()) + '-' + std::to_string(next())) {}
  /// `address`: a path, or an abstract name that begins with '@'.
  explicit fake_systemd(std::string address)
      : address_(std::move(address)),
        socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::memcpy(where.sun_path, address_.data(), address_.size());
    if (address_[0] == '@') where.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&where), size) != 0)
      throw std::runtime_error("fake_systemd: bind " + address_);
  }

  /// The value of NOTIFY_SOCKET.
  const std::string& address() const noexcept { return address_; }
  /// The datagrams that have come since the last call.
  std::vector<std::string> received() {
    std::vector<std::string> all;
    std::array<char, 4096> buffer{};
    while (true) {
      const auto n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (n < 0) return all;
      all.emplace_back(buffer.data(), static_cast<std::size_t>(n));
    }
  }

 private:
  static int next() {
    static std::atomic<int> count = 0;
    return count++;
  }

  std::string address_;
  bight::detail::unique_fd socket_;
};

}  // namespace bight::test
