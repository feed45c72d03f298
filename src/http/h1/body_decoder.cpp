#include "http/h1/body_decoder.hpp"

#include <algorithm>

#include "http/h1/chars.hpp"

namespace bight::http::h1 {
namespace {

constexpr const char* body_limit_rule = "limits: bytes of body";

const char* skip_blanks(const char* p, const char* stop) noexcept {
  while (p != stop && is_ows(*p)) ++p;
  return p;
}

// Moves `p` over a quoted-string (RFC 9110 5.6.4), or to what is wrong in it. Precondition: *p is a quote.
// Control characters were looked for before.
bool skip_quoted(const char*& p, const char* stop) noexcept {
  for (++p; p != stop; ++p) {
    if (*p == '"') {
      ++p;
      return true;
    }
    if (*p == '\\' && ++p == stop) return false;
  }
  return false;
}

// Moves `p` over *( BWS ";" BWS name [ BWS "=" BWS value ] ) (RFC 9112 7.1.1), or to what is wrong in it.
bool skip_extensions(const char*& p, const char* stop) noexcept {
  const auto skip_token = [&] {
    const char* const begin = p;
    p = find_other(p, stop, token_char);
    return p != begin;
  };
  while (p != stop) {
    p = skip_blanks(p, stop);
    if (p == stop || *p != ';') return false;
    p = skip_blanks(p + 1, stop);
    if (!skip_token()) return false;
    const char* const equals = skip_blanks(p, stop);
    if (equals == stop || *equals != '=') continue;
    p = skip_blanks(equals + 1, stop);
    const bool has_value = p != stop && *p == '"' ? skip_quoted(p, stop) : skip_token();
    if (!has_value) return false;
  }
  return true;
}

}  // namespace

template <profile P>
void body_decoder<P>::begin(framing kind, std::uint64_t length) noexcept {
  max_body_ = bounds_.body;
  remaining_ = 0;
  received_ = 0;
  overhead_ = 0;
  trailer_text_ = nullptr;
  trailers_.begin(0, bounds_.trailer, bounds_.trailer_fields);
  switch (kind) {
    case framing::none:
      state_ = state::done;
      break;
    case framing::length:
      state_ = length == 0 ? state::done : state::length;
      remaining_ = length;
      break;
    case framing::chunked:
      state_ = state::chunk_line;
      break;
    case framing::until_close:
      state_ = state::until_close;
      break;
  }
}

template <profile P>
step body_decoder<P>::feed(std::string_view input, diagnostics& diag) {
  std::size_t consumed = 0;
  while (true) {
    switch (state_) {
      case state::done:
        return {event::end, consumed, {}};
      case state::length:
      case state::until_close:
      case state::chunk_data:
        return take(input, consumed, diag);
      case state::chunk_line:
      case state::chunk_end:
      case state::trailer:
        break;
    }
    const outcome result = framing_part(input, consumed, diag);
    if (result == outcome::need_more) return {event::need_more, consumed, {}};
    if (result == outcome::failed) return {event::error, consumed, {}};
  }
}

template <profile P>
step body_decoder<P>::take(std::string_view input, std::size_t consumed, diagnostics& diag) noexcept {
  const std::uint64_t allowed = max_body_ - std::min(max_body_, received_);
  std::uint64_t size = input.size() - consumed;
  if (state_ == state::until_close) {
    if (size != 0 && allowed == 0) {
      diag.fail(errc::body_too_large, consumed, body_limit_rule, max_body_);
      return {event::error, consumed, {}};
    }
    size = std::min(size, allowed);
  } else {
    if (remaining_ > allowed) {
      diag.fail(errc::body_too_large, consumed, body_limit_rule, max_body_);
      return {event::error, consumed, {}};
    }
    size = std::min(size, remaining_);
  }
  if (size == 0) return {event::need_more, consumed, {}};
  skip(size);
  const auto count = static_cast<std::size_t>(size);
  return {event::body, consumed + count, input.substr(consumed, count)};
}

template <profile P>
void body_decoder<P>::skip(std::uint64_t size) noexcept {
  received_ += size;
  if (state_ == state::until_close) return;
  remaining_ -= size;
  if (remaining_ == 0) state_ = state_ == state::length ? state::done : state::chunk_end;
}

template <profile P>
bool body_decoder<P>::finish(diagnostics& diag) noexcept {
  if (state_ == state::until_close) state_ = state::done;
  if (P == profile::lenient && state_ == state::trailer) {
    diag.note(deviation::missing_last_line, 0);
    trailers_.begin(0, bounds_.trailer, bounds_.trailer_fields);
    state_ = state::done;
  }
  if (state_ == state::done) return true;
  diag.fail(errc::truncated, 0, "RFC 9112 8: the message is complete only when its framing says so");
  return false;
}

// What lies between the pieces of a chunked body (RFC 9112 7.1).
template <profile P>
outcome body_decoder<P>::framing_part(std::string_view input, std::size_t& consumed, diagnostics& diag) {
  if (state_ == state::chunk_line) return chunk_line(input, consumed, diag);
  if (state_ == state::chunk_end) return chunk_end(input, consumed, diag);
  const std::string_view rest = input.substr(consumed);
  diag.origin += consumed;
  const outcome result = trailers_.parse(rest, diag);
  diag.origin -= consumed;
  if (result == outcome::complete) {
    trailer_text_ = rest.data();
    consumed += trailers_.end();
    state_ = state::done;
  }
  return result;
}

template <profile P>
outcome body_decoder<P>::chunk_end(std::string_view input, std::size_t& consumed,
                                   diagnostics& diag) noexcept {
  const std::string_view rest = input.substr(consumed);
  if (rest.empty()) return outcome::need_more;
  std::size_t size = 0;
  if (rest[0] == '\r') {
    if (rest.size() == 1) return outcome::need_more;
    if (rest[1] == '\n') size = 2;
  } else if (P == profile::lenient && rest[0] == '\n') {
    diag.note(deviation::bare_lf, consumed);
    size = 1;
  }
  if (size == 0) {
    diag.fail(errc::malformed_chunk, consumed, "RFC 9112 7.1: the data of a chunk end with CRLF");
    return outcome::failed;
  }
  consumed += size;
  state_ = state::chunk_line;
  return outcome::next_line;
}

template <profile P>
outcome body_decoder<P>::chunk_line(std::string_view input, std::size_t& consumed,
                                    diagnostics& diag) noexcept {
  const std::string_view seen = input.substr(consumed, bounds_.chunk_line);
  const std::size_t lf = seen.find('\n');
  if (lf == seen.npos) {
    if (seen.size() < bounds_.chunk_line) return outcome::need_more;
    diag.fail(errc::malformed_chunk, consumed + seen.size(), "limits: bytes of a chunk-size line",
              bounds_.chunk_line);
    return outcome::failed;
  }
  const char* const line = seen.data();
  const char* stop = line + lf;
  if (stop != line && stop[-1] == '\r') {
    --stop;
  } else if (P == profile::strict) {
    diag.fail(errc::malformed_chunk, consumed + lf, "RFC 9112 2.2: a line ends with CRLF");
    return outcome::failed;
  } else {
    diag.note(deviation::bare_lf, consumed + lf);
  }
  std::uint64_t size = 0;
  if (!read_chunk_line(input.data(), line, stop, diag, size)) return outcome::failed;
  if (!begin_chunk(size, lf + 1, consumed, diag)) return outcome::failed;
  consumed += lf + 1;
  return outcome::next_line;
}

// chunk-size [ chunk-ext ]; extensions are passed over. The lenient profile only checks them for control
// characters.
template <profile P>
bool body_decoder<P>::read_chunk_line(const char* base, const char* line, const char* stop, diagnostics& diag,
                                      std::uint64_t& size) noexcept {
  const auto fail = [&](const char* where, const char* rule) {
    diag.fail(errc::malformed_chunk, static_cast<std::size_t>(where - base), rule);
    return false;
  };
  const char* p = line;
  if constexpr (P == profile::lenient) {
    p = skip_blanks(p, stop);
    if (p != line) diag.note(deviation::chunk_size_padding, static_cast<std::size_t>(line - base));
  }
  const char* const digits = p;
  for (; p != stop && hex_value(*p) >= 0; ++p) {
    if (p - digits == 16) return fail(p, "RFC 9112 7.1: a chunk size of more than 16 digits");
    size = size << 4 | static_cast<std::uint64_t>(hex_value(*p));
  }
  if (p == digits) return fail(p, "RFC 9112 7.1: a chunk begins with its size in hexadecimal digits");
  if (size >> 63 != 0) return fail(digits, "RFC 9112 7.1: a chunk size of 2^63 or more");
  const char* const after = p;
  p = skip_blanks(p, stop);
  if (p == stop) {
    if (p == after) return true;
    if constexpr (P == profile::strict) return fail(after, "RFC 9112 7.1: no white space after a chunk size");
    diag.note(deviation::chunk_size_padding, static_cast<std::size_t>(after - base));
    return true;
  }
  if (*p != ';') return fail(p, "RFC 9112 7.1: a chunk size is followed by its extensions or CRLF");
  const char* const bad = find_other(p, stop, value_char);
  if (bad != stop) return fail(bad, "RFC 9112 7.1.1: no control characters in a chunk extension");
  if constexpr (P == profile::strict) {
    if (!skip_extensions(p, stop))
      return fail(p, "RFC 9112 7.1.1: a chunk extension is ;name, ;name=token or ;name=\"text\"");
  }
  return true;
}

template <profile P>
bool body_decoder<P>::begin_chunk(std::uint64_t size, std::size_t line_size, std::size_t position,
                                  diagnostics& diag) noexcept {
  // One-byte chunks with long extensions make a peer work for nothing: what exceeds a fair share is summed
  // up.
  const std::uint64_t fair = 16 + 2 * std::min<std::uint64_t>(size, 1U << 30);
  overhead_ += line_size + 2;
  overhead_ -= std::min(overhead_, fair);
  if (overhead_ > bounds_.chunk_overhead) {
    diag.fail(errc::malformed_chunk, position, "limits: bytes of chunk framing", bounds_.chunk_overhead);
    return false;
  }
  remaining_ = size;
  state_ = size == 0 ? state::trailer : state::chunk_data;
  return true;
}

template class body_decoder<profile::strict>;
template class body_decoder<profile::lenient>;

}  // namespace bight::http::h1
