// server_response: what a server answers.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <bight/net/stream.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace bight::fs {
class file;
}

namespace bight::http {

/// Takes the pieces of a body that is written as it is made. Each write waits until the client takes it.
class body_writer {
 public:
  virtual awaitable<void> write(std::string_view piece) = 0;

 protected:
  ~body_writer() = default;
};

/// Produces a body piece by piece.
using body_source = std::function<awaitable<void>(body_writer&)>;

/// An open file to be sent. Owns the file. Move-only.
class file_body {
 public:
  /// `count` bytes of `file`, from `offset` on.
  file_body(fs::file file, std::uint64_t offset, std::uint64_t count);
  /// ... of `descriptor`, which it closes in the end.
  file_body(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept
      : descriptor_(descriptor), offset_(offset), count_(count) {}
  file_body(file_body&& other) noexcept
      : owner_(std::move(other.owner_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        offset_(other.offset_),
        count_(other.count_) {}
  file_body& operator=(file_body&& other) noexcept;
  ~file_body();
  int descriptor() const noexcept { return descriptor_; }
  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  std::shared_ptr<const fs::file> owner_;  // closes the descriptor, if there is one
  int descriptor_;
  std::uint64_t offset_;
  std::uint64_t count_;
};

/// A response: status, headers and a body, which is text, a file, or written as it is made. Move-only.
///
///     http::server_response r{404, "no such page\n"};
///     r.headers().set("Content-Type", "text/plain");
///
/// The server adds Content-Length or Transfer-Encoding, Date, Server and Connection, and sends no body where
/// there is none (HEAD, 204, 304).
class server_response {
 public:
  server_response() = default;
  explicit server_response(http::status code) : status_(code) {}
  server_response(http::status code, std::string body) : status_(code), body_(std::move(body)) {}
  server_response(http::status code, file_body body) : status_(code), body_(std::move(body)) {}
  /// A body of unknown length: chunked, or up to the end of the connection for HTTP/1.0.
  server_response(http::status code, body_source body) : status_(code), body_(std::move(body)) {}

  http::status status() const noexcept { return status_; }
  const http::headers& headers() const noexcept { return headers_; }
  http::headers& headers() noexcept { return headers_; }

  using body_type = std::variant<std::string, file_body, body_source>;
  const body_type& body() const noexcept { return body_; }

 private:
  http::status status_;
  http::headers headers_;
  body_type body_;
};

}  // namespace bight::http
