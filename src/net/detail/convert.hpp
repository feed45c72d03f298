// Our endpoints to Asio's and back.
#pragma once
#include <bight/net/address.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

namespace bight::net::detail {

using generic_endpoint = boost::asio::generic::stream_protocol::endpoint;

generic_endpoint to_asio(const endpoint& e);
/// The default endpoint for what is neither IP nor a Unix domain socket.
endpoint from_asio(const generic_endpoint& e);

}  // namespace bight::net::detail
