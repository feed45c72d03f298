// response: an HTTP response in a client.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/generator.hpp>
#include <bight/http/body.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <bight/http/timeline.hpp>
#include <bight/http/url.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

namespace detail {
class client_exchange;
}

/// Thrown by response::raise_for_status. Its code is errc::temporary_status, which `retry` retries, or
/// errc::unexpected_status.
class status_error : public boost::system::system_error {
 public:
  status_error(http::status code, const std::string& where,
               std::optional<std::chrono::nanoseconds> retry_after = {});
  http::status status() const noexcept { return status_; }
  /// How long the server asks to wait (Retry-After, RFC 9110 10.2.3), if it does.
  std::optional<std::chrono::nanoseconds> retry_after() const noexcept { return retry_after_; }

 private:
  http::status status_;
  std::optional<std::chrono::nanoseconds> retry_after_;
};

/// A redirect that was followed.
class redirect {
 public:
  http::url url;  ///< The URL that was requested.
  http::status status;
  http::headers headers;
};

/// A response. Its body is read on demand. Move-only.
///
///     auto response = co_await client.get(url);
///     response.raise_for_status();
///     std::string page = co_await response.text();
///
/// The connection returns to the client's pool once the body has been read to its end. Destroying the
/// response before that closes the connection. Lifetime: independent of the client. Concurrency: loop thread
/// only, one read at a time.
class response final : public byte_source {
 public:
  /// Creates a response without a connection, for mocks, caches and other transports.
  explicit response(http::status code, http::body content = {}, http::headers fields = {},
                    http::url where = {});
  explicit response(std::unique_ptr<detail::client_exchange> e) noexcept;
  response(response&&) noexcept;
  response& operator=(response&&) noexcept;
  ~response() override;

  http::status status() const noexcept;
  /// The headers as received.
  const http::headers& headers() const noexcept;
  http::headers& headers() noexcept;
  /// The URL of the response, after redirects.
  const http::url& url() const noexcept;
  void set_url(http::url where);
  /// The redirects that led here, in order; empty if there was none.
  const std::vector<redirect>& history() const noexcept;
  /// When the steps of the request took place.
  const http::timeline& timeline() const noexcept;
  /// Content-Length, if present and the body has no content coding.
  std::uint64_t size_hint() const noexcept;
  /// Whether the response violated RFC 9112 in a way that was tolerated.
  bool deviates() const noexcept;

  /// Returns the next piece of the decoded body; empty at its end. Lifetime: until the next call.
  /// Errors: errc::truncated, body_too_large, decompression_bomb, bad_content_encoding; timeout_error.
  /// Cancellation: closes the connection; the rest of the body is lost.
  [[nodiscard]] awaitable<std::string_view> read_piece();
  /// Copies the next bytes of the body to `buffer`; 0 at its end. Errors: as read_piece.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// Returns the whole body, or the rest of it, as text in UTF-8. The encoding is that of a byte order mark,
  /// which is removed, else that of the charset in Content-Type, else UTF-8; invalid sequences become U+FFFD.
  /// Errors: as read_piece.
  [[nodiscard]] awaitable<std::string> text();
  /// Returns the whole body, or the rest of it, as it was sent. Errors: as read_piece.
  [[nodiscard]] awaitable<std::string> bytes();
  /// Yields the lines of the body without their ends ("\n" or "\r\n"), as bytes. Errors: as read_piece;
  /// net::errc::limit_exceeded beyond `max_line` bytes. Lifetime: the response must outlive the generator.
  [[nodiscard]] generator<std::string> lines(std::size_t max_line = 64 * 1024);
  /// Writes the body, or the rest of it, to a file, which appears complete under its name or not at all. An
  /// existing file is replaced. Returns: the number of bytes. Errors: as read_piece, and of the file system.
  [[nodiscard]] awaitable<std::uint64_t> save_to(std::filesystem::path file);
  /// Discards the rest of the body so that the connection can be reused. Closes the connection if more than
  /// `limit` bytes remain.
  [[nodiscard]] awaitable<void> drain(std::size_t limit = 64 * 1024);
  /// The trailer fields. Available once the body has been read to its end.
  const http::headers& trailers() const noexcept;
  /// The number of body bytes received so far, before decoding.
  std::uint64_t received() const noexcept;

  /// Throws status_error unless the status is 2xx or 3xx, as in httpx.
  void raise_for_status() const;

 private:
  friend struct response_access;
  friend net::stream take_stream(response&& r);
  std::unique_ptr<detail::client_exchange> exchange_;
  std::string_view rest_;  // of the last piece
};

/// Returns the connection of a response with status 101, or 2xx to CONNECT. The stream begins with the bytes
/// that followed the response head. Errors: std::invalid_argument for other responses.
net::stream take_stream(response&& r);

}  // namespace bight::http
