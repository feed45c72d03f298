#include <bight/pg/codec.hpp>

namespace bight::pg {
namespace detail {

void fail_infinite(value_reader& in) { in.fail("infinity, which only a pg::maybe_infinite holds"); }
void fail_time_range(value_reader& in) { in.fail("outside of what the type of the result can hold"); }
void fail_time_range(value_writer& out) {
  out.fail("a time that " + std::string{out.type().name()} + " cannot hold");
}
void fail_fixed_length(value_reader& in) {
  in.fail("an interval of months or days, which have no fixed length; read it as pg::interval");
}

}  // namespace detail

namespace {

constexpr std::chrono::microseconds whole_day = std::chrono::hours{24};

bool is_time_of_day(std::chrono::microseconds t) noexcept { return t.count() >= 0 && t <= whole_day; }

}  // namespace

void codec<std::chrono::year_month_day>::encode(const std::chrono::year_month_day& value, value_writer& out) {
  if (!value.ok()) return out.fail("not a date of the calendar");
  codec<std::chrono::sys_days>::encode(value, out);
}

std::chrono::year_month_day codec<std::chrono::year_month_day>::decode(value_reader& in) {
  using namespace std::chrono;
  constexpr auto first = sys_days(year::min() / January / 1), last = sys_days(year::max() / December / 31);
  const auto days = codec<sys_days>::decode(in);
  if (days >= first && days <= last) return days;
  detail::fail_time_range(in);
  return {};
}

void codec<time_of_day>::encode(time_of_day value, value_writer& out) {
  if (!is_time_of_day(value.since_midnight)) detail::fail_time_range(out);
  out.put<std::int64_t>(value.since_midnight.count());
}

time_of_day codec<time_of_day>::decode(value_reader& in) {
  const time_of_day value{std::chrono::microseconds{in.take<std::int64_t>()}};
  if (!is_time_of_day(value.since_midnight)) in.fail("malformed time: not within a day");
  return value;
}

void codec<interval>::encode(const interval& value, value_writer& out) {
  out.put<std::int64_t>(value.time.count());
  out.put(value.days);
  out.put(value.months);
}

interval codec<interval>::decode(value_reader& in) {
  interval value;
  value.time = std::chrono::microseconds{in.take<std::int64_t>()};
  value.days = in.take<std::int32_t>();
  value.months = in.take<std::int32_t>();
  return value;
}

}  // namespace bight::pg
