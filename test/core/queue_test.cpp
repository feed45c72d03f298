// queue: items arrive once, in order, whoever is cancelled.
#include <bight/core/queue.hpp>

#include <algorithm>
#include <bight/core/as_result.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::queue_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

awaitable<void> take_one(queue<int>& q, std::vector<int>& got) {
  const auto item = co_await q.get();
  got.push_back(item.value_or(-1));
}
awaitable<void> put_one(queue<int>& q, int item) { co_await q.put(item); }

ASYNC_TEST(queue, is_first_in_first_out) {
  queue<int> q;
  for (int i = 0; i != 5; ++i) co_await q.put(i);
  EXPECT_EQ(q.size(), 5U);
  for (int i = 0; i != 5; ++i) {
    const auto item = co_await q.get();
    EXPECT_THAT(item, Optional(i));
  }
  EXPECT_TRUE(q.empty());
}

ASYNC_TEST(queue, carries_move_only_items) {
  queue<std::unique_ptr<int>> q{1};
  co_await q.put(std::make_unique<int>(1));
  auto putter = spawn([&]() -> awaitable<void> { co_await q.put(std::make_unique<int>(2)); });
  co_await yield();
  for (int i = 1; i != 3; ++i) {
    const auto item = co_await q.get();
    CO_ASSERT_TRUE(item.has_value());
    EXPECT_EQ(**item, i);
  }
  co_await putter;
}

ASYNC_TEST(queue, capacity_of_zero_means_no_limit) {
  queue<int> q{0};
  EXPECT_EQ(q.capacity(), queue<int>::unbounded);
  for (int i = 0; i != 10'000; ++i) co_await q.put(i);
  EXPECT_EQ(q.size(), 10'000U);
  EXPECT_FALSE(q.full());
}

ASYNC_TEST(queue, get_waits_for_an_item) {
  queue<int> q;
  std::vector<int> got;
  auto getter = spawn(take_one, std::ref(q), std::ref(got));
  co_await sleep(1s);
  EXPECT_TRUE(got.empty());
  co_await q.put(5);
  co_await getter;
  EXPECT_THAT(got, ElementsAre(5));
}

ASYNC_TEST(queue, put_waits_for_room) {
  queue<int> q{2};
  co_await q.put(1);
  EXPECT_FALSE(q.full());
  co_await q.put(2);
  EXPECT_TRUE(q.full());
  auto putter = spawn(put_one, std::ref(q), 3);
  co_await sleep(1s);
  EXPECT_FALSE(putter.done());
  EXPECT_EQ(q.size(), 2U);
  const auto item = co_await q.get();
  EXPECT_THAT(item, Optional(1));
  co_await putter;
  EXPECT_EQ(q.size(), 2U);
}

ASYNC_TEST(queue, getters_are_served_in_the_order_in_which_they_came) {
  queue<int> q;
  std::string order;
  std::vector<task<void>> getters;
  for (const char name : std::string("abc")) {
    getters.push_back(spawn(
        [&](char c) -> awaitable<void> {
          const auto item = co_await q.get();
          order += c + std::to_string(item.value_or(-1)) + ' ';
        },
        name));
  }
  co_await yield();
  for (int i = 1; i != 4; ++i) co_await q.put(i);
  for (auto& t : getters) co_await t;
  EXPECT_EQ(order, "a1 b2 c3 ");
}

ASYNC_TEST(queue, putters_are_served_in_the_order_in_which_they_came) {
  queue<int> q{1};
  co_await q.put(0);
  std::vector<task<void>> putters;
  for (int i = 1; i != 5; ++i) putters.push_back(spawn(put_one, std::ref(q), i));
  co_await yield();
  for (int i = 0; i != 5; ++i) {
    const auto item = co_await q.get();
    EXPECT_THAT(item, Optional(i));
  }
  for (auto& t : putters) co_await t;
}

// As in asyncio: a getter that was woken has its item for sure, not the oldest one.
ASYNC_TEST(queue, newcomers_may_take_the_oldest_item_beside_a_woken_getter) {
  queue<int> q;
  std::vector<int> waiter_got;
  auto waiter = spawn(take_one, std::ref(q), std::ref(waiter_got));
  co_await yield();
  co_await q.put(1);  // wakes the waiter, which did not run yet
  co_await q.put(2);
  const auto mine = co_await q.get();
  EXPECT_THAT(mine, Optional(1));
  EXPECT_EQ(q.try_get(), std::nullopt) << "the other one is the waiter's";
  co_await waiter;
  EXPECT_THAT(waiter_got, ElementsAre(2));
}

ASYNC_TEST(queue, newcomers_may_put_before_a_woken_putter) {
  queue<int> q{2};
  co_await q.put(1);
  co_await q.put(2);
  auto waiting = spawn(put_one, std::ref(q), 3);
  co_await yield();
  EXPECT_THAT(q.try_get(), Optional(1));  // wakes the putter, which did not run yet
  EXPECT_THAT(q.try_get(), Optional(2));
  co_await q.put(4);
  EXPECT_TRUE(q.full()) << "the other place is the putter's";
  co_await waiting;
  EXPECT_THAT(q.try_get(), Optional(4));
  EXPECT_THAT(q.try_get(), Optional(3));
}

ASYNC_TEST(queue, newcomers_do_not_take_the_item_of_a_woken_getter) {
  queue<int> q;
  std::vector<int> waiter_got;
  auto waiter = spawn(take_one, std::ref(q), std::ref(waiter_got));
  co_await yield();
  co_await q.put(1);  // wakes the waiter, which did not run yet
  EXPECT_EQ(q.size(), 1U);
  EXPECT_EQ(q.try_get(), std::nullopt);
  auto late = spawn([&]() -> awaitable<void> { co_await q.put(2); });
  const auto mine = co_await q.get();
  EXPECT_THAT(mine, Optional(2));
  co_await waiter;
  co_await late;
  EXPECT_THAT(waiter_got, ElementsAre(1));
}

ASYNC_TEST(queue, newcomers_do_not_take_the_place_of_a_woken_putter) {
  queue<int> q{1};
  co_await q.put(1);
  auto waiting = spawn(put_one, std::ref(q), 2);
  co_await yield();
  const auto first = co_await q.get();  // wakes the putter, which did not run yet
  EXPECT_THAT(first, Optional(1));
  EXPECT_TRUE(q.full());
  EXPECT_FALSE(q.try_put(3));
  co_await waiting;
  const auto second = co_await q.get();
  EXPECT_THAT(second, Optional(2));
}

ASYNC_TEST(queue, try_put_moves_only_when_there_is_room) {
  queue<std::unique_ptr<int>> q{1};
  auto a = std::make_unique<int>(1);
  EXPECT_TRUE(q.try_put(std::move(a)));
  EXPECT_FALSE(a);
  auto b = std::make_unique<int>(2);
  EXPECT_FALSE(q.try_put(std::move(b)));
  EXPECT_TRUE(b);
  const auto item = q.try_get();
  CO_ASSERT_TRUE(item.has_value());
  EXPECT_EQ(**item, 1);
  EXPECT_FALSE(q.try_get().has_value());
}

ASYNC_TEST(queue, try_get_makes_room_for_waiting_putters) {
  queue<int> q{1};
  co_await q.put(1);
  auto putter = spawn(put_one, std::ref(q), 2);
  co_await yield();
  EXPECT_THAT(q.try_get(), Optional(1));
  co_await putter;
  EXPECT_THAT(q.try_get(), Optional(2));
}

ASYNC_TEST(queue, shutdown_lets_consumers_drain_and_then_ends_them) {
  queue<int> q;
  co_await q.put(1);
  co_await q.put(2);
  q.shutdown();
  EXPECT_TRUE(q.is_shut_down());
  const auto a = co_await q.get();
  const auto b = co_await q.get();
  const auto c = co_await q.get();
  const auto d = co_await q.get();
  EXPECT_THAT(a, Optional(1));
  EXPECT_THAT(b, Optional(2));
  EXPECT_EQ(c, std::nullopt);
  EXPECT_EQ(d, std::nullopt);
}

ASYNC_TEST(queue, shutdown_ends_waiting_getters) {
  queue<int> q;
  std::vector<int> got;
  auto a = spawn(take_one, std::ref(q), std::ref(got));
  auto b = spawn(take_one, std::ref(q), std::ref(got));
  co_await yield();
  q.shutdown();
  co_await a;
  co_await b;
  EXPECT_THAT(got, ElementsAre(-1, -1));
}

ASYNC_TEST(queue, shutdown_refuses_puts_and_fails_waiting_ones) {
  queue<int> q{1};
  co_await q.put(1);
  int refused = 0;
  auto waits = spawn([&]() -> awaitable<void> {
    try {
      co_await q.put(2);
    } catch (const queue_shut_down& e) { refused += e.code() == errc::queue_shut_down; }
  });
  co_await yield();
  q.shutdown();
  q.shutdown();
  co_await waits;
  try {
    co_await q.put(3);
  } catch (const queue_shut_down&) { ++refused; }
  EXPECT_THROW(q.try_put(4), queue_shut_down);
  EXPECT_EQ(refused, 2);
  const auto item = co_await q.get();
  EXPECT_THAT(item, Optional(1));
  const auto end = co_await q.get();
  EXPECT_EQ(end, std::nullopt);
}

ASYNC_TEST(queue, immediate_shutdown_drops_the_items) {
  queue<int> q{2};
  co_await q.put(1);
  co_await q.put(2);
  auto putter = spawn(put_one, std::ref(q), 3);
  co_await yield();
  q.shutdown(true);
  EXPECT_EQ(q.size(), 0U);
  const auto end = co_await q.get();
  EXPECT_EQ(end, std::nullopt);
  bool failed = false;
  try {
    co_await putter;
  } catch (const queue_shut_down&) { failed = true; }
  EXPECT_TRUE(failed);
}

ASYNC_TEST(queue, immediate_shutdown_ends_a_getter_that_was_woken_already) {
  queue<int> q;
  std::vector<int> got;
  auto getter = spawn(take_one, std::ref(q), std::ref(got));
  co_await yield();
  co_await q.put(1);
  q.shutdown(true);
  co_await getter;
  EXPECT_THAT(got, ElementsAre(-1));
}

ASYNC_TEST(queue, shutdown_fails_a_putter_that_was_woken_already) {
  queue<int> q{1};
  co_await q.put(1);
  auto putter = spawn(put_one, std::ref(q), 2);
  co_await yield();
  const auto first = co_await q.get();
  EXPECT_THAT(first, Optional(1));
  q.shutdown();
  bool failed = false;
  try {
    co_await putter;
  } catch (const queue_shut_down&) { failed = true; }
  EXPECT_TRUE(failed);
  const auto end = co_await q.get();
  EXPECT_EQ(end, std::nullopt);
}

ASYNC_TEST(queue, join_waits_until_every_item_was_dealt_with) {
  queue<int> q;
  co_await q.join();  // nothing was put
  for (int i = 0; i != 3; ++i) co_await q.put(i);
  auto joining = spawn([&]() -> awaitable<void> { co_await q.join(); });
  for (int i = 0; i != 3; ++i) {
    static_cast<void>(co_await q.get());
    co_await sleep(1s);
    EXPECT_FALSE(joining.done());
    q.task_done();
  }
  co_await joining;
  EXPECT_EQ(q.unfinished(), 0U);
  co_await q.put(4);
  EXPECT_EQ(q.unfinished(), 1U);
}

ASYNC_TEST(queue, task_done_once_too_often_is_a_mistake_that_is_told) {
  queue<int> q;
  EXPECT_THROW(q.task_done(), std::logic_error);
  co_await q.put(1);
  q.task_done();
  EXPECT_THROW(q.task_done(), std::logic_error);
}

ASYNC_TEST(queue, what_an_immediate_shutdown_drops_counts_as_dealt_with) {
  queue<int> q;
  for (int i = 0; i != 3; ++i) co_await q.put(i);
  static_cast<void>(co_await q.get());
  q.shutdown(true);
  EXPECT_EQ(q.unfinished(), 1U);
  auto joining = spawn([&]() -> awaitable<void> { co_await q.join(); });
  co_await yield();
  EXPECT_FALSE(joining.done());
  q.task_done();
  co_await joining;
}

ASYNC_TEST(queue, destroyed_under_its_waiters_tells_them) {
  auto q = std::make_unique<queue<int>>(1);
  auto getter = spawn([&]() -> awaitable<void> { static_cast<void>(co_await q->get()); });
  co_await yield();
  q.reset();
  co_await getter.wait();
  try {
    getter.result();
    ADD_FAILURE() << "no error";
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::destroyed); }
}

ASYNC_TEST(queue, a_cancelled_get_takes_nothing) {
  queue<int> q;
  std::vector<int> got;
  auto a = spawn(take_one, std::ref(q), std::ref(got));
  auto b = spawn(take_one, std::ref(q), std::ref(got));
  co_await yield();
  a.cancel();
  co_await q.put(1);
  co_await b;
  co_await a.wait();
  EXPECT_TRUE(a.cancelled());
  EXPECT_THAT(got, ElementsAre(1));
}

ASYNC_TEST(queue, a_cancelled_put_puts_nothing) {
  queue<int> q{1};
  co_await q.put(1);
  auto a = spawn(put_one, std::ref(q), 2);
  auto b = spawn(put_one, std::ref(q), 3);
  co_await yield();
  a.cancel();
  const auto first = co_await q.get();
  const auto second = co_await q.get();
  EXPECT_THAT(first, Optional(1));
  EXPECT_THAT(second, Optional(3));
  co_await b;
  co_await a.wait();
  EXPECT_TRUE(a.cancelled());
  EXPECT_TRUE(q.empty());
}

ASYNC_TEST(queue, an_item_is_not_lost_when_the_woken_getter_is_cancelled) {
  queue<int> q;
  std::vector<int> got;
  auto a = spawn([&]() -> awaitable<void> {
    const auto item = co_await q.get();
    got.push_back(item.value_or(-1));  // delivered: the result beat the cancellation
    co_await sleep(1s);
    got.push_back(-2);
  });
  co_await yield();
  co_await q.put(1);
  a.cancel();
  co_await a.wait();
  EXPECT_TRUE(a.cancelled());
  EXPECT_THAT(got, ElementsAre(1));
}

ASYNC_TEST(queue, every_item_arrives_once_under_random_timeouts) {
  queue<int> q{3};
  std::vector<int> got;
  constexpr int items = 500;
  auto produce = [&](int from, int to) -> awaitable<void> {
    for (int i = from; i != to;) {
      const auto put = co_await as_result(wait_for(q.put(i), std::chrono::milliseconds(i % 3)));
      if (put)
        ++i;
      else
        co_await sleep(1ms);
    }
  };
  auto consume = [&](unsigned seed) -> awaitable<void> {
    std::mt19937 random{seed};
    while (true) {
      std::optional<int> item;
      try {
        item = co_await wait_for(q.get(), std::chrono::milliseconds(random() % 3 + 1));
      } catch (const timeout_error&) { continue; }
      if (!item) co_return;
      got.push_back(*item);
      co_await sleep(std::chrono::milliseconds(random() % 2));
    }
  };
  auto a = spawn(consume, 1U);
  auto b = spawn(consume, 2U);
  auto c = spawn(consume, 3U);
  co_await gather(produce(0, items / 2), produce(items / 2, items));
  q.shutdown();
  co_await gather(std::move(a), std::move(b), std::move(c));
  std::sort(got.begin(), got.end());
  std::vector<int> expected(items);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(got, expected);
}

// The frame of a getter that was woken and never ran leaves its item to others, and a putter its place.
TEST(queue, is_whole_again_when_a_loop_with_woken_waiters_is_destroyed) {
  queue<int> items;
  queue<int> places{1};
  ASSERT_TRUE(places.try_put(1));
  std::vector<int> got;
  {
    const loop_options options{.max_turns_per_poll = 1};  // so that the loop stops right after the wake-up
    loop l(options);
    auto getter = l.spawn(take_one, std::ref(items), std::ref(got));
    auto putter = l.spawn(put_one, std::ref(places), 2);
    auto waker = l.spawn([&]() -> awaitable<void> {
      co_await yield();
      EXPECT_TRUE(items.try_put(7));
      EXPECT_TRUE(places.try_get().has_value());
    });
    l.run_until(waker);
    EXPECT_FALSE(getter.done());
    EXPECT_FALSE(putter.done());
  }
  EXPECT_TRUE(got.empty());
  EXPECT_THAT(items.try_get(), Optional(7));
  EXPECT_FALSE(places.full());
  EXPECT_TRUE(places.try_put(3));
}

}  // namespace bight::queue_test
