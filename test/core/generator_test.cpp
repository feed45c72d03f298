// generator: items one by one, in the task that asks for them.
#include <bight/core/generator.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/uncancellable.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::generator_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

generator<int> count(int n) {
  for (int i = 0; i != n; ++i) co_yield i;
}
generator<int> count_slowly(int n) {
  for (int i = 0; i != n; ++i) {
    co_await sleep(1s);
    co_yield i;
  }
}
awaitable<std::vector<int>> all_of(generator<int>& g) {
  std::vector<int> all;
  auto item = co_await g.next();
  while (item) {
    all.push_back(*item);
    item = co_await g.next();
  }
  co_return all;
}

// Counts how many of it live.
class counted {
 public:
  explicit counted(int& alive) noexcept : alive_(&alive) { ++alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }

 private:
  int* alive_;
};

ASYNC_TEST(generator, gives_its_items_in_order_and_then_nothing) {
  auto g = count(4);
  EXPECT_FALSE(g.done());
  const auto all = co_await all_of(g);
  EXPECT_THAT(all, ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(g.done());
  const auto after = co_await g.next();
  EXPECT_EQ(after, std::nullopt);
}

ASYNC_TEST(generator, may_have_no_items) {
  auto g = count(0);
  const auto item = co_await g.next();
  EXPECT_EQ(item, std::nullopt);
}

ASYNC_TEST(generator, does_nothing_until_an_item_is_asked_for) {
  int steps = 0;
  auto body = [&]() -> generator<int> {
    ++steps;
    co_yield 1;
    ++steps;
  };
  auto g = body();
  co_await yield();
  EXPECT_EQ(steps, 0);
  const auto first = co_await g.next();
  EXPECT_THAT(first, Optional(1));
  co_await yield();
  EXPECT_EQ(steps, 1);
}

ASYNC_TEST(generator, may_wait_between_items) {
  const auto start = clock::now();
  auto g = count_slowly(3);
  const auto all = co_await all_of(g);
  EXPECT_THAT(all, ElementsAre(0, 1, 2));
  EXPECT_EQ(clock::now() - start, 3s);
}

ASYNC_TEST(generator, gives_move_only_items) {
  auto body = []() -> generator<std::unique_ptr<int>> {
    auto p = std::make_unique<int>(1);
    co_yield std::move(p);
    co_yield std::make_unique<int>(2);
  };
  auto g = body();
  for (int i = 1; i != 3; ++i) {
    const auto item = co_await g.next();
    CO_ASSERT_TRUE(item.has_value());
    EXPECT_EQ(**item, i);
  }
}

ASYNC_TEST(generator, copies_what_it_yields_by_name_and_converts) {
  auto body = []() -> generator<std::string> {
    const std::string text = "a";
    co_yield text;
    co_yield text + "b";
    co_yield "c";
  };
  auto g = body();
  std::string all;
  auto item = co_await g.next();
  while (item) {
    all += *item;
    item = co_await g.next();
  }
  EXPECT_EQ(all, "aabc");
}

ASYNC_TEST(generator, gives_references_as_pointers) {
  std::vector<int> numbers{1, 2, 3};
  auto body = [&]() -> generator<int&> {
    for (auto& n : numbers) co_yield n;
  };
  auto g = body();
  int* n = co_await g.next();
  while (n) {
    *n *= 10;
    n = co_await g.next();
  }
  EXPECT_THAT(numbers, ElementsAre(10, 20, 30));
}

ASYNC_TEST(generator, throws_its_error_once_and_then_gives_nothing) {
  int alive = 0;
  auto body = [&]() -> generator<int> {
    const counted local{alive};
    co_yield 1;
    throw std::runtime_error("broken");
  };
  auto g = body();
  static_cast<void>(co_await g.next());
  std::string what;
  try {
    static_cast<void>(co_await g.next());
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "broken");
  EXPECT_TRUE(g.done());
  EXPECT_EQ(alive, 0);
  const auto after = co_await g.next();
  EXPECT_EQ(after, std::nullopt);
}

ASYNC_TEST(generator, throws_an_error_after_a_wait) {
  auto body = []() -> generator<int> {
    co_await sleep(1s);
    throw std::runtime_error("late");
    co_yield 1;
  };
  auto g = body();
  bool failed = false;
  try {
    static_cast<void>(co_await g.next());
  } catch (const std::runtime_error&) { failed = true; }
  EXPECT_TRUE(failed);
  EXPECT_TRUE(g.done());
}

ASYNC_TEST(generator, destroyed_between_items_destroys_what_lives_in_it) {
  int alive = 0;
  auto body = [&](std::shared_ptr<int> parameter) -> generator<int> {
    const counted local{alive};
    while (true) co_yield *parameter;
  };
  auto p = std::make_shared<int>(7);
  {
    auto g = body(p);
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(p.use_count(), 2);
    const auto item = co_await g.next();
    EXPECT_THAT(item, Optional(7));
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(p.use_count(), 1);
}

ASYNC_TEST(generator, is_moved_with_its_place) {
  auto a = count(3);
  static_cast<void>(co_await a.next());
  auto b = std::move(a);
  EXPECT_TRUE(a.done());  // NOLINT: what a moved-from generator gives is part of the contract
  const auto none = co_await a.next();
  EXPECT_EQ(none, std::nullopt);
  a = std::move(b);
  const auto rest = co_await all_of(a);
  EXPECT_THAT(rest, ElementsAre(1, 2));
}

ASYNC_TEST(generator, may_be_moved_while_next_waits) {
  auto a = std::make_optional(count_slowly(2));
  auto t = spawn([&]() -> awaitable<void> {
    const auto item = co_await a->next();
    EXPECT_THAT(item, Optional(0));
  });
  co_await yield();
  auto b = std::move(*a);
  co_await t;
  const auto second = co_await b.next();
  EXPECT_THAT(second, Optional(1));
}

ASYNC_TEST(generator, items_may_be_asked_for_by_different_tasks) {
  auto g = count_slowly(4);
  std::vector<int> got;
  auto take_two = [&]() -> awaitable<void> {
    for (int i = 0; i != 2; ++i) {
      const auto item = co_await g.next();
      got.push_back(item.value_or(-1));
    }
  };
  auto a = spawn(take_two);
  co_await a;
  auto b = spawn(take_two);
  co_await b;
  EXPECT_THAT(got, ElementsAre(0, 1, 2, 3));
}

ASYNC_TEST(generator, a_second_next_at_the_same_time_is_a_mistake_that_is_told) {
  auto g = count_slowly(2);
  auto first = spawn([&]() -> awaitable<int> {
    const auto item = co_await g.next();
    co_return item.value_or(-1);
  });
  co_await yield();
  EXPECT_FALSE(g.done());
  bool refused = false;
  try {
    static_cast<void>(co_await g.next());
  } catch (const std::logic_error&) { refused = true; }
  EXPECT_TRUE(refused);
  const int item = co_await first;
  EXPECT_EQ(item, 0);
  const auto second = co_await g.next();
  EXPECT_THAT(second, Optional(1));
}

ASYNC_TEST(generator, works_in_wait_for_and_in_gather) {
  auto a = count_slowly(2);
  auto b = count(2);
  const auto one = co_await wait_for(a.next(), 2s);
  EXPECT_THAT(one, Optional(0));
  const auto both = co_await gather(a.next(), b.next());
  EXPECT_THAT(std::get<0>(both), Optional(1));
  EXPECT_THAT(std::get<1>(both), Optional(0));
}

ASYNC_TEST(generator, a_timeout_strikes_inside_and_ends_it) {
  int alive = 0;
  auto body = [&]() -> generator<int> {
    const counted local{alive};
    co_yield 1;
    co_await sleep(1h);
    co_yield 2;
  };
  auto g = body();
  static_cast<void>(co_await g.next());
  bool timed_out = false;
  try {
    static_cast<void>(co_await wait_for(g.next(), 1s));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(alive, 0);
  const auto after = co_await g.next();
  EXPECT_EQ(after, std::nullopt);
}

ASYNC_TEST(generator, may_handle_a_timeout_of_its_own_and_go_on) {
  auto body = []() -> generator<int> {
    for (int i = 0; i != 3; ++i) {
      int item = i;
      try {
        co_await wait_for(sleep(std::chrono::seconds(i)), 1500ms);
      } catch (const timeout_error&) { item = -1; }
      co_yield item;
    }
  };
  auto g = body();
  const auto all = co_await all_of(g);
  EXPECT_THAT(all, ElementsAre(0, 1, -1));
}

ASYNC_TEST(generator, a_generator_may_draw_from_another) {
  auto doubled = [](generator<int> source) -> generator<int> {
    auto item = co_await source.next();
    while (item) {
      co_yield 2 * *item;
      item = co_await source.next();
    }
  };
  auto g = doubled(doubled(count_slowly(3)));
  const auto all = co_await all_of(g);
  EXPECT_THAT(all, ElementsAre(0, 4, 8));
}

ASYNC_TEST(generator, many_ready_items_neither_starve_others_nor_use_stack) {
  auto g = count(100'000);
  bool ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    ran = true;
    co_return;
  });
  int sum = 0;
  auto item = co_await g.next();
  while (item) {
    ++sum;
    EXPECT_TRUE(ran || sum < 1'000);
    item = co_await g.next();
  }
  EXPECT_EQ(sum, 100'000);
  co_await other;
}

generator<int> nested(int depth) {
  if (depth == 0) co_return;
  auto inner = nested(depth - 1);
  auto item = co_await inner.next();
  co_yield item.value_or(depth);
}

ASYNC_TEST(generator, nested_too_deep_throws_instead_of_overflowing) {
  auto shallow = nested(1'000);
  const auto item = co_await shallow.next();
  EXPECT_THAT(item, Optional(1));
  auto deep = nested(10'001);
  bool refused = false;
  try {
    static_cast<void>(co_await deep.next());
  } catch (const recursion_error&) { refused = true; }
  EXPECT_TRUE(refused);
}

ASYNC_TEST(generator, no_item_is_lost_or_doubled_when_a_consumer_is_cancelled_after_k_turns) {
  for (int k = 0; k != 21; ++k) {
    queue<int> source;
    for (int i = 0; i != 6; ++i) co_await source.put(i);
    source.shutdown();
    std::vector<int> got;
    auto body = [&]() -> generator<int> {
      while (true) {
        auto item = co_await source.get();
        if (!item) co_return;
        co_yield *item;
        co_await uncancellable([]() -> awaitable<void> { co_await yield(); });
      }
    };
    auto g = body();
    auto consume = [&]() -> awaitable<void> {
      auto item = co_await g.next();
      while (item) {
        got.push_back(*item);
        co_await yield();
        item = co_await g.next();
      }
    };
    auto t = spawn(consume);
    for (int i = 0; i != k; ++i) co_await yield();
    t.cancel();
    co_await t.wait();
    co_await consume();
    while (true) {
      const auto left = co_await source.get();
      if (!left) break;
      got.push_back(*left);
    }
    EXPECT_THAT(got, ElementsAre(0, 1, 2, 3, 4, 5)) << k;
  }
}

// With a budget of zero every await goes through the ready list: a cancellation there leaves the generator as
// it was.
ASYNC_TEST(generator, a_cancellation_before_it_goes_on_leaves_it_alone) {
  auto g = count(1'000);
  int next = 0;
  auto t = spawn([&]() -> awaitable<void> {
    auto item = co_await g.next();
    while (item) {
      EXPECT_EQ(*item, next++);
      item = co_await g.next();
    }
  });
  co_await yield();  // it has used its budget up
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(g.done());
  EXPECT_LT(next, 1'000);
  const auto item = co_await g.next();
  EXPECT_THAT(item, Optional(next));
}

TEST(generator, is_destroyed_with_a_loop_in_which_it_waits) {
  int alive = 0;
  auto body = [&]() -> generator<int> {
    const counted local{alive};
    co_await sleep(1h);
    co_yield 1;
  };
  auto outside = body();  // lives longer than the loop
  {
    loop l;
    auto use = [](generator<int>& g) -> awaitable<void> { static_cast<void>(co_await g.next()); };
    auto own = [&]() -> awaitable<void> {
      auto g = body();
      static_cast<void>(co_await g.next());
    };
    auto a = l.spawn(use, std::ref(outside));
    auto b = l.spawn(own);
    auto shared = std::make_shared<generator<int>>(body());
    auto c = l.spawn(
        [](std::shared_ptr<generator<int>> g) -> awaitable<void> { static_cast<void>(co_await g->next()); },
        shared);
    auto holder = l.spawn([](std::shared_ptr<generator<int>>) -> awaitable<void> { co_await sleep(1h); },
                          std::move(shared));
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
    EXPECT_EQ(alive, 3);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(outside.done());
}

TEST(generator_death_test, destroyed_while_next_waits_ends_the_program) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        loop l;
        auto g = std::make_optional(count_slowly(1));
        auto t = l.spawn([&]() -> awaitable<void> { static_cast<void>(co_await g->next()); });
        l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
        g.reset();
      },
      "a generator was destroyed while");
}

}  // namespace bight::generator_test
