// The rules of asyncio's Queue, LifoQueue and PriorityQueue that bight keeps, and where it decides otherwise.
// Each holds in any order of ready tasks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/ends.hpp"

namespace bight::rules_queue_test {

using namespace std::chrono_literals;
using test::end_of;
using test::thrown_by;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::settle;

task<std::optional<int>> getter(queue<int>& q) {
  return spawn([&q]() -> awaitable<std::optional<int>> { co_return co_await q.get(); });
}
task<void> putter(queue<int>& q, int item) {
  return spawn([&q, item]() -> awaitable<void> { co_await q.put(item); });
}

ASYNC_TEST_SHUFFLED(rules_queue, of_capacity_zero_has_no_limit) {
  queue<int> q{0};
  for (int i = 0; i != 1000; ++i) EXPECT_TRUE(q.try_put(i));
  EXPECT_FALSE(q.full());
  co_return;
}

ASYNC_TEST_SHUFFLED(rules_queue, put_waits_for_room_and_get_for_an_item) {
  queue<int> q{1};
  auto get = getter(q);
  co_await settle();
  EXPECT_FALSE(get.done());
  co_await q.put(1);
  co_await q.put(2);
  auto put = putter(q, 3);
  co_await settle();
  EXPECT_EQ(get.result(), 1);
  EXPECT_FALSE(put.done());
  const auto second = co_await q.get();
  EXPECT_EQ(second, 2);
  co_await put;
}

// Each getter takes what is first when it runs, so items that come at the same time go to any of those woken.
ASYNC_TEST_SHUFFLED(rules_queue, the_longest_waiting_getter_is_woken_first) {
  queue<int> q;
  std::vector<task<std::optional<int>>> getters;
  for (int i = 0; i != 3; ++i) {
    getters.push_back(getter(q));
    co_await settle();
  }
  for (int i = 0; i != 3; ++i) {
    q.try_put(i);
    co_await settle();
  }
  std::vector<int> got;
  for (const auto& g : getters) got.push_back(g.result().value_or(-1));
  EXPECT_THAT(got, ElementsAre(0, 1, 2));
}

ASYNC_TEST_SHUFFLED(rules_queue, an_item_stays_in_it_until_the_getter_runs_and_nobody_else_takes_it) {
  queue<int> q;
  auto get = getter(q);
  co_await settle();
  q.try_put(1);
  EXPECT_EQ(q.size(), 1U);
  EXPECT_FALSE(q.try_get());
  co_await get;
  EXPECT_EQ(get.result(), 1);
}

// Otherwise than asyncio, where the item stays for the next one: a get that was granted before the cancel is
// delivered, and the cancellation strikes at the next wait.
ASYNC_TEST_SHUFFLED(rules_queue, cancelling_a_woken_getter_loses_no_item) {
  queue<int> q;
  std::optional<int> got;
  auto get = spawn([&]() -> awaitable<void> {
    got = co_await q.get();
    co_await sleep(1h);
  });
  co_await settle();
  q.try_put(1);
  get.cancel();
  co_await get.wait();
  EXPECT_EQ(got, 1);
  EXPECT_TRUE(get.cancelled());
}

ASYNC_TEST_SHUFFLED(rules_queue, cancelling_among_getters_and_putters_loses_no_item) {
  queue<int> q{1};
  std::vector<task<std::optional<int>>> getters;
  std::vector<task<void>> putters;
  for (int i = 0; i != 6; ++i) {
    getters.push_back(getter(q));
    putters.push_back(putter(q, i));
    if (i % 2 == 0) co_await yield();
    if (i % 3 == 0) getters.back().cancel();
    if (i % 3 == 1) putters.back().cancel();
  }
  co_await settle();
  q.shutdown();
  co_await settle();
  int put = 0;
  int got = 0;
  for (const auto& p : putters) put += end_of(p) == "done" ? 1 : 0;
  for (const auto& g : getters) got += end_of(g) == "done" && g.result() ? 1 : 0;
  EXPECT_EQ(put, got + static_cast<int>(q.size()));
}

// Otherwise than asyncio, whose getters throw QueueShutDown: the end of a queue is an ordinary outcome.
ASYNC_TEST_SHUFFLED(rules_queue, after_shutdown_puts_fail_and_getters_drain_it_and_then_get_nothing) {
  queue<int> q{1};
  co_await q.put(1);
  auto waiting = putter(q, 2);
  co_await settle();
  q.shutdown();
  EXPECT_THAT(thrown_by([&] { q.try_put(3); }), HasSubstr("shut down"));
  co_await waiting.wait();
  EXPECT_THAT(end_of(waiting), HasSubstr("shut down"));
  auto late = putter(q, 4);
  co_await late.wait();
  EXPECT_THAT(end_of(late), HasSubstr("shut down"));
  const auto left = co_await q.get();
  const auto none = co_await q.get();
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(none);
}

ASYNC_TEST_SHUFFLED(rules_queue, shutdown_ends_getters_that_wait) {
  queue<int> q;
  auto get = getter(q);
  co_await settle();
  q.shutdown();
  co_await get;
  EXPECT_FALSE(get.result());
}

ASYNC_TEST_SHUFFLED(rules_queue, an_immediate_shutdown_counts_what_it_drops_as_done_and_ends_all_who_wait) {
  queue<int> q{2};
  co_await q.put(1);
  co_await q.put(2);
  auto put = putter(q, 3);
  auto join = spawn([&]() -> awaitable<void> { co_await q.join(); });
  co_await settle();
  EXPECT_FALSE(join.done());
  q.shutdown(true);
  co_await join;
  co_await put.wait();
  EXPECT_THAT(end_of(put), HasSubstr("shut down"));
  EXPECT_TRUE(q.empty());
  EXPECT_EQ(q.unfinished(), 0U);
  const auto none = co_await q.get();
  EXPECT_FALSE(none);
}

ASYNC_TEST_SHUFFLED(rules_queue, join_returns_when_everything_that_was_put_is_done) {
  queue<int> q;
  co_await q.join();  // nothing was put
  co_await q.put(1);
  co_await q.put(2);
  auto join = spawn([&]() -> awaitable<void> { co_await q.join(); });
  static_cast<void>(co_await q.get());
  static_cast<void>(co_await q.get());
  q.task_done();
  co_await settle();
  EXPECT_FALSE(join.done());
  q.task_done();
  co_await join;
}

ASYNC_TEST_SHUFFLED(rules_queue, task_done_once_too_often_is_an_error) {
  queue<int> q;
  co_await q.put(1);
  q.task_done();
  EXPECT_THAT(thrown_by([&] { q.task_done(); }), HasSubstr("more often than items were added"));
}

ASYNC_TEST_SHUFFLED(rules_queue, of_the_other_kinds_gives_the_newest_or_the_least_first) {
  lifo_queue<int> newest;
  priority_queue<int> least;
  for (const int i : {2, 1, 3}) {
    newest.try_put(i);
    least.try_put(i);
  }
  std::vector<int> from_newest;
  std::vector<int> from_least;
  for (int i = 0; i != 3; ++i) {
    from_newest.push_back((co_await newest.get()).value_or(-1));
    from_least.push_back((co_await least.get()).value_or(-1));
  }
  EXPECT_THAT(from_newest, ElementsAre(3, 1, 2));
  EXPECT_THAT(from_least, ElementsAre(1, 2, 3));
}

}  // namespace bight::rules_queue_test
