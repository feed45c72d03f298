#include "http/download/part_info.hpp"

#include <bight/http/date.hpp>
#include <charconv>
#include <chrono>

#include "http/h1/chars.hpp"

namespace bight::http::detail {
namespace {

constexpr std::string_view first_line = "bight download 1";

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t n = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, n);
  if (ec != std::errc{} || stop != end) return {};
  return n;
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::string part_info::url_text(const http::url& where) {
  auto plain = where.without_fragment();
  if (plain.has_credentials()) static_cast<void>(plain.set_username("") && plain.set_password(""));
  return plain.href();
}

std::string part_info::validator_of(headers_view fields) {
  if (const auto tag = fields.get(header_id::etag)) {
    const bool strong = tag->size() >= 2 && tag->starts_with('"') && tag->ends_with('"');
    if (strong && is_field_value(*tag)) return std::string{*tag};
  }
  const auto modified = fields.get(header_id::last_modified);
  const auto date = fields.get(header_id::date);
  if (!modified || !date) return {};
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_clock::now());
  const auto changed = parse_date(*modified, now);
  const auto sent = parse_date(*date, now);
  if (!changed || !sent || *sent - *changed < std::chrono::seconds{1}) return {};
  return std::string{*modified};
}

std::string part_info::to_text() const {
  std::string text{first_line};
  text.append("\nurl ").append(url).append("\nvalidator ").append(validator).append("\n");
  if (size) text.append("size ").append(std::to_string(*size)).append("\n");
  return text;
}

std::optional<part_info> part_info::parse(std::string_view text) {
  if (take_line(text) != first_line) return {};
  part_info out;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto space = std::min(line.find(' '), line.size());
    const auto name = line.substr(0, space);
    const auto value = line.substr(std::min(space + 1, line.size()));
    if (name == "url") out.url = value;
    if (name == "validator" && is_field_value(value)) out.validator = value;
    if (name == "size") {
      out.size = read_number(value);
      if (!out.size) return {};
    }
  }
  if (out.url.empty() || !out.resumable()) return {};
  return out;
}

std::optional<content_range> content_range::parse(std::string_view value) {
  constexpr std::string_view unit = "bytes";
  if (!equal_ignoring_case(value.substr(0, unit.size()), unit)) return {};
  value = h1::trim_ows(value.substr(unit.size()));
  const auto slash = value.find('/');
  if (slash == value.npos) return {};
  const auto range = h1::trim_ows(value.substr(0, slash));
  const auto whole = h1::trim_ows(value.substr(slash + 1));
  content_range out;
  if (whole != "*") {
    out.size = read_number(whole);
    if (!out.size) return {};
  }
  if (range == "*") {
    if (!out.size) return {};
    return out;
  }
  const auto dash = range.find('-');
  if (dash == range.npos) return {};
  const auto first = read_number(range.substr(0, dash));
  const auto last = read_number(range.substr(dash + 1));
  if (!first || !last || *first > *last || (out.size && *last >= *out.size)) return {};
  out.satisfied = true;
  out.first = *first;
  out.last = *last;
  return out;
}

}  // namespace bight::http::detail
