// server: runs a task per connection.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bight::net {

/// Options of a server. Not an aggregate, so that it is safe in co_await expressions.
class server_options {
 public:
  server_options() {}

  /// Maximum number of concurrent connections; more wait in the backlog.
  std::size_t max_connections = 10'000;
  /// Maximum number of concurrent connections per client: an IPv4 address, or the first 64 bits of an IPv6
  /// address. Further ones are closed at once, before TLS, as errors with errc::too_many_connections. Clients
  /// on Unix domain sockets are not limited. 0: no limit. Clients behind a NAT or proxy share an address.
  std::size_t max_connections_per_client = 0;
  /// Load balancers that begin every connection with a PROXY protocol header: addresses and networks such as
  /// "10.0.0.0/8", and "unix" for all Unix domain sockets. The client is the one that the header names: for
  /// the handler, for on_error and for max_connections_per_client. Other peers are served as clients, and a
  /// header that they send is part of their data. See accept_proxied.
  std::vector<std::string> proxy_protocol_from;
  /// Timeout of the PROXY protocol header.
  std::chrono::nanoseconds proxy_protocol_timeout = std::chrono::seconds{5};
  /// If set, connections use TLS. The handshake runs in the task of the connection.
  std::optional<tls_server_context> tls;
  /// Timeout of the TLS handshake.
  std::chrono::nanoseconds tls_timeout = std::chrono::seconds{10};
  /// Called with the error of a connection and the address of its client. Exceptions that it throws are
  /// logged. If empty, errors are logged: common client and network errors (a reset, a failed TLS handshake)
  /// as `info`, others as `error`.
  std::function<void(const std::exception_ptr& error, const endpoint& client)> on_error;
};

/// Runs a handler in a separate task for each connection (asyncio.start_server). An error in a handler closes
/// only its own connection.
///
///     net::server echo{[](net::stream s) -> bight::awaitable<void> {
///       net::reader lines{s};
///       auto line = co_await lines.read_line();
///       while (line) {
///         co_await s.write(*line + '\n');
///         line = co_await lines.read_line();
///       }
///       co_await s.close();
///     }};
///     co_await echo.serve(net::listener{net::endpoint{net::ip_address::loopback(), 7000}});
///
/// If a handler returns or throws without closing its stream, the connection is dropped, which a TLS client
/// reports as truncation. Concurrency: one loop; any number of concurrent `serve` calls. Lifetime: must
/// outlive its `serve` and `serve_connection` calls.
class server {
 public:
  using handler = unique_function<awaitable<void>(stream)>;

  /// Errors: errc::invalid_address, naming it, for an entry of `proxy_protocol_from` that is not an address.
  explicit server(handler h, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Accepts connections until `stop` and returns once those of this listener have ended. Transient errors of
  /// `accept`, such as "too many open files", are logged and retried after a pause.
  /// Cancellation: cancels and closes the connections. Errors: other errors of `accept`, after cancelling the
  /// connections.
  [[nodiscard]] awaitable<void> serve(listener from);
  /// Serves a given connection in the calling task, with the same options. It counts as a connection, but
  /// does not wait for `max_connections`. Errors of the handler are treated as for other connections.
  /// Cancellation: cancels the handler.
  [[nodiscard]] awaitable<void> serve_connection(stream connection);

  /// Starts a graceful shutdown: accepts no more connections, and cancels the remaining handlers after
  /// `grace`. Returns immediately; `serve` and `serve_connection` return when the shutdown is complete. A
  /// further call restarts the grace period.
  void stop(std::chrono::nanoseconds grace = std::chrono::seconds{30});
  /// Whether `stop` has been called. Check it in handlers that run indefinitely.
  bool stopping() const noexcept;
  /// Waits until `stop` is called. Handlers can race it with other operations.
  [[nodiscard]] awaitable<void> wait_stopping();

  /// The number of open connections, including those in the TLS handshake.
  std::size_t connections() const noexcept;
  /// The number of connections closed so far because of max_connections_per_client.
  std::uint64_t rejected_connections() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::net
