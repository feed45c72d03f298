// semaphore: first come, first served, and no permit is ever lost.
#include <bight/core/semaphore.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace bight::semaphore_test {

using namespace std::chrono_literals;

// Takes a permit, says so, and keeps it until `release` is set.
awaitable<void> hold(semaphore& s, std::string& order, char name, event& release) {
  const auto permit = co_await s.acquire();
  order += name;
  co_await release.wait();
}
awaitable<void> touch(semaphore& s, std::string& order, char name) {
  const auto permit = co_await s.acquire();
  order += name;
}

ASYNC_TEST(semaphore, a_free_permit_is_taken_without_waiting) {
  semaphore s{2};
  bool other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  {
    const auto a = co_await s.acquire();
    EXPECT_TRUE(a);
    EXPECT_EQ(s.available(), 1U);
    EXPECT_FALSE(s.locked());
    const auto b = co_await s.acquire();
    EXPECT_EQ(s.available(), 0U);
    EXPECT_TRUE(s.locked());
  }
  EXPECT_FALSE(other_ran);
  EXPECT_EQ(s.available(), 2U);
  co_await other;
}

ASYNC_TEST(semaphore, serves_in_the_order_in_which_they_came) {
  semaphore s{1};
  std::string order;
  event release;
  std::vector<task<void>> tasks;
  for (const char name : std::string("abcd")) {
    tasks.push_back(spawn(hold, std::ref(s), std::ref(order), name, std::ref(release)));
  }
  co_await yield();
  EXPECT_EQ(order, "a");
  release.set();
  for (auto& t : tasks) co_await t;
  EXPECT_EQ(order, "abcd");
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST(semaphore, a_newcomer_does_not_overtake_the_waiter_that_was_just_woken) {
  semaphore s{1};
  std::string order;
  auto first = co_await s.acquire();
  auto waiter = spawn(touch, std::ref(s), std::ref(order), 'w');
  co_await yield();
  first.release();
  EXPECT_TRUE(s.locked());  // handed over: it was never free
  EXPECT_FALSE(s.try_acquire());
  co_await touch(s, order, 'n');
  EXPECT_EQ(order, "wn");
  co_await waiter;
}

ASYNC_TEST(semaphore, a_loop_of_one_task_does_not_starve_the_others) {
  semaphore s{1};
  bool done = false;
  auto other = spawn([&]() -> awaitable<void> {
    const auto permit = co_await s.acquire();
    done = true;
  });
  int rounds = 0;
  while (!done && rounds < 10'000) {
    ++rounds;
    const auto permit = co_await s.acquire();
  }
  EXPECT_TRUE(done);
  EXPECT_LT(rounds, 1'000);
  co_await other;
}

ASYNC_TEST(semaphore, try_acquire_takes_only_what_is_free) {
  semaphore s{1};
  auto a = s.try_acquire();
  EXPECT_TRUE(a);
  const auto b = s.try_acquire();
  EXPECT_FALSE(b);
  a.release();
  EXPECT_FALSE(a);
  EXPECT_EQ(s.available(), 1U);
  a.release();
  EXPECT_EQ(s.available(), 1U);
  co_await yield();
}

ASYNC_TEST(semaphore, permits_move) {
  semaphore s{2};
  auto a = co_await s.acquire();
  auto b = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_TRUE(b);
  b = co_await s.acquire();  // gives the old one back
  EXPECT_EQ(s.available(), 1U);
  b = semaphore::permit{};
  EXPECT_EQ(s.available(), 2U);
}

ASYNC_TEST(semaphore, a_detached_permit_is_given_back_by_hand) {
  semaphore s{1};
  {
    auto permit = co_await s.acquire();
    permit.detach();
  }
  EXPECT_EQ(s.available(), 0U);
  s.release();
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST(semaphore, release_of_more_than_was_taken_raises_the_limit) {
  semaphore s{0};
  std::string order;
  auto a = spawn(touch, std::ref(s), std::ref(order), 'a');
  co_await yield();
  EXPECT_EQ(order, "");
  s.release(3);
  co_await a;
  EXPECT_EQ(s.available(), 3U);
}

ASYNC_TEST(semaphore, a_cancelled_waiter_leaves_the_line) {
  semaphore s{1};
  std::string order;
  auto held = co_await s.acquire();
  auto a = spawn(touch, std::ref(s), std::ref(order), 'a');
  auto b = spawn(touch, std::ref(s), std::ref(order), 'b');
  auto c = spawn(touch, std::ref(s), std::ref(order), 'c');
  co_await yield();
  a.cancel();  // the head of the line
  co_await a.wait();
  EXPECT_TRUE(a.cancelled());
  held.release();
  co_await b;
  co_await c;
  EXPECT_EQ(order, "bc");
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST(semaphore, a_permit_granted_before_the_cancellation_is_delivered_and_given_back) {
  semaphore s{1};
  std::string trace;
  auto held = co_await s.acquire();
  auto a = spawn([&]() -> awaitable<void> {
    const auto permit = co_await s.acquire();
    trace += "granted ";
    co_await sleep(1s);
    trace += "never";
  });
  std::string order;
  auto b = spawn(touch, std::ref(s), std::ref(order), 'b');
  co_await yield();
  held.release();  // granted to a, which did not run yet
  a.cancel();
  co_await a.wait();
  EXPECT_TRUE(a.cancelled());
  EXPECT_EQ(trace, "granted ");
  co_await b;
  EXPECT_EQ(order, "b");
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST(semaphore, timeouts_lose_no_permits) {
  semaphore s{3};
  std::mt19937 random{1};
  int inside = 0;
  int most = 0;
  int timeouts = 0;
  auto worker = [&](unsigned seed) -> awaitable<void> {
    std::mt19937 own{seed};
    for (int i = 0; i != 50; ++i) {
      std::optional<semaphore::permit> permit;
      try {
        permit = co_await wait_for(s.acquire(), std::chrono::milliseconds(own() % 4));
      } catch (const timeout_error&) { ++timeouts; }
      if (!permit) continue;
      most = std::max(most, ++inside);
      co_await sleep(std::chrono::milliseconds(own() % 3));
      --inside;
    }
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 20; ++i) group.spawn(worker, static_cast<unsigned>(random())).detach();
    co_return;
  });
  EXPECT_EQ(s.available(), 3U);
  EXPECT_EQ(most, 3);
  EXPECT_GT(timeouts, 0);
}

// The frame of a waiter that was woken and never ran gives back what it was handed.
TEST(semaphore, a_permit_granted_when_the_loop_is_destroyed_is_given_back) {
  semaphore s{1};
  std::string order;
  {
    const loop_options options{.max_turns_per_poll = 1};  // so that the loop stops right after the wake-up
    loop l(options);
    auto held = s.try_acquire();
    auto waiter = l.spawn(touch, std::ref(s), std::ref(order), 'a');
    auto release = l.spawn([&]() -> awaitable<void> {
      co_await yield();
      held.release();
    });
    l.run_until(release);
    EXPECT_FALSE(waiter.done());
  }
  EXPECT_EQ(order, "");
  EXPECT_EQ(s.available(), 1U);
}

TEST(semaphore, is_whole_again_when_a_loop_with_a_chain_of_waiters_is_destroyed) {
  semaphore a{1};
  semaphore b{1};
  event never;
  {
    loop l;
    auto main = l.spawn([&]() -> awaitable<void> {
      co_await task_group::run([&](task_group& group) -> awaitable<void> {
        std::string order;
        group.spawn(hold, std::ref(a), std::ref(order), '1', std::ref(never)).detach();
        group.spawn(touch, std::ref(a), std::ref(order), '2').detach();
        group.spawn(hold, std::ref(b), std::ref(order), '3', std::ref(never)).detach();
        group.spawn(touch, std::ref(b), std::ref(order), '4').detach();
        group.spawn(touch, std::ref(a), std::ref(order), '5').detach();
        co_await sleep(forever);
      });
    });
    l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
    EXPECT_FALSE(main.done());
    EXPECT_TRUE(a.locked());
    EXPECT_TRUE(b.locked());
  }
  EXPECT_EQ(a.available(), 1U);
  EXPECT_EQ(b.available(), 1U);
}

TEST(semaphore, serves_two_loops_in_turn) {
  semaphore s{1};
  for (int i = 0; i != 2; ++i) {
    std::string order;
    run([&]() -> awaitable<void> {
      auto a = spawn(touch, std::ref(s), std::ref(order), 'a');
      co_await touch(s, order, 'b');
      co_await a;
    });
    EXPECT_EQ(order.size(), 2U);
    EXPECT_EQ(s.available(), 1U);
  }
}

}  // namespace bight::semaphore_test
