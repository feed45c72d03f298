#include <algorithm>
#include <array>
#include <bight/api/detail/shape_of.hpp>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>

namespace bight::api::detail {
namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

// Exactly `n` digits; takes them from `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t n) {
  const auto digits = text.substr(0, n);
  if (digits.size() != n || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  int value = 0;
  std::from_chars(digits.data(), digits.data() + n, value);
  text.remove_prefix(n);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// ".25" as nanoseconds; digits beyond are cut off. Nothing if there is no fraction.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = 0; i != 9; ++i) value = value * 10 + (i < end ? text[i] - '0' : 0);
  text.remove_prefix(end);
  return value;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  const bool first = take(text, '-');
  const auto month = take_digits(text, 2);
  const bool second = take(text, '-');
  const auto day = take_digits(text, 2);
  if (!year || !first || !month || !second || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

// "+02:00" and "Z", in seconds.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool is_east = text.starts_with('+');
  if (!is_east && !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  const bool colon = take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return is_east ? seconds : -seconds;
}

void append_fraction(std::string& out, std::int64_t nanoseconds, int digits) {
  if (digits == 0) return;
  std::array<char, 16> room;
  const auto n = std::snprintf(room.data(), room.size(), ".%09lld", static_cast<long long>(nanoseconds));
  out.append(room.data(), static_cast<std::size_t>(n) - static_cast<std::size_t>(9 - digits));
}

// "12" of "12H", in units of `unit` seconds.
bool take_part(std::string_view& text, char name, std::int64_t unit, std::int64_t& seconds, bool& any) {
  const auto end = text.find_first_not_of("0123456789");
  if (end == 0 || end == text.npos || text[end] != name) return true;
  std::int64_t value = 0;
  const auto r = std::from_chars(text.data(), text.data() + end, value);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  if (r.ec != std::errc{} || value > (most - seconds) / unit) return false;
  seconds += value * unit;
  any = true;
  text.remove_prefix(end + 1);
  return true;
}

bool take_seconds(std::string_view& text, std::int64_t& seconds, std::int64_t& nanoseconds, bool& any) {
  const auto end = text.find_first_not_of("0123456789");
  if (end == 0 || end == text.npos) return true;
  std::int64_t value = 0;
  const auto r = std::from_chars(text.data(), text.data() + end, value);
  if (r.ec != std::errc{} || value > std::numeric_limits<std::int64_t>::max() - seconds) return false;
  text.remove_prefix(end);
  const auto fraction = take_fraction(text);
  if (!fraction || !take(text, 'S')) return false;
  seconds += value;
  nanoseconds = *fraction;
  any = true;
  return true;
}

}  // namespace

bool read_date_time(std::int64_t& seconds, std::int64_t& nanoseconds, std::string_view text) {
  const auto days = take_date(text);
  if (!days || !(take(text, 'T') || take(text, 't'))) return false;
  const auto hour = take_digits(text, 2);
  const bool first = take(text, ':');
  const auto minute = take_digits(text, 2);
  const bool second_colon = take(text, ':');
  const auto second = take_digits(text, 2);
  const auto fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!hour || !first || !minute || !second_colon || !second || !fraction || !offset || !text.empty())
    return false;
  // A leap second is the one after it, as in every clock of a system.
  if (*hour > 23 || *minute > 59 || *second > 60) return false;
  seconds = std::chrono::seconds{days->time_since_epoch()}.count() + *hour * 3600 + *minute * 60 + *second -
            *offset;
  nanoseconds = *fraction;
  return true;
}

std::string write_date_time(std::int64_t seconds, std::int64_t nanoseconds, int digits) {
  constexpr std::int64_t per_day = 86400;
  const std::chrono::sys_seconds moment{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const auto rest = (moment - day).count() % per_day;
  std::array<char, 64> room;
  const std::chrono::year_month_day date{day};
  const auto n = std::snprintf(room.data(), room.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                               static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                               static_cast<unsigned>(date.day()), static_cast<int>(rest / 3600),
                               static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  std::string out(room.data(), static_cast<std::size_t>(n));
  append_fraction(out, nanoseconds, digits);
  return out += 'Z';
}

// Of RFC 3339 appendix A, without years and months, whose length depends on when they begin.
bool read_duration(std::int64_t& seconds, std::int64_t& nanoseconds, std::string_view text) {
  const bool is_negative = take(text, '-');
  if (!take(text, 'P')) return false;
  std::int64_t all = 0;
  std::int64_t fraction = 0;
  bool any = false;
  if (!take_part(text, 'W', 7 * 86400, all, any) || !take_part(text, 'D', 86400, all, any)) return false;
  if (take(text, 'T')) {
    bool any_time = false;
    if (!take_part(text, 'H', 3600, all, any_time) || !take_part(text, 'M', 60, all, any_time) ||
        !take_seconds(text, all, fraction, any_time) || !any_time)
      return false;
    any = true;
  }
  if (!any || !text.empty()) return false;
  seconds = is_negative ? -all : all;
  nanoseconds = is_negative ? -fraction : fraction;
  return true;
}

std::string write_duration(std::int64_t seconds, std::int64_t nanoseconds) {
  // The parts of a negative one are those of its size.
  std::string out;
  auto whole = static_cast<std::uint64_t>(seconds);
  if (seconds < 0) {
    out += '-';
    whole = 0 - whole;
    if (nanoseconds != 0) {
      --whole;
      nanoseconds = nanoseconds_per_second - nanoseconds;
    }
  }
  out += 'P';
  const auto days = whole / 86400;
  if (days != 0) out.append(std::to_string(days)).append("D");
  const auto rest = whole % 86400;
  if (rest == 0 && nanoseconds == 0) return days == 0 ? out + "T0S" : out;
  out += 'T';
  if (rest / 3600 != 0) out.append(std::to_string(rest / 3600)).append("H");
  if (rest / 60 % 60 != 0) out.append(std::to_string(rest / 60 % 60)).append("M");
  if (rest % 60 == 0 && nanoseconds == 0) return out;
  out += std::to_string(rest % 60);
  if (nanoseconds != 0) {
    append_fraction(out, nanoseconds, 9);
    while (out.ends_with('0')) out.pop_back();
  }
  return out += 'S';
}

bool text_format<uuid>::read(uuid& to, std::string_view text) {
  constexpr std::size_t canonical = 36;
  const auto r = uuid::parse(text);
  if (!r || text.size() != canonical) return false;
  to = *r;
  return true;
}

bool text_format<decimal>::read(decimal& to, std::string_view text) {
  // A decimal has all its digits: "1e131071" would need 131,072 bytes, and a body has many such values.
  constexpr int largest_exponent = 100;
  if (const auto e = text.find_first_of("eE"); e != text.npos) {
    auto digits = text.substr(e + 1);
    if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
    int exponent = 0;
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (r.ec != std::errc{} || exponent > largest_exponent) return false;
  }
  auto r = decimal::parse(text);
  // NaN and infinity are decimals of databases, not amounts in a request.
  if (!r || r->to_string().find_first_of("NI") != std::string::npos) return false;
  to = std::move(*r);
  return true;
}

bool text_format<std::chrono::year_month_day>::read(std::chrono::year_month_day& to, std::string_view text) {
  // RFC 3339 full-date.
  const auto day = take_date(text);
  if (!day || !text.empty()) return false;
  to = *day;
  return true;
}

std::string text_format<std::chrono::year_month_day>::write(const std::chrono::year_month_day& from) {
  std::array<char, 32> room;
  const auto n = std::snprintf(room.data(), room.size(), "%04d-%02u-%02u", static_cast<int>(from.year()),
                               static_cast<unsigned>(from.month()), static_cast<unsigned>(from.day()));
  return {room.data(), static_cast<std::size_t>(n)};
}

}  // namespace bight::api::detail
