// server: answers HTTP requests.
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

namespace bight::http {

/// Limits of a server. Trivially copyable. `forever` switches a time limit off.
struct server_limits {
  std::size_t max_connections = 10'000;  ///< At a time; further ones wait in the backlog.
  std::uint32_t max_head = 16 * 1024;    ///< Bytes of a request head; more is answered 431.
  std::uint32_t max_headers = 100;       ///< Field lines; more is answered 431.
  std::uint32_t max_target = 8 * 1024;   ///< Bytes of the request target; more is answered 414.
  std::uint64_t max_body = 16U << 20U;   ///< Bytes of a request body; more is answered 413.
  std::chrono::nanoseconds header_timeout =
      std::chrono::seconds{10};  ///< From the first byte of a head to its end; then 408.
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{75};  ///< Between requests on a connection.
  std::chrono::nanoseconds body_timeout =
      std::chrono::seconds{5};        ///< For a body, beyond the time that min_body_rate allows.
  std::uint32_t min_body_rate = 240;  ///< Bytes a second of a request body.
  /// Time allowed per 64 KiB sent.
  std::chrono::nanoseconds write_timeout = std::chrono::seconds{30};
  std::chrono::nanoseconds tls_timeout = std::chrono::seconds{10};  ///< For the TLS handshake.
};

/// Options of a server. A class and not an aggregate, so that it is safe inside co_await expressions.
struct server_options {
  server_options() {}

  server_limits limits;
  /// The Server header; none if empty.
  std::string name = "bight";
  /// With it, every connection begins with a TLS handshake.
  std::optional<net::tls_server_context> tls;
};

/// An HTTP/1.1 server: keep-alive, strict parsing (RFC 9112), limits and deadlines, graceful stop.
///
///     http::server server{[](http::server_request& request) -> bight::awaitable<http::server_response> {
///       co_return http::server_response{200, "hello " + std::string{request.path()}};
///     }};
///     co_await server.serve(net::listener{net::endpoint{net::ip_address::loopback(), 8080}});
///
/// An exception from the handler is logged and answered 500. A handler that does not read the request's
/// body leaves that to the server. CONNECT is answered 405, and no handler is asked. Concurrency: one loop;
/// any number of `serve` at a time, on listeners of that loop. Lifetime: must outlive its `serve` calls.
class server {
 public:
  explicit server(handler h, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Accepts and answers until `stop` has been called and the requests in flight are answered.
  /// Cancellation: closes every connection at once.
  [[nodiscard]] awaitable<void> serve(net::listener listener);
  /// Answers the requests of one connection, in memory for instance, until it ends or `stop` ends it.
  /// Cancellation: closes it at once.
  [[nodiscard]] awaitable<void> serve_connection(net::stream connection);

  /// Stops gracefully: no new connections, idle ones are closed, requests in flight are answered with
  /// `Connection: close`. After `grace` what is left is cancelled: the handlers get cancelled_error, and
  /// their connections are closed. Returns at once; `serve` and `serve_connection` return when that is done.
  /// Another call replaces the grace, from then on.
  void stop(std::chrono::nanoseconds grace = std::chrono::seconds{30});

  /// Requests answered so far, and connections open now.
  std::uint64_t requests() const noexcept;
  std::size_t connections() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::http
