#include <array>
#include <bight/api/detail/shape_of.hpp>
#include <charconv>
#include <cstdio>

namespace bight::api::detail {

bool text_format<uuid>::read(uuid& to, std::string_view text) {
  constexpr std::size_t canonical = 36;
  const auto r = uuid::parse(text);
  if (!r || text.size() != canonical) return false;
  to = *r;
  return true;
}

bool text_format<decimal>::read(decimal& to, std::string_view text) {
  auto r = decimal::parse(text);
  // NaN and infinity are decimals of databases, not amounts in a request.
  if (!r || r->to_string().find_first_of("NI") != std::string::npos) return false;
  to = std::move(*r);
  return true;
}

bool text_format<std::chrono::year_month_day>::read(std::chrono::year_month_day& to, std::string_view text) {
  // RFC 3339 full-date.
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto part = [text](std::size_t from, std::size_t n) {
    int value = -1;
    const auto digits = text.substr(from, n);
    if (digits.find_first_not_of("0123456789") != digits.npos) return -1;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  const auto year = part(0, 4);
  const auto month = part(5, 2);
  const auto day = part(8, 2);
  if (year < 0 || month < 0 || day < 0) return false;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  to = date;
  return true;
}

std::string text_format<std::chrono::year_month_day>::write(const std::chrono::year_month_day& from) {
  std::array<char, 32> room;
  const auto n = std::snprintf(room.data(), room.size(), "%04d-%02u-%02u", static_cast<int>(from.year()),
                               static_cast<unsigned>(from.month()), static_cast<unsigned>(from.day()));
  return {room.data(), static_cast<std::size_t>(n)};
}

}  // namespace bight::api::detail
