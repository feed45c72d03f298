#include "http/cookies/cookie_date.hpp"

#include <algorithm>
#include <array>
#include <bight/http/headers.hpp>
#include <chrono>
#include <cstddef>

#include "http/h1/chars.hpp"

namespace bight::http::cookies {
namespace {

using h1::is_digit;

constexpr bool is_date_delimiter(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2f) || (byte >= 0x3b && byte <= 0x40) ||
         (byte >= 0x5b && byte <= 0x60) || (byte >= 0x7b && byte <= 0x7e);
}

// Reads `least` to `most` digits that no further digit follows.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& value) noexcept {
  std::size_t n = 0;
  int result = 0;
  while (n < text.size() && n < most && is_digit(text[n])) result = result * 10 + (text[n++] - '0');
  if (n < least || (n < text.size() && is_digit(text[n]))) return false;
  text.remove_prefix(n);
  value = result;
  return true;
}

struct cookie_date_parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  bool has_year = false, has_month = false, has_day = false, has_time = false;

  bool take_time(std::string_view token) noexcept {
    std::array<int, 3> parts{};
    for (std::size_t i = 0; i != parts.size(); ++i) {
      if (i != 0 && (token.empty() || token.front() != ':')) return false;
      if (i != 0) token.remove_prefix(1);
      if (!take_number(token, 1, 2, parts[i])) return false;
    }
    hour = parts[0];
    minute = parts[1];
    second = parts[2];
    return true;
  }

  bool take_month(std::string_view token) noexcept {
    constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (std::size_t i = 0; i != 12; ++i) {
      if (!equal_ignoring_case(token.substr(0, 3), names.substr(i * 3, 3))) continue;
      month = static_cast<int>(i) + 1;
      return true;
    }
    return false;
  }

  void take(std::string_view token) noexcept {
    std::string_view rest = token;
    if (!has_time && take_time(token)) {
      has_time = true;
    } else if (!has_day && take_number(rest, 1, 2, day)) {
      has_day = true;
    } else if (!has_month && take_month(token)) {
      has_month = true;
    } else if (rest = token; !has_year && take_number(rest, 2, 4, year)) {
      has_year = true;
    }
  }
};

}  // namespace

wall_clock::time_point from_seconds(std::int64_t seconds) noexcept {
  using limits = wall_clock::time_point;
  const auto most = std::chrono::floor<std::chrono::seconds>(limits::max().time_since_epoch()).count();
  const auto least = std::chrono::ceil<std::chrono::seconds>(limits::min().time_since_epoch()).count();
  return limits{std::chrono::seconds{std::clamp<std::int64_t>(seconds, least, most)}};
}

std::optional<wall_clock::time_point> parse_cookie_date(std::string_view text) noexcept {
  using namespace std::chrono;
  cookie_date_parts p;
  while (true) {
    const auto* const begin = std::find_if_not(text.begin(), text.end(), is_date_delimiter);
    const auto* const end = std::find_if(begin, text.end(), is_date_delimiter);
    if (begin == end) break;
    p.take(
        text.substr(static_cast<std::size_t>(begin - text.begin()), static_cast<std::size_t>(end - begin)));
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
  if (!p.has_time || !p.has_day || !p.has_month || !p.has_year) return std::nullopt;
  if (p.year >= 70 && p.year <= 99) p.year += 1900;
  if (p.year <= 69) p.year += 2000;
  const year_month_day date{year(p.year), month(static_cast<unsigned>(p.month)),
                            day(static_cast<unsigned>(p.day))};
  if (p.year < 1601 || !date.ok() || p.hour > 23 || p.minute > 59 || p.second > 59) return std::nullopt;
  const sys_seconds time = sys_days(date) + hours(p.hour) + minutes(p.minute) + seconds(p.second);
  return from_seconds(time.time_since_epoch().count());
}

}  // namespace bight::http::cookies
