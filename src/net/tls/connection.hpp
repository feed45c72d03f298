// A TLS connection over a stream: what the streams of clients and servers share.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/net/error.hpp>
#include <bight/net/stream.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/tls/session.hpp"

namespace bight::net::tls {

/// What a TLS stream is made of. Reads may make OpenSSL write (key updates), so whoever has output sends it,
/// one at a time.
struct connection {
  /// Of a client, and of a server: see session.
  connection(stream t, client_settings settings, const std::string& host,
             const std::vector<std::string>& protocols)
      : transport(std::move(t)), session(std::move(settings), host, protocols) {}
  connection(stream t, SSL_CTX* context, const std::string& client)
      : transport(std::move(t)), session(context, client) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void require_open(const char* what) const {
    if (closed) throw boost::system::system_error(make_error_code(errc::stream_closed), what);
  }
  // It was closed by another task while this one waited.
  void require_still_open(const char* what) const {
    if (closed) throw boost::system::system_error(boost::asio::error::operation_aborted, what);
  }
  void require_writable() const {
    require_open("write");
    if (finished) throw boost::system::system_error(make_error_code(errc::stream_closed), "write");
    if (broken) throw boost::system::system_error(make_error_code(errc::stream_broken), "write");
  }
  void abort() noexcept {
    closed = true;
    if (transport.valid()) transport.abort();
  }
  // Without ceremony: the peer sees the end of the transport.
  void drop() noexcept {
    closed = true;
    transport = stream{};
  }

  stream transport;
  tls::session session;
  semaphore sending{1};
  std::vector<std::byte> sending_bytes;
  bool broken = false;    // what was encrypted was not sent, or not all of it
  bool finished = false;  // close_notify was sent
  bool reading = false;   // a task waits for the transport
  bool closed = false;
};
/// The operations keep the connection alive: another task may destroy the stream while they wait, or before
/// they begin.
using connection_ptr = std::shared_ptr<connection>;

/// Shakes hands, after which the stream may be used. A failure is told to the peer.
awaitable<void> handshake(connection_ptr c);
/// Encrypts and sends all of `data`.
awaitable<void> write_to(connection_ptr c, const_buffers data);
/// The stream of a connection.
stream make_stream(connection_ptr c);

}  // namespace bight::net::tls
