// watch: the newest value, never missed.
#include <bight/core/watch.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::watch_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

awaitable<void> follow(watch<int>::subscriber sub, std::vector<int>& got) {
  auto value = co_await sub.next();
  while (value) {
    got.push_back(*value);
    value = co_await sub.next();
  }
}

ASYNC_TEST(watch, gives_the_current_value_and_then_newer_ones) {
  watch<int> w{1};
  std::vector<int> got;
  auto t = spawn(follow, w.subscribe(), std::ref(got));
  co_await sleep(1s);
  EXPECT_THAT(got, ElementsAre(1));
  w.set(2);
  EXPECT_EQ(w.get(), 2);
  co_await sleep(1s);
  w.set(3);
  co_await sleep(1s);
  EXPECT_THAT(got, ElementsAre(1, 2, 3));
  w.close();
  co_await t;
}

ASYNC_TEST(watch, skips_what_was_replaced) {
  watch<int> w{1};
  auto sub = w.subscribe();
  w.set(2);
  w.set(3);
  const auto newest = co_await sub.next();
  EXPECT_THAT(newest, Optional(3));
  EXPECT_FALSE(sub.changed());
  std::vector<int> got;
  auto t = spawn(follow, std::move(sub), std::ref(got));
  co_await yield();
  w.set(4);
  w.set(5);
  co_await yield();
  co_await yield();
  EXPECT_THAT(got, ElementsAre(5));
  w.close();
  co_await t;
}

ASYNC_TEST(watch, a_value_that_was_set_before_the_wait_is_not_missed) {
  watch<std::string> w{"a"};
  auto sub = w.subscribe();
  sub.mark_seen();
  EXPECT_FALSE(sub.changed());
  w.set("b");
  EXPECT_TRUE(sub.changed());
  EXPECT_EQ(sub.get(), "b");
  EXPECT_TRUE(sub.changed());
  const auto value = co_await sub.next();
  EXPECT_THAT(value, Optional(std::string("b")));
}

ASYNC_TEST(watch, every_subscriber_gets_the_value) {
  watch<int> w{0};
  std::vector<int> got;
  auto sub = w.subscribe();
  sub.mark_seen();
  auto a = spawn(follow, sub, std::ref(got));
  auto b = spawn(follow, sub, std::ref(got));
  co_await yield();
  w.set(7);
  w.close();
  co_await a;
  co_await b;
  EXPECT_THAT(got, ElementsAre(7, 7));
}

ASYNC_TEST(watch, several_tasks_may_wait_at_one_subscriber) {
  watch<int> w{0};
  auto sub = w.subscribe();
  sub.mark_seen();
  int got = 0;
  auto take = [&]() -> awaitable<void> {
    const auto value = co_await sub.next();
    got += value.value_or(100);
  };
  auto a = spawn(take);
  auto b = spawn(take);
  co_await yield();
  w.set(1);
  co_await a;
  co_await b;
  EXPECT_EQ(got, 2);
}

ASYNC_TEST(watch, set_if_different_and_modify) {
  watch<int> w{1};
  auto sub = w.subscribe();
  sub.mark_seen();
  EXPECT_FALSE(w.set_if_different(1));
  EXPECT_FALSE(sub.changed());
  EXPECT_TRUE(w.set_if_different(2));
  w.modify([](int& n) { n += 40; });
  EXPECT_EQ(w.version(), 3U);
  const auto value = co_await sub.next();
  EXPECT_THAT(value, Optional(42));
  EXPECT_THROW(w.modify([](int&) { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_FALSE(sub.changed());
}

ASYNC_TEST(watch, close_gives_the_last_value_and_then_nothing) {
  watch<int> w{1};
  auto sub = w.subscribe();
  w.set(2);
  w.close();
  EXPECT_TRUE(w.is_closed());
  EXPECT_THROW(w.set(3), queue_shut_down);
  EXPECT_THROW(w.set_if_different(3), queue_shut_down);
  EXPECT_THROW(w.modify([](int&) {}), queue_shut_down);
  const auto last = co_await sub.next();
  EXPECT_THAT(last, Optional(2));
  for (int i = 0; i != 2; ++i) {
    const auto end = co_await sub.next();
    EXPECT_EQ(end, std::nullopt);
  }
}

ASYNC_TEST(watch, destroying_it_ends_its_subscribers) {
  std::vector<int> got;
  auto w = std::make_unique<watch<int>>(1);
  auto t = spawn(follow, w->subscribe(), std::ref(got));
  auto late = w->subscribe();
  co_await yield();
  w.reset();
  co_await t;
  EXPECT_THAT(got, ElementsAre(1));
  EXPECT_EQ(late.get(), 1);
}

ASYNC_TEST(watch, a_timeout_leaves_the_subscriber_as_it_was) {
  watch<int> w{1};
  auto sub = w.subscribe();
  sub.mark_seen();
  bool timed_out = false;
  try {
    static_cast<void>(co_await wait_for(sub.next(), 1s));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  w.set(2);
  const auto value = co_await sub.next();
  EXPECT_THAT(value, Optional(2));
}

ASYNC_TEST(watch, the_newest_value_arrives_whenever_the_follower_is_cancelled) {
  for (int k = 0; k != 21; ++k) {
    watch<int> w{0};
    auto sub = w.subscribe();
    int last = -1;
    auto follower = [&]() -> awaitable<void> {
      auto value = co_await sub.next();
      while (value) {
        EXPECT_GT(*value, last);
        last = *value;
        value = co_await sub.next();
      }
    };
    auto setter = spawn([&]() -> awaitable<void> {
      for (int i = 1; i != 8; ++i) {
        w.set(i);
        co_await yield();
        if (i % 3 == 0) co_await yield();
      }
      w.close();
    });
    auto t = spawn(follower);
    for (int i = 0; i != k; ++i) co_await yield();
    t.cancel();
    co_await t.wait();
    co_await follower();
    EXPECT_EQ(last, 7) << k;
    co_await setter;
  }
}

TEST(watch, outlives_a_loop_in_which_tasks_wait_for_it) {
  watch<int> w{1};
  std::vector<int> got;
  {
    loop l;
    auto t = l.spawn(follow, w.subscribe(), std::ref(got));
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
  }
  w.set(2);
  EXPECT_THAT(got, ElementsAre(1));
}

}  // namespace bight::watch_test
