// The clock: real, virtual, and durations that do not fit.
#include <bight/core/clock.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/testing/async_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <ratio>
#include <string>
#include <vector>

namespace bight::clock_test {

using namespace std::chrono_literals;
using detail::deadline_after;
using detail::to_duration;

static_assert(clock::is_steady);
static_assert(std::is_same_v<clock::duration, std::chrono::nanoseconds>);

using years = std::chrono::duration<long long, std::ratio<31'556'952>>;

TEST(clock, outside_of_a_loop_is_the_steady_clock) {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const auto now = clock::now().time_since_epoch();
  const auto after = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(clock, in_a_real_loop_is_the_steady_clock) {
  run([]() -> awaitable<void> {
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    co_await sleep(1ms);
    const auto now = clock::now().time_since_epoch();
    EXPECT_GE(now - before, 1ms);
    EXPECT_LE(now, std::chrono::steady_clock::now().time_since_epoch());
  });
}

ASYNC_TEST(clock, in_virtual_time_stands_still_while_a_task_runs) {
  const auto start = clock::now();
  const auto real = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - real < 2ms) co_await yield();
  EXPECT_EQ(clock::now(), start);
}

ASYNC_TEST(clock, in_virtual_time_jumps_to_exactly_the_deadline) {
  const auto start = clock::now();
  co_await sleep(24h * 365);
  EXPECT_EQ(clock::now() - start, 24h * 365);
  co_await sleep(1ns);
  EXPECT_EQ(clock::now() - start, 24h * 365 + 1ns);
}

TEST(clock, every_virtual_run_has_its_own_time) {
  const auto ends_at = [](std::chrono::seconds d) {
    return testing::run_virtual([d]() -> awaitable<clock::time_point> {
      co_await sleep(d);
      co_return clock::now();
    });
  };
  EXPECT_EQ(ends_at(1s), ends_at(1s));
  EXPECT_EQ(ends_at(5s) - ends_at(1s), 4s);
}

TEST(clock, durations_convert_exactly_where_they_fit) {
  EXPECT_EQ(to_duration(3s), clock::duration{3s});
  EXPECT_EQ(to_duration(-3ms), clock::duration{-3ms});
  EXPECT_EQ(to_duration(7ns), 7ns);
  EXPECT_EQ(to_duration(2h), clock::duration{2h});
  EXPECT_EQ(to_duration(std::chrono::duration<double>(0.25)), clock::duration{250ms});
  EXPECT_EQ(to_duration(std::chrono::duration<float, std::milli>(1.5F)), clock::duration{1500us});
}

TEST(clock, durations_that_do_not_fit_saturate) {
  EXPECT_EQ(to_duration(years(1'000)), forever);
  EXPECT_EQ(to_duration(years(-1'000)), clock::duration::min());
  EXPECT_EQ(to_duration(std::chrono::seconds::max()), forever);
  EXPECT_EQ(to_duration(std::chrono::seconds::min()), clock::duration::min());
  EXPECT_EQ(to_duration(std::chrono::milliseconds::max()), forever);
  EXPECT_EQ(to_duration(std::chrono::hours::max()), forever);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_duration(std::chrono::duration<double>(infinity)), forever);
  EXPECT_EQ(to_duration(std::chrono::duration<double>(-infinity)), clock::duration::min());
}

TEST(clock, a_duration_that_is_no_number_is_refused) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(to_duration(std::chrono::duration<double>(nan)), std::invalid_argument);
}

TEST(clock, deadlines_do_not_overflow) {
  const clock::time_point late = clock::time_point::max() - 1s;
  EXPECT_EQ(deadline_after(late, 2s), clock::time_point::max());
  EXPECT_EQ(deadline_after(late, forever), clock::time_point::max());
  EXPECT_EQ(deadline_after(clock::time_point{}, 2s), clock::time_point{2s});
}

TEST(clock, is_that_of_the_thread_that_asks) {
  testing::run_virtual([]() -> awaitable<void> {
    co_await sleep(1h);
    const auto there = co_await to_thread([] { return clock::now(); });
    EXPECT_LE(there.time_since_epoch(), std::chrono::steady_clock::now().time_since_epoch());
  });
}

TEST(wall_clock, is_the_system_clock) {
  const auto before = std::chrono::system_clock::now();
  const auto outside = wall_clock::now();
  wall_clock::time_point inside;
  run([&]() -> awaitable<void> {
    inside = wall_clock::now();
    co_return;
  });
  EXPECT_LE(before, outside);
  EXPECT_LE(outside, inside);
  EXPECT_LE(inside, std::chrono::system_clock::now());
}

ASYNC_TEST(wall_clock, follows_virtual_time) {
  const auto start = wall_clock::now();
  EXPECT_LT(std::chrono::system_clock::now() - start, 1h);
  co_await sleep(24h * 365);
  EXPECT_EQ(wall_clock::now() - start, 24h * 365);
  EXPECT_EQ(wall_clock::now(), wall_clock::now());
}

// What the library knows of dates follows virtual time, too.
TEST(wall_clock, is_the_only_one_that_the_library_reads) {
  namespace fs = std::filesystem;
  std::vector<std::string> others;
  for (const auto* folder : {"src", "include"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path{BIGHT_SOURCE_DIR} / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ifstream in{entry.path()};
      const std::string text{std::istreambuf_iterator<char>{in}, {}};
      for (const auto* call : {"system_clock::now", "::time(nullptr)", "gettimeofday(", "CLOCK_REALTIME"})
        if (text.find(call) != text.npos) others.push_back(entry.path().filename().string());
    }
  }
  std::sort(others.begin(), others.end());
  EXPECT_THAT(others, ::testing::ElementsAre("timers.cpp"));
}

}  // namespace bight::clock_test
