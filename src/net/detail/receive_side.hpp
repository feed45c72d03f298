// Reads of a socket.
#pragma once
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "net/detail/socket_io.hpp"

#if defined(BOOST_ASIO_HAS_EPOLL) && !defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#define BIGHT_DETAIL_OWN_RECEIVE 1
#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#endif

namespace bight::net::detail {

#if defined(BIGHT_DETAIL_OWN_RECEIVE)

using boost::asio::detail::reactor;
using boost::asio::detail::reactor_op;

/// A socket of Asio's that also takes operations of our own.
class receiving_socket final : public stream_socket {
 public:
  explicit receiving_socket(stream_socket s);
  void start(reactor_op& op);

 private:
  reactor* reactor_;
};

/// The reading direction. Like Asio's own read, but it needs no memory for a handler, and skips the recv
/// before the wait if the kernel has just said that there is nothing to read: a client asks before each
/// request whether unrequested bytes have arrived.
class receive_side final : public bight::detail::io_slot, private reactor_op {
 public:
  explicit receive_side(receiving_socket& socket) noexcept;
  void start(receiving_socket& socket, std::span<std::byte> buffer, bight::detail::io_state_keeper owner);
  /// There is nothing to read, neither bytes nor an end nor an error: the kernel said so in this step.
  void found_empty() noexcept;

 private:
  static status receive(reactor_op* base);
  static void complete(void* scheduler, boost::asio::detail::operation* base,
                       const boost::system::error_code& ec, std::size_t n);

  int descriptor_;
  bool skips_ = false;  // the attempt before the wait
  std::uint64_t empty_in_ = 0;
  std::span<std::byte> buffer_;
  std::optional<bight::detail::io_state_keeper> owner_;  // while it runs
};

inline bight::detail::io_state_keeper handler_of(io_state& state, receive_side&) noexcept {
  return bight::detail::io_state_keeper{state};
}

#else

using receiving_socket = stream_socket;

struct receive_side final : io_side {
  explicit receive_side(receiving_socket&) noexcept {}
  void start(receiving_socket& socket, std::span<std::byte> buffer, io_handler handler) {
    socket.async_receive(boost::asio::buffer(buffer.data(), buffer.size()), std::move(handler));
  }
  void found_empty() noexcept {}
};

#endif

}  // namespace bight::net::detail
