// single_flight: one execution for all who ask at the same time.
#include <bight/core/single_flight.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/deadline.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::single_flight_test {

using namespace std::chrono_literals;

// Work that takes a second and counts what becomes of it.
struct service {
  int begun = 0;
  int ended = 0;
  int cancelled = 0;
  clock::duration cleanup = 0s;
  awaitable<std::string> fetch(std::string name) {
    const int id = ++begun;
    std::exception_ptr struck;
    try {
      co_await sleep(1s);
    } catch (const cancelled_error&) { struck = std::current_exception(); }
    if (struck) {
      co_await sleep(cleanup);
      ++cancelled;
      std::rethrow_exception(struck);
    }
    ++ended;
    co_return name + std::to_string(id);
  }
};
using flights_type = single_flight<std::string, std::string>;

awaitable<std::string> ask(flights_type& flights, service& s, std::string key) {
  auto work = [&s, key] { return s.fetch(key); };
  auto result = flights.run(key, work);
  co_return co_await std::move(result);
}

ASYNC_TEST(single_flight, the_deadline_of_who_came_first_is_not_that_of_the_work) {
  single_flight<int, clock::time_point> flights;
  const auto work = []() -> awaitable<clock::time_point> {
    co_await yield();
    co_return current_deadline();
  };
  const auto first = [&]() -> awaitable<clock::time_point> { return flights.run(1, work); };
  const auto seen = co_await with_deadline(1s, first);
  EXPECT_EQ(seen, clock::time_point::max());
}

ASYNC_TEST(single_flight, callers_with_the_same_key_share_the_work) {
  flights_type flights;
  service s;
  const auto start = clock::now();
  auto late = [&]() -> awaitable<std::string> {
    co_await sleep(900ms);
    co_return co_await ask(flights, s, "a");
  };
  const auto [a, b, c, d] =
      co_await gather(ask(flights, s, "a"), ask(flights, s, "a"), ask(flights, s, "b"), late());
  EXPECT_EQ(a, "a1");
  EXPECT_EQ(b, "a1");
  EXPECT_EQ(c, "b2");
  EXPECT_EQ(d, "a1");
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(flights.size(), 0U);
}

ASYNC_TEST(single_flight, keeps_nothing_afterwards) {
  flights_type flights;
  service s;
  const auto first = co_await ask(flights, s, "a");
  const auto second = co_await ask(flights, s, "a");
  EXPECT_EQ(first, "a1");
  EXPECT_EQ(second, "a2");
}

ASYNC_TEST(single_flight, a_call_after_the_end_of_the_work_starts_anew_though_callers_are_still_to_be_woken) {
  single_flight<int, int> flights;
  bool first_woken = false;
  task<int> newcomer;
  auto again = [&]() -> awaitable<int> {
    EXPECT_FALSE(first_woken);
    co_return co_await flights.run(1, []() -> awaitable<int> { co_return 2; });
  };
  const int first = co_await flights.run(1, [&]() -> awaitable<int> {
    co_await sleep(1s);
    newcomer = spawn(again);  // its turn is before the caller's
    co_return 1;
  });
  first_woken = true;
  EXPECT_EQ(first, 1);
  const int second = co_await newcomer;
  EXPECT_EQ(second, 2);
}

ASYNC_TEST(single_flight, errors_go_to_all_callers) {
  single_flight<int, int> flights;
  std::vector<std::exception_ptr> caught;
  auto caller = [&]() -> awaitable<void> {
    try {
      (void)co_await flights.run(1, []() -> awaitable<int> {
        co_await sleep(1s);
        throw std::runtime_error("down");
      });
    } catch (const std::runtime_error&) { caught.push_back(std::current_exception()); }
  };
  co_await gather(caller(), caller(), caller());
  CO_ASSERT_EQ(caught.size(), 3U);
  EXPECT_TRUE(caught[0] == caught[2]);
  EXPECT_EQ(flights.size(), 0U);
}

ASYNC_TEST(single_flight, takes_void_and_primitives) {
  single_flight<int, void> naps;
  const auto start = clock::now();
  co_await gather(naps.run(1, [] { return sleep(1s); }), naps.run(1, [] { return sleep(9s); }));
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(single_flight, a_cancelled_caller_leaves_and_the_work_goes_on) {
  flights_type flights;
  service s;
  auto first = spawn(ask, std::ref(flights), std::ref(s), "a");
  auto second = spawn(ask, std::ref(flights), std::ref(s), "a");
  co_await sleep(500ms);
  const auto cancelled_at = clock::now();
  first.cancel();  // the one that started it
  co_await first.wait();
  EXPECT_TRUE(first.cancelled());
  EXPECT_EQ(clock::now(), cancelled_at);
  const auto& result = co_await second;
  EXPECT_EQ(result, "a1");
  EXPECT_EQ(s.cancelled, 0);
}

ASYNC_TEST(single_flight, the_last_caller_to_leave_cancels_the_work_and_waits_for_its_end) {
  flights_type flights;
  service s;
  s.cleanup = 5s;
  auto first = spawn(ask, std::ref(flights), std::ref(s), "a");
  auto second = spawn(ask, std::ref(flights), std::ref(s), "a");
  co_await sleep(500ms);
  const auto start = clock::now();
  first.cancel();
  second.cancel();
  co_await first.wait();
  EXPECT_EQ(clock::now(), start);
  EXPECT_EQ(flights.size(), 0U);
  const auto anew = co_await ask(flights, s, "a");  // beside the one that cleans up
  EXPECT_EQ(anew, "a2");
  EXPECT_FALSE(second.done());
  second.cancel();  // it has been told already: it still waits for the work
  co_await second.wait();
  EXPECT_TRUE(second.cancelled());
  EXPECT_EQ(s.cancelled, 1);
  EXPECT_EQ(clock::now() - start, 5s);
  EXPECT_EQ(flights.size(), 0U);
}

ASYNC_TEST(single_flight, a_timeout_of_the_only_caller_cancels_the_work) {
  flights_type flights;
  service s;
  bool expired = false;
  try {
    (void)co_await wait_for(ask(flights, s, "a"), 500ms);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(s.cancelled, 1);
}

ASYNC_TEST(single_flight, a_caller_due_to_be_cancelled_starts_no_work) {
  flights_type flights;
  service s;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    (void)co_await ask(flights, s, "a");
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(s.begun, 0);
  EXPECT_EQ(flights.size(), 0U);
}

ASYNC_TEST(single_flight, cancelled_after_any_number_of_turns_leaves_nothing_behind) {
  for (int turns = 0; turns != 12; ++turns) {
    for (int victims = 1; victims != 8; ++victims) {
      single_flight<int, int> flights;
      int running = 0;
      auto work = [&]() -> awaitable<int> {
        ++running;
        try {
          for (int i = 0; i != 4; ++i) co_await yield();
        } catch (const cancelled_error&) {
          --running;
          throw;
        }
        --running;
        co_return 7;
      };
      std::vector<task<int>> callers;
      for (int i = 0; i != 3; ++i)
        callers.push_back(
            spawn([&]() -> awaitable<int> { co_return co_await flights.run(1, std::ref(work)); }));
      for (int i = 0; i != turns; ++i) co_await yield();
      for (int i = 0; i != 3; ++i)
        if (((victims >> i) & 1) != 0) callers[static_cast<std::size_t>(i)].cancel();
      for (auto& c : callers) {
        co_await c.wait();
        const int value = c.cancelled() ? 7 : c.result();
        EXPECT_EQ(value, 7) << turns;
      }
      EXPECT_EQ(running, 0) << turns;
      EXPECT_EQ(flights.size(), 0U);
    }
  }
}

TEST(single_flight, may_be_destroyed_with_the_frames_that_use_it) {
  loop l;
  service s;
  auto t = l.spawn([&]() -> awaitable<void> {
    flights_type flights;
    co_await gather(ask(flights, s, "a"), ask(flights, s, "a"), ask(flights, s, "b"));
  });
  l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
  EXPECT_FALSE(t.done());
}

}  // namespace bight::single_flight_test
