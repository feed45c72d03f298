// shared_queue: items cross threads once, whoever is cancelled and whichever loop ends.
#include <bight/core/shared_queue.hpp>

#include <algorithm>
#include <atomic>
#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <latch>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace bight::shared_queue_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

awaitable<void> take_all(shared_queue<int>& q, std::vector<int>& got) {
  auto item = co_await q.get();
  while (item) {
    got.push_back(*item);
    item = co_await q.get();
  }
}
awaitable<void> take_one(shared_queue<int>& q, std::vector<int>& got) {
  const auto item = co_await q.get();
  got.push_back(item.value_or(-1));
}
std::vector<int> up_to(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

ASYNC_TEST(shared_queue, is_first_in_first_out) {
  shared_queue<int> q;
  for (int i = 0; i != 5; ++i) q.put(i);
  EXPECT_EQ(q.size(), 5U);
  EXPECT_THAT(q.try_get(), Optional(0));
  for (int i = 1; i != 5; ++i) {
    const auto item = co_await q.get();
    EXPECT_THAT(item, Optional(i));
  }
  EXPECT_TRUE(q.empty());
  EXPECT_EQ(q.try_get(), std::nullopt);
}

ASYNC_TEST(shared_queue, carries_move_only_items) {
  shared_queue<std::unique_ptr<int>> q{1};
  q.put(std::make_unique<int>(1));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(q.try_put(std::move(second)));
  EXPECT_TRUE(second);
  const auto item = co_await q.get();
  CO_ASSERT_TRUE(item.has_value());
  EXPECT_EQ(**item, 1);
}

ASYNC_TEST(shared_queue, get_waits_for_a_thread) {
  shared_queue<int> q;
  std::jthread producer([&] {
    for (int i = 0; i != 1'000; ++i) q.put(i);
    q.shutdown();
  });
  std::vector<int> got;
  co_await take_all(q, got);
  EXPECT_EQ(got, up_to(1'000));
}

ASYNC_TEST(shared_queue, put_blocks_a_thread_while_it_is_full) {
  shared_queue<int> q{3};
  EXPECT_EQ(q.capacity(), 3U);
  std::atomic<int> most = 0;
  std::jthread producer([&] {
    for (int i = 0; i != 500; ++i) {
      q.put(i);
      most = std::max(most.load(), static_cast<int>(q.size()));
    }
    q.shutdown();
  });
  std::vector<int> got;
  co_await take_all(q, got);
  EXPECT_EQ(got, up_to(500));
  EXPECT_LE(most, 3);
}

ASYNC_TEST(shared_queue, put_does_not_block_a_loop) {
  shared_queue<int> q{1};
  q.put(1);
  EXPECT_THROW(q.put(2), std::logic_error);
  EXPECT_THROW(q.put_for(2, 1s), std::logic_error);
  EXPECT_FALSE(q.try_put(2));
  EXPECT_EQ(q.size(), 1U);
  co_return;
}

TEST(shared_queue, put_for_gives_up) {
  shared_queue<std::unique_ptr<int>> q{1};
  auto a = std::make_unique<int>(1);
  EXPECT_TRUE(q.put_for(std::move(a), 0s));
  auto b = std::make_unique<int>(2);
  EXPECT_FALSE(q.put_for(std::move(b), 0s));
  EXPECT_TRUE(b);
  q.shutdown();
  EXPECT_THROW(q.put_for(std::move(b), 1h), queue_shut_down);
}

TEST(shared_queue, capacity_of_zero_means_no_limit) {
  EXPECT_EQ(shared_queue<int>{0}.capacity(), shared_queue<int>::unbounded);
}

ASYNC_TEST(shared_queue, getters_are_served_in_order_and_newcomers_do_not_overtake) {
  shared_queue<int> q;
  std::vector<int> first;
  std::vector<int> second;
  auto a = spawn(take_one, std::ref(q), std::ref(first));
  auto b = spawn(take_one, std::ref(q), std::ref(second));
  co_await yield();
  q.put(1);
  EXPECT_EQ(q.size(), 1U);
  EXPECT_EQ(q.try_get(), std::nullopt);
  q.put(2);
  EXPECT_EQ(q.try_get(), std::nullopt);
  co_await a;
  co_await b;
  EXPECT_THAT(first, ElementsAre(1));
  EXPECT_THAT(second, ElementsAre(2));
}

ASYNC_TEST(shared_queue, shutdown_drains_and_ends_who_waits) {
  shared_queue<int> q;
  std::vector<int> got;
  auto a = spawn(take_all, std::ref(q), std::ref(got));
  auto b = spawn(take_all, std::ref(q), std::ref(got));
  co_await yield();
  q.put(1);
  q.put(2);
  q.put(3);
  q.shutdown();
  EXPECT_TRUE(q.is_shut_down());
  EXPECT_THROW(q.put(4), queue_shut_down);
  EXPECT_THROW(q.try_put(4), queue_shut_down);
  co_await a;
  co_await b;
  std::sort(got.begin(), got.end());
  EXPECT_THAT(got, ElementsAre(1, 2, 3));
}

ASYNC_TEST(shared_queue, immediate_shutdown_drops_the_items) {
  shared_queue<int> q;
  std::vector<int> got;
  auto woken = spawn(take_one, std::ref(q), std::ref(got));
  co_await yield();
  q.put(1);
  q.put(2);
  q.shutdown(true);
  EXPECT_EQ(q.size(), 0U);
  co_await woken;
  EXPECT_THAT(got, ElementsAre(-1));
  const auto end = co_await q.get();
  EXPECT_EQ(end, std::nullopt);
}

TEST(shared_queue, shutdown_ends_a_put_that_blocks) {
  shared_queue<int> q{1};
  q.put(1);
  std::atomic<bool> refused = false;
  {
    std::latch started{1};
    std::jthread producer([&] {
      started.count_down();
      try {
        q.put(2);
      } catch (const queue_shut_down&) { refused = true; }
    });
    started.wait();
    q.shutdown();
  }
  EXPECT_TRUE(refused);
  EXPECT_THAT(q.try_get(), Optional(1));
}

ASYNC_TEST(shared_queue, destroying_it_ends_the_tasks_that_wait) {
  auto q = std::make_unique<shared_queue<int>>();
  std::vector<int> got;
  auto t = spawn(take_one, std::ref(*q), std::ref(got));
  co_await yield();
  q.reset();
  co_await t;
  EXPECT_THAT(got, ElementsAre(-1));
}

ASYNC_TEST(shared_queue, nothing_is_lost_when_a_getter_is_cancelled_after_k_turns) {
  for (int k = 0; k != 21; ++k) {
    shared_queue<int> q;
    std::vector<int> got;
    auto victim = spawn(take_all, std::ref(q), std::ref(got));
    auto other = spawn(take_all, std::ref(q), std::ref(got));
    for (int i = 0; i != k; ++i) {
      if (i % 3 == 1) q.put(i / 3);
      co_await yield();
    }
    q.put(k / 3 + (k % 3 == 2 ? 1 : 0));
    victim.cancel();
    co_await victim.wait();
    q.shutdown();
    co_await other;
    co_await take_all(q, got);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, up_to(static_cast<int>(got.size()))) << k;
    EXPECT_GE(static_cast<int>(got.size()), k / 3 + 1) << k;
  }
}

ASYNC_TEST(shared_queue, a_wait_may_time_out) {
  shared_queue<int> q;
  bool timed_out = false;
  try {
    static_cast<void>(co_await wait_for(q.get(), 1ms));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  q.put(1);
  const auto item = co_await q.get();
  EXPECT_THAT(item, Optional(1));
}

// The task was told, and its loop ends before it runs: the item goes to the next one.
TEST(shared_queue, an_item_survives_the_loop_of_the_task_that_was_told) {
  shared_queue<int> q;
  std::vector<int> lost;
  {
    loop l;
    auto t = l.spawn(take_one, std::ref(q), std::ref(lost));
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
    q.put(7);
    EXPECT_EQ(q.try_get(), std::nullopt);
  }
  EXPECT_TRUE(lost.empty());
  EXPECT_THAT(q.try_get(), Optional(7));
}

TEST(shared_queue, a_loop_that_ended_is_not_told) {
  shared_queue<int> q;
  std::vector<int> lost;
  {
    loop l;
    auto t = l.spawn(take_one, std::ref(q), std::ref(lost));
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
  }
  q.put(7);
  EXPECT_THAT(q.try_get(), Optional(7));
}

TEST(shared_queue, every_item_arrives_once_with_several_threads_and_loops) {
  constexpr int per_thread = 2'000;
  constexpr int producers = 3;
  shared_queue<int> q{16};
  std::mutex mutex;
  std::vector<int> got;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i != 2; ++i) {
      consumers.emplace_back([&] {
        run([&]() -> awaitable<void> {
          std::vector<int> a;
          std::vector<int> b;
          co_await gather(take_all(q, a), take_all(q, b));
          const std::lock_guard lock{mutex};
          got.insert(got.end(), a.begin(), a.end());
          got.insert(got.end(), b.begin(), b.end());
        });
      });
    }
    {
      std::vector<std::jthread> threads;
      for (int p = 0; p != producers; ++p) {
        threads.emplace_back([&q, p] {
          for (int i = 0; i != per_thread; ++i) q.put(p * per_thread + i);
        });
      }
    }
    q.shutdown();
  }
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, up_to(producers * per_thread));
}

// Getters give up all the time, on two loops that are made and destroyed again and again.
TEST(shared_queue, every_item_arrives_once_while_getters_give_up_and_loops_end) {
  constexpr int items = 3'000;
  shared_queue<int> q{8};
  std::mutex mutex;
  std::vector<int> got;
  auto consume = [&] {
    const auto take = [&](int n) {
      return [&, n]() -> awaitable<void> {
        for (int i = 0; i != n; ++i) {
          const auto item = co_await q.get();
          if (!item) co_return;
          const std::lock_guard lock{mutex};
          got.push_back(*item);
        }
      };
    };
    while (!q.is_shut_down() || !q.empty()) {
      loop l;
      auto quitter = take(1'000'000);
      auto second = take(1'000'000);
      auto counted = take(20);
      auto a = l.spawn(std::ref(quitter));
      auto b = l.spawn(std::ref(second));
      l.run_until(l.spawn(std::ref(counted)));
      a.cancel();
      l.run_until(a);
    }  // b is destroyed where it waits
  };
  {
    std::jthread one(consume);
    std::jthread two(consume);
    std::jthread producer([&] {
      for (int i = 0; i != items; ++i) q.put(i);
      q.shutdown();
    });
  }
  auto left = q.try_get();
  for (; left; left = q.try_get()) got.push_back(*left);
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, up_to(items));
}

}  // namespace bight::shared_queue_test
