#include <bight/http/date.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace bight::http::date_test {

using namespace std::chrono;

constexpr sys_seconds at(int y, unsigned m, unsigned d, int hour = 0, int minute = 0, int second = 0) {
  return sys_days(year(y) / month(m) / day(d)) + hours(hour) + minutes(minute) + seconds(second);
}
constexpr sys_seconds now = at(2024, 6, 15, 12);
constexpr sys_seconds example = at(1994, 11, 6, 8, 49, 37);

TEST(http_date, is_written_as_imf_fixdate) {
  EXPECT_EQ(format_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(at(2024, 2, 29, 23, 59, 59)), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(format_date(at(1969, 12, 31, 23, 59, 59)), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(http_date, all_three_formats_are_read) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", now), at(1994, 11, 16, 8, 49, 37));
  EXPECT_EQ(parse_date(" sun, 06 nov 1994 08:49:37 gmt ", now), example);
}

TEST(http_date, what_was_written_is_read) {
  for (sys_seconds time = at(1971, 1, 1); time < at(2099, 1, 1); time += hours(24 * 97) + seconds(4321))
    EXPECT_EQ(parse_date(format_date(time), now), time);
}

TEST(http_date, two_digit_years_are_at_most_50_years_ahead) {
  EXPECT_EQ(parse_date("Friday, 15-Jun-74 12:00:00 GMT", now), at(2074, 6, 15, 12));
  EXPECT_EQ(parse_date("Friday, 15-Jun-74 12:00:01 GMT", now), at(1974, 6, 15, 12, 0, 1));
  EXPECT_EQ(parse_date("Friday, 01-Jan-99 00:00:00 GMT", now), at(1999, 1, 1));
  EXPECT_EQ(parse_date("Friday, 01-Jan-24 00:00:00 GMT", now), at(2024, 1, 1));
  EXPECT_EQ(parse_date("Friday, 01-Jan-10 00:00:00 GMT", at(2080, 1, 1)), at(2110, 1, 1));
  EXPECT_EQ(parse_date("Friday, 29-Feb-24 00:00:00 GMT", at(2024, 2, 29)), at(2024, 2, 29));
}

TEST(http_date, a_leap_second_is_the_second_before) {
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now), at(2016, 12, 31, 23, 59, 59));
}

TEST(http_date, anything_else_is_refused) {
  for (const char* text :
       {"", "0", "-1", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x", "1994-11-06T08:49:37Z",
        "Sun Nov 6 08:49:37 1994", "Sunday, 06-Nov-1994 08:49:37 GMT"})
    EXPECT_EQ(parse_date(text, now), std::nullopt) << text;
}

TEST(http_date, the_cache_formats_once_per_second) {
  date_cache cache;
  const std::string_view first = cache.at(example);
  EXPECT_EQ(first, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.at(example).data(), first.data());
  EXPECT_EQ(cache.at(example + seconds(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace bight::http::date_test
