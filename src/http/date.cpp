#include <bight/http/date.hpp>

#include <algorithm>
#include <bight/http/headers.hpp>
#include <charconv>

#include "http/h1/chars.hpp"

namespace bight::http {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void put_digits(char* to, unsigned value, int count) noexcept {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// Takes a date apart from left to right. Every function returns whether its part was there.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }

  bool literal(std::string_view text) noexcept {
    if (!equal_ignoring_case(rest_.substr(0, text.size()), text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool number(std::size_t digits, int& value) noexcept {
    if (rest_.size() < digits) return false;
    value = 0;
    for (std::size_t i = 0; i != digits; ++i) {
      if (!h1::is_digit(rest_[i])) return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }
  bool month(int& value) noexcept {
    for (std::size_t i = 0; i != months.size(); ++i) {
      if (!literal(months[i])) continue;
      value = static_cast<int>(i) + 1;
      return true;
    }
    return false;
  }
  bool time(int& hour, int& minute, int& second) noexcept {
    return number(2, hour) && literal(":") && number(2, minute) && literal(":") && number(2, second);
  }

 private:
  std::string_view rest_;
};

struct parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<sys_seconds> to_time(const parts& p) noexcept {
  using namespace std::chrono;
  const year_month_day date{year(p.year), month(static_cast<unsigned>(p.month)),
                            day(static_cast<unsigned>(p.day))};
  if (!date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60) return std::nullopt;
  return sys_days(date) + hours(p.hour) + minutes(p.minute) + seconds(std::min(p.second, 59));
}

// "06 Nov 1994 08:49:37 GMT"
bool read_imf(reader& in, parts& p) noexcept {
  return in.number(2, p.day) && in.literal(" ") && in.month(p.month) && in.literal(" ") &&
         in.number(4, p.year) && in.literal(" ") && in.time(p.hour, p.minute, p.second) &&
         in.literal(" GMT") && in.at_end();
}

// "06-Nov-94 08:49:37 GMT", the year without its century
bool read_rfc850(reader& in, parts& p) noexcept {
  return in.number(2, p.day) && in.literal("-") && in.month(p.month) && in.literal("-") &&
         in.number(2, p.year) && in.literal(" ") && in.time(p.hour, p.minute, p.second) &&
         in.literal(" GMT") && in.at_end();
}

// "Nov  6 08:49:37 1994"
bool read_asctime(reader& in, parts& p) noexcept {
  return in.month(p.month) && in.literal(" ") &&
         (in.literal(" ") ? in.number(1, p.day) : in.number(2, p.day)) && in.literal(" ") &&
         in.time(p.hour, p.minute, p.second) && in.literal(" ") && in.number(4, p.year) && in.at_end();
}

// RFC 9110 5.6.7: a two-digit year that seems to be more than 50 years in the future is in the past.
std::optional<sys_seconds> in_century(parts p, sys_seconds now) noexcept {
  using namespace std::chrono;
  const year_month_day today(floor<std::chrono::days>(now));
  p.year += static_cast<int>(today.year()) / 100 * 100 + 100;
  const sys_seconds latest =
      sys_days((today.year() + years(50)) / today.month() / std::min(today.day(), day(28))) +
      (now - floor<std::chrono::days>(now)) +
      std::chrono::days(static_cast<unsigned>(today.day()) -
                        static_cast<unsigned>(std::min(today.day(), day(28))));
  for (int tries = 0; tries != 3; ++tries, p.year -= 100) {
    const auto time = to_time(p);
    if (time && *time <= latest) return time;
  }
  return std::nullopt;
}

}  // namespace

std::array<char, date_size> to_date_chars(sys_seconds time) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, date_size> text{};
  constexpr std::string_view form = "ddd, dd mmm yyyy hh:mm:ss GMT";
  std::copy(form.begin(), form.end(), text.begin());
  const std::string_view weekday = days[std::chrono::weekday(day).c_encoding()];
  std::copy_n(weekday.begin(), 3, text.begin());
  put_digits(text.data() + 5, static_cast<unsigned>(date.day()), 2);
  const std::string_view month = months[static_cast<unsigned>(date.month()) - 1];
  std::copy_n(month.begin(), 3, text.begin() + 8);
  put_digits(text.data() + 12, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(text.data() + 17, static_cast<unsigned>(clock.hours().count()), 2);
  put_digits(text.data() + 20, static_cast<unsigned>(clock.minutes().count()), 2);
  put_digits(text.data() + 23, static_cast<unsigned>(clock.seconds().count()), 2);
  return text;
}

std::string format_date(sys_seconds time) {
  const auto text = to_date_chars(time);
  return {text.data(), text.size()};
}

std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) noexcept {
  text = h1::trim_ows(text);
  for (const std::string_view day : days) {
    reader in(text);
    parts p;
    if (in.literal(day) && in.literal(", ")) return read_rfc850(in, p) ? in_century(p, now) : std::nullopt;
    in = reader(text);
    if (!in.literal(day.substr(0, 3))) continue;
    if (in.literal(", ")) return read_imf(in, p) ? to_time(p) : std::nullopt;
    if (in.literal(" ")) return read_asctime(in, p) ? to_time(p) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value,
                                                          std::chrono::sys_seconds now) noexcept {
  constexpr std::chrono::seconds longest = std::chrono::hours{24 * 365};
  std::uint64_t seconds = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end == value.data() + value.size() && !value.empty()) {
    if (ec == std::errc::result_out_of_range) return longest;
    return std::min(std::chrono::seconds{std::min<std::uint64_t>(seconds, std::uint64_t{1} << 62U)}, longest);
  }
  const auto when = parse_date(value, now);
  if (!when) return {};
  return std::clamp<std::chrono::seconds>(*when - now, std::chrono::seconds{0}, longest);
}

std::string_view date_cache::at(sys_seconds now) noexcept {
  if (now != second_) {
    second_ = now;
    text_ = to_date_chars(now);
  }
  return {text_.data(), text_.size()};
}

}  // namespace bight::http
