// broadcast: every subscriber, every item.
#include <bight/core/broadcast.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::broadcast_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

using numbers = broadcast<int>;

// Takes all that comes; -n stands for n items that were dropped.
awaitable<void> follow(numbers::subscriber sub, std::vector<int>& got) {
  while (true) {
    std::optional<int> item;
    try {
      item = co_await sub.next();
      if (!item) co_return;
    } catch (const lagged_error& e) { item = -static_cast<int>(e.missed()); }
    got.push_back(*item);
  }
}

ASYNC_TEST(broadcast, every_subscriber_gets_every_item) {
  numbers b{4};
  std::vector<int> one;
  std::vector<int> two;
  auto a = spawn(follow, b.subscribe(), std::ref(one));
  auto c = spawn(follow, b.subscribe(), std::ref(two));
  for (int i = 1; i != 4; ++i) {
    const auto readers = co_await b.put(i);
    EXPECT_EQ(readers, 2U);
    co_await yield();
  }
  b.close();
  co_await a;
  co_await c;
  EXPECT_THAT(one, ElementsAre(1, 2, 3));
  EXPECT_THAT(two, ElementsAre(1, 2, 3));
}

ASYNC_TEST(broadcast, begins_where_the_subscriber_came) {
  numbers b{4};
  const auto nobody = co_await b.put(1);
  EXPECT_EQ(nobody, 0U);
  EXPECT_EQ(b.size(), 0U);
  auto early = b.subscribe();
  EXPECT_TRUE(b.try_put(2));
  auto late = b.subscribe();
  EXPECT_TRUE(b.try_put(3));
  EXPECT_EQ(b.subscribers(), 2U);
  EXPECT_EQ(early.pending(), 2U);
  EXPECT_EQ(late.pending(), 1U);
  const auto a = co_await early.next();
  const auto c = co_await late.next();
  EXPECT_THAT(a, Optional(2));
  EXPECT_THAT(c, Optional(3));
}

ASYNC_TEST(broadcast, tells_a_slow_subscriber_how_many_items_it_missed) {
  numbers b{3};
  std::vector<int> got;
  auto sub = b.subscribe();
  for (int i = 0; i != 10; ++i) EXPECT_TRUE(b.try_put(i));
  EXPECT_EQ(b.size(), 3U);
  EXPECT_EQ(sub.pending(), 3U);
  auto t = spawn(follow, std::move(sub), std::ref(got));
  co_await sleep(1s);
  b.close();
  co_await t;
  EXPECT_THAT(got, ElementsAre(-7, 7, 8, 9));
}

ASYNC_TEST(broadcast, says_so_in_the_error) {
  numbers b{1};
  auto sub = b.subscribe();
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(b.try_put(i));
  const auto result = co_await as_result(sub.next());
  CO_ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error(), errc::lagged);
  EXPECT_EQ(lagged_error{2}.missed(), 2U);
  EXPECT_THAT(lagged_error{2}.what(), ::testing::HasSubstr("2 items"));
}

ASYNC_TEST(broadcast, keeps_items_until_the_last_subscriber_took_them) {
  broadcast<std::shared_ptr<int>> b{8};
  auto one = std::make_optional(b.subscribe());
  auto two = b.subscribe();
  auto item = std::make_shared<int>(5);
  co_await b.put(item);
  co_await b.put(item);
  EXPECT_EQ(item.use_count(), 3);
  auto got = co_await two.next();
  EXPECT_EQ(item.use_count(), 4);
  got.reset();
  EXPECT_EQ(b.size(), 2U);
  one.reset();  // the other one had it already
  EXPECT_EQ(b.size(), 1U);
  EXPECT_EQ(item.use_count(), 2);
  got = co_await two.next();
  EXPECT_EQ(b.size(), 0U);
  EXPECT_EQ(item.use_count(), 2);
}

ASYNC_TEST(broadcast, put_may_wait_for_the_slowest) {
  numbers b{2, when_slow::wait};
  auto fast = b.subscribe();
  auto slow = b.subscribe();
  co_await b.put(1);
  co_await b.put(2);
  EXPECT_FALSE(b.try_put(9));
  auto putter = spawn([&]() -> awaitable<void> {
    co_await b.put(3);
    co_await b.put(4);
  });
  for (int i = 1; i != 3; ++i) {
    const auto item = co_await fast.next();
    EXPECT_THAT(item, Optional(i));
  }
  co_await sleep(1s);
  EXPECT_EQ(fast.pending(), 0U);
  auto item = co_await slow.next();
  EXPECT_THAT(item, Optional(1));
  item = co_await fast.next();
  EXPECT_THAT(item, Optional(3));
  EXPECT_FALSE(putter.done());
  for (int i = 2; i != 5; ++i) {
    item = co_await slow.next();
    EXPECT_THAT(item, Optional(i));
  }
  co_await putter;
}

ASYNC_TEST(broadcast, may_disconnect_subscribers_that_are_too_slow) {
  numbers b{2, when_slow::disconnect};
  auto fast = b.subscribe();
  auto slow = b.subscribe();
  for (int i = 1; i != 6; ++i) {
    EXPECT_TRUE(b.try_put(i));
    const auto item = co_await fast.next();
    EXPECT_THAT(item, Optional(i));
  }
  EXPECT_TRUE(slow.disconnected());
  EXPECT_FALSE(fast.disconnected());
  EXPECT_EQ(b.disconnected(), 1U);
  EXPECT_EQ(b.subscribers(), 1U);
  EXPECT_EQ(b.size(), 0U);
  EXPECT_EQ(slow.pending(), 0U);
  std::uint64_t missed = 0;
  try {
    static_cast<void>(co_await slow.next());
  } catch (const lagged_error& e) { missed = e.missed(); }
  EXPECT_EQ(missed, 3U);  // removed when the third came: it waits for nothing, so later ones are not counted
  for (int i = 0; i != 2; ++i) {
    const auto end = co_await slow.next();
    EXPECT_EQ(end, std::nullopt);
  }
}

ASYNC_TEST(broadcast, disconnects_all_that_are_too_slow_and_no_other) {
  numbers b{2, when_slow::disconnect};
  std::vector<numbers::subscriber> all;
  for (int i = 0; i != 6; ++i) all.push_back(b.subscribe());
  EXPECT_TRUE(b.try_put(1));
  EXPECT_TRUE(b.try_put(2));
  for (const auto i : {1U, 4U}) static_cast<void>(co_await all[i].next());
  auto late = b.subscribe();
  const auto left = co_await b.put(3);
  EXPECT_EQ(left, 3U);
  EXPECT_EQ(b.disconnected(), 4U);
  EXPECT_EQ(b.size(), 2U);
  for (const auto i : {1U, 4U}) {
    const auto second = co_await all[i].next();
    const auto third = co_await all[i].next();
    EXPECT_THAT(second, Optional(2));
    EXPECT_THAT(third, Optional(3));
  }
  const auto only = co_await late.next();
  EXPECT_THAT(only, Optional(3));
  EXPECT_EQ(b.size(), 0U);
  all.clear();  // also of those that have left
  EXPECT_EQ(b.subscribers(), 1U);
}

// Woken by an item, and removed before it runs.
ASYNC_TEST(broadcast, a_subscriber_that_was_woken_may_be_disconnected) {
  numbers b{1, when_slow::disconnect};
  std::vector<int> got;
  auto t = spawn(follow, b.subscribe(), std::ref(got));
  co_await yield();
  for (int i = 1; i != 4; ++i) EXPECT_TRUE(b.try_put(i));
  EXPECT_EQ(b.subscribers(), 0U);
  co_await t;
  EXPECT_THAT(got, ElementsAre(-2));
}

ASYNC_TEST(broadcast, a_subscriber_that_goes_makes_room) {
  numbers b{1, when_slow::wait};
  auto sub = std::make_optional(b.subscribe());
  co_await b.put(1);
  std::vector<std::size_t> told;
  auto put = [&](int i) -> awaitable<void> {
    const auto readers = co_await b.put(i);
    told.push_back(readers);
  };
  auto a = spawn(put, 2);
  auto c = spawn(put, 3);
  co_await yield();
  sub.reset();
  co_await a;
  co_await c;
  EXPECT_THAT(told, ElementsAre(0U, 0U));
}

ASYNC_TEST(broadcast, close_lets_subscribers_drain_and_refuses_puts) {
  numbers b{1, when_slow::wait};
  auto sub = b.subscribe();
  co_await b.put(1);
  int refused = 0;
  auto waits = spawn([&]() -> awaitable<void> {
    try {
      co_await b.put(2);
    } catch (const queue_shut_down&) { ++refused; }
  });
  co_await yield();
  b.close();
  EXPECT_TRUE(b.is_closed());
  co_await waits;
  try {
    co_await b.put(3);
  } catch (const queue_shut_down&) { ++refused; }
  EXPECT_THROW(b.try_put(4), queue_shut_down);
  EXPECT_EQ(refused, 2);
  const auto left = co_await sub.next();
  const auto end = co_await sub.next();
  EXPECT_THAT(left, Optional(1));
  EXPECT_EQ(end, std::nullopt);
}

ASYNC_TEST(broadcast, a_put_that_was_granted_room_fails_when_the_channel_is_closed_first) {
  numbers b{1, when_slow::wait};
  auto sub = b.subscribe();
  co_await b.put(1);
  auto putter = spawn([&]() -> awaitable<void> { co_await b.put(2); });
  co_await yield();
  const auto item = co_await sub.next();
  EXPECT_THAT(item, Optional(1));
  b.close();
  bool refused = false;
  try {
    co_await putter;
  } catch (const queue_shut_down&) { refused = true; }
  EXPECT_TRUE(refused);
}

ASYNC_TEST(broadcast, destroying_it_ends_its_subscribers) {
  auto b = std::make_unique<numbers>(2);
  std::vector<int> got;
  auto t = spawn(follow, b->subscribe(), std::ref(got));
  auto late = b->subscribe();
  co_await b->put(1);
  co_await yield();
  b.reset();
  co_await t;
  EXPECT_THAT(got, ElementsAre(1));
  const auto left = co_await late.next();
  const auto end = co_await late.next();
  EXPECT_THAT(left, Optional(1));
  EXPECT_EQ(end, std::nullopt);
}

ASYNC_TEST(broadcast, one_task_waits_at_a_subscriber_at_a_time) {
  numbers b{2};
  auto sub = b.subscribe();
  auto t = spawn([&]() -> awaitable<void> { static_cast<void>(co_await sub.next()); });
  co_await yield();
  int refused = 0;
  for (int i = 0; i != 2; ++i) {  // while it waits, and when it was woken and did not run yet
    try {
      static_cast<void>(co_await sub.next());
    } catch (const std::logic_error&) { ++refused; }
    b.try_put(i);
  }
  EXPECT_EQ(refused, 2);
  co_await t;
  const auto item = co_await sub.next();
  EXPECT_THAT(item, Optional(1));
}

ASYNC_TEST(broadcast, a_subscriber_may_be_moved_while_next_waits) {
  numbers b{2};
  auto sub = b.subscribe();
  int got = 0;
  auto t = spawn([&]() -> awaitable<void> {
    const auto item = co_await sub.next();
    got = item.value_or(-1);
  });
  co_await yield();
  auto moved = std::move(sub);
  EXPECT_TRUE(b.try_put(1));
  co_await t;
  EXPECT_EQ(got, 1);
  EXPECT_EQ(moved.pending(), 0U);
}

ASYNC_TEST(broadcast, destroying_a_subscriber_tells_who_waits_there) {
  numbers b{2};
  auto sub = std::make_optional(b.subscribe());
  auto t = spawn([&]() -> awaitable<void> { static_cast<void>(co_await sub->next()); });
  co_await yield();
  sub.reset();
  const auto result = co_await as_result(std::move(t));
  CO_ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error(), errc::destroyed);
}

ASYNC_TEST(broadcast, needs_a_capacity) {
  EXPECT_THROW(numbers{0}, std::invalid_argument);
  co_return;
}

// Items come in order, once, to every subscriber, whoever is cancelled in between.
ASYNC_TEST(broadcast, nothing_is_lost_when_a_subscriber_or_a_putter_is_cancelled_after_k_turns) {
  for (int k = 0; k != 21; ++k) {
    numbers b{2, when_slow::wait};
    int put = 0;
    auto produce = [&]() -> awaitable<void> {
      while (put != 8) {
        co_await b.put(put);
        ++put;
      }
      b.close();
    };
    std::vector<int> got[2];
    auto sub0 = b.subscribe();
    auto sub1 = b.subscribe();
    auto consume = [](numbers::subscriber& sub, std::vector<int>& to) -> awaitable<void> {
      auto item = co_await sub.next();
      while (item) {
        to.push_back(*item);
        co_await yield();
        item = co_await sub.next();
      }
    };
    auto p = spawn(produce);
    auto c = spawn(consume, std::ref(sub0), std::ref(got[0]));
    auto d = spawn(consume, std::ref(sub1), std::ref(got[1]));
    for (int i = 0; i != k; ++i) co_await yield();
    auto& victim = k % 2 == 0 ? p : c;
    victim.cancel();
    co_await victim.wait();
    if (k % 2 == 0)
      co_await gather(produce(), std::move(c));
    else
      co_await gather(consume(sub0, got[0]), std::move(p));
    co_await d;
    for (const auto& all : got) EXPECT_THAT(all, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7)) << k;
  }
}

ASYNC_TEST(broadcast, nothing_is_lost_under_random_timeouts) {
  numbers b{3, when_slow::wait};
  constexpr int items = 300;
  std::vector<int> expected;
  for (int i = 0; i != items; ++i) expected.push_back(i);
  auto consume = [&](unsigned seed) -> awaitable<void> {
    auto sub = b.subscribe();
    std::vector<int> got;
    std::mt19937 random{seed};
    while (true) {
      std::optional<int> item;
      try {
        item = co_await wait_for(sub.next(), std::chrono::milliseconds(random() % 3 + 1));
      } catch (const timeout_error&) { continue; }
      if (!item) break;
      got.push_back(*item);
      co_await sleep(std::chrono::milliseconds(random() % 2));
    }
    EXPECT_EQ(got, expected);
  };
  auto one = spawn(consume, 1U);
  auto two = spawn(consume, 2U);
  co_await yield();
  for (int i = 0; i != items;) {
    const auto put = co_await as_result(wait_for(b.put(i), std::chrono::milliseconds(i % 3)));
    if (put)
      ++i;
    else
      co_await sleep(1ms);
  }
  b.close();
  co_await gather(std::move(one), std::move(two));
}

// The frame of a putter that was woken and never ran leaves its place to others.
TEST(broadcast, is_whole_again_when_a_loop_with_woken_waiters_is_destroyed) {
  numbers b{1, when_slow::wait};
  auto sub = b.subscribe();
  ASSERT_TRUE(b.try_put(1));
  std::vector<int> got;
  {
    const loop_options options{.max_turns_per_poll = 1};
    loop l(options);
    auto putter = l.spawn([&]() -> awaitable<void> { co_await b.put(2); });
    auto reader = l.spawn(follow, b.subscribe(), std::ref(got));
    auto taker = [&]() -> awaitable<void> {
      co_await yield();
      const auto item = co_await sub.next();
      EXPECT_THAT(item, Optional(1));
    };
    l.run_until(l.spawn(taker));
  }
  EXPECT_TRUE(b.try_put(3));
  EXPECT_EQ(b.subscribers(), 1U);
  EXPECT_TRUE(got.empty());
}

}  // namespace bight::broadcast_test
