// cron_schedule: expressions, and days on which the clocks change.
#include <bight/service/cron_schedule.hpp>

#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bight::cron_schedule_test {

using ::testing::ElementsAre;

// "2024-02-29 12:30", in UTC.
wall_clock::time_point utc(const std::string& text) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%d %d:%d", &y, &mo, &d, &h, &mi) != 5)
    throw std::invalid_argument(text);
  const std::chrono::sys_days day{std::chrono::year{y} / mo / d};
  return day + std::chrono::hours{h} + std::chrono::minutes{mi};
}
std::string show(wall_clock::time_point t) {
  const auto seconds = std::chrono::system_clock::to_time_t(t);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%F %H:%M", &parts);
  return text;
}
std::vector<std::string> after(const std::string& from, const std::string& expression, std::size_t count,
                               time_zone zone = time_zone::utc) {
  const cron_schedule times{expression, zone};
  std::vector<std::string> all;
  auto t = utc(from);
  for (std::size_t i = 0; i != count; ++i) {
    t = times.next(t);
    all.push_back(show(t));
  }
  return all;
}

TEST(cron_schedule, understands_all_kinds_of_fields) {
  EXPECT_THAT(after("2024-02-28 23:58", "* * * * *", 3),
              ElementsAre("2024-02-28 23:59", "2024-02-29 00:00", "2024-02-29 00:01"));
  EXPECT_THAT(after("2024-01-01 10:20", "*/20 * * * *", 3),
              ElementsAre("2024-01-01 10:40", "2024-01-01 11:00", "2024-01-01 11:20"));
  EXPECT_THAT(after("2024-01-01 17:50", "5,50 8-18/5 * * *", 3),
              ElementsAre("2024-01-01 18:05", "2024-01-01 18:50", "2024-01-02 08:05"));
  EXPECT_THAT(after("2024-01-01 00:00", "30/15 4 * * *", 3),
              ElementsAre("2024-01-01 04:30", "2024-01-01 04:45", "2024-01-02 04:30"));
  EXPECT_THAT(after("2024-11-30 00:00", "0 0 1 jan,MAR *", 3),
              ElementsAre("2025-01-01 00:00", "2025-03-01 00:00", "2026-01-01 00:00"));
  EXPECT_THAT(after("2024-01-05 12:00", "30 6 * * MON-FRI", 2),  // a Friday
              ElementsAre("2024-01-08 06:30", "2024-01-09 06:30"));
  EXPECT_THAT(after("2024-01-01 00:00", "\t0  0 29 2\t* ", 2),
              ElementsAre("2024-02-29 00:00", "2028-02-29 00:00"));
  EXPECT_THAT(after("2096-03-01 00:00", "0 0 29 2 *", 1), ElementsAre("2104-02-29 00:00"));
  EXPECT_THAT(after("2033-01-01 00:00", "0 0 29 2 */7", 3),  // on a Sunday
              ElementsAre("2060-02-29 00:00", "2088-02-29 00:00", "2128-02-29 00:00"));
}

TEST(cron_schedule, sunday_is_0_and_7) {
  for (const std::string day : {"0", "7", "sun", "SUN", "7-7", "0,7"})
    EXPECT_THAT(after("2024-01-01 00:00", "0 0 * * " + day, 2),
                ElementsAre("2024-01-07 00:00", "2024-01-14 00:00"))
        << day;
  for (const std::string day : {"5-7", "FRI-SUN", "5-0"})
    EXPECT_THAT(after("2024-01-01 00:00", "0 0 * * " + day, 4),
                ElementsAre("2024-01-05 00:00", "2024-01-06 00:00", "2024-01-07 00:00", "2024-01-12 00:00"))
        << day;
}

TEST(cron_schedule, either_day_suffices_if_both_are_restricted) {
  EXPECT_THAT(after("2024-01-01 12:00", "0 0 13 * FRI", 4),
              ElementsAre("2024-01-05 00:00", "2024-01-12 00:00", "2024-01-13 00:00", "2024-01-19 00:00"));
  // A step of all days does not restrict: both must match.
  EXPECT_THAT(after("2024-01-01 12:00", "0 0 */2 * FRI", 2),
              ElementsAre("2024-01-05 00:00", "2024-01-19 00:00"));
}

TEST(cron_schedule, knows_the_usual_expressions_by_name) {
  EXPECT_THAT(after("2024-01-01 10:20", "@hourly", 1), ElementsAre("2024-01-01 11:00"));
  EXPECT_THAT(after("2024-01-01 10:20", "@daily", 1), ElementsAre("2024-01-02 00:00"));
  EXPECT_THAT(after("2024-01-01 10:20", "@weekly", 1), ElementsAre("2024-01-07 00:00"));
  EXPECT_THAT(after("2024-01-01 10:20", "@monthly", 1), ElementsAre("2024-02-01 00:00"));
  EXPECT_THAT(after("2024-01-01 10:20", "@yearly", 1), ElementsAre("2025-01-01 00:00"));
}

TEST(cron_schedule, says_what_is_wrong) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "it has 0 fields instead of 5"},
      {"* * * *", "it has 4 fields instead of 5"},
      {"* * * * * *", "it has 6 fields instead of 5"},
      {"60 * * * *", "minute: 60 is not within 0-59"},
      {"* 24 * * *", "hour: 24 is not within 0-23"},
      {"* * 0 * *", "day of the month: 0 is not within 1-31"},
      {"* * * 13 *", "month: 13 is not within 1-12"},
      {"* * * * 8", "day of the week: 8 is not within 0-7"},
      {"* * * foo *", "month: 'foo' is no value"},
      {"1, * * * *", "minute: '' is no value"},
      {"-1 * * * *", "minute: '' is no value"},
      {"9-5 * * * *", "minute: the range 9-5 is empty"},
      {"*/0 * * * *", "minute: a step of 0"},
      {"*/x * * * *", "minute: 'x' is no value"},
      {"99999999999 * * * *", "minute: '99999999999' is no value"},
      {"0 0 31 FEB,APR *", "there is no such day"},
      {"@often", "it has 1 fields instead of 5"},
  };
  for (const auto& [expression, what] : rows) {
    std::string said;
    try {
      const cron_schedule times{expression};
    } catch (const std::invalid_argument& e) { said = e.what(); }
    EXPECT_EQ(said, "bight: cron '" + expression + "': " + what);
  }
}

// The process's zone: central Europe, as a rule that needs no files.
class in_zone : public ::testing::Test {
 protected:
  void SetUp() override { set("CET-1CEST,M3.5.0,M10.5.0/3"); }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void set(const char* rule) {
    ::setenv("TZ", rule, 1);
    ::tzset();
  }
};

using cron_schedule_zone = in_zone;

// 31 March 2024: 02:00 becomes 03:00 at 01:00 UTC. 27 October: 03:00 becomes 02:00 at 01:00 UTC.
TEST_F(cron_schedule_zone, follows_the_zone_of_the_process) {
  EXPECT_THAT(after("2024-03-30 12:00", "0 6 * * *", 3, time_zone::local),
              ElementsAre("2024-03-31 04:00", "2024-04-01 04:00", "2024-04-02 04:00"));
  EXPECT_THAT(after("2024-10-26 12:00", "0 6 * * *", 2, time_zone::local),
              ElementsAre("2024-10-27 05:00", "2024-10-28 05:00"));
}

TEST_F(cron_schedule_zone, what_is_due_in_the_skipped_hour_is_due_once_at_its_end) {
  EXPECT_THAT(after("2024-03-30 12:00", "30 2 * * *", 2, time_zone::local),
              ElementsAre("2024-03-31 01:00", "2024-04-01 00:30"));
  EXPECT_THAT(after("2024-03-31 00:00", "*/10 2 * * *", 3, time_zone::local),
              ElementsAre("2024-03-31 01:00", "2024-04-01 00:00", "2024-04-01 00:10"));
  EXPECT_THAT(after("2024-03-31 00:40", "0,30 1-3 * * *", 4, time_zone::local),
              ElementsAre("2024-03-31 01:00", "2024-03-31 01:30", "2024-03-31 23:00", "2024-03-31 23:30"));
}

TEST_F(cron_schedule_zone, what_is_due_in_the_repeated_hour_is_due_once) {
  EXPECT_THAT(after("2024-10-26 12:00", "30 2 * * *", 2, time_zone::local),
              ElementsAre("2024-10-27 00:30", "2024-10-28 01:30"));
  EXPECT_THAT(after("2024-10-27 00:30", "30 2 * * *", 1, time_zone::local), ElementsAre("2024-10-28 01:30"));
  EXPECT_THAT(after("2024-10-27 01:10", "30 2 * * *", 1, time_zone::local), ElementsAre("2024-10-28 01:30"));
  EXPECT_THAT(after("2024-10-26 23:50", "0,30 2,3 * * *", 4, time_zone::local),
              ElementsAre("2024-10-27 00:00", "2024-10-27 00:30", "2024-10-27 02:00", "2024-10-27 02:30"));
  // Also where every minute of a fixed hour is due, and for every second hour.
  EXPECT_THAT(after("2024-10-27 00:57", "* 2 * * *", 3, time_zone::local),
              ElementsAre("2024-10-27 00:58", "2024-10-27 00:59", "2024-10-28 01:00"));
  EXPECT_THAT(after("2024-10-26 23:00", "0 */2 * * *", 2, time_zone::local),
              ElementsAre("2024-10-27 00:00", "2024-10-27 03:00"));
}

TEST_F(cron_schedule_zone, an_expression_for_every_hour_follows_the_time_that_passes) {
  EXPECT_THAT(after("2024-10-26 23:30", "0 * * * *", 4, time_zone::local),
              ElementsAre("2024-10-27 00:00", "2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 03:00"));
  EXPECT_THAT(after("2024-03-31 00:20", "30 * * * *", 2, time_zone::local),
              ElementsAre("2024-03-31 00:30", "2024-03-31 01:30"));
  EXPECT_THAT(after("2024-10-27 00:40", "*/15 * * * *", 3, time_zone::local),
              ElementsAre("2024-10-27 00:45", "2024-10-27 01:00", "2024-10-27 01:15"));
}

TEST_F(cron_schedule_zone, clocks_may_change_at_midnight_and_by_half_an_hour) {
  set("<-03>3<-02>,M11.1.0/0,M2.3.0/0");  // as Brazil did: 00:00 becomes 01:00, and 00:00 becomes 23:00
  EXPECT_THAT(after("2024-11-02 12:00", "30 0 * * *", 2, time_zone::local),
              ElementsAre("2024-11-03 03:00", "2024-11-04 02:30"));
  EXPECT_THAT(after("2024-02-17 12:00", "30 23 * * *", 2, time_zone::local),
              ElementsAre("2024-02-18 01:30", "2024-02-19 02:30"));
  set("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");  // Lord Howe Island
  EXPECT_THAT(after("2024-10-05 00:00", "15 2 * * *", 2, time_zone::local),
              ElementsAre("2024-10-05 15:30", "2024-10-06 15:15"));
}

// A field of an expression, and what it means.
struct choice {
  const char* text;
  bool (*matches)(int);
};

TEST(cron_schedule, agrees_with_a_search_minute_by_minute) {
  const std::vector<choice> minutes{{"0", [](int i) { return i == 0; }},
                                    {"*/7", [](int i) { return i % 7 == 0; }},
                                    {"5,55", [](int i) { return i == 5 || i == 55; }}};
  const std::vector<choice> hours{{"*", [](int) { return true; }},
                                  {"3", [](int i) { return i == 3; }},
                                  {"22-23", [](int i) { return i >= 22; }}};
  const std::vector<choice> days{{"*", [](int) { return true; }},
                                 {"1", [](int i) { return i == 1; }},
                                 {"*/9", [](int i) { return i % 9 == 1; }},
                                 {"28-31", [](int i) { return i >= 28; }}};
  const std::vector<choice> weekdays{{"*", [](int) { return true; }},
                                     {"0", [](int i) { return i == 0; }},
                                     {"1-5", [](int i) { return i >= 1 && i <= 5; }}};
  std::mt19937 random{16};
  const auto pick = [&](const std::vector<choice>& all) { return all[random() % all.size()]; };
  for (int round = 0; round != 60; ++round) {
    const auto minute = pick(minutes);
    const auto hour = pick(hours);
    const auto day = pick(days);
    const auto weekday = pick(weekdays);
    const std::string expression =
        std::string{minute.text} + ' ' + hour.text + ' ' + day.text + " * " + weekday.text;
    const bool either = day.text[0] != '*' && weekday.text[0] != '*';
    const auto matches = [&](wall_clock::time_point t) {
      const auto seconds = std::chrono::system_clock::to_time_t(t);
      tm parts{};
      ::gmtime_r(&seconds, &parts);
      const bool by_day = day.matches(parts.tm_mday);
      const bool by_weekday = weekday.matches(parts.tm_wday);
      return minute.matches(parts.tm_min) && hour.matches(parts.tm_hour) &&
             (either ? by_day || by_weekday : by_day && by_weekday);
    };
    const cron_schedule times{expression};
    const auto from = utc("2024-01-01 00:00") + std::chrono::minutes{random() % (366 * 24 * 60)};
    auto expected = from + std::chrono::minutes{1};
    while (!matches(expected)) expected += std::chrono::minutes{1};
    EXPECT_EQ(show(times.next(from)), show(expected)) << expression << " after " << show(from);
  }
}

}  // namespace bight::cron_schedule_test
