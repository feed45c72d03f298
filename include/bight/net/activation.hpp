// activated_listeners: socket activation.
#pragma once
#include <bight/net/listener.hpp>
#include <string_view>
#include <vector>

namespace bight::net {

/// Returns the listening sockets passed by systemd or a compatible service manager (socket activation,
/// sd_listen_fds(3): LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES), in order. With `name`, only those of that name
/// (FileDescriptorName=). Empty if the process was not socket-activated.
///
///     auto listeners = net::activated_listeners("web");
///     if (listeners.empty()) listeners.emplace_back(net::endpoint{net::ip_address::loopback(), 8080});
///
/// Each socket is returned once. Child processes do not inherit them. Other descriptors:
/// take_activated_descriptors. Precondition: a loop is running. Errors: system_error with invalid_argument if
/// the variables are malformed or a socket is not a listening stream socket; the sockets of this call are
/// closed then.
[[nodiscard]] std::vector<listener> activated_listeners(std::string_view name = {});

}  // namespace bight::net
