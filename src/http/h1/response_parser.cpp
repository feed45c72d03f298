#include "http/h1/response_parser.hpp"

#include <algorithm>
#include <cstring>

#include "http/h1/chars.hpp"
#include "http/h1/framing.hpp"

namespace bight::http::h1 {

void response_parser::reset(method_id request) noexcept {
  request_ = request;
  state_ = state::start_line;
  diag_.found.clear();
  diag_.error = {};
  diag_.origin = 0;
  fields_.begin(0, bounds_.head, bounds_.fields);
  body_.begin(framing::none, 0);
  input_ = nullptr;
  length_ = 0;
  line_ = 0;
  scanned_ = 0;
  reason_offset_ = 0;
  reason_size_ = 0;
  interim_ = 0;
  status_ = {};
  version_ = version::http_1_1;
  framing_ = framing::none;
  keep_alive_ = true;
  upgraded_ = false;
  started_ = false;
}

step response_parser::feed(std::string_view input) {
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

step response_parser::fail() noexcept {
  state_ = state::failed;
  keep_alive_ = false;
  return {event::error, 0, {}};
}

step response_parser::feed_head(std::string_view input) {
  if (input.empty()) return {};
  started_ = true;
  input_ = input.data();
  outcome result = outcome::complete;
  if (state_ == state::start_line) result = start_line(input);
  if (result == outcome::complete) result = fields_.parse(input, diag_);
  if (result == outcome::need_more) return {};
  if (result == outcome::failed) return fail();
  return finish_head();
}

step response_parser::feed_body(std::string_view input) {
  const step result = body_.feed(input, diag_);
  if (result.what == event::error) return fail();
  diag_.origin += result.consumed;
  return result;
}

step response_parser::finish() {
  if (state_ == state::failed) return {event::error, 0, {}};
  if (state_ == state::body) {
    keep_alive_ = false;
    if (body_.finish(diag_)) return {event::end, 0, {}};
    return fail();
  }
  if (started_) {
    diag_.fail(errc::truncated, 0, "RFC 9112 8: the connection ended in the middle of a head");
  } else {
    diag_.fail(errc::server_closed, 0, "RFC 9112 9.5: the connection ended before a response");
  }
  return fail();
}

void response_parser::skip_body(std::uint64_t size) noexcept {
  body_.skip(size);
  diag_.origin += size;
}

std::optional<std::uint64_t> response_parser::body_size() const noexcept {
  if (framing_ == framing::none) return 0;
  if (framing_ == framing::length) return length_;
  return std::nullopt;
}

// Finds the status line, after empty lines. Errors are found in whole lines only, as in field_section.
outcome response_parser::start_line(std::string_view input) noexcept {
  const char* const base = input.data();
  const char* const end = base + std::min<std::size_t>(input.size(), bounds_.head);
  while (true) {
    const char* const line = base + line_;
    const char* const from = base + std::max(line_, scanned_);
    const void* const found = from < end ? std::memchr(from, '\n', distance(from, end)) : nullptr;
    if (found == nullptr) {
      scanned_ = distance(base, end);
      if (input.size() < bounds_.head) return outcome::need_more;
      diag_.fail(errc::head_too_large, bounds_.head, "limits: bytes of the head", bounds_.head);
      return outcome::failed;
    }
    const char* const lf = static_cast<const char*>(found);
    const char* stop = lf;
    while (stop != line && stop[-1] == '\r') --stop;
    if (stop == lf) diag_.note(deviation::bare_lf, distance(base, lf));
    if (lf - stop > 1) diag_.note(deviation::extra_cr, distance(base, stop));
    const std::size_t begin = line_;
    line_ = distance(base, lf) + 1;
    if (stop == line) {
      diag_.note(deviation::leading_blank_line, begin);
      continue;
    }
    if (!read_start_line(base, line, stop)) return outcome::failed;
    fields_.begin(line_, bounds_.head, bounds_.fields);
    state_ = state::fields;
    return outcome::complete;
  }
}

bool response_parser::read_start_line(const char* base, const char* line, const char* stop) noexcept {
  const auto malformed = [&](const char* where, const char* rule) {
    diag_.fail(errc::malformed_start_line, distance(base, where), rule);
    return false;
  };
  const char* p = read_version(base, line, stop);
  if (p == nullptr) return false;
  const char* const spaces = p;
  while (p != stop && is_ows(*p)) ++p;
  if (p == spaces) return malformed(p, "RFC 9112 4: a space between version and status code");
  if (p - spaces > 1) diag_.note(deviation::extra_space_in_start_line, distance(base, spaces));
  if (stop - p < 3 || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2]))
    return malformed(p, "RFC 9112 4: a status code has three digits");
  const int code = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
  if (code < 100) return malformed(p, "RFC 9110 15: a status code is 100 or more");
  if (code > 599) diag_.note(deviation::unassigned_status, distance(base, p));
  status_ = http::status(code);
  return read_reason(base, p + 3, stop);
}

// Returns where the version ends; null after an error.
const char* response_parser::read_version(const char* base, const char* line, const char* stop) noexcept {
  const std::string_view text(line, distance(line, stop));
  version_ = version::http_1_1;
  if (text.size() > 9 && std::memcmp(line, "HTTP/1.1 ", 9) == 0) return line + 8;
  const auto unversioned = [&](std::size_t size) {
    diag_.note(deviation::no_version, distance(base, line));
    version_ = version::http_1_0;
    return line + size;
  };
  if (text.starts_with("ICY ")) return unversioned(3);
  if (text.starts_with("HTTP ")) return unversioned(4);
  if (!text.starts_with("HTTP/")) {
    if (!equal_ignoring_case(text.substr(0, 5), "HTTP/")) {
      diag_.fail(errc::malformed_start_line, distance(base, line),
                 "RFC 9112 4: a status line begins with HTTP/");
      return nullptr;
    }
    diag_.note(deviation::lowercase_version, distance(base, line));
  }
  const char* const major = line + 5;
  if (major == stop || !is_digit(*major)) {
    diag_.fail(errc::malformed_start_line, distance(base, major),
               "RFC 9112 2.3: a version is HTTP/digit.digit");
    return nullptr;
  }
  if (*major != '1' || (stop - major > 1 && is_digit(major[1]))) {
    diag_.fail(errc::unsupported_version, distance(base, major), "RFC 9112 2.3: the major version is 1");
    return nullptr;
  }
  if (stop - major < 3 || major[1] != '.' || !is_digit(major[2])) {
    diag_.fail(errc::malformed_start_line, distance(base, major),
               "RFC 9112 2.3: a version is HTTP/digit.digit");
    return nullptr;
  }
  version_ = major[2] == '0' ? version::http_1_0 : version::http_1_1;
  return major + 3;
}

bool response_parser::read_reason(const char* base, const char* p, const char* stop) noexcept {
  if (p == stop) {
    diag_.note(deviation::missing_reason, distance(base, p));
  } else if (!is_ows(*p)) {
    diag_.fail(errc::malformed_start_line, distance(base, p), "RFC 9112 4: a space after the status code");
    return false;
  } else {
    ++p;
  }
  for (const char* bad = find_other(p, stop, value_char); bad != stop;
       bad = find_other(bad + 1, stop, value_char)) {
    if (*bad == '\0' || *bad == '\r') {
      diag_.fail(errc::malformed_start_line, distance(base, bad),
                 "RFC 9112 4: no CR or NUL in a reason phrase");
      return false;
    }
    diag_.note(deviation::control_character, distance(base, bad));
  }
  reason_offset_ = static_cast<std::uint32_t>(p - base);
  reason_size_ = static_cast<std::uint32_t>(stop - p);
  return true;
}

step response_parser::finish_head() {
  const std::size_t size = fields_.end();
  if (status_.is_informational() && status_ != 101) {
    if (++interim_ > bounds_.interim) {
      diag_.fail(errc::head_too_large, 0, "limits: number of interim responses", bounds_.interim);
      return fail();
    }
    diag_.origin += size;
    line_ = 0;
    scanned_ = 0;
    state_ = state::start_line;
    return {event::interim, size, {}};
  }
  upgraded_ = status_ == 101 || (request_ == method_id::connect && status_.is_success());
  if (!decide_framing()) return fail();
  body_.begin(framing_, length_);
  diag_.origin += size;
  state_ = state::body;
  return {event::head, size, {}};
}

// RFC 9112 6.3, rules 1 to 8, as a client reads them.
bool response_parser::decide_framing() {
  const headers_view fields = headers();
  keep_alive_ = version_ == version::http_1_1;
  if (fields.contains(header_id::connection)) {
    const connection_options connection = read_connection(fields);
    keep_alive_ = !connection.close && (keep_alive_ || connection.keep_alive);
  }
  framing_ = framing::none;
  if (upgraded_) {
    keep_alive_ = false;
    return true;
  }
  const bool has_te = fields.contains(header_id::transfer_encoding);
  if (has_te && fields.contains(header_id::content_length)) {
    note(deviation::te_and_cl, *fields.get(header_id::content_length));
    keep_alive_ = false;
  }
  if (request_ == method_id::head || status_.forbids_body()) return true;
  if (has_te && !decide_transfer_coding()) return false;
  if (framing_ == framing::none && fields.contains(header_id::content_length) && !decide_length())
    return false;
  if (framing_ == framing::none) framing_ = framing::until_close;
  if (framing_ == framing::until_close) keep_alive_ = false;
  return true;
}

void response_parser::note(deviation which, std::string_view value) noexcept {
  diag_.note(which, distance(text(), value.data()));
}

bool response_parser::decide_transfer_coding() noexcept {
  const auto fail = [this](errc code, std::string_view where, const char* rule) {
    diag_.fail(code, distance(text(), where.data()), rule);
    return false;
  };
  bool chunked = false;
  bool doubtful = false;  // others may see another end of the message
  for (const std::string_view value : headers().get_all(header_id::transfer_encoding)) {
    if (value.empty()) note(deviation::identity_transfer_coding, value);
    const bool good = for_each_element(value, [&](std::string_view coding) {
      if (equal_ignoring_case(coding, "chunked")) {
        // Nobody means two layers: two parts of the server have said the same thing.
        if (chunked) note(deviation::repeated_chunked, coding);
        doubtful = doubtful || chunked;
        chunked = true;
      } else if (equal_ignoring_case(coding, "identity")) {
        note(deviation::identity_transfer_coding, coding);
        doubtful = doubtful || chunked;
      } else if (chunked) {
        return fail(errc::bad_framing, coding, "RFC 9112 6.1: chunked is the last coding");
      } else {
        return fail(errc::unsupported_transfer_coding, coding,
                    "RFC 9112 7: a transfer coding other than chunked");
      }
      return true;
    });
    if (!good) return false;
  }
  if (!chunked) return true;
  framing_ = framing::chunked;
  if (doubtful) keep_alive_ = false;
  if (version_ == version::http_1_0) {
    note(deviation::te_in_http_1_0, *headers().get(header_id::transfer_encoding));
    keep_alive_ = false;
  }
  return true;
}

bool response_parser::decide_length() noexcept {
  if (!headers().is_repeated(header_id::content_length) &&
      parse_decimal(*headers().get(header_id::content_length), length_)) {
    framing_ = framing::length;
    return true;
  }
  bool seen = false;
  bool several = false;
  bool valid = true;
  for (const std::string_view value : headers().get_all(header_id::content_length)) {
    if (several) note(deviation::duplicate_content_length, value);
    several = true;
    bool in_list = false;
    const bool equal = for_each_element(value, [&](std::string_view number) {
      if (in_list) note(deviation::content_length_list, number);
      in_list = true;
      std::uint64_t length = 0;
      if (!parse_decimal(number, length)) {
        note(deviation::invalid_content_length, number);
        valid = false;
        return true;
      }
      if (seen && length != length_) {
        diag_.fail(errc::bad_framing, distance(text(), number.data()),
                   "RFC 9112 6.3 rule 5: Content-Length with different values");
        return false;
      }
      seen = true;
      length_ = length;
      return true;
    });
    if (!equal) return false;
    if (!in_list) {
      note(deviation::invalid_content_length, value);
      valid = false;
    }
  }
  framing_ = valid && seen ? framing::length : framing::until_close;
  return true;
}

}  // namespace bight::http::h1
