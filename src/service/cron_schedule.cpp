#include <bight/service/cron_schedule.hpp>

#include <time.h>

#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>

namespace bight {
namespace {

// Times are seconds since 1970; local times are counted as if they were UTC.
constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day_length = 24 * hour;
// 29 February is the same day of the week every 28 years, and after 40 where 2100 is in between.
constexpr std::int64_t days_to_search = 41 * 366;
constexpr std::uint32_t all_hours = (1U << 24U) - 1;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
  return a / b - (a % b < 0 ? 1 : 0);
}

std::int64_t offset_at(std::int64_t t, time_zone zone) noexcept {
  if (zone == time_zone::utc) return 0;
  const auto seconds = static_cast<time_t>(t);
  tm parts{};
  return ::localtime_r(&seconds, &parts) ? parts.tm_gmtoff : 0;
}

// The first instant at which clocks show the local time; if they skip it, the end of the gap.
std::int64_t to_instant(std::int64_t local, time_zone zone) noexcept {
  auto low = local - 15 * hour;  // offsets are between -12 and +14 hours
  auto high = local + 13 * hour;
  const auto before = offset_at(low, zone);
  const auto after = offset_at(high, zone);
  if (offset_at(local - before, zone) == before) return local - before;
  if (offset_at(local - after, zone) == after) return local - after;
  while (high - low > 1) {
    const auto middle = low + (high - low) / 2;
    (offset_at(middle, zone) == before ? low : high) = middle;
  }
  return high;
}

// ---- the expression -----------------------------------------------------------------------------------

struct field_kind {
  const char* name;
  unsigned low;
  unsigned high;
  std::span<const std::string_view> names;  // of low and the following
};
constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
constexpr std::array<field_kind, 5> kinds{{{"minute", 0, 59, {}},
                                           {"hour", 0, 23, {}},
                                           {"day of the month", 1, 31, {}},
                                           {"month", 1, 12, month_names},
                                           {"day of the week", 0, 7, weekday_names}}};

class cron_parser {
 public:
  explicit cron_parser(std::string_view expression) : expression_(expression) {}

  std::uint64_t field(std::string_view text, const field_kind& kind) const {
    std::uint64_t set = 0;
    bool more = true;
    while (more) {
      const auto comma = text.find(',');
      set |= item(text.substr(0, comma), kind);
      more = comma != text.npos;
      if (more) text.remove_prefix(comma + 1);
    }
    return set;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("bight: cron '" + std::string{expression_} + "': " + what);
  }

 private:
  std::uint64_t item(std::string_view text, const field_kind& kind) const {
    const auto slash = text.find('/');
    const auto range = text.substr(0, slash);
    unsigned step = 1;
    if (slash != text.npos) {
      step = digits(text.substr(slash + 1), kind);
      if (step == 0) fail(std::string{kind.name} + ": a step of 0");
    }
    unsigned first = kind.low;
    unsigned last = kind.high;
    if (range != "*") {
      const auto dash = range.find('-');
      first = value(range.substr(0, dash), kind);
      if (dash != range.npos)
        last = value(range.substr(dash + 1), kind);
      else if (slash == text.npos)
        last = first;
      if (kind.high == 7 && last == 0 && first != 0) last = 7;  // FRI-SUN
      if (last < first) fail(std::string{kind.name} + ": the range " + std::string{range} + " is empty");
    }
    std::uint64_t set = 0;
    for (unsigned i = first; i <= last; i += step) set |= std::uint64_t{1} << i;
    return set;
  }
  unsigned value(std::string_view text, const field_kind& kind) const {
    for (std::size_t i = 0; i != kind.names.size(); ++i)
      if (same_name(text, kind.names[i])) return kind.low + static_cast<unsigned>(i);
    const auto v = digits(text, kind);
    if (v < kind.low || v > kind.high)
      fail(std::string{kind.name} + ": " + std::string{text} + " is not within " + std::to_string(kind.low) +
           "-" + std::to_string(kind.high));
    return v;
  }
  unsigned digits(std::string_view text, const field_kind& kind) const {
    unsigned v = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || v > 1000)
      fail(std::string{kind.name} + ": '" + std::string{text} + "' is no value");
    return v;
  }
  static bool same_name(std::string_view text, std::string_view name) noexcept {
    if (text.size() != name.size()) return false;
    for (std::size_t i = 0; i != name.size(); ++i)
      if (std::toupper(static_cast<unsigned char>(text[i])) != name[i]) return false;
    return true;
  }

  std::string_view expression_;
};

std::string_view expand(std::string_view text) noexcept {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily" || text == "@midnight") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 0";
  if (text == "@monthly") return "0 0 1 * *";
  if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
  return text;
}

bool is_in(std::uint64_t set, std::int64_t i) noexcept {
  return ((set >> static_cast<unsigned>(i)) & 1U) != 0;
}

}  // namespace

cron_schedule::cron_schedule(std::string_view expression, time_zone zone)
    : expression_(expression), zone_(zone) {
  if (zone == time_zone::local) ::tzset();
  parse(expand(expression));
  if (!find(0)) cron_parser{expression_}.fail("there is no such day");
}

void cron_schedule::parse(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const cron_parser parser{expression_};
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  auto begin = text.find_first_not_of(blank);
  while (begin != text.npos) {
    const auto end = std::min(text.find_first_of(blank, begin), text.size());
    if (count < parts.size()) parts[count] = text.substr(begin, end - begin);
    ++count;
    begin = text.find_first_not_of(blank, end);
  }
  if (count != parts.size()) parser.fail("it has " + std::to_string(count) + " fields instead of 5");
  fields_.minutes = parser.field(parts[0], kinds[0]);
  fields_.hours = static_cast<std::uint32_t>(parser.field(parts[1], kinds[1]));
  fields_.days = static_cast<std::uint32_t>(parser.field(parts[2], kinds[2]));
  fields_.months = static_cast<std::uint32_t>(parser.field(parts[3], kinds[3]));
  fields_.weekdays = static_cast<std::uint32_t>(parser.field(parts[4], kinds[4]));
  if (is_in(fields_.weekdays, 7)) fields_.weekdays |= 1U;
  fields_.any_day = parts[2].starts_with('*');
  fields_.any_weekday = parts[4].starts_with('*');
}

bool cron_schedule::matches_day(std::int64_t day) const noexcept {
  const std::chrono::sys_days date{std::chrono::days{day}};
  const std::chrono::year_month_day parts{date};
  if (!is_in(fields_.months, static_cast<unsigned>(parts.month()))) return false;
  const bool by_date = is_in(fields_.days, static_cast<unsigned>(parts.day()));
  const bool by_weekday = is_in(fields_.weekdays, std::chrono::weekday{date}.c_encoding());
  if (fields_.any_day || fields_.any_weekday) return by_date && by_weekday;
  return by_date || by_weekday;
}

bool cron_schedule::matches_time(std::int64_t minute_of_day) const noexcept {
  return is_in(fields_.hours, minute_of_day / 60) && is_in(fields_.minutes, minute_of_day % 60);
}

std::optional<std::int64_t> cron_schedule::find_on_day(std::int64_t day, std::int64_t after) const {
  if (!matches_day(day)) return std::nullopt;
  for (std::int64_t m = 0; m != day_length / minute; ++m) {
    if (!matches_time(m)) continue;
    const auto instant = to_instant(day * day_length + m * minute, zone_);
    if (instant > after) return instant;
  }
  return std::nullopt;
}

// In instants instead of local times: each hour counts, also a repeated one.
std::optional<std::int64_t> cron_schedule::find_in_every_hour(std::int64_t after) const {
  auto t = (floor_div(after, minute) + 1) * minute;
  const auto last = after + days_to_search * day_length;
  while (t < last) {
    const auto local = t + offset_at(t, zone_);
    const auto day = floor_div(local, day_length);
    if (!matches_day(day)) {
      t = std::max(t + minute, to_instant((day + 1) * day_length, zone_));
      continue;
    }
    if (matches_time((local - day * day_length) / minute)) return t;
    t += minute;
  }
  return std::nullopt;
}

std::optional<std::int64_t> cron_schedule::find(std::int64_t after) const {
  if (fields_.hours == all_hours) return find_in_every_hour(after);
  const auto today = floor_div(after + offset_at(after, zone_), day_length);
  for (auto day = today - 1; day != today + days_to_search; ++day)
    if (const auto found = find_on_day(day, after)) return found;
  return std::nullopt;
}

wall_clock::time_point cron_schedule::next(wall_clock::time_point after) const {
  using std::chrono::seconds;
  const auto t = std::chrono::floor<seconds>(after.time_since_epoch()).count();
  const auto found = find(t);
  if (!found) return wall_clock::time_point::max();  // beyond what the calendar of the system covers
  return wall_clock::time_point{std::chrono::duration_cast<wall_clock::duration>(seconds{*found})};
}

}  // namespace bight
