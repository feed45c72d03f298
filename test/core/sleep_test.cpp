// sleep, sleep_until, yield.
#include <bight/core/sleep.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::sleep_test {

using namespace std::chrono_literals;

ASYNC_TEST(sleep, waits_exactly_in_virtual_time) {
  const auto start = clock::now();
  co_await sleep(1500ms);
  EXPECT_EQ(clock::now() - start, 1500ms);
  co_await sleep(std::chrono::duration<double>(0.5));
  EXPECT_EQ(clock::now() - start, 2s);
}

ASYNC_TEST(sleep, counts_from_the_moment_it_is_awaited) {
  auto later = sleep(1s);
  co_await sleep(5s);
  const auto start = clock::now();
  co_await later;
  EXPECT_EQ(clock::now() - start, 1s);
}

TEST(sleep, waits_at_least_as_long_in_real_time) {
  const auto start = std::chrono::steady_clock::now();
  run([]() -> awaitable<void> { co_await sleep(5ms); });
  EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
}

ASYNC_TEST(sleep, of_zero_or_less_lets_the_other_ready_tasks_run_once) {
  for (const auto d : {0ms, -5ms, std::chrono::milliseconds::min()}) {
    int turns = 0;
    bool stop = false;
    auto other = spawn([&]() -> awaitable<void> {
      while (!stop) {
        ++turns;
        co_await yield();
      }
    });
    const auto start = clock::now();
    co_await sleep(d);
    EXPECT_EQ(turns, 1);
    co_await sleep(d);
    EXPECT_EQ(turns, 2);
    EXPECT_EQ(clock::now(), start);
    stop = true;
    co_await other;
  }
}

ASYNC_TEST(sleep, until_a_deadline) {
  const auto start = clock::now();
  co_await sleep_until(start + 3s);
  EXPECT_EQ(clock::now() - start, 3s);
}

ASYNC_TEST(sleep, until_a_deadline_in_the_past_is_one_turn) {
  const auto start = clock::now();
  bool other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  co_await sleep_until(start - 1h);
  EXPECT_TRUE(other_ran);
  EXPECT_EQ(clock::now(), start);
  co_await other;
}

ASYNC_TEST(sleep, equal_deadlines_end_in_the_order_in_which_they_began) {
  std::string order;
  std::vector<task<void>> tasks;
  const auto deadline = clock::now() + 1s;
  for (const char name : std::string("abcdefgh")) {
    tasks.push_back(spawn(
        [&](char c) -> awaitable<void> {
          co_await sleep_until(deadline);
          order += c;
        },
        name));
  }
  for (auto& t : tasks) co_await t;
  EXPECT_EQ(order, "abcdefgh");
}

ASYNC_TEST(sleep, deadlines_end_in_the_order_of_time) {
  std::mt19937 random{7};
  std::vector<task<void>> tasks;
  std::vector<clock::duration> ended;
  const auto start = clock::now();
  for (int i = 0; i != 1'000; ++i) {
    const auto d = std::chrono::milliseconds(random() % 500 + 1);
    tasks.push_back(spawn(
        [&](std::chrono::milliseconds wait) -> awaitable<void> {
          co_await sleep(wait);
          EXPECT_EQ(clock::now() - start, wait);
          ended.push_back(wait);
        },
        d));
    if (i % 3 == 0) tasks[random() % tasks.size()].cancel();
  }
  for (auto& t : tasks) co_await t.wait();
  EXPECT_TRUE(std::is_sorted(ended.begin(), ended.end()));
  EXPECT_GT(ended.size(), 500U);
  EXPECT_LT(ended.size(), 1'000U);
}

ASYNC_TEST(sleep, ends_at_once_when_it_is_cancelled) {
  const auto start = clock::now();
  auto t = spawn([]() -> awaitable<void> { co_await sleep(1h); });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(sleep, forever_ends_only_by_cancellation) {
  auto t = spawn([]() -> awaitable<void> { co_await sleep(forever); });
  co_await sleep(24h * 365 * 100);
  EXPECT_FALSE(t.done());
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

TEST(sleep, forever_is_no_deadline_that_virtual_time_could_reach) {
  const auto stuck = []() -> awaitable<void> { co_await sleep(forever); };
  EXPECT_THROW(testing::run_virtual(stuck), deadlock_error);
}

ASYNC_TEST(sleep, that_has_ended_wins_over_the_cancellation_in_the_same_turn) {
  bool slept = false;
  task<void> sleeper = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    slept = true;
  });
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);  // the same instant, later in line: the sleeper is woken, but did not run
    sleeper.cancel();
  });
  co_await canceller;
  co_await sleeper;
  EXPECT_TRUE(slept);
}

ASYNC_TEST(sleep, of_a_duration_that_is_no_number_is_refused) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(static_cast<void>(sleep(std::chrono::duration<double>(nan))), std::invalid_argument);
  co_await yield();
}

ASYNC_TEST(sleep, of_infinity_waits_forever) {
  const std::chrono::duration<double> infinity(std::numeric_limits<double>::infinity());
  auto t = spawn([&]() -> awaitable<void> { co_await sleep(infinity); });
  co_await sleep(24h * 365);
  EXPECT_FALSE(t.done());
  t.cancel();
  co_await t.wait();
}

ASYNC_TEST(yield, alternates_fairly) {
  std::string order;
  auto turns = [&](char name) -> awaitable<void> {
    for (int i = 0; i != 3; ++i) {
      order += name;
      co_await yield();
    }
  };
  auto a = spawn(turns, 'a');
  auto b = spawn(turns, 'b');
  co_await a;
  co_await b;
  EXPECT_EQ(order, "ababab");
}

}  // namespace bight::sleep_test
