// workers: every item is handled once, and none is lost.
#include <bight/core/workers.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::workers_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

awaitable<void> produce(queue<int>& q, int count) {
  for (int i = 0; i != count; ++i) co_await q.put(i);
  q.shutdown();
}

ASYNC_TEST(workers, end_when_the_queue_is_shut_down_and_drained) {
  queue<int> q{3};
  std::vector<int> handled;
  int now = 0;
  int most = 0;
  const auto start = clock::now();
  auto producer = spawn(produce, std::ref(q), 20);
  co_await workers(q, 4, [&](int item) -> awaitable<void> {
    most = std::max(most, ++now);
    co_await sleep(1s);
    --now;
    handled.push_back(item);
  });
  EXPECT_EQ(handled.size(), 20U);
  EXPECT_TRUE(std::is_sorted(handled.begin(), handled.end()));
  EXPECT_EQ(most, 4);
  EXPECT_EQ(clock::now() - start, 5s);
  co_await producer;
}

ASYNC_TEST(workers, of_a_queue_that_is_shut_down_and_empty_do_nothing) {
  queue<int> q;
  q.shutdown();
  co_await workers(q, 3, [](int) { return sleep(1s); });
  EXPECT_THROW((void)workers(q, 0, [](int) { return sleep(1s); }), std::invalid_argument);
}

ASYNC_TEST(workers, take_move_only_items) {
  queue<std::unique_ptr<int>> q;
  int sum = 0;
  for (int i = 1; i != 4; ++i) q.try_put(std::make_unique<int>(i));
  q.shutdown();
  co_await workers(q, 2, [&](std::unique_ptr<int> item) -> awaitable<void> {
    co_await yield();
    sum += *item;
  });
  EXPECT_EQ(sum, 6);
}

ASYNC_TEST(workers, may_put_more_work_into_their_queue) {
  queue<int> q;
  q.try_put(3);
  int handled = 0;
  int open = 1;
  co_await workers(q, 4, [&](int depth) -> awaitable<void> {
    ++handled;
    co_await sleep(1s);
    for (int i = 0; i != depth; ++i) {
      ++open;
      co_await q.put(depth - 1);
    }
    if (--open == 0) q.shutdown();
  });
  EXPECT_EQ(handled, 16);  // 1 + 3 + 6 + 6
}

ASYNC_TEST(workers, an_error_cancels_the_others_and_is_thrown) {
  queue<int> q;
  for (int i = 0; i != 10; ++i) q.try_put(i);
  const auto start = clock::now();
  int cancelled = 0;
  std::string what;
  try {
    co_await workers(q, 3, [&](int item) -> awaitable<void> {
      const clock::duration takes = item == 1 ? clock::duration(1s) : clock::duration(1h);
      try {
        co_await sleep(takes);
      } catch (const cancelled_error&) {
        ++cancelled;
        throw;
      }
      throw std::runtime_error("item " + std::to_string(item));
    });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "item 1");
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(q.size(), 7U);
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(workers, a_worker_that_swallows_the_cancellation_takes_no_other_item) {
  queue<int> q;
  for (int i = 0; i != 10; ++i) q.try_put(i);
  int handled = 0;
  auto t = spawn([&]() -> awaitable<void> {
    co_await workers(q, 3, [&](int) -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {}
      ++handled;
    });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(handled, 3);
  EXPECT_EQ(q.size(), 7U);
}

ASYNC_TEST(workers, that_fail_in_a_group_do_not_leave_the_producer_waiting) {
  queue<int> q{2};
  bool failed = false;
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(produce, std::ref(q), 100).detach();
      co_await workers(q, 2, [](int item) -> awaitable<void> {
        co_await sleep(1s);
        if (item == 5) throw std::runtime_error("five");
      });
    });
  } catch (const exception_group& group) { failed = describe(group.errors().front()) == "five"; }
  EXPECT_TRUE(failed);
}

ASYNC_TEST(workers, cancelled_after_any_number_of_turns_lose_no_item) {
  for (int turns = 0; turns != 40; ++turns) {
    queue<int> q{2};
    std::vector<int> handed;
    auto producer = spawn([&]() -> awaitable<void> {
      for (int i = 0; i != 12; ++i) {
        co_await q.put(i);
        if (i % 3 == 0) co_await yield();
      }
    });
    auto t = spawn([&]() -> awaitable<void> {
      co_await workers(q, 3, [&](int item) -> awaitable<void> {
        handed.push_back(item);
        co_await yield();
      });
    });
    for (int i = 0; i != turns; ++i) co_await yield();
    t.cancel();
    co_await t.wait();
    EXPECT_TRUE(t.cancelled());
    std::vector<int> all = handed;
    while (all.size() != 12) {  // the rest is still to be had, in order
      const auto rest = co_await q.get();
      CO_ASSERT_TRUE(rest);
      all.push_back(*rest);
    }
    co_await producer;
    for (int i = 0; i != 12; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i) << turns;
    EXPECT_TRUE(q.empty());
  }
}

ASYNC_TEST(workers, cancelled_as_the_last_item_ends_are_done) {
  queue<int> q;
  q.try_put(1);
  q.shutdown();
  bool done = false;
  auto t = spawn([&]() -> awaitable<void> {
    co_await workers(q, 2, [](int) -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {}
    });
    done = true;
    co_await yield();
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(done);
  EXPECT_TRUE(t.cancelled());
}

TEST(workers, hand_over_what_they_took_even_if_a_cancellation_is_due_and_others_run_first) {
  run_options options{.loop = {.clock = clock_mode::virtual_}, .handle_signals = false};
  options.loop.yield_at_every_await = true;
  const auto turn = []() -> awaitable<void> { co_return; };
  for (int turns = 0; turns != 12; ++turns) {
    queue<int> q;
    q.try_put(1);
    bool handed_over = false;
    run(options, [&]() -> awaitable<void> {
      auto t = spawn([&] {
        return workers(q, 1, [&](int) -> awaitable<void> {
          handed_over = true;
          co_await sleep(1h);
        });
      });
      for (int i = 0; i != turns; ++i) co_await turn();
      t.cancel();
      co_await t.wait();
    });
    EXPECT_EQ(handed_over, q.empty()) << "cancelled after " << turns << " turns";
  }
}

TEST(workers, are_destroyed_with_their_loop_where_they_wait) {
  queue<int> q;
  loop l;
  auto t = l.spawn([&]() -> awaitable<void> { co_await workers(q, 3, [](int) { return sleep(1s); }); });
  l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
  EXPECT_FALSE(t.done());
}

}  // namespace bight::workers_test
