#include "http/routing/pattern.hpp"

#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/detail/utf8.hpp>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "http/routing/number.hpp"

namespace bight::http::routing {
namespace {

[[noreturn]] void fail_pattern(std::string_view pattern, const std::string& why) {
  throw std::invalid_argument{"bight: router: '" + std::string{pattern} + "': " + why};
}

bool is_name(std::string_view text) noexcept {
  using namespace bight::detail;
  return !text.empty() && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

segment parse_param(std::string_view whole, std::string_view text) {
  struct known {
    std::string_view name;
    segment_kind kind;
  };
  static constexpr std::array types{known{"int", segment_kind::integer}, known{"float", segment_kind::real},
                                    known{"uuid", segment_kind::uuid}, known{"path", segment_kind::rest}};
  const auto inside = text.substr(1, text.size() - 2);
  const auto colon = inside.find(':');
  const auto name = inside.substr(0, colon);
  if (!is_name(name))
    fail_pattern(whole, '\'' + std::string{name} + "' is not a name of letters, digits and underscores");
  if (colon == inside.npos) return {segment_kind::text, std::string{name}};
  const auto type = inside.substr(colon + 1);
  const auto found = std::ranges::find(types, type, &known::name);
  if (found == types.end())
    fail_pattern(whole, "unknown type '" + std::string{type} + "'; there are int, float, uuid and path");
  return {found->kind, std::string{name}};
}

segment parse_segment(std::string_view whole, std::string_view text) {
  if (text.starts_with('{') && text.ends_with('}')) return parse_param(whole, text);
  if (text.find_first_of("{}") != text.npos) fail_pattern(whole, "a parameter is a whole segment");
  if (text.find_first_of("%?#") != text.npos)
    fail_pattern(whole, "literals are written unencoded, and contain no '%', '?' and '#'");
  if (std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
      }))
    fail_pattern(whole, "control character");
  if (!bight::detail::is_utf8(text)) fail_pattern(whole, "not UTF-8");
  if (text == "." || text == "..") fail_pattern(whole, "no path has '.' and '..' segments");
  return {segment_kind::literal, std::string{text}};
}

void check_params(const pattern& p) {
  auto names = p.param_names();
  if (names.size() > pattern::max_params)
    fail_pattern(p.text, "more than " + std::to_string(pattern::max_params) + " parameters");
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) fail_pattern(p.text, "there are two parameters '" + std::string{*twice} + '\'');
}

bool is_uuid(std::string_view text) noexcept {
  constexpr std::size_t size = 36;
  if (text.size() != size) return false;
  for (std::size_t i = 0; i != size; ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : bight::detail::hex_value(text[i]) < 0) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string_view> pattern::param_names() const {
  std::vector<std::string_view> names;
  for (const auto& s : segments)
    if (s.kind != segment_kind::literal) names.emplace_back(s.text);
  return names;
}

bool pattern::is_literal() const noexcept {
  return !mounted && std::all_of(segments.begin(), segments.end(),
                                 [](const segment& s) { return s.kind == segment_kind::literal; });
}

pattern parse_pattern(std::string_view text) {
  pattern out;
  out.text = text;
  if (text.empty()) return out;
  if (text.front() != '/') fail_pattern(text, "a pattern begins with '/'");
  for (std::size_t from = 1; from <= text.size();) {
    const auto end = std::min(text.find('/', from), text.size());
    auto s = parse_segment(text, text.substr(from, end - from));
    if (end != text.size() && s.text.empty()) fail_pattern(text, "empty segment");
    if (end != text.size() && s.kind == segment_kind::rest)
      fail_pattern(text, "a path parameter is the last segment");
    out.segments.push_back(std::move(s));
    from = end + 1;
  }
  check_params(out);
  return out;
}

pattern parse_prefix(std::string_view text) {
  auto out = parse_pattern(text.ends_with('/') ? text.substr(0, text.size() - 1) : text);
  if (!out.segments.empty() && out.segments.back().kind == segment_kind::rest)
    fail_pattern(text, "a prefix has no path parameter");
  return out;
}

pattern join(const pattern& prefix, const pattern& inner) {
  auto out = prefix;
  out.text += inner.text;
  out.segments.insert(out.segments.end(), inner.segments.begin(), inner.segments.end());
  out.mounted = inner.mounted;
  check_params(out);
  return out;
}

bool fits(segment_kind kind, std::string_view value) noexcept {
  switch (kind) {
    case segment_kind::integer:
      return parse_number<std::int64_t>(value).has_value();
    case segment_kind::real:
      return parse_number<double>(value).has_value();
    case segment_kind::uuid:
      return is_uuid(value);
    default:
      return !value.empty();
  }
}

}  // namespace bight::http::routing
