// event: a flag that tasks wait for.
#include <bight/core/event.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <string>
#include <vector>

namespace bight::event_test {

using namespace std::chrono_literals;

awaitable<void> note(event& e, std::string& order, char name) {
  co_await e.wait();
  order += name;
}

ASYNC_TEST(event, set_makes_wait_return_at_once) {
  event e;
  EXPECT_FALSE(e.is_set());
  e.set();
  EXPECT_TRUE(e.is_set());
  e.set();
  co_await e.wait();
  co_await e.wait();
}

ASYNC_TEST(event, set_wakes_all_waiters_in_the_order_in_which_they_came) {
  event e;
  std::string order;
  std::vector<task<void>> tasks;
  for (const char name : std::string("abcd"))
    tasks.push_back(spawn(note, std::ref(e), std::ref(order), name));
  co_await yield();
  EXPECT_EQ(order, "");
  e.set();
  EXPECT_EQ(order, "");  // nobody runs inside set()
  co_await yield();
  EXPECT_EQ(order, "abcd");
  for (auto& t : tasks) co_await t;
}

ASYNC_TEST(event, set_wakes_all_waiters_even_if_clear_follows_at_once) {
  event e;
  std::string order;
  auto a = spawn(note, std::ref(e), std::ref(order), 'a');
  auto b = spawn(note, std::ref(e), std::ref(order), 'b');
  co_await yield();
  e.set();
  e.clear();
  EXPECT_FALSE(e.is_set());
  co_await a;
  co_await b;
  EXPECT_EQ(order, "ab");
}

ASYNC_TEST(event, clear_makes_later_waiters_wait_again) {
  event e;
  e.set();
  e.clear();
  std::string order;
  auto late = spawn(note, std::ref(e), std::ref(order), 'l');
  co_await sleep(1s);
  EXPECT_FALSE(late.done());
  e.set();
  co_await late;
}

ASYNC_TEST(event, a_cancelled_waiter_leaves_the_others_waiting) {
  event e;
  std::string order;
  auto a = spawn(note, std::ref(e), std::ref(order), 'a');
  auto b = spawn(note, std::ref(e), std::ref(order), 'b');
  auto c = spawn(note, std::ref(e), std::ref(order), 'c');
  co_await yield();
  b.cancel();
  co_await b.wait();
  EXPECT_TRUE(b.cancelled());
  e.set();
  co_await a;
  co_await c;
  EXPECT_EQ(order, "ac");
}

ASYNC_TEST(event, a_waiter_woken_before_its_cancellation_goes_on) {
  event e;
  std::string order;
  auto a = spawn(note, std::ref(e), std::ref(order), 'a');
  co_await yield();
  e.set();
  a.cancel();
  co_await a;
  EXPECT_EQ(order, "a");
}

ASYNC_TEST(event, wakes_a_thousand_waiters_in_one_turn) {
  event e;
  std::string order;
  for (int i = 0; i != 1'000; ++i) spawn(note, std::ref(e), std::ref(order), 'x').detach();
  co_await yield();
  e.set();
  co_await yield();
  EXPECT_EQ(order.size(), 1'000U);
}

TEST(event, may_be_destroyed_before_the_frames_that_wait_when_a_loop_is_destroyed) {
  std::string order;
  loop l;
  event* shared = nullptr;
  auto waiter = l.spawn([&]() -> awaitable<void> {
    while (!shared) co_await yield();
    co_await shared->wait();
  });
  auto owner = l.spawn([&]() -> awaitable<void> {
    event e;
    shared = &e;
    co_await sleep(forever);
  });
  l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
  EXPECT_FALSE(waiter.done());
  EXPECT_FALSE(owner.done());
}

// Who looks at a condition and then waits for the event misses no pulse in between, even when its turn has
// lasted so long that every await lets others run first.
TEST(event, a_pulse_reaches_who_has_begun_to_wait_whatever_the_budget) {
  run_options options;
  options.loop.clock = clock_mode::virtual_;
  options.loop.yield_at_every_await = true;
  options.handle_signals = false;
  bight::run(options, []() -> awaitable<void> {
    event changed;
    bool condition = false;
    auto waiter = spawn([&]() -> awaitable<void> {
      while (!condition) co_await changed.wait();
    });
    auto pulse = spawn([&]() -> awaitable<void> {
      condition = true;
      changed.set();
      changed.clear();
      co_return;
    });
    co_await waiter;  // a deadlock if the pulse was missed
    co_await pulse;
  });
}

ASYNC_TEST_SHUFFLED(event, pulses_are_seen_under_every_schedule) {
  event changed;
  int left = 5;
  std::vector<task<void>> tasks;
  for (int i = 0; i != 5; ++i)
    tasks.push_back(spawn([&]() -> awaitable<void> {
      while (left != 0) co_await changed.wait();
    }));
  for (int i = 0; i != 5; ++i)
    tasks.push_back(spawn([&]() -> awaitable<void> {
      co_await yield();
      --left;
      changed.set();
      changed.clear();
    }));
  for (const auto& t : tasks) co_await t;
}

}  // namespace bight::event_test
