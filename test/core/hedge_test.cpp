// hedge: the first answer wins, and no attempt is left behind.
#include <bight/core/hedge.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::hedge_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Attempts that take what the plan says; a negative time means failure after it.
class planned {
 public:
  explicit planned(std::vector<clock::duration> plan) : plan_(std::move(plan)) {}
  awaitable<int> operator()() {
    const auto id = starts.size();
    starts.push_back(clock::now());
    const auto takes = plan_.at(id);
    ++running;
    try {
      co_await sleep(std::max(takes, -takes));
    } catch (const cancelled_error&) {
      --running;
      ++cancelled;
      throw;
    }
    --running;
    if (takes < 0s) throw std::runtime_error("attempt " + std::to_string(id + 1));
    co_return static_cast<int>(id + 1);
  }
  std::vector<clock::time_point> starts;
  int running = 0;
  int cancelled = 0;

 private:
  std::vector<clock::duration> plan_;
};

ASYNC_TEST(hedge, a_quick_answer_starts_no_other_attempt) {
  planned f({50ms});
  const auto start = clock::now();
  const int id = co_await hedge(100ms, 3, std::ref(f));
  EXPECT_EQ(id, 1);
  EXPECT_EQ(clock::now() - start, 50ms);
  co_await sleep(1h);
  EXPECT_EQ(f.starts.size(), 1U);
}

ASYNC_TEST(hedge, a_slow_answer_starts_another_and_the_first_to_succeed_wins) {
  planned f({1h, 20ms});
  const auto start = clock::now();
  const int id = co_await hedge(100ms, 2, std::ref(f));
  EXPECT_EQ(id, 2);
  EXPECT_THAT(f.starts, ElementsAre(start, start + 100ms));
  EXPECT_EQ(clock::now() - start, 120ms);
  EXPECT_EQ(f.cancelled, 1);
  EXPECT_EQ(f.running, 0);
  planned g({150ms, 1h});
  const int other = co_await hedge(100ms, 2, std::ref(g));
  EXPECT_EQ(other, 1);
  EXPECT_EQ(g.cancelled, 1);
}

ASYNC_TEST(hedge, starts_one_attempt_after_each_delay_up_to_the_limit) {
  planned f({1h, 1h, 1min, 1h});
  const auto start = clock::now();
  const int id = co_await hedge(1s, 3, std::ref(f));
  EXPECT_EQ(id, 3);
  EXPECT_THAT(f.starts, ElementsAre(start, start + 1s, start + 2s));
  EXPECT_EQ(f.cancelled, 2);
}

ASYNC_TEST(hedge, without_a_delay_starts_all_at_once) {
  planned f({3s, 1s, 2s});
  const auto start = clock::now();
  const int id = co_await hedge(0s, 3, std::ref(f));
  EXPECT_EQ(id, 2);
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(hedge, takes_results_of_every_kind) {
  int x = 0;
  int& ref = co_await hedge(1s, 2, [&]() -> awaitable<int&> { co_return x; });
  EXPECT_EQ(&ref, &x);
  auto p = co_await hedge(1s, 2, []() -> awaitable<std::unique_ptr<int>> {
    co_await sleep(2s);
    co_return std::make_unique<int>(3);
  });
  EXPECT_EQ(*p, 3);
  co_await hedge(1s, 2, [] { return sleep(3s); });
}

ASYNC_TEST(hedge, waits_for_the_losers) {
  const auto start = clock::now();
  bool cleaned_up = false;
  int calls = 0;
  const int value = co_await hedge(1s, 2, [&]() -> awaitable<int> {
    if (++calls == 2) co_return 2;
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_await sleep(5s);
    cleaned_up = true;
    co_return 1;
  });
  EXPECT_EQ(value, 2);
  EXPECT_TRUE(cleaned_up);
  EXPECT_EQ(clock::now() - start, 6s);
}

ASYNC_TEST(hedge, a_failure_leaves_the_others_running) {
  planned f({-150ms, 200ms});
  const int id = co_await hedge(100ms, 2, std::ref(f));
  EXPECT_EQ(id, 2);
}

ASYNC_TEST(hedge, when_all_fail_throws_the_first_error) {
  planned f({-150ms, -20ms});
  const auto start = clock::now();
  std::string what;
  try {
    (void)co_await hedge(100ms, 2, std::ref(f));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "attempt 2");
  EXPECT_EQ(clock::now() - start, 150ms);
}

ASYNC_TEST(hedge, is_against_slowness_not_against_errors) {
  planned f({-10ms, 10ms});
  std::string what;
  const auto start = clock::now();
  try {
    (void)co_await hedge(100ms, 2, std::ref(f));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "attempt 1");
  EXPECT_EQ(f.starts.size(), 1U);
  EXPECT_EQ(clock::now() - start, 10ms);
  try {
    (void)co_await hedge(1s, 2, []() -> awaitable<int> { throw std::runtime_error("at once"); });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "at once");
}

ASYNC_TEST(hedge, refuses_what_makes_no_sense) {
  planned f({1s});
  EXPECT_THROW((void)hedge(1s, 0, std::ref(f)), std::invalid_argument);
  const std::chrono::duration<double> nan(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW((void)hedge(nan, 2, std::ref(f)), std::invalid_argument);
  co_return;
}

ASYNC_TEST(hedge, cancelled_cancels_every_attempt_and_waits) {
  planned f({1h, 1h, 1h});
  auto t = spawn([&]() -> awaitable<void> { (void)co_await hedge(1s, 3, std::ref(f)); });
  co_await sleep(1500ms);
  EXPECT_EQ(f.running, 2);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(f.running, 0);
  EXPECT_EQ(f.cancelled, 2);
}

ASYNC_TEST(hedge, a_result_in_spite_of_the_cancellation_is_returned_and_the_request_stays) {
  int value = 0;
  auto t = spawn([&]() -> awaitable<void> {
    value = co_await hedge(1s, 2, []() -> awaitable<int> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {}
      co_return 5;
    });
    co_await sleep(1s);
    value = -1;
  });
  co_await sleep(1500ms);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(value, 5);
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(hedge, cancelled_after_any_number_of_turns_loses_no_result) {
  for (int turns = 0; turns != 20; ++turns) {
    int running = 0;
    int answers = 0;
    bool got = false;
    auto f = [&]() -> awaitable<int> {
      ++running;
      try {
        for (int i = 0; i != 5; ++i) co_await yield();
      } catch (const cancelled_error&) {
        --running;
        throw;
      }
      --running;
      co_return ++answers;
    };
    auto t = spawn([&]() -> awaitable<void> {
      (void)co_await hedge(0s, 2, std::ref(f));
      got = true;
      co_await yield();
    });
    for (int i = 0; i != turns; ++i) co_await yield();
    t.cancel();
    co_await t.wait();
    EXPECT_EQ(running, 0);
    EXPECT_EQ(got, answers != 0) << turns;
    EXPECT_TRUE(t.cancelled() || got);
  }
}

TEST(hedge, is_destroyed_with_its_loop_where_it_waits) {
  loop l;
  planned f({1h, 1h});
  auto t = l.spawn([&]() -> awaitable<void> { (void)co_await hedge(0s, 2, std::ref(f)); });
  l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
  EXPECT_FALSE(t.done());
}

}  // namespace bight::hedge_test
