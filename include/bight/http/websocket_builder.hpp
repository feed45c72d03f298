// websocket_builder: a WebSocket of a client, described step by step and opened by awaiting it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/websocket.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

/// A WebSocket that is opened when it is awaited. Returned by client::websocket.
///
///     auto ws = co_await client.websocket("wss://example.org/chat").subprotocol("chat").bearer_auth(token);
///     auto soon = co_await bight::wait_for(client.websocket(url), 5s);
///
/// The handshake is a request of the client: its proxies, TLS settings, cookies, credentials, middleware and
/// redirects apply, and its timeouts. Redirects to another origin are followed without cookies and
/// credentials; through an HTTP proxy, ws URLs use a tunnel, too. Once open, the connection is no longer one
/// of the client's pool. Errors: websocket_refused if the server does not open a WebSocket; those of
/// client::send. Cancellation: closes the connection.
class [[nodiscard("a WebSocket is opened when it is awaited")]] websocket_builder
    : private request_setters<websocket_builder> {
  using setters = request_setters<websocket_builder>;
  friend setters;

 public:
  /// Made by `client`.
  explicit websocket_builder(detail::request_draft d) noexcept : setters(std::move(d)) {}

  // As for request_builder:
  using setters::auth;
  using setters::basic_auth;
  using setters::bearer_auth;
  using setters::cookie;
  using setters::digest_auth;
  using setters::header;
  using setters::headers;
  using setters::max_redirects;
  using setters::query;
  using setters::timeout;
  using setters::timeouts;

  /// Adds a subprotocol, the preferred one first. The server may choose one: see websocket::subprotocol.
  websocket_builder& subprotocol(std::string name) & {
    subprotocols_.push_back(std::move(name));
    return *this;
  }
  websocket_builder subprotocol(std::string name) && { return std::move(subprotocol(std::move(name))); }
  /// Limits, timeouts and compression of the connection.
  websocket_builder& options(const websocket_options& o) & {
    options_ = o;
    return *this;
  }
  websocket_builder options(const websocket_options& o) && { return std::move(options(o)); }

  /// Opens the WebSocket; what awaiting the builder does.
  [[nodiscard]] awaitable<websocket> connect() &&;
  awaitable<websocket> as_awaitable() && { return std::move(*this).connect(); }
  operator awaitable<websocket>() && { return std::move(*this).connect(); }

 private:
  std::vector<std::string> subprotocols_;
  websocket_options options_;
};

}  // namespace bight::http
