// client: HTTP requests over pooled connections.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <bight/http/transport.hpp>
#include <bight/net/resolver.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http {

/// What a client accepts. Trivially copyable.
struct client_limits {
  std::size_t max_connections = 256;          ///< Connections at a time, over all origins.
  std::size_t max_connections_per_host = 64;  ///< ... to one origin (scheme, host, port).
  std::chrono::nanoseconds idle_timeout =
      std::chrono::seconds{4};          ///< How long an unused connection is kept.
  int max_redirects = 10;               ///< Redirects followed for one request; 0 follows none.
  std::uint32_t max_head = 64 * 1024;   ///< Bytes of a response head.
  std::uint32_t max_headers = 256;      ///< Field lines of a response head.
  std::uint64_t max_body = 64U << 20U;  ///< Bytes of a decoded body.
  std::uint32_t max_ratio = 200;        ///< Decoded bytes per byte received, from 1 MiB on.
};

/// Options of a client. A class and not an aggregate, so that it is safe inside co_await expressions.
struct client_options {
  client_options() {}

  client_timeouts timeouts;
  client_limits limits;
  std::string user_agent = "bight/0.1";
  /// Sent with every request that does not set them itself.
  http::headers default_headers;
  /// Ask for gzip and deflate, and undo them.
  bool decode = true;
  /// Trust store of TLS: the system's certificates if not set.
  std::optional<net::tls_client_context> tls;
  /// Names to addresses: a resolver of the client's own if not set.
  std::optional<net::resolver> resolver;
  /// Carries the requests instead of connections: a mock, for instance. It gets each request with the default
  /// headers, and each redirect.
  std::shared_ptr<http::transport> transport;
};

/// An HTTP/1.1 client (httpx.AsyncClient): keep-alive connections per origin, redirects, decoding, limits.
///
///     http::client client;
///     auto response = co_await client.get("http://localhost:8080/");
///     std::cout << co_await response.text();
///
/// User name and password of a URL are sent as Basic (RFC 7617), where the request has no Authorization of
/// its own, and to the origin of that URL alone: a redirect to another one drops them, and messages show
/// `***`. A kept connection that has ended, or on which something came unasked, is closed and not used again.
/// A request on a kept connection that turns out to be dead is sent again on a fresh one, once, if nothing of
/// the response has come, the method is idempotent (RFC 9110 9.2.2), and the body can be sent again. A
/// response that comes before the body has been sent is returned at once (RFC 9112 9.5). Concurrency: any
/// number of requests at a time, on one loop. Copies share pool and options. Cancellation: closes the
/// connection of that request; others are not touched. Errors: timeout_error; http::errc; net::errc; system
/// codes. The text names URL and reason.
class client {
 public:
  client();
  explicit client(client_options options);

  /// GET `url`. Errors also: errc::invalid_url, errc::unsupported_scheme.
  [[nodiscard]] awaitable<response> get(std::string_view url);
  [[nodiscard]] awaitable<response> get(const url& where);
  /// Sends any request. An lvalue can be sent again afterwards, if its body can (body::replayable). Errors
  /// also: errc::body_not_replayable.
  [[nodiscard]] awaitable<response> send(request&& r);
  [[nodiscard]] awaitable<response> send(request& r);

  /// Puts `m` around every call from now on, inside those that were added before. Of this client and its
  /// copies. Precondition: no call is in flight.
  void add_middleware(client_middleware m);

  /// Connections open now, and those of them that are idle.
  std::size_t connections() const noexcept;
  std::size_t idle_connections() const noexcept;
  /// Closes the idle connections.
  void close_idle() noexcept;

  class impl;

 private:
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::http
