// activated_listeners: sockets that a service manager hands over.
#pragma once
#include <bight/net/listener.hpp>
#include <string_view>
#include <vector>

namespace bight::net {

/// The listening sockets that systemd, or who does as it does, has opened for this process (socket
/// activation, sd_listen_fds(3): LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES), in their order. `name`: only those
/// that are called so (FileDescriptorName=); all if empty. None if the process was started otherwise.
///
///     auto listeners = net::activated_listeners("web");
///     if (listeners.empty()) listeners.emplace_back(net::endpoint{net::ip_address::loopback(), 8080});
///
/// Each is handed out once. Programs that are started later inherit none of them. Must be called while a loop
/// runs. Errors: system_error, invalid_argument, for variables that make no sense, and for a socket that is
/// no listening stream socket.
[[nodiscard]] std::vector<listener> activated_listeners(std::string_view name = {});

}  // namespace bight::net
