// The client's side: parses responses, leniently.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1/body_decoder.hpp"
#include "http/h1/field_section.hpp"
#include "http/h1/types.hpp"

namespace bight::http::h1 {

/// A sans-I/O parser of HTTP/1.x responses, profile::lenient. Feed it what the buffer holds, drop what it
/// consumed, give the rest again together with what came since; the events do not depend on where the input
/// was split. It never reads beyond the end of the message.
///
/// Lifetime: what head accessors return are views into the input of the feed() that gave the head (or, for
/// folded lines, into the parser): copy with headers::assign() before the buffer is reused.
class response_parser {
 public:
  explicit response_parser(const limits& bounds = client_limits) noexcept : bounds_(bounds), body_(bounds) {
    reset(method_id::get);
  }

  /// Begins the response to a request with that method. Keeps the memory.
  void reset(method_id request) noexcept;

  /// The next step: interim*, head, body*, end; need_more and error at any time. `input` begins with the
  /// first byte that was not consumed. After `need_more` come back with more bytes; after `end` the rest
  /// belongs to somebody else.
  step feed(std::string_view input);
  /// The peer closed its side. Returns: `end` if the message is complete so, else `error`:
  /// errc::server_closed if nothing had come, errc::truncated otherwise. Precondition: feed() asked for more.
  step finish();
  /// `size` body bytes were read past the parser, for instance straight into the user's buffer.
  /// Precondition: the head was given, and size <= contiguous_body().
  void skip_body(std::uint64_t size) noexcept;

  /// From the event `head` (or `interim`) on.
  http::status status() const noexcept { return status_; }
  std::string_view reason() const noexcept { return {text() + reason_offset_, reason_size_}; }
  h1::version version() const noexcept { return version_; }
  headers_view headers() const noexcept { return {text(), fields_.table()}; }
  /// The bytes of the head as received. Lifetime: the input of the feed() that gave the head.
  std::string_view raw_head() const noexcept { return {input_, fields_.end()}; }
  h1::framing framing() const noexcept { return framing_; }
  /// The size of the body, if it is known beforehand (0 for framing::none).
  std::optional<std::uint64_t> body_size() const noexcept;
  /// Body bytes that may be read past the parser now (see skip_body); for framing::until_close, 2^64 - 1.
  std::uint64_t contiguous_body() const noexcept { return body_.contiguous(); }
  /// Whether the connection speaks another protocol after this response: 101, or 2xx to CONNECT.
  bool upgraded() const noexcept { return upgraded_; }
  /// Whether the connection may carry another request once the message is complete.
  bool keep_alive() const noexcept { return keep_alive_; }

  /// Whether any byte of the response has come (retry rules depend on it).
  bool started() const noexcept { return started_; }
  /// Whether the message is complete; true already with the last piece of a body of known length.
  bool done() const noexcept { return state_ == state::body && body_.done(); }
  std::uint64_t body_received() const noexcept { return body_.received(); }
  void body_limit(std::uint64_t bytes) noexcept { body_.limit(bytes); }
  /// With the event `end`; empty otherwise. Never merged into headers() (RFC 9110 6.5.1).
  headers_view trailers() const noexcept { return body_.trailers(); }

  const h1::deviations& deviations() const noexcept { return diag_.found; }
  /// With the event `error`.
  const parse_error& error() const noexcept { return diag_.error; }

 private:
  enum class state : std::uint8_t { start_line, fields, body, failed };

  const char* text() const noexcept { return fields_.text(input_); }
  step feed_head(std::string_view input);
  step feed_body(std::string_view input);
  step fail() noexcept;
  outcome start_line(std::string_view input) noexcept;
  bool read_start_line(const char* base, const char* line, const char* stop) noexcept;
  const char* read_version(const char* base, const char* line, const char* stop) noexcept;
  bool read_reason(const char* base, const char* p, const char* stop) noexcept;
  bool decide_framing();
  bool decide_transfer_coding() noexcept;
  bool decide_length() noexcept;
  void note(deviation which, std::string_view value) noexcept;
  step finish_head();

  limits bounds_;
  diagnostics diag_;
  field_section<profile::lenient> fields_;
  body_decoder<profile::lenient> body_;
  const char* input_ = nullptr;
  std::uint64_t length_ = 0;
  std::size_t line_ = 0;     // while in the start line: where it begins, after empty lines
  std::size_t scanned_ = 0;  // while in the start line: how far there is no LF
  std::uint32_t reason_offset_ = 0;
  std::uint32_t reason_size_ = 0;
  std::uint32_t interim_ = 0;
  http::status status_;
  method_id request_ = method_id::get;
  state state_ = state::start_line;
  h1::version version_ = h1::version::http_1_1;
  h1::framing framing_ = h1::framing::none;
  bool keep_alive_ = true;
  bool upgraded_ = false;
  bool started_ = false;
};

}  // namespace bight::http::h1
