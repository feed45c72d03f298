// race: one decides, all end.
#include <bight/core/race.hpp>

#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::race_test {

using namespace std::chrono_literals;

template <class T>
awaitable<T> after(clock::duration d, T value) {
  co_await sleep(d);
  co_return value;
}
awaitable<int> fail_after(clock::duration d) {
  co_await sleep(d);
  throw std::runtime_error("lost");
}

ASYNC_TEST(race, the_first_result_counts_and_the_others_end) {
  const auto start = clock::now();
  bool ended = false;
  const auto slow = [&]() -> awaitable<std::string> {
    try {
      co_await sleep(1h);
    } catch (...) {
      ended = true;
      throw;
    }
    co_return "slow";
  };
  auto first = co_await race(slow(), after(2s, 7));
  CO_ASSERT_EQ(first.index(), 1U);
  EXPECT_EQ(std::get<1>(first), 7);
  EXPECT_TRUE(ended);
  EXPECT_EQ(clock::now() - start, 2s);
}

ASYNC_TEST(race, the_first_error_counts_too) {
  std::string what;
  try {
    co_await race(after(2s, 7), fail_after(1s));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "lost");
}

ASYNC_TEST(race, an_error_after_the_end_is_dropped) {
  const auto stubborn = []() -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    throw std::runtime_error("late");
  };
  const auto first = co_await race(stubborn(), after(1s, 1));
  EXPECT_EQ(first.index(), 1U);
}

ASYNC_TEST(race, takes_primitives_and_void) {
  event e;
  const auto first = co_await race(e.wait(), sleep(1s));
  EXPECT_EQ(first.index(), 1U);
}

ASYNC_TEST(race, of_a_range_gives_the_result) {
  std::vector<awaitable<int>> work;
  for (int i = 5; i != 0; --i) work.push_back(after(i * 1s, i));
  const int first = co_await race(std::move(work));
  EXPECT_EQ(first, 1);
  bool refused = false;
  try {
    std::vector<awaitable<int>> none;
    co_await race(std::move(none));
  } catch (const std::invalid_argument&) { refused = true; }
  EXPECT_TRUE(refused);
}

ASYNC_TEST(race, a_cancellation_ends_all) {
  auto t = spawn([]() -> awaitable<void> { co_await race(after(1h, 1), after(2h, 2)); });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(race, a_timeout_around_it_ends_all) {
  bool expired = false;
  try {
    co_await wait_for(race(after(1h, 1), after(2h, 2)), 3s);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
}

ASYNC_TEST(race, a_result_that_came_before_the_cancellation_is_delivered) {
  event go;
  int got = 0;
  bool struck = false;
  const auto loser = []() -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_await yield();  // takes its time
    co_return 0;
  };
  const auto winner = [&]() -> awaitable<int> {
    co_await go.wait();
    co_return 1;
  };
  auto t = spawn([&]() -> awaitable<void> {
    auto first = co_await race(loser(), winner());
    got = std::get<1>(first);
    try {
      co_await sleep(1s);
    } catch (const cancelled_error&) {
      struck = true;
      throw;
    }
  });
  co_await yield();
  go.set();
  co_await yield();  // the winner has ended, the loser has not
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 1);
  EXPECT_TRUE(struck);
}

}  // namespace bight::race_test
