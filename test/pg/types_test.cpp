#include <bight/pg/types.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace bight::pg::types_test {

using namespace std::chrono;

TEST(pg_interval, is_written_as_the_server_does) {
  EXPECT_EQ((interval{}).to_string(), "00:00:00");
  EXPECT_EQ((interval{14, -3, 4h + 5min + 6700ms}).to_string(), "1 year 2 mons -3 days +04:05:06.7");
  EXPECT_EQ((interval{-14, 0, 0us}).to_string(), "-1 years -2 mons");
  EXPECT_EQ((interval{0, 1, -1us}).to_string(), "1 day -00:00:00.000001");
  EXPECT_EQ((interval{0, 0, microseconds::min()}).to_string(), "-2562047788:00:54.775808");
  EXPECT_EQ((interval{1, 0, 0us}), (interval{1, 0, 0us}));
  EXPECT_FALSE((interval{1, 0, 0us} == interval{0, 30, 0us}));
}

TEST(pg_time_of_day, is_written_as_the_server_does) {
  EXPECT_EQ(time_of_day{}.to_string(), "00:00:00");
  EXPECT_EQ(time_of_day{24h}.to_string(), "24:00:00");
  EXPECT_EQ(time_of_day{4h + 5min + 6s + 10us}.to_string(), "04:05:06.00001");
  EXPECT_LT(time_of_day{1h}, time_of_day{2h});
}

TEST(pg_maybe_infinite, infinities_are_beyond_all_values) {
  using date = maybe_infinite<sys_days>;
  const date first{sys_days::min()}, last{sys_days::max()};
  EXPECT_LT(date::minus_infinity(), first);
  EXPECT_LT(first, last);
  EXPECT_LT(last, date::infinity());
  EXPECT_EQ(date::infinity(), date::infinity());
  EXPECT_TRUE(date{}.is_finite());
  EXPECT_EQ(date{sys_days{days{5}}}.value(), sys_days{days{5}});
  EXPECT_FALSE(date::infinity().is_finite());
  EXPECT_TRUE(date::minus_infinity().is_minus_infinity());
}

TEST(pg_inet, is_read_and_written) {
  for (const char* text : {"10.0.0.1", "10.0.0.1/24", "0.0.0.0/0", "2001:db8::1", "2001:db8::/32", "::/0"})
    EXPECT_EQ(inet::parse(text).value().to_string(), text);
  EXPECT_EQ(inet::parse("10.0.0.1/32").value().to_string(), "10.0.0.1");
  EXPECT_EQ(inet{net::ip_address::loopback()}, inet::parse("127.0.0.1").value());
}

TEST(pg_inet, anything_else_is_refused) {
  for (const char* text : {"", "/", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/+1", "10.0.0.1/1x",
                           "10.0.0/8", "::1/129", "::1/256", "fe80::1%2", "10.0.0.1/ 8", "host"})
    EXPECT_FALSE(inet::parse(text)) << text;
}

TEST(pg_cidr, has_no_bits_behind_its_prefix) {
  for (const char* text : {"10.0.0.0/8", "10.128.0.0/9", "10.0.0.1/32", "2001:db8::/32", "::/0", "8000::/1"})
    EXPECT_EQ(cidr::parse(text).value().to_string(), text);
  EXPECT_EQ(cidr::parse("10.0.0.1").value().to_string(), "10.0.0.1/32");
  for (const char* text : {"10.0.0.1/8", "10.128.0.0/8", "2001:db8::1/32", "8000::/0", "10.0.0.1/31"})
    EXPECT_FALSE(cidr::parse(text)) << text;
}

TEST(pg_macaddr, is_written_as_the_server_does) {
  EXPECT_EQ((macaddr{{8, 0, 0x2b, 1, 2, 0xff}}).to_string(), "08:00:2b:01:02:ff");
  EXPECT_EQ((macaddr8{{8, 0, 0x2b, 1, 2, 3, 4, 5}}).to_string(), "08:00:2b:01:02:03:04:05");
}

}  // namespace bight::pg::types_test
