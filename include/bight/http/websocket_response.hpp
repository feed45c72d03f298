// websocket_response: a WebSocket of a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/websocket.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

/// Options of websocket_response, in addition to those of a connection. Not an aggregate, so that it is safe
/// in co_await expressions.
struct websocket_server_options : websocket_options {
  websocket_server_options() {}
  explicit websocket_server_options(const websocket_options& o) : websocket_options(o) {}

  /// The origins whose pages may connect, as browsers send them: "https://example.org". Default: the server's
  /// own, whose host and port are those of the Host header. Requests without an Origin, which do not come
  /// from pages, are allowed.
  std::vector<std::string> origins;
  /// Allow all origins: any page that a user visits can then connect with the cookies of that user.
  bool any_origin = false;
  /// The subprotocols of the server. Of those that the client offers, the first one that is listed here is
  /// chosen; if there is none, the connection has no subprotocol.
  std::vector<std::string> subprotocols;
  /// Further headers of the response.
  http::headers headers;
};

/// What runs on the server's side of a WebSocket.
using websocket_session = unique_function<awaitable<void>(websocket&)>;

/// Opens a WebSocket and runs `session` on it.
///
///     router.get("/echo", [](http::server_request& request) -> bight::awaitable<http::server_response> {
///       co_return http::websocket_response(request, [](http::websocket& ws) -> bight::awaitable<void> {
///         auto message = co_await ws.receive();
///         while (message) {
///           co_await ws.send(*message);
///           message = co_await ws.receive();
///         }
///       });
///     });
///
/// Middleware applies to the handshake. When the session returns, the connection is closed with code 1000;
/// when it throws, with 1011, and the error is logged, unless it is a websocket_closed of this connection.
/// server::stop closes the connection with 1001, which the session sees as its end, and cancels the session
/// after the grace period. The session must not use `request`. Returns: 101; 426 if the request does not ask
/// for a WebSocket of version 13, 400 if it is malformed, 403 if its origin is not allowed, 503 if the server
/// is stopping.
server_response websocket_response(server_request& request, websocket_session session,
                                   websocket_server_options options = {});

}  // namespace bight::http
