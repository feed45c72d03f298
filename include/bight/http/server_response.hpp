// server_response: what a server answers.
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

/// Talks the protocol that a connection was upgraded to.
using upgrade_handler = unique_function<awaitable<void>(net::stream)>;

/// A response: status, headers and a body. Move-only. Middleware may change all three.
///
///     http::server_response r{404, "no such page\n"};
///     r.headers().set("Content-Type", "text/plain");
///
/// The server adds Content-Length or Transfer-Encoding, Date, Server and Connection, and sends no body where
/// there is none (HEAD, 204, 304). A body that is a stream may read the request's body while it is sent.
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

  /// True for what `upgrade` returns.
  bool is_upgrade() const noexcept { return static_cast<bool>(upgrade_); }

 private:
  friend struct upgrade_access;
  http::status status_;
  http::headers headers_;
  http::body body_;
  upgrade_handler upgrade_;
};

/// Answers 101 and hands the connection over (RFC 9110 7.8): `talk` gets it as a stream, which begins with
/// what the client sent behind its request.
///
///     auto response = http::upgrade(request, "echo", {}, [](net::stream s) -> bight::awaitable<void> {
///       co_await s.write("welcome\n");
///     });
///
/// The connection counts as one of the server's until `talk` returns; its deadlines are off. Cancellation: of
/// `talk` after the grace of server::stop, which sets request.stopping() at once. `request` must not be used
/// by `talk`. Returns 426 with an Upgrade field if the client did not ask for `protocol`. Errors:
/// errc::invalid_header for a protocol that is no token.
server_response upgrade(const server_request& request, std::string_view protocol, http::headers extra,
                        upgrade_handler talk);

}  // namespace bight::http
