#include "http/cookies/set_cookie.hpp"

#include <algorithm>
#include <bight/http/headers.hpp>
#include <chrono>
#include <cstdint>

#include "http/cookies/cookie_date.hpp"
#include "http/h1/chars.hpp"

namespace bight::http::cookies {
namespace {

using time_point = wall_clock::time_point;

// RFC 6265bis 5.6.2: delta-seconds with a sign, of any size.
std::optional<time_point> expiry_of_max_age(std::string_view text, time_point now,
                                            std::chrono::seconds most) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), h1::is_digit)) return std::nullopt;
  std::uint64_t seconds = 0;
  for (const char c : text) {
    seconds = seconds * 10 + static_cast<std::uint64_t>(c - '0');
    if (seconds > static_cast<std::uint64_t>(most.count())) {
      seconds = static_cast<std::uint64_t>(most.count());
      break;
    }
  }
  if (negative || seconds == 0) return time_point::min();
  return now + std::chrono::seconds{static_cast<std::int64_t>(seconds)};
}

http::same_site parse_same_site(std::string_view text) noexcept {
  if (equal_ignoring_case(text, "none")) return http::same_site::none;
  if (equal_ignoring_case(text, "lax")) return http::same_site::lax;
  if (equal_ignoring_case(text, "strict")) return http::same_site::strict;
  return http::same_site::unset;
}

struct expiry {
  std::optional<time_point> max_age;
  std::optional<time_point> date;
};

// The last attribute of a name wins.
void apply_attribute(set_cookie& out, expiry& when, std::string_view name, std::string_view value,
                     const cookie_jar_options& options, time_point now) noexcept {
  if (value.size() > options.max_attribute_size) return;
  if (equal_ignoring_case(name, "expires")) {
    if (const auto date = parse_cookie_date(value)) when.date = std::min(*date, now + options.max_age);
  } else if (equal_ignoring_case(name, "max-age")) {
    if (const auto date = expiry_of_max_age(value, now, options.max_age)) when.max_age = date;
  } else if (equal_ignoring_case(name, "domain")) {
    if (value.starts_with('.')) value.remove_prefix(1);
    out.domain = value.empty() ? std::nullopt : std::optional{value};
  } else if (equal_ignoring_case(name, "path")) {
    out.has_path = true;
    out.path = value.starts_with('/') ? std::optional{value} : std::nullopt;
  } else if (equal_ignoring_case(name, "secure")) {
    out.secure = true;
  } else if (equal_ignoring_case(name, "httponly")) {
    out.http_only = true;
  } else if (equal_ignoring_case(name, "samesite")) {
    out.same_site = parse_same_site(value);
  }
}

// Takes the text up to the next semicolon, which is dropped.
std::string_view take_part(std::string_view& text) noexcept {
  const auto end = text.find(';');
  const auto part = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

}  // namespace

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return !h1::has_class(c, h1::value_char); });
}

std::optional<set_cookie> parse_set_cookie(std::string_view text, const cookie_jar_options& options,
                                           time_point now) noexcept {
  if (has_control(text)) return std::nullopt;
  set_cookie out;
  const auto pair = take_part(text);
  const auto equals = pair.find('=');
  if (equals != pair.npos) out.name = h1::trim_ows(pair.substr(0, equals));
  out.value = h1::trim_ows(equals == pair.npos ? pair : pair.substr(equals + 1));
  if (out.name.empty() && out.value.empty()) return std::nullopt;
  if (out.name.size() + out.value.size() > options.max_cookie_size) return std::nullopt;
  expiry when;
  while (!text.empty()) {
    const auto attribute = take_part(text);
    const auto at = std::min(attribute.find('='), attribute.size());
    apply_attribute(out, when, h1::trim_ows(attribute.substr(0, at)),
                    h1::trim_ows(attribute.substr(std::min(at + 1, attribute.size()))), options, now);
  }
  out.expires = when.max_age ? when.max_age : when.date;
  return out;
}

}  // namespace bight::http::cookies
