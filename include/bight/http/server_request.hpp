// server_request: what a server is asked.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/net/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http {

namespace detail {
class server_connection;
}

/// A request that a handler answers. Lives as long as the handler runs.
///
/// Lifetime: the views are valid until the handler has returned or begins to read the body, whichever is
/// first; copy what is needed longer. Concurrency: only the task that runs the handler.
class server_request {
 public:
  server_request(const server_request&) = delete;
  server_request& operator=(const server_request&) = delete;

  const http::method& method() const noexcept;
  /// The path, percent-encoded, without the query: "/a%20b". "*" for OPTIONS *.
  std::string_view path() const noexcept;
  /// The query, percent-encoded, without the question mark; empty if there is none.
  std::string_view query() const noexcept;
  /// The host that the request is for: Host, or the authority of an absolute target.
  std::string_view authority() const noexcept;
  headers_view headers() const noexcept;
  /// Who asks.
  net::endpoint remote_endpoint() const;

  /// Content-Length, if the client gave it.
  std::optional<std::uint64_t> body_size() const noexcept;
  /// The next piece of the body; empty at its end. Sends "100 Continue" first if the client waits for that.
  /// Lifetime: until the next call. Errors: http::errc; body_too_large is answered 413 if it leaves the
  /// handler.
  [[nodiscard]] awaitable<std::string_view> read_some();
  /// The whole body.
  [[nodiscard]] awaitable<std::string> text();

 private:
  friend class detail::server_connection;
  explicit server_request(detail::server_connection& c) noexcept : connection_(&c) {}
  detail::server_connection* connection_;
};

}  // namespace bight::http
