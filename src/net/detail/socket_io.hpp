// What the sockets of this room are made of.
#pragma once
#include <bight/asio.hpp>
#include <bight/core/detail/io_operation.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace bight::net::detail {

using executor = boost::asio::io_context::executor_type;
/// TCP or a Unix domain socket.
using stream_socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, executor>;

using bight::detail::io_handler;
using bight::detail::io_operation;
using bight::detail::io_side;
using bight::detail::io_state;

/// The executor of the running loop.
inline executor loop_executor() {
  return bight::detail::context_of(bight::detail::require_loop()).get_executor();
}

}  // namespace bight::net::detail
