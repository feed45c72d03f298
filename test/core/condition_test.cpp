// condition: nobody misses a change, and the lock is always held afterwards.
#include <bight/core/condition.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

namespace bight::condition_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// What the tests of this file play with.
struct shared {
  lock l;
  condition changed{l};
  std::vector<int> order;

  awaitable<void> wait_once(int id) {
    const auto held = co_await l.acquire();
    co_await changed.wait();
    order.push_back(id);
  }
  awaitable<void> notify(std::size_t n) {
    const auto held = co_await l.acquire();
    changed.notify(n);
  }
};

ASYNC_TEST(condition, wakes_as_many_as_it_is_told_in_order) {
  shared s;
  std::vector<task<void>> waiters;
  for (int i = 0; i != 4; ++i) waiters.push_back(spawn([&s, i] { return s.wait_once(i); }));
  co_await yield();
  EXPECT_FALSE(s.l.locked()) << "the waiters have released it";
  co_await s.notify(1);
  co_await sleep(1s);
  EXPECT_THAT(s.order, ElementsAre(0));
  co_await s.notify(2);
  co_await sleep(1s);
  EXPECT_THAT(s.order, ElementsAre(0, 1, 2));
  {
    const auto held = co_await s.l.acquire();
    s.changed.notify_all();
    s.changed.notify_all();  // nobody is left
  }
  for (const auto& w : waiters) co_await w;
  EXPECT_THAT(s.order, ElementsAre(0, 1, 2, 3));
}

ASYNC_TEST(condition, waits_for_a_predicate) {
  shared s;
  int value = 0;
  auto waiter = spawn([&]() -> awaitable<int> {
    const auto held = co_await s.l.acquire();
    co_await s.changed.wait([&] { return value >= 3; });
    EXPECT_TRUE(s.l.locked());
    co_return value;
  });
  for (int i = 0; i != 3; ++i) {
    co_await sleep(1s);
    EXPECT_FALSE(waiter.done());
    ++value;
    co_await s.notify(1);
  }
  const int seen = co_await waiter;
  EXPECT_EQ(seen, 3);
}

ASYNC_TEST(condition, a_predicate_that_is_true_waits_for_nothing) {
  shared s;
  const auto held = co_await s.l.acquire();
  co_await s.changed.wait([] { return true; });
}

ASYNC_TEST(condition, without_the_lock_is_a_mistake_that_is_told) {
  shared s;
  EXPECT_THROW(s.changed.notify(), std::logic_error);
  EXPECT_THROW(s.changed.notify_all(), std::logic_error);
  bool told = false;
  try {
    co_await s.changed.wait();
  } catch (const std::logic_error&) { told = true; }
  EXPECT_TRUE(told);
}

ASYNC_TEST(condition, a_cancelled_wait_holds_the_lock_when_it_throws) {
  shared s;
  bool held_it = false;
  auto waiter = spawn([&]() -> awaitable<void> {
    auto held = co_await s.l.acquire();
    try {
      co_await s.changed.wait();
    } catch (const cancelled_error&) {
      held_it = s.l.locked();
      held.release();
      throw;
    }
  });
  co_await yield();
  auto mine = co_await s.l.acquire();
  waiter.cancel();
  co_await sleep(5s);
  EXPECT_FALSE(waiter.done()) << "it cannot end before it has the lock";
  mine.release();
  co_await waiter.wait();
  EXPECT_TRUE(held_it);
  EXPECT_TRUE(waiter.cancelled());
  EXPECT_FALSE(s.l.locked());
}

ASYNC_TEST(condition, cancelled_twice_while_it_takes_the_lock_again_it_still_takes_it) {
  shared s;
  auto waiter = spawn([&s] { return s.wait_once(1); });
  co_await yield();
  auto mine = co_await s.l.acquire();
  for (int i = 0; i != 3; ++i) {
    waiter.cancel();
    co_await sleep(1s);
  }
  EXPECT_FALSE(waiter.done());
  mine.release();
  co_await waiter.wait();
  EXPECT_TRUE(waiter.cancelled());
  EXPECT_FALSE(s.l.locked());
}

ASYNC_TEST(condition, a_notification_that_came_before_the_cancellation_counts) {
  shared s;
  auto first = spawn([&s] { return s.wait_once(1); });
  auto second = spawn([&s] { return s.wait_once(2); });
  co_await yield();
  {
    const auto held = co_await s.l.acquire();
    s.changed.notify(1);
    first.cancel();
  }
  co_await first.wait();
  EXPECT_THAT(s.order, ElementsAre(1)) << "the wait had succeeded";
  EXPECT_FALSE(first.cancelled());
  EXPECT_FALSE(second.done());
  second.cancel();
  co_await second.wait();
}

ASYNC_TEST(condition, works_with_a_timeout_around_it) {
  shared s;
  const auto held = co_await s.l.acquire();
  bool expired = false;
  try {
    co_await wait_for(s.changed.wait(), 2s);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_TRUE(s.l.locked());
}

}  // namespace bight::condition_test
