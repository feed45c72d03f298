// The server's side: parses requests, strictly.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1/body_decoder.hpp"
#include "http/h1/field_section.hpp"
#include "http/h1/target.hpp"
#include "http/h1/types.hpp"

namespace bight::http::h1 {

/// A sans-I/O parser of HTTP/1.x requests, profile::strict: whatever RFC 9112 lets a server refuse is
/// refused. Feeding, splitting and lifetimes are those of response_parser. One request at a time: after
/// `end`, answer, reset() and feed the rest of the buffer. After an error the connection must be closed.
class request_parser {
 public:
  explicit request_parser(const limits& bounds = server_limits) noexcept : bounds_(bounds), body_(bounds) {
    reset();
  }

  /// Begins the next request. Keeps the memory.
  void reset() noexcept;

  /// The next step: head, body*, end; need_more and error at any time.
  step feed(std::string_view input);
  /// The peer closed its side. Returns: `end` between two requests (started() is false), else `error` with
  /// errc::truncated. Precondition: feed() asked for more.
  step finish();
  /// `size` body bytes were read past the parser. Precondition: the head was given, and size <=
  /// contiguous_body().
  void skip_body(std::uint64_t size) noexcept;

  /// From the event `head` on.
  const http::method& method() const noexcept { return method_; }
  /// The request target as sent: "/path?query", "*", "host:port" or "http://host/path".
  std::string_view target() const noexcept { return {input_ + target_offset_, target_size_}; }
  h1::target_form target_form() const noexcept { return target_.form; }
  /// The part of the target that routing looks at: path and query; "/" for an absolute target without both
  /// ("?query" for one without path alone); "*" for asterisk-form; empty for CONNECT.
  std::string_view path() const noexcept;
  /// The authority that the request is for: that of an absolute target or of CONNECT, else Host. Empty if an
  /// HTTP/1.0 request has none.
  std::string_view authority() const noexcept;
  h1::version version() const noexcept { return version_; }
  headers_view headers() const noexcept { return {fields_.text(input_), fields_.table()}; }
  /// The bytes of the head as received. Lifetime: the input of the feed() that gave the head.
  std::string_view raw_head() const noexcept { return {input_, fields_.end()}; }
  h1::framing framing() const noexcept { return framing_; }
  /// The size of the body, if it is known beforehand (0 for framing::none).
  std::optional<std::uint64_t> body_size() const noexcept;
  std::uint64_t contiguous_body() const noexcept { return body_.contiguous(); }
  /// Whether the client waits for a 100 before it sends the body (RFC 9110 10.1.1).
  bool expects_continue() const noexcept { return expects_continue_; }
  /// Whether the client asks for another protocol: "Connection: upgrade" with an Upgrade field (RFC
  /// 9110 7.8).
  bool upgrade() const noexcept { return upgrade_; }
  /// Whether the client allows another request on the connection (RFC 9112 9.3). False after an error.
  bool keep_alive() const noexcept { return keep_alive_; }

  /// Whether any byte of the request has come, empty lines before it apart.
  bool started() const noexcept { return started_; }
  /// Whether the message is complete; true already with the last piece of a body of known length.
  bool done() const noexcept { return state_ == state::body && body_.done(); }
  std::uint64_t body_received() const noexcept { return body_.received(); }
  /// Replaces limits::body, for instance once the route is known. A larger Content-Length is refused at the
  /// next step.
  void body_limit(std::uint64_t bytes) noexcept { body_.limit(bytes); }
  /// With the event `end`; empty otherwise. Never merged into headers() (RFC 9110 6.5.1).
  headers_view trailers() const noexcept { return body_.trailers(); }

  /// With the event `error`.
  const parse_error& error() const noexcept { return diag_.error; }
  /// The response that the error asks for: 400, 413, 414, 431, 501 or 505.
  http::status error_status() const noexcept;

 private:
  enum class state : std::uint8_t { start_line, fields, body, failed };

  step feed_head(std::string_view input);
  step feed_body(std::string_view input);
  step fail() noexcept;
  outcome start_line(std::string_view input) noexcept;
  bool fast_start_line(const char* base, const char* end) noexcept;
  outcome slow_start_line(const char* base, const char* end, bool at_limit) noexcept;
  bool read_request_line(const char* base, const char* line, const char* stop) noexcept;
  bool read_target(const char* base, const char* target, const char* stop) noexcept;
  bool read_version(const char* base, const char* text, const char* stop) noexcept;
  bool malformed(const char* base, const char* where, const char* rule) noexcept;
  bool check_host() noexcept;
  bool decide_framing() noexcept;
  bool check_transfer_coding() noexcept;
  bool bad(errc code, header_id id, const char* rule) noexcept;
  step finish_head();

  limits bounds_;
  diagnostics diag_;
  field_section<profile::strict> fields_;
  body_decoder<profile::strict> body_;
  http::method method_;
  target_view target_;
  const char* input_ = nullptr;
  std::uint64_t length_ = 0;
  std::size_t line_ = 0;     // where the request line begins: after an empty line
  std::size_t scanned_ = 0;  // while in the start line: how far there is no LF
  std::uint32_t target_offset_ = 0;
  std::uint32_t target_size_ = 0;
  state state_ = state::start_line;
  h1::version version_ = h1::version::http_1_1;
  h1::framing framing_ = h1::framing::none;
  bool keep_alive_ = true;
  bool upgrade_ = false;
  bool expects_continue_ = false;
  bool started_ = false;
};

}  // namespace bight::http::h1
