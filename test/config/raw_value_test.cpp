// Conversions of values.
#include <bight/config/detail/raw_value.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bight::raw_value_test {

using config::detail::bad_value;
using config::detail::raw_value;
using namespace config::detail;

raw_value text(const std::string& s) {
  raw_value v;
  v.string = s;
  return v;
}
raw_value integer(std::int64_t n) {
  raw_value v;
  v.type = raw_value::kind::integer;
  v.integer = n;
  return v;
}

TEST(config_value, integers_have_limits) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(to_integer(text(" -5 "), -10, 10), -5);
  EXPECT_EQ(static_cast<std::uint64_t>(to_integer(text("18446744073709551615"), 0, most)), most);
  EXPECT_EQ(to_integer(text("-9223372036854775808"), std::numeric_limits<std::int64_t>::min(), most),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(to_integer(integer(255), 0, 255), 255);
  for (const auto* wrong :
       {"256", "-1", "18446744073709551615", "18446744073709551616", "1.5", "0x10", "", "1 2", "+1"})
    EXPECT_THROW(to_integer(text(wrong), 0, 255), bad_value) << wrong;
  EXPECT_THROW(to_integer(integer(-1), 0, most), bad_value);
}

TEST(config_value, durations_need_units) {
  EXPECT_EQ(to_nanoseconds(text("500ms")), 500'000'000);
  EXPECT_EQ(to_nanoseconds(text("1h 30min")), 5'400'000'000'000);
  EXPECT_EQ(to_nanoseconds(text("1h30min")), 5'400'000'000'000);
  EXPECT_EQ(to_nanoseconds(text(" 1.5 s ")), 1'500'000'000);
  EXPECT_EQ(to_nanoseconds(text("2d")), 172'800'000'000'000);
  EXPECT_EQ(to_nanoseconds(text("7us 3ns")), 7003);
  EXPECT_EQ(to_nanoseconds(text("0s")), 0);
  for (const auto* wrong : {"", "5", "5 parsecs", "s", "5m", "1e9h", "99999999999h", "100000d 100000d",
                            "-100000d -100000d", "5s x", "inf s", "nan s", "nans"})
    EXPECT_THROW(to_nanoseconds(text(wrong)), bad_value) << wrong;
  EXPECT_THROW(to_nanoseconds(integer(5)), bad_value);
}

TEST(config_value, what_is_no_list_is_not_quoted) {
  raw_value v;
  v.type = raw_value::kind::string;
  v.string = "hunter2";
  try {
    static_cast<void>(to_items(v));
    ADD_FAILURE();
  } catch (const bad_value& e) { EXPECT_STREQ(e.what(), "it is not a list"); }
}

TEST(config_value, is_shown_as_toml) {
  EXPECT_EQ(show_nanoseconds(5'400'000'000'000), "\"90min\"");
  EXPECT_EQ(show_nanoseconds(-1'500'000'000), "\"-1500ms\"");
  EXPECT_EQ(show_nanoseconds(0), "\"0s\"");
  EXPECT_EQ(show_floating(1), "1.0");
  EXPECT_EQ(show_floating(0.1), "0.1");
  EXPECT_EQ(show_floating(1e300), "1e+300");
  EXPECT_EQ(show_string("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000A\\u007F\"");
}

TEST(config_value, booleans_have_words) {
  for (const auto* yes : {"true", "yes", "on", "1"}) EXPECT_TRUE(to_boolean(text(yes)));
  for (const auto* no : {"false", "no", "off", "0"}) EXPECT_FALSE(to_boolean(text(no)));
  EXPECT_THROW(to_boolean(text("maybe")), bad_value);
  EXPECT_THROW(to_boolean(integer(1)), bad_value);
}

}  // namespace bight::raw_value_test
