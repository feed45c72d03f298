// server_request: what a server is asked.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/body.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
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

namespace bight::http {

namespace detail {
class server_exchange;
struct server_request_extras;
struct request_head;
/// Its address stands for the type.
template <class T>
inline constexpr char type_tag = 0;
}  // namespace detail

/// What became of a response: for access logs and metrics.
class response_record {
 public:
  http::status status;                  ///< As sent; of the 500 that an exception became, too.
  std::uint64_t bytes = 0;              ///< Of the body, as handed to the connection.
  std::chrono::nanoseconds duration{};  ///< From the head of the request to the end of the response.
  std::exception_ptr error;  ///< What the handler threw, or why the response is incomplete; null if neither.
};

/// A request that a handler answers.
///
/// Lifetime: from the call of the handler until its response has been sent; everything that it shows is valid
/// that long. A producer of the response's body may refer to it. Concurrency: the task that runs the handler,
/// and what it awaits.
class server_request final : public byte_source {
 public:
  /// A request out of nothing, for tests of handlers and middleware. `target` is path and query:
  /// "/items?page=2". Errors: errc::malformed_start_line for a target that no request has.
  explicit server_request(http::method m, std::string target, http::headers fields = {},
                          http::body content = {});
  server_request(const server_request&) = delete;
  server_request& operator=(const server_request&) = delete;
  ~server_request() override;

  const http::method& method() const noexcept;
  /// Path and query as sent, without scheme and authority; "*" for OPTIONS *.
  std::string_view target() const noexcept;
  /// The path, percent-encoded, without the query: "/a%20b".
  std::string_view path() const noexcept;
  /// The query, percent-encoded, without the question mark; empty if there is none.
  std::string_view query() const noexcept;
  /// The host that the request is for: Host, or the authority of an absolute target.
  std::string_view authority() const noexcept;
  headers_view headers() const noexcept;
  /// Client address.
  net::endpoint remote_endpoint() const;
  /// Both addresses, and what TLS agreed on: version, cipher, the client's certificate.
  net::connection_info connection() const;

  /// A parameter of the path, which a router has found; empty if there is none of that name.
  std::string_view param(std::string_view name) const noexcept;
  void set_param(std::string_view name, std::string value);
  /// A value for who comes later, one of each type: from middleware to handler. Replaces an earlier one.
  template <class T>
  T& set(T value) {
    auto* const object = new T(std::move(value));
    set_value(&detail::type_tag<T>, object, [](void* p) noexcept { delete static_cast<T*>(p); });
    return *object;
  }
  /// The value of that type; null if none was set.
  template <class T>
  T* get() const noexcept {
    return static_cast<T*>(value(&detail::type_tag<T>));
  }

  /// Content-Length, if the client gave it.
  std::optional<std::uint64_t> body_size() const noexcept;
  /// How many bytes the body may have, instead of server_limits::max_body. Precondition: nothing of it has
  /// been read.
  void max_body(std::uint64_t bytes);
  /// The next piece of the body; empty at its end. Sends "100 Continue" first if the client waits for that.
  /// Lifetime: until the next read. Errors: http::errc; body_too_large is answered 413 if it leaves the
  /// handler.
  [[nodiscard]] awaitable<std::string_view> read_piece();
  /// The same, copied.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// The whole body, or what is left of it.
  [[nodiscard]] awaitable<std::string> text();
  /// Trailer fields, once the body has been read to its end.
  headers_view trailers() const noexcept;

  /// Sends an informational response: 103 Early Hints (RFC 8297), or 100 Continue. Nothing goes out to an
  /// HTTP/1.0 client, or once the response has begun. Errors: std::invalid_argument for other codes and for
  /// 101.
  [[nodiscard]] awaitable<void> inform(http::status code, const http::headers& fields = {});
  /// Cancels the handler when the client goes away (closes or resets the connection, or its writing side):
  /// for long work that nobody waits for then. Takes effect once the body has been read.
  void cancel_on_disconnect();
  /// Calls `done` when the response has left, or cannot be sent. It may not throw.
  void after_response(unique_function<void(const response_record&)> done);
  /// Lets the connection end after this response.
  void close_connection() noexcept;
  /// True once the server has been told to stop: for responses and upgraded connections that would never end.
  bool stopping() const noexcept;

 private:
  friend class detail::server_exchange;
  explicit server_request(detail::server_exchange& e) noexcept;
  void set_value(const void* tag, void* object, void (*destroy)(void*) noexcept);
  void* value(const void* tag) const noexcept;
  detail::server_request_extras& extras();

  detail::server_exchange* exchange_;
  const detail::request_head* head_;
  std::unique_ptr<detail::server_exchange> own_;  // of a request for tests
  std::unique_ptr<detail::server_request_extras> extras_;
  std::string_view rest_;  // of the piece that was read last
};

}  // namespace bight::http
