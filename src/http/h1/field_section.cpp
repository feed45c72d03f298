#include "http/h1/field_section.hpp"

#include <algorithm>
#include <cstring>

#include "http/h1/chars.hpp"
#include "http/h1/known_names.hpp"

namespace bight::http::h1 {
namespace {

constexpr std::size_t max_name_size = 0xffff;

}  // namespace

template <profile P>
void field_section<P>::begin(std::size_t start, std::uint32_t max_bytes, std::uint32_t max_fields) noexcept {
  table_.clear();
  fixups_.clear();
  position_ = start;
  scanned_ = start;
  max_bytes_ = max_bytes;
  max_fields_ = max_fields;
  skipped_ = 0;
  last_was_skipped_ = true;  // a first line that begins with a space continues nothing
}

// The loop knows what a conforming line looks like and nothing else; any other line, or a part of one, goes
// to slow_line(), which is the whole rule book. An error is only found in a line whose LF has come, and only
// within the limit: so the outcome does not depend on where the input was split.
template <profile P>
outcome field_section<P>::parse(std::string_view input, diagnostics& diag) {
  const bool at_limit = input.size() >= max_bytes_;
  const char* const base = input.data();
  const char* const end = base + std::min<std::size_t>(input.size(), max_bytes_);
  const char* line = base + position_;
  if (scanned_ > position_) {
    const char* const from = base + scanned_;
    if (from >= end || std::memchr(from, '\n', distance(from, end)) == nullptr)
      return slow_line(base, end, at_limit, diag);
  }
  while (true) {
    const char* const colon = find_name_end(line, base, end);
    if (colon != end && *colon == ':') {
      const std::size_t name_size = distance(line, colon);
      const header_id id = match_known_name(line, name_size);
      const char* value = colon + 1;
      while (value != end && is_ows(*value)) ++value;
      const char* stop = find_value_end(value, base, end);
      if (end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n' && table_.size() + skipped_ < max_fields_ &&
          (id != header_id::unknown ||
           (name_size != 0 && name_size <= max_name_size && find_other(line, colon, token_char) == colon))) {
        const char* const next = stop + 2;
        while (stop != value && is_ows(stop[-1])) --stop;
        table_.add(distance(base, line), name_size, distance(base, value), distance(value, stop), id);
        last_was_skipped_ = false;
        line = next;
        continue;
      }
    } else if (end - line >= 2 && line[0] == '\r' && line[1] == '\n') {
      position_ = distance(base, line) + 2;
      if (!fixups_.empty()) join(base);
      return outcome::complete;
    }
    position_ = distance(base, line);
    const outcome result = slow_line(base, end, at_limit, diag);
    if (result != outcome::next_line) return result;
    line = base + position_;
  }
}

template <profile P>
outcome field_section<P>::slow_line(const char* base, const char* end, bool at_limit, diagnostics& diag) {
  const char* const line = base + position_;
  const char* const from = base + std::max(scanned_, position_);
  const void* const found = from < end ? std::memchr(from, '\n', distance(from, end)) : nullptr;
  if (found == nullptr) {
    if (at_limit) {
      diag.fail(errc::head_too_large, max_bytes_, "limits: bytes of the field section", max_bytes_);
      return outcome::failed;
    }
    scanned_ = distance(base, end);
    return outcome::need_more;
  }
  const char* const lf = static_cast<const char*>(found);
  const char* stop = lf;
  while (stop != line && stop[-1] == '\r') --stop;
  const auto crs = lf - stop;
  if (crs != 1) {
    if constexpr (P == profile::strict) {
      diag.fail(errc::malformed_header, distance(base, crs == 0 ? lf : stop),
                "RFC 9112 2.2: a line ends with CRLF");
      return outcome::failed;
    }
    diag.note(crs == 0 ? deviation::bare_lf : deviation::extra_cr, distance(base, stop));
  }
  position_ = distance(base, lf) + 1;
  scanned_ = position_;
  if (stop == line) {
    if (!fixups_.empty()) join(base);
    return outcome::complete;
  }
  if constexpr (P == profile::strict) return strict_line(base, line, stop, diag);
  return lenient_line(base, line, stop, diag);
}

template <profile P>
bool field_section<P>::full(const char* base, const char* line, diagnostics& diag) noexcept {
  if (table_.size() + skipped_ < max_fields_) return false;
  diag.fail(errc::too_many_headers, distance(base, line), "limits: number of field lines", max_fields_);
  return true;
}

template <profile P>
void field_section<P>::add(const char* base, std::string_view name, std::string_view value) {
  table_.add(distance(base, name.data()), name.size(), distance(base, value.data()), value.size(),
             match_known_name(name.data(), name.size()));
  last_was_skipped_ = false;
}

template <profile P>
outcome field_section<P>::strict_line(const char* base, const char* line, const char* stop,
                                      diagnostics& diag) {
  const auto fail = [&](const char* where, const char* rule) {
    diag.fail(errc::malformed_header, distance(base, where), rule);
    return outcome::failed;
  };
  if (is_ows(*line)) return fail(line, "RFC 9112 5.2: a line must not be folded");
  if (full(base, line, diag)) return outcome::failed;
  const char* const colon = std::find(line, stop, ':');
  if (colon == stop) return fail(line, "RFC 9112 5: a field line is a name, a colon and a value");
  if (colon == line) return fail(line, "RFC 9110 5.1: a field name must not be empty");
  if (is_ows(colon[-1])) return fail(colon - 1, "RFC 9112 5.1: no white space before the colon");
  const char* const bad_name = find_other(line, colon, token_char);
  if (bad_name != colon) return fail(bad_name, "RFC 9110 5.6.2: a field name is a token");
  if (distance(line, colon) > max_name_size)
    return fail(line, "limits: a field name has at most 65535 bytes");
  const char* const bad_value = find_other(colon + 1, stop, value_char);
  if (bad_value != stop) {
    return fail(bad_value, *bad_value == '\r' ? "RFC 9112 2.2: no CR without LF"
                                              : "RFC 9110 5.5: no control characters in a field value");
  }
  add(base, {line, distance(line, colon)}, trim_ows({colon + 1, distance(colon + 1, stop)}));
  return outcome::next_line;
}

template <profile P>
outcome field_section<P>::lenient_line(const char* base, const char* line, const char* stop,
                                       diagnostics& diag) {
  const char* const nul = std::find(line, stop, '\0');
  if (nul != stop) {
    diag.fail(errc::malformed_header, distance(base, nul), "RFC 9110 5.5: no NUL in a field line");
    return outcome::failed;
  }
  if (full(base, line, diag)) return outcome::failed;
  if (is_ows(*line)) {
    fold(base, line, stop, diag);
    return outcome::next_line;
  }
  const auto skip = [&](deviation why) {
    diag.note(why, distance(base, line));
    ++skipped_;
    last_was_skipped_ = true;
    return outcome::next_line;
  };
  const char* const colon = std::find(line, stop, ':');
  if (colon == stop) return skip(deviation::no_colon);
  const char* name_end = colon;
  while (name_end != line && is_ows(name_end[-1])) --name_end;
  const std::size_t name_size = distance(line, name_end);
  if (name_size == 0 || name_size > max_name_size || find_other(line, name_end, token_char) != name_end)
    return skip(deviation::invalid_name);
  if (name_end != colon) diag.note(deviation::space_before_colon, distance(base, name_end));
  add(base, {line, name_size}, lenient_value(base, colon + 1, stop, diag));
  return outcome::next_line;
}

// Trims a value and reports what it should not have. CRs in it will read as spaces.
template <profile P>
std::string_view field_section<P>::lenient_value(const char* base, const char* value, const char* stop,
                                                 diagnostics& diag) {
  const auto is_blank = [](char c) { return is_ows(c) || c == '\r'; };
  const char* const first_cr = std::find(value, stop, '\r');
  if (first_cr != stop) diag.note(deviation::bare_cr, distance(base, first_cr));
  while (value != stop && is_blank(*value)) ++value;
  while (stop != value && is_blank(stop[-1])) --stop;
  for (const char* p = find_other(value, stop, value_char); p != stop;
       p = find_other(p + 1, stop, value_char)) {
    if (*p == '\r') {
      fixups_.push_back({static_cast<std::uint32_t>(p - base), 1});
    } else {
      diag.note(deviation::control_character, distance(base, p));
    }
  }
  return {value, distance(value, stop)};
}

// A line that begins with a space goes on with the value before it.
template <profile P>
void field_section<P>::fold(const char* base, const char* line, const char* stop, diagnostics& diag) {
  diag.note(deviation::obs_fold, distance(base, line));
  ++skipped_;
  const std::string_view text = lenient_value(base, line, stop, diag);
  if (last_was_skipped_ || text.empty()) return;
  auto& entry = table_.back();
  const auto offset = static_cast<std::uint32_t>(text.data() - base);
  if (entry.value_size == 0) {
    entry.value_offset = offset;
  } else {
    const std::uint32_t old_end = entry.value_offset + entry.value_size;
    fixups_.push_back({old_end, offset - old_end});
  }
  entry.value_size = offset + static_cast<std::uint32_t>(text.size()) - entry.value_offset;
}

// The input is the caller's: the rare head with folds is copied, with spaces in place, so that all offsets
// hold.
template <profile P>
void field_section<P>::join(const char* base) {
  joined_.assign(base, position_);
  for (const fixup& hole : fixups_) joined_.replace(hole.offset, hole.size, hole.size, ' ');
}

template class field_section<profile::strict>;
template class field_section<profile::lenient>;

}  // namespace bight::http::h1
