// server_response: an HTTP response of a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/body.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <string_view>
#include <utility>

namespace bight::http {

class server_request;
class set_cookie;

/// Runs the protocol of an upgraded connection.
using upgrade_handler = unique_function<awaitable<void>(net::stream)>;

/// A response: status, headers and body, all of which middleware may change. Move-only.
///
///     http::server_response r{404, "no such page\n"};
///     r.headers().set("Content-Type", "text/plain");
///
/// The server adds Content-Length or Transfer-Encoding, Date, Server and Connection, and omits the body where
/// HTTP does not allow one (HEAD, 204, 304). A streamed body may read the request body while it is sent.
class server_response {
 public:
  server_response() noexcept = default;
  explicit server_response(http::status code) noexcept : status_(code) {}
  server_response(http::status code, http::body content) noexcept
      : status_(code), body_(std::move(content)) {}

  http::status status() const noexcept { return status_; }
  void set_status(http::status code) noexcept { status_ = code; }
  const http::headers& headers() const noexcept { return headers_; }
  http::headers& headers() noexcept { return headers_; }
  const http::body& body() const noexcept { return body_; }
  http::body& body() noexcept { return body_; }
  void set_body(http::body content) noexcept { body_ = std::move(content); }

  /// Adds a Set-Cookie header. Errors: as set_cookie::to_string.
  void set_cookie(const http::set_cookie& cookie);
  /// Removes a cookie that was set with this path and domain. Errors: as set_cookie.
  void delete_cookie(std::string_view name, std::string_view path = "/", std::string_view domain = {});

  /// Whether the response was made by `upgrade`.
  bool is_upgrade() const noexcept { return static_cast<bool>(upgrade_); }

 private:
  friend struct upgrade_access;
  http::status status_;
  http::headers headers_;
  http::body body_;
  upgrade_handler upgrade_;
};

/// Redirects to `url`, a URL or a path; 303 makes clients send a GET. Characters that URLs do not have are
/// percent-encoded. Errors: std::invalid_argument for a status other than 301, 302, 303, 307 and 308;
/// errc::invalid_header for control characters. Note: a path from a request may begin with two slashes, which
/// names another host.
server_response redirect_to(std::string_view url, status code = status::see_other);

/// Responds with 101 and passes the connection to `talk` (RFC 9110 7.8). The stream begins with the bytes
/// that followed the request.
///
///     auto response = http::upgrade(request, "echo", {}, [](net::stream s) -> bight::awaitable<void> {
///       co_await s.write("welcome\n");
///     });
///
/// The connection counts as a connection of the server until `talk` returns; the server's timeouts do not
/// apply. server::stop cancels `talk` after its grace period. `talk` must not use `request`. Returns: a 426
/// response with an Upgrade header if the client did not request `protocol`. Errors: errc::invalid_header if
/// `protocol` is not a token.
server_response upgrade(const server_request& request, std::string_view protocol, http::headers extra,
                        upgrade_handler talk);

}  // namespace bight::http
