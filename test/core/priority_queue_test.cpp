// priority_queue: the least item first.
#include <bight/core/priority_queue.hpp>

#include <algorithm>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bight::priority_queue_test {

using ::testing::ElementsAre;

ASYNC_TEST(priority_queue, gives_the_least_item) {
  priority_queue<int> q;
  for (const int i : {5, 1, 4, 1, 3}) co_await q.put(i);
  std::vector<int> got;
  while (auto item = q.try_get()) got.push_back(*item);
  EXPECT_THAT(got, ElementsAre(1, 1, 3, 4, 5));
}

ASYNC_TEST(priority_queue, of_equal_items_gives_the_oldest) {
  struct job {
    int priority;
    int number;
  };
  const auto less = [](const job& a, const job& b) { return a.priority < b.priority; };
  priority_queue<job, decltype(less)> q{0, less};
  std::mt19937 random{7};
  std::vector<std::pair<int, int>> put;
  for (int i = 0; i != 1000; ++i) {
    const job j{static_cast<int>(random() % 5), i};
    put.emplace_back(j.priority, j.number);
    co_await q.put(j);
  }
  std::sort(put.begin(), put.end());
  std::vector<std::pair<int, int>> got;
  while (auto item = q.try_get()) got.emplace_back(item->priority, item->number);
  EXPECT_EQ(got, put);
}

// Puts and gets in any order, beside a set that is sorted all the time.
ASYNC_TEST(priority_queue, is_right_whatever_comes_and_goes) {
  std::mt19937 random{7};
  priority_queue<int> q;
  std::multiset<int> expected;
  for (int i = 0; i != 20'000; ++i) {
    const bool more_come = i % 2'000 < 1'200;
    if (random() % 3 != 0 ? more_come : !more_come) {
      const auto item = static_cast<int>(random() % 500);
      expected.insert(item);
      q.try_put(int{item});
    } else if (!expected.empty()) {
      const auto item = q.try_get();
      CO_ASSERT_TRUE(item.has_value());
      CO_ASSERT_EQ(*item, *expected.begin());
      expected.erase(expected.begin());
    }
    CO_ASSERT_EQ(q.size(), expected.size());
  }
}

ASYNC_TEST(priority_queue, takes_another_order_and_move_only_items) {
  const auto greater = [](const auto& a, const auto& b) { return *a > *b; };
  priority_queue<std::unique_ptr<int>, decltype(greater)> q{10, greater};
  for (const int i : {1, 3, 2}) co_await q.put(std::make_unique<int>(i));
  std::vector<int> got;
  while (auto item = q.try_get()) got.push_back(**item);
  EXPECT_THAT(got, ElementsAre(3, 2, 1));
}

ASYNC_TEST(priority_queue, a_woken_consumer_gets_the_least_of_its_moment) {
  priority_queue<int> q;
  int got = 0;
  auto consumer = spawn([&]() -> awaitable<void> {
    const auto item = co_await q.get();
    got = item.value_or(-1);
  });
  co_await yield();
  co_await q.put(9);
  co_await q.put(2);  // before the consumer runs
  co_await consumer;
  EXPECT_EQ(got, 2);
  EXPECT_EQ(q.size(), 1U);
}

}  // namespace bight::priority_queue_test
