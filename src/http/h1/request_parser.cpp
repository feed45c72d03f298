#include "http/h1/request_parser.hpp"

#include <algorithm>
#include <cstring>

#include "http/h1/chars.hpp"
#include "http/h1/framing.hpp"

namespace bight::http::h1 {
namespace {

constexpr const char* target_limit_rule = "limits: bytes of the request target";

}  // namespace

void request_parser::reset() noexcept {
  diag_.found.clear();
  diag_.error = {};
  diag_.origin = 0;
  fields_.begin(0, bounds_.head, bounds_.fields);
  body_.begin(framing::none, 0);
  method_ = {};
  target_ = {};
  input_ = nullptr;
  length_ = 0;
  line_ = 0;
  scanned_ = 0;
  target_offset_ = 0;
  target_size_ = 0;
  state_ = state::start_line;
  version_ = version::http_1_1;
  framing_ = framing::none;
  keep_alive_ = true;
  upgrade_ = false;
  expects_continue_ = false;
  started_ = false;
}

step request_parser::feed(std::string_view input) {
  switch (state_) {
    case state::start_line:
    case state::fields:
      return feed_head(input);
    case state::body:
      return feed_body(input);
    case state::failed:
      break;
  }
  return {event::error, 0, {}};
}

step request_parser::fail() noexcept {
  state_ = state::failed;
  keep_alive_ = false;
  return {event::error, 0, {}};
}

step request_parser::feed_head(std::string_view input) {
  if (input.empty()) return {};
  input_ = input.data();
  if (!started_) started_ = input.find_first_not_of("\r\n") != input.npos;
  outcome result = outcome::complete;
  if (state_ == state::start_line) result = start_line(input);
  if (result == outcome::complete) result = fields_.parse(input, diag_);
  if (result == outcome::need_more) return {};
  if (result == outcome::failed) return fail();
  return finish_head();
}

step request_parser::feed_body(std::string_view input) {
  const step result = body_.feed(input, diag_);
  if (result.what == event::error) return fail();
  diag_.origin += result.consumed;
  return result;
}

step request_parser::finish() {
  if (state_ == state::failed) return {event::error, 0, {}};
  const bool in_body = state_ == state::body;
  if (in_body && body_.finish(diag_)) return {event::end, 0, {}};
  if (!in_body) {
    if (!started_) return {event::end, 0, {}};
    diag_.fail(errc::truncated, 0, "RFC 9112 8: the connection ended in the middle of a head");
  }
  return fail();
}

void request_parser::skip_body(std::uint64_t size) noexcept {
  body_.skip(size);
  diag_.origin += size;
}

std::optional<std::uint64_t> request_parser::body_size() const noexcept {
  if (framing_ == framing::chunked) return std::nullopt;
  return length_;
}

std::string_view request_parser::path() const noexcept {
  if (target_.form == target_form::asterisk) return "*";
  const std::string_view path = target().substr(target_.path_offset);
  return path.empty() && target_.form == target_form::absolute ? "/" : path;
}

std::string_view request_parser::authority() const noexcept {
  if (target_.authority_size != 0) return target().substr(target_.authority_offset, target_.authority_size);
  return headers().get(header_id::host).value_or(std::string_view{});
}

http::status request_parser::error_status() const noexcept {
  switch (diag_.error.code) {
    case errc::target_too_long:
      return status::uri_too_long;
    case errc::head_too_large:
    case errc::too_many_headers:
      return status::request_header_fields_too_large;
    case errc::body_too_large:
      return status::content_too_large;
    case errc::unsupported_transfer_coding:
      return status::not_implemented;
    case errc::unsupported_version:
      return status::http_version_not_supported;
    default:
      return status::bad_request;
  }
}

outcome request_parser::start_line(std::string_view input) noexcept {
  const char* const base = input.data();
  const char* const end = base + std::min<std::size_t>(input.size(), bounds_.head);
  if (line_ == 0 && end - base >= 2 && base[0] == '\r' && base[1] == '\n') line_ = 2;
  if (!fast_start_line(base, end)) {
    const outcome result = slow_start_line(base, end, input.size() >= bounds_.head);
    if (result != outcome::complete) return result;
  }
  fields_.begin(line_, bounds_.head, bounds_.fields);
  state_ = state::fields;
  return outcome::complete;
}

// The line of nearly every request: a known method, a target that begins with "/", HTTP/1.1. Anything else is
// for slow_start_line().
bool request_parser::fast_start_line(const char* base, const char* end) noexcept {
  const char* const line = base + line_;
  if (scanned_ > line_ || end - line < 16) return false;
  const void* const space = std::memchr(line, ' ', 8);
  if (space == nullptr) return false;
  const std::string_view name(line, distance(line, static_cast<const char*>(space)));
  const method_id id = name == "GET" ? method_id::get : find_method_id(name);
  const char* const target = line + name.size() + 1;
  if (id == method_id::other || id == method_id::connect || *target != '/') return false;
  const char* const stop = find_target_end(target, base, end);
  constexpr std::string_view tail = " HTTP/1.1\r\n";
  if (end - stop < static_cast<std::ptrdiff_t>(tail.size()) ||
      std::memcmp(stop, tail.data(), tail.size()) != 0)
    return false;
  if (distance(target, stop) > bounds_.target) return false;
  method_ = http::method(id);
  target_offset_ = static_cast<std::uint32_t>(target - base);
  target_size_ = static_cast<std::uint32_t>(stop - target);
  line_ = distance(base, stop) + tail.size();
  return true;
}

outcome request_parser::slow_start_line(const char* base, const char* end, bool at_limit) noexcept {
  const char* const line = base + line_;
  const char* const from = base + std::max(line_, scanned_);
  const void* const found = from < end ? std::memchr(from, '\n', distance(from, end)) : nullptr;
  if (found == nullptr) {
    scanned_ = distance(base, end);
    if (!at_limit) return outcome::need_more;
    const char* const target = std::min(std::find(line, end, ' ') + 1, end);
    if (distance(target, std::find(target, end, ' ')) > bounds_.target) {
      diag_.fail(errc::target_too_long, distance(base, target) + bounds_.target, target_limit_rule,
                 bounds_.target);
    } else {
      diag_.fail(errc::head_too_large, bounds_.head, "limits: bytes of the head", bounds_.head);
    }
    return outcome::failed;
  }
  const char* const lf = static_cast<const char*>(found);
  if (lf == line || lf[-1] != '\r') {
    malformed(base, lf, "RFC 9112 2.2: a line ends with CRLF");
    return outcome::failed;
  }
  if (!read_request_line(base, line, lf - 1)) return outcome::failed;
  line_ = distance(base, lf) + 1;
  return outcome::complete;
}

bool request_parser::malformed(const char* base, const char* where, const char* rule) noexcept {
  diag_.fail(errc::malformed_start_line, distance(base, where), rule);
  return false;
}

bool request_parser::read_request_line(const char* base, const char* line, const char* stop) noexcept {
  if (line == stop) return malformed(base, line, "RFC 9112 2.2: at most one empty line before a request");
  const char* const space = std::find(line, stop, ' ');
  const char* const bad = find_other(line, space, token_char);
  if (bad != space) return malformed(base, bad, "RFC 9110 9.1: a method is a token");
  if (space == line) return malformed(base, line, "RFC 9112 3: a request line begins with a method");
  if (space == stop) return malformed(base, stop, "RFC 9112 3: a request line is method, target and version");
  const auto parsed = http::method::parse({line, distance(line, space)});
  if (!parsed) {
    diag_.fail(errc::malformed_start_line, distance(base, line) + http::method::max_size,
               "limits: bytes of the method", http::method::max_size);
    return false;
  }
  method_ = *parsed;
  return read_target(base, space + 1, stop);
}

bool request_parser::read_target(const char* base, const char* target, const char* stop) noexcept {
  const char* const end = find_other(target, stop, target_char);
  if (distance(target, end) > bounds_.target) {
    diag_.fail(errc::target_too_long, distance(base, target) + bounds_.target, target_limit_rule,
               bounds_.target);
    return false;
  }
  if (end == stop) return malformed(base, stop, "RFC 9112 3: a request line is method, target and version");
  if (*end != ' ') return malformed(base, end, "RFC 9112 3.2: a request target is visible ASCII without #");
  if (end == target) return malformed(base, target, "RFC 9112 3: one space between method and target");
  const auto parsed = parse_target({target, distance(target, end)}, method_.id());
  if (!parsed)
    return malformed(base, target, "RFC 9112 3.2: the form of the target does not go with the method");
  target_ = *parsed;
  target_offset_ = static_cast<std::uint32_t>(target - base);
  target_size_ = static_cast<std::uint32_t>(end - target);
  return read_version(base, end + 1, stop);
}

bool request_parser::read_version(const char* base, const char* text, const char* stop) noexcept {
  const std::string_view version(text, distance(text, stop));
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' ||
      !is_digit(version[7]))
    return malformed(base, text, "RFC 9112 2.3: a version is HTTP/digit.digit");
  if (version[5] != '1') {
    diag_.fail(errc::unsupported_version, distance(base, text), "RFC 9112 2.3: the major version is 1");
    return false;
  }
  version_ = version[7] == '0' ? version::http_1_0 : version::http_1_1;
  return true;
}

step request_parser::finish_head() {
  const std::size_t size = fields_.end();
  if (!check_host() || !decide_framing()) return fail();
  const headers_view fields = headers();
  if (fields.contains(header_id::connection)) {
    const connection_options connection = read_connection(fields);
    keep_alive_ = !connection.close && (version_ == version::http_1_1 || connection.keep_alive);
    upgrade_ = connection.upgrade && version_ == version::http_1_1 && fields.contains(header_id::upgrade);
  } else {
    keep_alive_ = version_ == version::http_1_1;
  }
  if (framing_ != framing::none && version_ == version::http_1_1) {
    const auto expect = fields.get(header_id::expect);
    expects_continue_ = expect && equal_ignoring_case(*expect, "100-continue");
  }
  body_.begin(framing_, length_);
  diag_.origin += size;
  state_ = state::body;
  return {event::head, size, {}};
}

bool request_parser::bad(errc code, header_id id, const char* rule) noexcept {
  const auto value = headers().get(id);
  diag_.fail(code, value ? distance(input_, value->data()) : fields_.end(), rule);
  return false;
}

bool request_parser::check_host() noexcept {
  const headers_view fields = headers();
  const auto host = fields.get(header_id::host);
  if (!host) {
    return version_ == version::http_1_0 ||
           bad(errc::bad_host, header_id::host, "RFC 9112 3.2: HTTP/1.1 needs a Host");
  }
  if (fields.is_repeated(header_id::host))
    return bad(errc::bad_host, header_id::host, "RFC 9112 3.2: one Host only");
  if (!is_authority(*host))
    return bad(errc::bad_host, header_id::host, "RFC 9110 7.2: Host is a host and a port");
  return true;
}

// RFC 9112 6.3 as a server reads it. Where the RFC lets a server repair a message, this one refuses: a proxy
// in front may have read it differently (RFC 9112 11.2).
bool request_parser::decide_framing() noexcept {
  const headers_view fields = headers();
  if (fields.contains(header_id::transfer_encoding)) return check_transfer_coding();
  const auto length = fields.get(header_id::content_length);
  if (!length) return true;
  if (fields.is_repeated(header_id::content_length))
    return bad(errc::bad_framing, header_id::content_length, "RFC 9112 6.3 rule 5: one Content-Length only");
  if (!parse_decimal(*length, length_))
    return bad(errc::bad_framing, header_id::content_length,
               "RFC 9110 8.6: Content-Length is digits below 2^63");
  framing_ = length_ == 0 ? framing::none : framing::length;
  return true;
}

bool request_parser::check_transfer_coding() noexcept {
  constexpr auto id = header_id::transfer_encoding;
  const headers_view fields = headers();
  if (version_ == version::http_1_0)
    return bad(errc::bad_framing, id, "RFC 9112 6.1: no Transfer-Encoding in HTTP/1.0");
  if (fields.contains(header_id::content_length))
    return bad(errc::bad_framing, id, "RFC 9112 6.3 rule 3: Transfer-Encoding with Content-Length");
  const std::string_view value = *fields.get(id);
  if (!fields.is_repeated(id) && equal_ignoring_case(value, "chunked")) {
    framing_ = framing::chunked;
    return true;
  }
  unsigned chunked = 0;
  unsigned others = 0;
  bool last_is_chunked = false;
  for (const std::string_view line : fields.get_all(id)) {
    for_each_element(line, [&](std::string_view coding) {
      last_is_chunked = equal_ignoring_case(coding, "chunked");
      ++(last_is_chunked ? chunked : others);
      return true;
    });
  }
  if (!last_is_chunked)
    return bad(errc::bad_framing, id, "RFC 9112 6.3 rule 4: the last transfer coding is chunked");
  if (chunked != 1) return bad(errc::bad_framing, id, "RFC 9112 6.1: chunked only once");
  if (others == 0)
    return bad(errc::bad_framing, id, "RFC 9112 6.1: Transfer-Encoding is chunked and nothing else");
  return bad(errc::unsupported_transfer_coding, id, "RFC 9112 7: a transfer coding other than chunked");
}

}  // namespace bight::http::h1
