// server: an HTTP server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bight::http {

/// Limits of a server. Trivially copyable. `forever` disables a timeout.
struct server_limits {
  std::size_t max_connections = 10'000;  ///< Concurrent connections; more wait in the backlog.
  /// Concurrent connections of a client: an IPv4 address, or the first 64 bits of an IPv6 address. Further
  /// ones are closed at once. 0: no limit.
  std::size_t max_connections_per_client = 0;
  std::uint32_t max_head = 16 * 1024;   ///< Size of a request head in bytes; 431 beyond it.
  std::uint32_t max_headers = 100;      ///< Header fields; 431 beyond it.
  std::uint32_t max_target = 8 * 1024;  ///< Size of the request target in bytes; 414 beyond it.
  std::uint64_t max_body = 16U << 20U;  ///< Size of a request body in bytes; 413 beyond it.
  std::chrono::nanoseconds header_timeout =
      std::chrono::seconds{10};  ///< For a request head, from its first byte; then 408.
  std::chrono::nanoseconds idle_timeout =
      std::chrono::seconds{75};  ///< Between two requests on a connection.
  std::chrono::nanoseconds body_timeout =
      std::chrono::seconds{5};  ///< To receive a body, in addition to the time allowed by min_body_rate.
  std::uint32_t min_body_rate = 240;  ///< Bytes per second of a request body.
  /// Time allowed per 64 KiB sent.
  std::chrono::nanoseconds write_timeout = std::chrono::seconds{30};
  std::chrono::nanoseconds tls_timeout = std::chrono::seconds{10};  ///< For the TLS handshake.
  std::chrono::nanoseconds proxy_protocol_timeout =
      std::chrono::seconds{5};  ///< For a PROXY protocol header.
};

/// Options of a server. Not an aggregate, so that it is safe in co_await expressions.
struct server_options {
  server_options() {}

  server_limits limits;
  /// The Server header; omitted if empty.
  std::string name = "bight";
  /// If set, the server speaks HTTPS.
  std::optional<net::tls_server_context> tls;
  /// Load balancers that begin every connection with a PROXY protocol header (version 1 or 2): addresses and
  /// networks such as "10.0.0.0/8", and "unix" for all Unix domain sockets. The header comes before TLS;
  /// server_request::remote_endpoint is the client that it names. Other peers are served as clients.
  std::vector<std::string> proxy_protocol_from;
};

/// An HTTP/1.1 server with keep-alive, strict parsing (RFC 9112), limits, timeouts and graceful shutdown.
///
///     http::server server{[](http::server_request& request) -> bight::awaitable<http::server_response> {
///       co_return http::server_response{200, "hello " + std::string{request.path()}};
///     }};
///     co_await server.serve(net::listener{net::endpoint{net::ip_address::loopback(), 8080}});
///
/// If the handler throws a problem or json_error, that becomes the response; any other exception is logged
/// and the response is 500. For several handlers, by method and path: router. A handler need not read the
/// request body. CONNECT is answered with 405 without calling the handler. Concurrency: one loop; any number
/// of concurrent `serve` calls, with listeners of that loop. Lifetime: must outlive its `serve` calls.
class server {
 public:
  /// Errors: errc::invalid_header if `name` is not a field value; net::errc::invalid_address, naming it, for
  /// an entry of `proxy_protocol_from` that is not an address.
  explicit server(handler h, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Serves connections from `listener`. Returns after `stop`, once the requests in progress have been
  /// answered. Cancellation: closes all connections immediately.
  [[nodiscard]] awaitable<void> serve(net::listener listener);
  /// Serves a single connection, for example one in memory, until it ends or `stop` is called.
  /// Cancellation: closes the connection immediately.
  [[nodiscard]] awaitable<void> serve_connection(net::stream connection);

  /// Starts a graceful shutdown: accepts no more connections, closes idle ones, and answers requests in
  /// progress, and those that have been received, with `Connection: close`. Idle clients get the end of the
  /// connection and are heard out for 250 ms, so that a request on its way meets an end and not a reset.
  /// After `grace`, the remaining handlers are cancelled and their connections closed. Returns immediately;
  /// `serve` and `serve_connection` return when the shutdown is complete. A further call restarts the grace
  /// period.
  void stop(std::chrono::nanoseconds grace = std::chrono::seconds{30});

  /// The number of requests answered so far, and of open connections.
  std::uint64_t requests() const noexcept;
  std::size_t connections() const noexcept;
  /// The number of connections closed so far because of server_limits::max_connections_per_client.
  std::uint64_t rejected_connections() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::http
