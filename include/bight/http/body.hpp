// body: the body of a request or response.
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

/// Receives a body piece by piece.
class body_writer {
 public:
  /// Sends `piece` and waits until the transport has accepted it. An empty piece sends nothing. Lifetime: the
  /// bytes must remain valid until it completes. Cancellation: the message stays incomplete, and its
  /// connection is closed.
  [[nodiscard]] virtual awaitable<void> write(std::string_view piece) = 0;
  [[nodiscard]] awaitable<void> write(std::span<const std::byte> piece) {
    return write(std::string_view{reinterpret_cast<const char*>(piece.data()), piece.size()});
  }
  /// Sets the trailer fields (RFC 9110 6.5). They are omitted if the size of the body is known in advance,
  /// and over HTTP/1.0. Precondition: called at most once, before the producer returns.
  virtual void trailers(headers fields) = 0;

 protected:
  ~body_writer() = default;
};

/// Writes a body piece by piece.
using body_producer = unique_function<awaitable<void>(body_writer&)>;

namespace detail {

/// A range of an open file. Owns the file.
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

/// The body of a request or response: empty, text, a range of a file, or a stream. Move-only.
///
///     http::body greeting{"hello"};
///     http::body upload = http::body::file(std::move(file), 0, size);
///     http::body report = http::body::produce([](http::body_writer& out) -> bight::awaitable<void> {
///       co_await out.write("first line\n");
///       co_await out.write("second line\n");
///     });
///
/// A body of known size is sent with Content-Length, others with chunked encoding (RFC 9112 7.1). If a stream
/// produces more or fewer bytes than its size, the connection is closed. Concurrency: one operation at a
/// time.
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

  /// `count` bytes of an open file, starting at `offset`. Sent without copying to user space on connections
  /// without TLS.
  static body file(fs::file opened, std::uint64_t offset, std::uint64_t count);
  /// Same for a file descriptor, which the body owns.
  static body file(int descriptor, std::uint64_t offset, std::uint64_t count);
  /// The output of `producer`, which is called once, when the body is sent.
  static body produce(body_producer producer, std::optional<std::uint64_t> size = {});
  /// The bytes of `source` up to its end.
  static body from(std::unique_ptr<byte_source> source, std::optional<std::uint64_t> size = {});
  template <std::derived_from<byte_source> Source>
    requires std::move_constructible<Source>
  static body from(Source source, std::optional<std::uint64_t> size = {}) {
    return from(std::unique_ptr<byte_source>{std::make_unique<Source>(std::move(source))}, size);
  }
  /// A stream that can be recreated: `make` is called now, and again for each further attempt to send it.
  static body again(unique_function<body()> make);

  /// Whether there is no body. An empty text is a body.
  bool empty() const noexcept { return std::holds_alternative<std::monostate>(content_); }
  /// The size in bytes if known; 0 if there is no body.
  std::optional<std::uint64_t> size() const noexcept;
  /// The text; null if the body is not a text.
  const std::string* text() const noexcept;
  /// Whether it can be sent more than once: empty, text, a file, or made by `again`.
  bool replayable() const noexcept;
  /// Prepares the body to be sent from the start. Returns: false if it has been consumed and is not
  /// replayable.
  bool rewind();
  /// Writes the whole body to `out`, as clients and servers do. Errors: those of the source;
  /// errc::bad_framing if the body has been consumed.
  [[nodiscard]] awaitable<void> write_to(body_writer& out);
  /// Returns the whole body. Consumes a stream. Errors: errc::body_too_large beyond `limit` bytes; as
  /// write_to.
  [[nodiscard]] awaitable<std::string> collect(std::size_t limit = 64U << 20U);

 private:
  friend struct body_access;
  struct stream {
    body_producer producer;  // one of these two
    std::unique_ptr<byte_source> source;
    std::optional<std::uint64_t> size;
    std::shared_ptr<unique_function<body()>> make;  // of `again`; null: none
    bool used = false;
  };
  // Shared with the task that may still send the body after the request has been answered.
  std::variant<std::monostate, std::string, std::shared_ptr<const std::string>,
               std::shared_ptr<const detail::file_range>, std::shared_ptr<stream>>
      content_;
};

}  // namespace bight::http
