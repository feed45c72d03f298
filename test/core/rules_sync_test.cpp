// The rules of asyncio that bight keeps, and where it decides otherwise: Lock, Event, Condition, Semaphore,
// BoundedSemaphore, Barrier. Each holds in any order of ready tasks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "support/ends.hpp"

namespace bight::rules_sync_test {

using namespace std::chrono_literals;
using test::end_of;
using test::thrown_by;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::settle;
using ::testing::UnorderedElementsAre;

// ---- lock

// Takes the lock for a second and notes that.
awaitable<void> hold(lock& l, std::vector<int>& order, int id) {
  const auto held = co_await l.acquire();
  order.push_back(id);
  co_await sleep(1s);
}

ASYNC_TEST_SHUFFLED(rules_lock, is_first_come_first_served) {
  lock l;
  std::vector<int> order;
  std::vector<task<void>> tasks;
  auto held = co_await l.acquire();
  for (int i = 0; i != 5; ++i) {
    tasks.push_back(spawn(hold, std::ref(l), std::ref(order), i));
    co_await settle();  // they come one after the other
  }
  held.release();
  for (const auto& t : tasks) co_await t;
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

ASYNC_TEST_SHUFFLED(rules_lock, a_newcomer_never_overtakes_a_waiter_that_was_woken) {
  lock l;
  std::vector<int> order;
  auto held = co_await l.acquire();
  auto waiter = spawn(hold, std::ref(l), std::ref(order), 1);
  co_await settle();
  held.release();
  EXPECT_FALSE(l.try_acquire()) << "it belongs to the waiter";
  co_await hold(l, order, 2);
  EXPECT_THAT(order, ElementsAre(1, 2));
  co_await waiter;
}

// Otherwise than asyncio, where the cancelled head passes the wake-up on: what was granted before the cancel
// is delivered, and the cancellation strikes at the next wait. The lock goes on all the same.
ASYNC_TEST_SHUFFLED(rules_lock, a_waiter_cancelled_when_it_was_woken_gets_the_lock_and_it_is_not_lost) {
  lock l;
  std::vector<int> order;
  auto held = co_await l.acquire();
  auto first = spawn(hold, std::ref(l), std::ref(order), 1);
  co_await settle();
  auto second = spawn(hold, std::ref(l), std::ref(order), 2);
  co_await settle();
  held.release();
  first.cancel();
  co_await second;
  EXPECT_TRUE(first.cancelled());
  EXPECT_THAT(order, ElementsAre(1, 2));
  EXPECT_FALSE(l.locked());
}

ASYNC_TEST_SHUFFLED(rules_lock, a_cancelled_waiter_leaves_the_line) {
  lock l;
  std::vector<int> order;
  auto held = co_await l.acquire();
  auto first = spawn(hold, std::ref(l), std::ref(order), 1);
  co_await settle();
  auto second = spawn(hold, std::ref(l), std::ref(order), 2);
  co_await settle();
  first.cancel();
  held.release();
  co_await second;
  EXPECT_THAT(order, ElementsAre(2));
  EXPECT_FALSE(l.locked());
}

// ---- event

ASYNC_TEST_SHUFFLED(rules_event, set_wakes_all_waiters_even_if_clear_follows_at_once) {
  event e;
  std::vector<task<void>> tasks;
  for (int i = 0; i != 3; ++i) tasks.push_back(spawn([&]() -> awaitable<void> { co_await e.wait(); }));
  co_await settle();
  e.set();
  e.clear();
  for (const auto& t : tasks) co_await t;
  EXPECT_FALSE(e.is_set());
}

// ---- condition

ASYNC_TEST_SHUFFLED(rules_condition, takes_the_lock_again_before_it_throws) {
  lock l;
  condition c{l};
  auto t = spawn([&]() -> awaitable<void> {
    const auto held = co_await l.acquire();
    const auto end = co_await end_of([&]() -> awaitable<void> { co_await c.wait(); });
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(l.locked());
  });
  co_await settle();
  auto other = co_await l.acquire();
  t.cancel();
  co_await settle();
  EXPECT_FALSE(t.done()) << "somebody else has the lock";
  t.cancel();  // nor does another one help
  co_await settle();
  EXPECT_FALSE(t.done());
  other.release();
  co_await t.wait();
  EXPECT_FALSE(l.locked());
}

// Otherwise than asyncio, which forwards it: the notification is delivered, and the cancellation strikes at
// the next wait.
ASYNC_TEST_SHUFFLED(rules_condition, a_notification_is_not_lost_with_a_task_that_is_being_cancelled) {
  lock l;
  condition c{l};
  int notified = 0;
  const auto waits = [&]() -> awaitable<void> {
    const auto held = co_await l.acquire();
    co_await c.wait();
    ++notified;
  };
  auto first = spawn(waits);
  co_await settle();
  auto second = spawn(waits);
  co_await settle();
  {
    const auto held = co_await l.acquire();
    first.cancel();  // it leaves the line of waiters at once
    c.notify();
  }
  co_await second;
  co_await first.wait();
  EXPECT_TRUE(first.cancelled());
  EXPECT_EQ(notified, 1);
  auto third = spawn(waits);
  co_await settle();
  {
    const auto held = co_await l.acquire();
    c.notify();
    third.cancel();  // it was notified before
  }
  co_await third.wait();
  EXPECT_EQ(notified, 2);
}

ASYNC_TEST_SHUFFLED(rules_condition, waits_until_its_predicate_holds) {
  lock l;
  condition c{l};
  int value = 0;
  auto t = spawn([&]() -> awaitable<int> {
    const auto held = co_await l.acquire();
    co_await c.wait([&] { return value >= 3; });
    co_return value;
  });
  for (int i = 0; i != 5; ++i) {
    const auto held = co_await l.acquire();
    if (value != 3) ++value;
    c.notify_all();
  }
  const int seen = co_await t;
  EXPECT_EQ(seen, 3);
}

ASYNC_TEST_SHUFFLED(rules_condition, wait_and_notify_without_the_lock_are_errors) {
  lock l;
  condition c{l};
  EXPECT_THAT(thrown_by([&] { c.notify(); }), HasSubstr("lock is not held"));
  const auto end = co_await end_of([&]() -> awaitable<void> { co_await c.wait(); });
  EXPECT_THAT(end, HasSubstr("lock is not held"));
}

// ---- semaphore

ASYNC_TEST_SHUFFLED(rules_semaphore, release_hands_the_permit_to_the_waiter_itself) {
  semaphore s{1};
  auto permit = co_await s.acquire();
  auto waiter = spawn([&]() -> awaitable<void> { const auto mine = co_await s.acquire(); });
  co_await settle();
  permit.release();
  EXPECT_TRUE(s.locked()) << "the waiter has it, although it has not run";
  EXPECT_FALSE(s.try_acquire());
  co_await waiter;
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST_SHUFFLED(rules_semaphore, is_first_come_first_served) {
  semaphore s{0};
  std::vector<int> order;
  std::vector<task<void>> tasks;
  for (int i = 0; i != 4; ++i) {
    tasks.push_back(spawn([&s, &order, i]() -> awaitable<void> {
      const auto mine = co_await s.acquire();
      order.push_back(i);
    }));
    co_await settle();
  }
  s.release();  // it goes from one to the next
  for (const auto& t : tasks) co_await t;
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

// Otherwise than asyncio, where it gives the permit back: it is delivered, the cancellation strikes at the
// next wait.
ASYNC_TEST_SHUFFLED(rules_semaphore, a_waiter_cancelled_when_it_was_granted_loses_no_permit) {
  semaphore s{1};
  auto permit = co_await s.acquire();
  bool got = false;
  auto first = spawn([&]() -> awaitable<void> {
    const auto mine = co_await s.acquire();
    got = true;
    co_await sleep(1h);
  });
  co_await settle();
  auto second = spawn([&]() -> awaitable<void> { const auto mine = co_await s.acquire(); });
  co_await settle();
  permit.release();
  first.cancel();
  co_await second;
  EXPECT_TRUE(got);
  EXPECT_TRUE(first.cancelled());
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST_SHUFFLED(rules_semaphore, waiters_that_are_cancelled_while_permits_come_lose_none) {
  semaphore s{0};
  std::vector<task<void>> tasks;
  for (int i = 0; i != 6; ++i)
    tasks.push_back(spawn([&]() -> awaitable<void> { const auto mine = co_await s.acquire(); }));
  co_await settle();
  s.release(2);
  for (std::size_t i = 0; i != 6; i += 2) tasks[i].cancel();
  for (const auto& t : tasks) co_await t.wait();
  EXPECT_EQ(s.available(), 2U);
}

ASYNC_TEST_SHUFFLED(rules_bounded_semaphore, a_release_too_many_is_an_error) {
  bounded_semaphore s{2};
  EXPECT_THAT(thrown_by([&] { s.release(); }), HasSubstr("more permits than were taken"));
  auto permit = co_await s.acquire();
  permit.detach();
  s.release();
  EXPECT_EQ(s.available(), 2U);
}

// ---- barrier

ASYNC_TEST_SHUFFLED(rules_barrier, has_at_least_one_party) {
  EXPECT_THAT(thrown_by([] { barrier{0}; }), HasSubstr("at least one party"));
  barrier alone{1};
  const auto index = co_await alone.wait();
  EXPECT_EQ(index, 0U);
}

ASYNC_TEST_SHUFFLED(rules_barrier, gives_each_party_a_number_of_its_own) {
  barrier b{3};
  std::vector<std::size_t> numbers;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 3; ++i)
      group.spawn([&]() -> awaitable<void> { numbers.push_back(co_await b.wait()); }).detach();
    co_return;
  });
  EXPECT_THAT(numbers, UnorderedElementsAre(0U, 1U, 2U));
}

// Otherwise than asyncio, which blocks newcomers while it drains: they belong to the next meeting at once.
ASYNC_TEST_SHUFFLED(rules_barrier, keeps_meetings_apart) {
  barrier b{3};
  int arrivals = 0;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 3; ++i)
      group
          .spawn([&]() -> awaitable<void> {
            for (int meeting = 1; meeting != 5; ++meeting) {
              ++arrivals;
              static_cast<void>(co_await b.wait());
              EXPECT_GE(arrivals, 3 * meeting) << "somebody went on before all had come";
              static_cast<void>(co_await b.wait());
            }
          })
          .detach();
    co_return;
  });
  EXPECT_EQ(b.waiting(), 0U);
}

// Waits at `b` and says how that ended.
task<std::string> party(barrier& b) {
  return spawn([&b] { return end_of([&b]() -> awaitable<void> { static_cast<void>(co_await b.wait()); }); });
}

ASYNC_TEST_SHUFFLED(rules_barrier, reset_breaks_those_who_wait_and_nobody_else) {
  barrier b{2};
  auto broken = party(b);
  co_await settle();
  b.reset();
  auto first = party(b);
  auto second = party(b);
  const auto of_broken = co_await broken;
  const auto of_first = co_await first;
  const auto of_second = co_await second;
  EXPECT_THAT(of_broken, HasSubstr("barrier aborted or reset"));
  EXPECT_EQ(of_first, "done");
  EXPECT_EQ(of_second, "done");
}

ASYNC_TEST_SHUFFLED(rules_barrier, abort_breaks_all_until_reset) {
  barrier b{2};
  auto waiting = party(b);
  co_await settle();
  b.abort();
  auto later = party(b);
  const auto of_waiting = co_await waiting;
  const auto of_later = co_await later;
  EXPECT_THAT(of_waiting, HasSubstr("barrier aborted or reset"));
  EXPECT_EQ(of_later, of_waiting);
  EXPECT_TRUE(b.broken());
  b.reset();
  auto first = party(b);
  auto second = party(b);
  const auto of_first = co_await first;
  const auto of_second = co_await second;
  EXPECT_EQ(of_first, "done");
  EXPECT_EQ(of_second, "done");
}

ASYNC_TEST_SHUFFLED(rules_barrier, a_cancelled_waiter_leaves_the_count) {
  barrier b{2};
  auto cancelled = spawn([&]() -> awaitable<void> { static_cast<void>(co_await b.wait()); });
  co_await settle();
  cancelled.cancel();
  co_await cancelled.wait();
  EXPECT_EQ(b.waiting(), 0U);
  auto first = party(b);
  co_await settle();
  EXPECT_FALSE(first.done()) << "one more has to come";
  const auto index = co_await b.wait();
  EXPECT_EQ(index, 1U);
  co_await first;
}

}  // namespace bight::rules_sync_test
