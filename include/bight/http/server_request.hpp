// server_request: an HTTP request in a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/body.hpp>
#include <bight/http/detail/read_param.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <bight/net/address.hpp>
#include <bight/net/connection_info.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

namespace detail {
class server_exchange;
struct server_request_extras;
struct request_head;
struct routing_access;
/// Its address identifies the type.
template <class T>
inline constexpr char type_tag = 0;
}  // namespace detail

class multipart_form;
struct multipart_form_options;

/// The outcome of a request, for access logs and metrics.
class response_record {
 public:
  http::status status;                  ///< As sent, including a 500 that was caused by an exception.
  std::uint64_t bytes = 0;              ///< Size of the body, as passed to the connection.
  std::chrono::nanoseconds duration{};  ///< From the request head to the end of the response.
  /// Thrown by the handler, unless it is a problem or request_json_error, or the reason why the response is
  /// incomplete; else null.
  std::exception_ptr error;
};

/// A request received by a server.
///
/// Lifetime: the request and the views that it returns are valid until the response has been sent. The
/// producer of a response body may refer to it. Concurrency: the task of the handler, and operations that it
/// awaits.
class server_request final : public byte_source {
 public:
  /// Creates a request without a connection, for tests of handlers and middleware. `target` is the path and
  /// query: "/items?page=2". Errors: errc::malformed_start_line if the target is invalid.
  explicit server_request(http::method m, std::string target, http::headers fields = {},
                          http::body content = {});
  server_request(const server_request&) = delete;
  server_request& operator=(const server_request&) = delete;
  ~server_request() override;

  const http::method& method() const noexcept;
  /// The path and query as sent, without scheme and authority; "*" for OPTIONS *.
  std::string_view target() const noexcept;
  /// The path, percent-encoded, without the query: "/a%20b".
  std::string_view path() const noexcept;
  /// The query, percent-encoded, without the question mark; empty if absent.
  std::string_view query() const noexcept;
  /// The requested host: the Host header, or the authority of an absolute target.
  std::string_view authority() const noexcept;
  headers_view headers() const noexcept;
  /// Client address.
  net::endpoint remote_endpoint() const;
  /// The addresses of both ends, and with TLS the version, the cipher and the client's certificate.
  net::connection_info connection() const;

  /// A path parameter, as set by a router, percent-decoded; empty if absent.
  std::string_view param(std::string_view name) const noexcept;
  /// Same as an integer, floating-point number, std::string or std::string_view: `request.param<int>("id")`.
  /// Errors: problem with status 404 if the value is not one or does not fit; std::out_of_range if the route
  /// has no such parameter.
  template <class T>
  T param(std::string_view name) const {
    return detail::read_param<T>(name, param(name));
  }
  void set_param(std::string_view name, std::string value);
  /// The pattern of the route that was chosen, with the prefixes of mounted routers: "/items/{id:int}". Empty
  /// before a router has chosen one, and if none matches. Use it as the label of metrics instead of the path.
  std::string_view route() const noexcept { return route_; }
  /// The path below the prefix at which the handler was mounted: "/css/a.css" of "/static/css/a.css",
  /// percent-encoded. The whole path if the handler was not mounted.
  std::string_view subpath() const noexcept { return path().substr(subpath_from_); }

  /// The query, decoded. Parsed once. Errors: problem with status 400 beyond 1,000 pairs.
  const http::query_params& query_params() const;
  /// The fields of a form (application/x-www-form-urlencoded), decoded. Reads the body; later calls return
  /// the same fields. Lifetime: as the request. Errors: problem with status 415 for another media type, and
  /// 400 beyond 1,000 fields; those of text.
  [[nodiscard]] awaitable<const http::query_params&> form();
  /// The fields and files of a form with files (multipart/form-data), read to its end; files beyond a size go
  /// to disk. Include <bight/http/multipart_form.hpp>. To read it part by part: multipart_reader.
  /// Precondition: the body has not been read. Cancellation: the body stays incomplete. Errors: problem with
  /// status 415 for another media type, 413 beyond the limits, and 400 for a malformed body; those of
  /// read_piece and fs::spooled_file.
  [[nodiscard]] awaitable<multipart_form> multipart();
  [[nodiscard]] awaitable<multipart_form> multipart(multipart_form_options options);
  /// The value of a cookie, as sent, with quotes if it has them; the first of that name, case-sensitive.
  std::optional<std::string_view> cookie(std::string_view name) const noexcept;
  /// All cookies, in order, as name and value.
  std::vector<std::pair<std::string_view, std::string_view>> cookies() const;

  /// Stores a value for later middleware or the handler, one per type. Replaces an earlier value.
  template <class T>
  T& set(T value) {
    auto* const object = new T(std::move(value));
    set_value(&detail::type_tag<T>, object, [](void* p) noexcept { delete static_cast<T*>(p); });
    return *object;
  }
  /// The stored value of type T; null if there is none.
  template <class T>
  T* get() const noexcept {
    return static_cast<T*>(value(&detail::type_tag<T>));
  }

  /// Content-Length, if present.
  std::optional<std::uint64_t> body_size() const noexcept;
  /// Overrides server_limits::max_body for this request. Precondition: the body has not been read.
  void max_body(std::uint64_t bytes);
  /// Returns the next piece of the body; empty at its end. Sends "100 Continue" first if the client expects
  /// it. Lifetime: until the next read. Errors: http::errc; if body_too_large propagates from the handler,
  /// the response is 413.
  [[nodiscard]] awaitable<std::string_view> read_piece();
  /// Copies the next bytes of the body to `buffer`; 0 at its end. Errors: as read_piece.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// Returns the whole body, or the rest of it.
  [[nodiscard]] awaitable<std::string> text();
  /// The trailer fields. Available once the body has been read to its end.
  headers_view trailers() const noexcept;

  /// Sends an informational response such as 103 Early Hints (RFC 8297) or 100 Continue. Has no effect for
  /// HTTP/1.0 clients or once the response has started. Errors: std::invalid_argument for 101 and for codes
  /// that are not informational.
  [[nodiscard]] awaitable<void> inform(http::status code, const http::headers& fields = {});
  /// Cancels the handler when the client disconnects (closes or resets the connection, or shuts down its
  /// writing side), and the producer of a streamed response. Takes effect once the body has been read.
  void cancel_on_disconnect();
  /// Calls `done` when the response has been sent or has failed. `done` must not throw.
  void after_response(unique_function<void(const response_record&)> done);
  /// Runs `work` in a task of the server when the response has been sent or has failed, concurrently with
  /// later requests (Starlette: BackgroundTask). Errors that it throws are logged. It must not use the
  /// request. server::stop waits for it, and cancels it after the grace period; so does a cancelled `serve`.
  /// The connection counts as open until its work has ended. Never runs for a request made for a test.
  void run_after_response(unique_function<awaitable<void>()> work);
  /// Closes the connection after this response.
  void close_connection() noexcept;
  /// Whether server::stop has been called. Check it in responses and upgraded connections without an end.
  bool stopping() const noexcept;

 private:
  friend class detail::server_exchange;
  friend struct detail::routing_access;
  explicit server_request(detail::server_exchange& e) noexcept;
  void set_value(const void* tag, void* object, void (*destroy)(void*) noexcept);
  void* value(const void* tag) const noexcept;
  detail::server_request_extras& extras() const;

  detail::server_exchange* exchange_;
  const detail::request_head* head_;
  std::unique_ptr<detail::server_exchange> own_;  // if created for a test
  mutable std::unique_ptr<detail::server_request_extras> extras_;
  std::string_view route_;
  std::size_t subpath_from_ = 0;
  std::string_view rest_;  // of the last piece
};

}  // namespace bight::http
