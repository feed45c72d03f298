// response: what a client gets.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/http/body.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

namespace detail {
class client_exchange;
}

/// Thrown by response::raise_for_status. Its code is errc::temporary_status, which `retry` tries again, or
/// errc::unexpected_status.
class status_error : public boost::system::system_error {
 public:
  status_error(http::status code, const std::string& where);
  http::status status() const noexcept { return status_; }

 private:
  http::status status_;
};

/// A response, whose body is read on demand. Move-only.
///
///     auto response = co_await client.get(url);
///     response.raise_for_status();
///     std::string page = co_await response.text();
///
/// The connection goes back to the client's pool when the body has been read to its end; a response that is
/// dropped before closes it. Lifetime: independent of the client that made it. Concurrency: loop thread only,
/// one read at a time.
class response final : public byte_source {
 public:
  /// A response out of nothing: for mocks, caches and other transports.
  explicit response(http::status code, http::body content = {}, http::headers fields = {},
                    http::url where = {});
  explicit response(std::unique_ptr<detail::client_exchange> e) noexcept;
  response(response&&) noexcept;
  response& operator=(response&&) noexcept;
  ~response() override;

  http::status status() const noexcept;
  /// The headers, as received.
  const http::headers& headers() const noexcept;
  http::headers& headers() noexcept;
  /// Where the response came from: the URL after the last redirect.
  const http::url& url() const noexcept;
  void set_url(http::url where);
  /// The URLs that redirected, in order; empty if none did.
  const std::vector<http::url>& redirects() const noexcept;
  /// Content-Length, if there is one and the body is not coded.
  std::uint64_t size_hint() const noexcept;
  /// True if the server broke a rule of RFC 9112 on the way and was understood all the same.
  bool deviates() const noexcept;

  /// The next piece of the body, decoded; empty at its end. Lifetime: until the next call.
  /// Errors: errc::truncated, body_too_large, decompression_bomb, bad_content_encoding; timeout_error.
  /// Cancellation: the rest of the body is lost, and the connection closed.
  [[nodiscard]] awaitable<std::string_view> read_piece();
  /// The same, copied.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// The whole body. Errors: as read_piece.
  [[nodiscard]] awaitable<std::string> text();
  /// Reads and drops the rest, so that the connection can be used again, if that is at most `limit` bytes;
  /// closes the connection otherwise.
  [[nodiscard]] awaitable<void> drain(std::size_t limit = 64 * 1024);
  /// Trailer fields, once the body has been read to its end.
  const http::headers& trailers() const noexcept;
  /// Bytes of the body received so far, as sent, before decoding.
  std::uint64_t received() const noexcept;

  /// Throws status_error unless the status is 2xx or 3xx (httpx's rule).
  void raise_for_status() const;

 private:
  friend struct response_access;
  friend net::stream take_stream(response&& r);
  std::unique_ptr<detail::client_exchange> exchange_;
  std::string_view rest_;  // of the piece that was read last
};

/// The connection of a response that has switched protocols: 101, or 2xx to CONNECT. Begins with what the
/// server sent behind the head. Errors: std::invalid_argument for other responses.
net::stream take_stream(response&& r);

}  // namespace bight::http
