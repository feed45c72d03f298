// rate_limiter: never too many, never out of turn, and no permit is ever lost.
#include <bight/core/rate_limiter.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::rate_limiter_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

awaitable<void> take(rate_limiter& l, std::string& order, char name, std::size_t n = 1) {
  co_await l.acquire(n);
  order += name;
}

// The times of `count` permits from now, in ms.
awaitable<std::vector<std::int64_t>> times_of(rate_limiter& l, int count) {
  std::vector<std::int64_t> times;
  const auto start = clock::now();
  for (int i = 0; i != count; ++i) {
    co_await l.acquire();
    times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start).count());
  }
  co_return times;
}

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "none";
}

ASYNC_TEST(rate_limiter, gives_a_burst_at_once_and_then_the_rate) {
  rate_limiter l{4, 1s};
  EXPECT_EQ(l.burst(), 4U);
  EXPECT_EQ(l.available(), 4U);
  const auto times = co_await times_of(l, 8);
  EXPECT_THAT(times, ElementsAre(0, 0, 0, 0, 250, 500, 750, 1000));
  EXPECT_EQ(l.available(), 0U);
}

ASYNC_TEST(rate_limiter, spaces_permits_evenly_if_asked_to) {
  rate_limiter l{4, 1s, rate_limiter::evenly};
  const auto times = co_await times_of(l, 4);
  EXPECT_THAT(times, ElementsAre(0, 250, 500, 750));
  co_await sleep(1h);
  const auto later = co_await times_of(l, 3);
  EXPECT_THAT(later, ElementsAre(0, 250, 500));
}

ASYNC_TEST(rate_limiter, saves_up_to_the_burst_while_nobody_asks) {
  rate_limiter l{10, 1s, 3};
  (void)co_await times_of(l, 3);
  EXPECT_EQ(l.available(), 0U);
  co_await sleep(200ms);
  EXPECT_EQ(l.available(), 2U);
  co_await sleep(1h);
  EXPECT_EQ(l.available(), 3U);
  const auto times = co_await times_of(l, 5);
  EXPECT_THAT(times, ElementsAre(0, 0, 0, 100, 200));
}

ASYNC_TEST(rate_limiter, takes_rates_below_one_and_fractions) {
  rate_limiter slow{0.5, 1s};
  EXPECT_EQ(slow.burst(), 1U);
  const auto times = co_await times_of(slow, 3);
  EXPECT_THAT(times, ElementsAre(0, 2000, 4000));
  rate_limiter uneven{2.5, 1s};
  EXPECT_EQ(uneven.burst(), 2U);
  const auto more = co_await times_of(uneven, 4);
  EXPECT_THAT(more, ElementsAre(0, 0, 400, 800));
  rate_limiter hourly{1, 1h, rate_limiter::evenly};
  const auto seldom = co_await times_of(hourly, 2);
  EXPECT_THAT(seldom, ElementsAre(0, 3'600'000));
}

ASYNC_TEST(rate_limiter, a_free_permit_is_taken_without_waiting) {
  rate_limiter l{2, 1s};
  bool other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  co_await l.acquire(2);
  EXPECT_FALSE(other_ran);
  co_await other;
}

ASYNC_TEST(rate_limiter, does_not_drift_over_a_million_permits) {
  const auto start = clock::now();
  rate_limiter thirds{3, 1s, rate_limiter::evenly};
  for (int i = 0; i != 1'000'000; ++i) (void)thirds.reserve();
  EXPECT_EQ(thirds.reserve().time() - start, 333'333'333'333'334ns);
  rate_limiter odd{7, 10ms, 5};
  for (int i = 0; i != 1'000'005; ++i) (void)odd.reserve();
  EXPECT_EQ(odd.reserve(2).time() - start, 1'428'574'285'715ns);  // 1'000'002 / 7 of 10 ms
  rate_limiter fraction{1e6 + 0.5, 1s, rate_limiter::evenly};
  for (int i = 0; i != 1'000'000; ++i) (void)fraction.reserve();
  const auto exact = 999'999'500ns;  // and 0.00025 ns
  EXPECT_GE(fraction.reserve().time() - start, exact);
  EXPECT_LE(fraction.reserve().time() - start, exact + 2us);
  co_return;
}

ASYNC_TEST(rate_limiter, waiting_a_hundred_thousand_times_does_not_drift) {
  rate_limiter l{30'000, 1s, rate_limiter::evenly};
  const auto start = clock::now();
  for (int i = 0; i != 90'001; ++i) co_await l.acquire();
  EXPECT_EQ(clock::now() - start, 3s);
}

ASYNC_TEST(rate_limiter, serves_in_the_order_in_which_they_came_whatever_they_ask_for) {
  rate_limiter l{10, 1s};
  co_await l.acquire(8);
  std::string order;
  auto a = spawn(take, std::ref(l), std::ref(order), 'a', 9U);
  auto b = spawn(take, std::ref(l), std::ref(order), 'b', 1U);
  auto c = spawn(take, std::ref(l), std::ref(order), 'c', 1U);
  co_await yield();
  EXPECT_EQ(l.waiting(), 3U);
  EXPECT_EQ(l.available(), 0U);
  EXPECT_FALSE(l.try_acquire());  // two permits are there, but they are a's
  co_await sleep(699ms);
  EXPECT_EQ(order, "");
  co_await sleep(1ms);
  EXPECT_EQ(order, "a");
  co_await c;
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(l.waiting(), 0U);
}

ASYNC_TEST(rate_limiter, try_acquire_takes_only_what_is_there) {
  rate_limiter l{3, 3s};
  EXPECT_TRUE(l.try_acquire(2));
  EXPECT_FALSE(l.try_acquire(2));
  EXPECT_TRUE(l.try_acquire());
  EXPECT_FALSE(l.try_acquire());
  co_await sleep(1s);
  EXPECT_TRUE(l.try_acquire());
}

ASYNC_TEST(rate_limiter, a_reservation_says_when) {
  rate_limiter l{2, 1s};
  const auto start = clock::now();
  auto now = l.reserve(2);
  EXPECT_EQ(now.delay(), 0s);
  EXPECT_EQ(now.time(), start);
  auto later = l.reserve();
  EXPECT_EQ(later.delay(), 500ms);
  co_await sleep(200ms);
  EXPECT_EQ(later.delay(), 300ms);
  EXPECT_EQ(later.time() - start, 500ms);
  co_await l.acquire();  // behind it
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(later.delay(), 0s);
}

ASYNC_TEST(rate_limiter, a_cancelled_reservation_gives_its_permits_back) {
  rate_limiter l{10, 1s};
  auto all = l.reserve(10);
  EXPECT_EQ(l.available(), 0U);
  auto moved = std::move(all);
  moved.cancel();
  moved.cancel();
  EXPECT_EQ(l.available(), 10U);
  co_await l.acquire(10);
  auto far = l.reserve(10);
  auto farther = l.reserve(10);
  EXPECT_EQ(farther.delay(), 2s);
  farther.cancel();
  EXPECT_EQ(l.reserve(10).delay(), 2s);
  far.cancel();  // the one behind it keeps its time, and what it stands on
  EXPECT_EQ(l.reserve().delay(), 2100ms);
}

ASYNC_TEST(rate_limiter, a_reservation_that_is_cancelled_wakes_who_waits_behind_it) {
  rate_limiter l{10, 1s};
  co_await l.acquire(10);
  auto ahead = l.reserve(10);
  std::string order;
  auto a = spawn(take, std::ref(l), std::ref(order), 'a', 5U);
  co_await sleep(600ms);
  EXPECT_EQ(order, "");
  ahead.cancel();
  co_await yield();
  EXPECT_EQ(order, "a");
  co_await a;
}

ASYNC_TEST(rate_limiter, a_reservation_comes_after_those_who_wait) {
  rate_limiter l{1, 1s};
  const auto start = clock::now();
  co_await l.acquire();
  std::string order;
  auto a = spawn(take, std::ref(l), std::ref(order), 'a', 1U);
  auto b = spawn(take, std::ref(l), std::ref(order), 'b', 1U);
  co_await yield();
  auto slot = l.reserve();
  auto c = spawn(take, std::ref(l), std::ref(order), 'c', 1U);
  EXPECT_EQ(slot.time() - start, 3s);
  co_await b;
  EXPECT_EQ(clock::now() - start, 2s);
  co_await c;
  EXPECT_EQ(clock::now() - start, 4s);
  EXPECT_EQ(order, "abc");
}

ASYNC_TEST(rate_limiter, a_waiter_ahead_of_a_reservation_may_be_cancelled) {
  rate_limiter l{1, 1s};
  const auto start = clock::now();
  co_await l.acquire();
  std::string order;
  auto a = spawn(take, std::ref(l), std::ref(order), 'a', 1U);
  co_await yield();
  auto slot = l.reserve();
  auto b = spawn(take, std::ref(l), std::ref(order), 'b', 1U);
  co_await yield();
  a.cancel();
  co_await b;
  EXPECT_EQ(slot.time() - start, 2s);
  EXPECT_EQ(clock::now() - start, 3s);  // two at 2 s would be a burst
  EXPECT_EQ(order, "b");
}

ASYNC_TEST(rate_limiter, a_cancelled_waiter_lets_the_others_move_up) {
  rate_limiter l{10, 1s};
  const auto start = clock::now();
  co_await l.acquire(10);
  std::string order;
  auto a = spawn(take, std::ref(l), std::ref(order), 'a', 8U);
  auto b = spawn(take, std::ref(l), std::ref(order), 'b', 9U);
  auto c = spawn(take, std::ref(l), std::ref(order), 'c', 2U);
  co_await sleep(100ms);
  b.cancel();  // from the middle
  co_await sleep(200ms);
  a.cancel();  // the head: three permits are there for c
  co_await c;
  EXPECT_EQ(clock::now() - start, 300ms);
  EXPECT_EQ(order, "c");
  EXPECT_TRUE(a.cancelled());
  EXPECT_TRUE(b.cancelled());
  EXPECT_EQ(l.available(), 1U);
}

ASYNC_TEST(rate_limiter, a_permit_granted_before_the_cancellation_is_delivered) {
  rate_limiter l{1, 1s};
  co_await l.acquire();
  std::string trace;
  auto a = spawn([&]() -> awaitable<void> {
    co_await l.acquire();
    trace += "granted ";
    co_await sleep(1s);
    trace += "never";
  });
  co_await sleep(500ms);
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(500ms);  // woken in the turn of the grant
    a.cancel();
  });
  co_await a.wait();
  EXPECT_TRUE(a.cancelled());
  EXPECT_EQ(trace, "granted ");
  co_await canceller;
}

ASYNC_TEST(rate_limiter, does_not_wait_for_what_comes_after_the_deadline) {
  rate_limiter l{1, 1s};
  const auto start = clock::now();
  co_await l.acquire(1, start);
  std::string order;
  auto a = spawn(take, std::ref(l), std::ref(order), 'a', 1U);
  co_await yield();
  co_await l.acquire(1, start + 2s);  // exactly then
  EXPECT_EQ(clock::now() - start, 2s);
  std::string what;
  try {
    co_await l.acquire(1, start + 3s - 1ns);
  } catch (const timeout_error& e) { what = e.what(); }
  EXPECT_THAT(what, HasSubstr("before the deadline"));
  EXPECT_EQ(clock::now() - start, 2s);
  co_await l.acquire(1, start + 3s);  // nothing was taken
  EXPECT_EQ(clock::now() - start, 3s);
  co_await a;
}

ASYNC_TEST(rate_limiter, refuses_what_makes_no_sense) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(refusal([&] { rate_limiter{nan, 1s}; }), HasSubstr("not nan"));
  EXPECT_THAT(refusal([&] { rate_limiter{0, 1s}; }), HasSubstr("not 0"));
  EXPECT_THAT(refusal([&] { rate_limiter{-3, 1s}; }), HasSubstr("not -3"));
  EXPECT_THAT(refusal([&] { rate_limiter{2e9, 1s}; }), HasSubstr("at most 1000000000"));
  EXPECT_THAT(refusal([&] { rate_limiter{std::numeric_limits<double>::infinity(), 1s}; }), HasSubstr("inf"));
  EXPECT_THAT(refusal([&] { rate_limiter{1, 0s}; }), HasSubstr("period"));
  EXPECT_THAT(refusal([&] { rate_limiter{1, -1s}; }), HasSubstr("period"));
  EXPECT_THAT(refusal([&] { rate_limiter{1, std::chrono::duration<double>(nan)}; }), HasSubstr("NaN"));
  EXPECT_THAT(refusal([&] { rate_limiter{1, 1s, 0}; }), HasSubstr("burst"));
  EXPECT_THAT(refusal([&] { rate_limiter{1, 24h, 1'000'000}; }), HasSubstr("100 years"));
  EXPECT_THAT(refusal([&] { rate_limiter{1e-300, 1s}; }), HasSubstr("100 years"));
  rate_limiter l{5, 1s};
  EXPECT_THAT(refusal([&] { (void)l.acquire(6); }), HasSubstr("6 permits requested; the burst is 5"));
  EXPECT_THAT(refusal([&] { (void)l.try_acquire(6); }), HasSubstr("burst is 5"));
  EXPECT_THAT(refusal([&] { (void)l.reserve(0); }), HasSubstr("0 permits"));
  EXPECT_EQ(l.available(), 5U);
  co_return;
}

ASYNC_TEST(rate_limiter, reservations_do_not_grow_without_bound) {
  rate_limiter l{1, 24h * 3'650, 2};
  int made = 0;
  bool refused = false;
  try {
    for (; made != 100; ++made) (void)l.reserve();
  } catch (const std::length_error&) { refused = true; }
  EXPECT_TRUE(refused);
  EXPECT_EQ(made, 10);
  co_return;
}

// No span of time sees more than burst + rate * span, whoever is cancelled, and after all of it the bucket
// is full again.
ASYNC_TEST(rate_limiter, keeps_its_promise_under_random_cancellation) {
  struct use {
    std::int64_t at;
    std::int64_t permits;
  };
  for (unsigned seed = 0; seed != 20; ++seed) {
    rate_limiter l{7, 1s, 1 + seed % 9};
    std::mt19937 random{seed};
    std::vector<use> uses;
    std::vector<std::pair<rate_limiter::reservation, std::int64_t>> ahead;
    auto client = [&](std::size_t n, clock::duration limit) -> awaitable<void> {
      try {
        co_await wait_for(l.acquire(n), limit);
      } catch (const timeout_error&) { co_return; }
      uses.push_back({clock::now().time_since_epoch().count(), static_cast<std::int64_t>(n)});
    };
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (int i = 0; i != 200; ++i) {
        const auto n = 1 + random() % l.burst();
        group.spawn(client, n, std::chrono::milliseconds(random() % 4'000)).detach();
        if (random() % 8 == 0) ahead.push_back({l.reserve(n), static_cast<std::int64_t>(n)});
        if (!ahead.empty() && random() % 8 == 0) {  // any of them, in any order, if it was not used yet
          auto& [r, permits] = ahead[random() % ahead.size()];
          if (r.time() > clock::now()) {
            r.cancel();
            permits = 0;
          }
        }
        co_await sleep(std::chrono::milliseconds(random() % (260 * n)));  // a little too much
      }
    });
    EXPECT_GT(uses.size(), 50U);
    for (const auto& [r, permits] : ahead) uses.push_back({r.time().time_since_epoch().count(), permits});
    std::sort(uses.begin(), uses.end(), [](const use& a, const use& b) { return a.at < b.at; });
    const auto burst = static_cast<std::int64_t>(l.burst());
    for (std::size_t i = 0; i != uses.size(); ++i) {
      std::int64_t sum = 0;
      for (std::size_t j = i; j != uses.size(); ++j) {
        sum += uses[j].permits;
        // Times are rounded up to whole ns.
        EXPECT_LE((sum - burst) * 1'000'000'000, 7 * (uses[j].at - uses[i].at + 1)) << seed;
      }
    }
    EXPECT_EQ(l.waiting(), 0U);
    co_await sleep(1h);
    EXPECT_EQ(l.available(), l.burst());
  }
}

ASYNC_TEST(rate_limiter, cancelled_after_any_number_of_turns_loses_no_permit) {
  for (int turns = 0; turns != 12; ++turns) {
    for (int victim = 0; victim != 3; ++victim) {
      rate_limiter l{1, 1ms, 2};
      std::string order;
      std::vector<task<void>> tasks;
      for (const char name : std::string("abc"))
        tasks.push_back(spawn(take, std::ref(l), std::ref(order), name, 2U));
      for (int i = 0; i != turns; ++i) {
        co_await yield();
        if (i % 3 == 2) co_await sleep(500us);
      }
      auto& cancelled = tasks[static_cast<std::size_t>(victim)];
      cancelled.cancel();
      for (auto& t : tasks) co_await t.wait();
      EXPECT_EQ(order.size(), cancelled.cancelled() ? 2U : 3U) << turns;
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
      co_await sleep(2ms);
      EXPECT_EQ(l.available(), 2U);
      EXPECT_EQ(l.waiting(), 0U);
    }
  }
}

TEST(rate_limiter, is_whole_again_when_a_loop_with_waiters_is_destroyed) {
  rate_limiter l{1, 1h, 2};
  std::string order;
  {
    loop lp;
    std::vector<task<void>> tasks;
    for (const char name : std::string("abc"))
      tasks.push_back(lp.spawn(take, std::ref(l), std::ref(order), name, 2U));
    lp.run_until(lp.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
    EXPECT_EQ(order, "a");
    EXPECT_EQ(l.waiting(), 2U);
  }
  EXPECT_EQ(l.waiting(), 0U);
}

TEST(rate_limiter, may_be_destroyed_with_the_frames_that_wait) {
  loop lp;
  auto t = lp.spawn([]() -> awaitable<void> {
    rate_limiter l{1, 1h};
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (int i = 0; i != 3; ++i) group.spawn([&]() -> awaitable<void> { co_await l.acquire(); }).detach();
      co_return;
    });
  });
  lp.run_until(lp.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
  EXPECT_FALSE(t.done());
}

}  // namespace bight::rate_limiter_test
