// body: what a message carries, in both directions.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/headers.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace bight::fs {
class file;
}

namespace bight::http {

/// Takes the pieces of a body as they are made.
class body_writer {
 public:
  /// Sends `piece`, and waits until the peer takes it. An empty piece sends nothing. The bytes must stay
  /// where they are until it returns. Cancellation: the message is incomplete, and its connection ends.
  [[nodiscard]] virtual awaitable<void> write(std::string_view piece) = 0;
  [[nodiscard]] awaitable<void> write(std::span<const std::byte> piece) {
    return write(std::string_view{reinterpret_cast<const char*>(piece.data()), piece.size()});
  }
  /// Fields to send after the body (RFC 9110 6.5), where the message can carry them: not with a known size,
  /// and not over HTTP/1.0. Once at most, before the producer returns.
  virtual void trailers(headers fields) = 0;

 protected:
  ~body_writer() = default;
};

/// Makes a body piece by piece.
using body_producer = unique_function<awaitable<void>(body_writer&)>;

namespace detail {

/// Bytes of an open file, which it closes in the end.
class file_range {
 public:
  file_range(fs::file file, std::uint64_t offset, std::uint64_t count);
  file_range(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept
      : descriptor_(descriptor), offset_(offset), count_(count) {}
  file_range(file_range&& other) noexcept
      : owner_(std::move(other.owner_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        offset_(other.offset_),
        count_(other.count_) {}
  file_range& operator=(file_range&& other) noexcept;
  ~file_range();
  int descriptor() const noexcept { return descriptor_; }
  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  std::shared_ptr<const fs::file> owner_;
  int descriptor_;
  std::uint64_t offset_;
  std::uint64_t count_;
};

}  // namespace detail

/// The body of a request or response: nothing, text, a range of a file, or a stream. Move-only.
///
///     http::body greeting{"hello"};
///     http::body upload = http::body::file(std::move(file), 0, size);
///     http::body report = http::body::produce([](http::body_writer& out) -> bight::awaitable<void> {
///       co_await out.write("first line\n");
///       co_await out.write("second line\n");
///     });
///
/// A body of known size is sent with Content-Length, any other one chunked (RFC 9112 7.1). One that gives
/// more or fewer bytes than its size ends the connection. Concurrency: one use at a time.
class body {
 public:
  /// No body.
  body() noexcept = default;
  body(std::string text) noexcept : content_(std::move(text)) {}
  body(std::string_view text) : content_(std::string{text}) {}
  body(const char* text) : content_(std::string{text}) {}
  body(body&&) noexcept = default;
  body& operator=(body&&) noexcept = default;
  ~body() = default;

  /// `count` bytes of an open file, from `offset` on; without a copy through user space where the connection
  /// is plain.
  static body file(fs::file opened, std::uint64_t offset, std::uint64_t count);
  /// ... of a descriptor, which it closes in the end.
  static body file(int descriptor, std::uint64_t offset, std::uint64_t count);
  /// What `producer` writes. It is called when the body is sent, once.
  static body produce(body_producer producer, std::optional<std::uint64_t> size = {});
  /// What `source` gives until its end.
  static body from(std::unique_ptr<byte_source> source, std::optional<std::uint64_t> size = {});
  template <std::derived_from<byte_source> Source>
    requires std::move_constructible<Source>
  static body from(Source source, std::optional<std::uint64_t> size = {}) {
    return from(std::unique_ptr<byte_source>{std::make_unique<Source>(std::move(source))}, size);
  }
  /// A stream that can be made again: `make` is called now, and for every further attempt to send it.
  static body again(unique_function<body()> make);

  /// True if there is none. An empty text is a body.
  bool empty() const noexcept { return std::holds_alternative<std::monostate>(content_); }
  /// In bytes, if it is known; 0 if there is none.
  std::optional<std::uint64_t> size() const noexcept;
  /// The text, if it is one; null otherwise.
  const std::string* text() const noexcept;
  /// True if it can be sent more than once: nothing, text, a file, and `again`.
  bool replayable() const noexcept;
  /// Makes it ready to be sent from its start. Returns: false if it has been used and cannot be sent again.
  bool rewind();
  /// Writes all of it to `out`, as a server or client does to send it. Errors: those of the source;
  /// errc::bad_framing if it is used up.
  [[nodiscard]] awaitable<void> write_to(body_writer& out);
  /// All of it, of at most `limit` bytes. Uses a stream up. Errors: errc::body_too_large, and as write_to.
  [[nodiscard]] awaitable<std::string> collect(std::size_t limit = 64U << 20U);

 private:
  friend struct body_access;
  struct stream {
    body_producer producer;  // one of these two
    std::unique_ptr<byte_source> source;
    std::optional<std::uint64_t> size;
    unique_function<body()> make;  // of `again`
    bool used = false;
  };
  // Shared with who still sends it, when the request has been answered already.
  std::variant<std::monostate, std::string, std::shared_ptr<const std::string>,
               std::shared_ptr<const detail::file_range>, std::shared_ptr<stream>>
      content_;
};

}  // namespace bight::http
