// client: HTTP requests over pooled connections.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/retry.hpp>
#include <bight/http/auth.hpp>
#include <bight/http/client_metrics.hpp>
#include <bight/http/cookie_jar.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/netrc.hpp>
#include <bight/http/request.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/response.hpp>
#include <bight/http/transport.hpp>
#include <bight/http/url.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/resolver.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http {

class websocket_builder;

/// Limits of a client. Trivially copyable.
struct client_limits {
  std::size_t max_connections = 256;          ///< Concurrent connections to all origins.
  std::size_t max_connections_per_host = 64;  ///< Concurrent connections to one origin (scheme, host, port).
  /// Time after which an idle connection is closed; less if the server's Keep-Alive says so.
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{4};
  /// Age after which a connection is not used again.
  std::chrono::nanoseconds max_connection_age = forever;
  std::uint64_t max_connection_uses = 0;  ///< Requests per connection; 0: any number.
  int max_redirects = 10;                 ///< Redirects followed per request; 0 disables them.
  std::uint32_t max_head = 64 * 1024;     ///< Size of a response head in bytes.
  std::uint32_t max_headers = 256;        ///< Header fields of a response.
  std::uint64_t max_body = 64U << 20U;    ///< Size of a decoded body in bytes.
  std::uint32_t max_ratio = 200;          ///< Decompression ratio, checked beyond 1 MiB.
};

/// Options of a client. Not an aggregate, so that it is safe in co_await expressions.
struct client_options {
  client_options() {}

  client_timeouts timeouts;
  client_limits limits;
  std::string user_agent = "bight/0.1";
  /// Relative URLs of requests are resolved against it (WHATWG URL, as a link on that page is):
  /// "items/7" against "https://example.org/api/" is "https://example.org/api/items/7".
  std::optional<http::url> base_url;
  /// Added to requests that do not set them. Host, Content-Length, Transfer-Encoding and Proxy-Authorization
  /// are refused.
  http::headers default_headers;
  /// Added to the query of each request, in front.
  query_params default_query;
  /// Credentials for requests that have none: of the origin of base_url, or, without one, of every origin
  /// that is requested. Redirects to other origins do not get them.
  std::optional<any_auth> auth;
  /// User names and passwords by host, for requests without other credentials.
  std::optional<http::netrc> netrc;
  /// Stores the cookies of responses, and sends them. Default: cookies are ignored. Copies of a jar are the
  /// same jar: keep one to read or save it.
  std::optional<cookie_jar> cookies;
  /// Accept and decode gzip, deflate, br and zstd.
  bool decode = true;
  /// Sends idempotent requests again after errors that are `transient` and after the statuses 408, 425, 429,
  /// 500, 502, 503 and 504; Retry-After replaces the backoff. The last response is returned whatever its
  /// status. client_timeouts::total includes all attempts. Default: no retries.
  std::optional<bight::retry_policy> retries;
  /// TLS trust store. Default: the system's certificates.
  std::optional<net::tls_client_context> tls;
  /// TLS trust store for https proxies. Default: that of `tls`.
  std::optional<net::tls_client_context> proxy_tls;
  /// Addresses that may be connected to, checked for each resolved address right before connecting and after
  /// redirects, too. net::public_only protects against server-side request forgery. With a proxy, it applies
  /// to the addresses of the proxy only: the proxy resolves and connects to the server.
  net::connect_policy connect_policy;
  /// Path of a Unix domain socket to connect to instead of the host and port of the URL; "@name" for an
  /// abstract one. Proxies are not used then.
  std::string unix_socket;
  /// Proxy for all requests: an http, https, socks5 (names are resolved here) or socks5h (names are resolved
  /// by the proxy) URL, possibly with user name and password. https URLs go through a tunnel (CONNECT), to
  /// which the proxy's credentials are not sent. The connections to an HTTP proxy for http URLs share one
  /// limit of max_connections_per_host.
  std::optional<url> proxy;
  /// Chooses the proxy for each URL, instead of `proxy`; nullopt: none. Must give the same proxy for all URLs
  /// of an origin.
  std::function<std::optional<url>(const url&)> proxy_for;
  /// Without `proxy` and `proxy_for`: proxies are those of the environment
  /// (proxy_settings::from_environment).
  bool trust_environment = true;
  /// Called with each request before it is sent, redirects included, and with each response when its head has
  /// arrived. They must not throw.
  std::function<void(const request&)> on_request;
  std::function<void(const response&)> on_response;
  /// Resolver for host names. Default: one of its own. resolver::set_static maps names to addresses.
  std::optional<net::resolver> resolver;
  /// Sends the requests in place of network connections, for example a mock. It receives each request with
  /// the default headers, and a request for each redirect.
  std::shared_ptr<http::transport> transport;
};

/// An HTTP/1.1 client (httpx.AsyncClient) with connection pool, redirects, content decoding and limits.
///
///     http::client client;
///     auto response = co_await client.get("http://localhost:8080/");
///     std::cout << co_await response.text();
///
/// The user name and password of a URL are sent with Basic authentication (RFC 7617) unless the request sets
/// Authorization, and only to the origin of that URL: redirects to other origins drop them, and error
/// messages show `***`. An idle connection that was closed by the peer, or on which unsolicited data arrived,
/// is not reused. If a reused connection turns out to be dead, the request is retried once on a new
/// connection, provided that no part of a response has arrived, the method is idempotent (RFC 9110 9.2.2),
/// and the body is replayable. A response that arrives before the request body has been sent is returned
/// immediately (RFC 9112 9.5). Concurrency: any number of concurrent requests on one loop. Copies share the
/// pool and the options. Cancellation: closes the connection of the request. Errors: timeout_error,
/// http::errc, net::errc and system codes; the text contains the URL and the reason.
class client {
 public:
  client();
  explicit client(client_options options);

  /// Describes a request, which is sent when it is awaited:
  ///
  ///     auto made = co_await client.post("/items").query("draft", true).json(item);
  ///
  /// A relative URL is resolved against client_options::base_url. Further errors: errc::invalid_url,
  /// errc::unsupported_scheme.
  request_builder request(const http::method& m, std::string_view url) const;
  request_builder request(const http::method& m, http::url url) const;
  // clang-format off
  request_builder get(std::string_view url) const { return request(method::get, url); }
  request_builder get(http::url url) const { return request(method::get, std::move(url)); }
  request_builder head(std::string_view url) const { return request(method::head, url); }
  request_builder head(http::url url) const { return request(method::head, std::move(url)); }
  request_builder post(std::string_view url) const { return request(method::post, url); }
  request_builder post(http::url url) const { return request(method::post, std::move(url)); }
  request_builder put(std::string_view url) const { return request(method::put, url); }
  request_builder put(http::url url) const { return request(method::put, std::move(url)); }
  request_builder patch(std::string_view url) const { return request(method::patch, url); }
  request_builder patch(http::url url) const { return request(method::patch, std::move(url)); }
  request_builder delete_(std::string_view url) const { return request(method::delete_, url); }
  request_builder delete_(http::url url) const { return request(method::delete_, std::move(url)); }
  request_builder options(std::string_view url) const { return request(method::options, url); }
  request_builder options(http::url url) const { return request(method::options, std::move(url)); }
  // clang-format on

  /// Describes a WebSocket, which is opened when it is awaited. The URL is one of ws, wss, http or https;
  /// include <bight/http/websocket.hpp>.
  ///
  ///     auto ws = co_await client.websocket("wss://example.org/chat").subprotocol("chat");
  websocket_builder websocket(std::string_view url) const;
  websocket_builder websocket(http::url url) const;

  /// Sends a request. An lvalue can be sent again if its body is replayable. Further errors:
  /// errc::body_not_replayable.
  [[nodiscard]] awaitable<response> send(http::request&& r);
  [[nodiscard]] awaitable<response> send(http::request& r);

  /// Adds a middleware to this client and its copies. Middleware that was added earlier is called first.
  /// Precondition: no request is in progress.
  void add_middleware(client_middleware m);

  /// The number of open connections, and of idle ones among them.
  std::size_t connections() const noexcept;
  std::size_t idle_connections() const noexcept;
  /// Counters of requests and of the connection pool.
  client_metrics metrics() const noexcept;
  /// Closes all idle connections.
  void close_idle() noexcept;

 private:
  friend struct client_access;
  std::shared_ptr<detail::client_core> core_;
};

}  // namespace bight::http
