// The connection of a message that has switched protocols.
#pragma once
#include <bight/net/stream.hpp>
#include <string>

namespace bight::http::detail {

/// `connection`, whose first bytes are those that were received behind the head.
net::stream upgraded_stream(net::stream connection, std::string received);

}  // namespace bight::http::detail
