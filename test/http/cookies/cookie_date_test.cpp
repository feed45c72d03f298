#include "http/cookies/cookie_date.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace bight::http::cookies::cookie_date_test {

TEST(cookie_date, dates_are_read_as_browsers_do) {
  const auto seconds = [](std::string_view text) {
    const auto time = parse_cookie_date(text);
    return time ? std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count() : -1;
  };
  constexpr auto expected = 784111777;
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "6 november 1994 8:49:37", "1994 6 nov 08:49:37", "06-Nov-1994 08:49:37 GMT+0100",
        "08:49:37foo 06/nov;1994", "Sun, 06 Nov 94 08:49:37"})
    EXPECT_EQ(seconds(text), expected) << text;
  for (const char* text : {"", "Sun, 06 Nov 1994", "06 Nov 1994 25:00:00", "31 Feb 1994 08:49:37",
                           "06 Nov 1600 08:49:37", "006 Nov 1994 08:49:37", "06 Nov 1994 08:49:60",
                           "06 Nov 19945 08:49:37", "06 Nov 1994 008:49:37", "06 XXX 1994 08:49:37"})
    EXPECT_EQ(seconds(text), -1) << text;
  EXPECT_EQ(seconds("01 Jan 69 00:00:00"), 3124224000) << "2069";
  EXPECT_EQ(seconds("01 Jan 70 00:00:00"), 0);
  EXPECT_TRUE(parse_cookie_date("31 Dec 9999 23:59:59"));
  EXPECT_TRUE(parse_cookie_date("01 Jan 1601 00:00:00"));
}

}  // namespace bight::http::cookies::cookie_date_test
