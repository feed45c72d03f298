// Schedules and sweeps: they find what they are for.
#include <bight/testing/schedule.hpp>

#include <bight/core/event.hpp>
#include <bight/core/lock.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "support/failures.hpp"

namespace bight::testing::schedule_test {

using namespace std::chrono_literals;
using test::failures_of;

// Three tasks that are ready at the same time: in which order do they run?
awaitable<void> note_order(std::string& order) {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (const char name : {'a', 'b', 'c'})
      group
          .spawn([&order, name]() -> awaitable<void> {
            order += name;
            co_return;
          })
          .detach();
    co_return;
  });
}

TEST(for_each_schedule, finds_every_order) {
  std::set<std::string> orders;
  for_each_schedule([&]() -> awaitable<void> {
    std::string order;
    co_await note_order(order);
    orders.insert(order);
  });
  EXPECT_EQ(orders.size(), 6U);
}

TEST(for_each_schedule, a_seed_gives_the_same_order_again) {
  std::vector<std::string> runs[2];
  for (auto& run : runs)
    for_each_schedule([&]() -> awaitable<void> {
      std::string order;
      co_await note_order(order);
      run.push_back(order);
    });
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(for_each_schedule, tells_the_seed_that_fails) {
  const auto failing = []() -> awaitable<void> {
    EXPECT_TRUE(false);
    co_return;
  };
  const auto failures = failures_of([&] { for_each_schedule(failing, 1); });
  EXPECT_THAT(failures, ::testing::ElementsAre(::testing::HasSubstr("BIGHT_SEED=1")));
}

ASYNC_TEST_SHUFFLED(semaphore, is_fair_under_every_schedule) {
  semaphore s{2};
  int inside = 0;
  int most = 0;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 10; ++i)
      group
          .spawn([&]() -> awaitable<void> {
            const auto permit = co_await s.acquire();
            most = std::max(most, ++inside);
            co_await yield();
            --inside;
          })
          .detach();
    co_return;
  });
  EXPECT_EQ(most, 2);
  EXPECT_EQ(s.available(), 2U);
}

TEST(cancel_at_every_await, tries_each_place_once) {
  std::vector<std::string> seen;
  std::string run;
  const auto body = [&]() -> awaitable<void> {
    run = "start";
    co_await yield();
    run = "after one";
    co_await yield();
    run = "end";
  };
  const auto note = [&]() -> awaitable<void> {
    seen.push_back(run);
    co_return;
  };
  const auto places = cancel_at_every_await(body, note);
  // Each yield: before it begins, and woken (which it is at once). A yield that was woken is not undone.
  EXPECT_GE(places, 4U);
  EXPECT_EQ(seen.size(), places + 1);
  EXPECT_EQ(seen.front(), "start");
  EXPECT_EQ(seen.back(), "end");
}

// What it is for: a permit that is lost when the task is cancelled between two awaits.
TEST(cancel_at_every_await, finds_a_lost_permit) {
  const auto leaky = [] {
    semaphore s{1};
    cancel_at_every_await(
        [&]() -> awaitable<void> {
          auto permit = co_await s.acquire();
          permit.detach();
          co_await sleep(1s);
          s.release();
        },
        [&]() -> awaitable<void> {
          EXPECT_EQ(s.available(), 1U) << "lost";
          co_return;
        });
  };
  EXPECT_THAT(failures_of(leaky), ::testing::Contains(::testing::HasSubstr("cancelled at await")));
}

TEST(cancel_at_every_await, finds_nothing_wrong_with_a_lock) {
  lock l;
  const auto body = [&]() -> awaitable<void> {
    const auto held = co_await l.acquire();
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      auto second = group.spawn([&]() -> awaitable<void> { co_await sleep(1s); });
      co_await second;
    });
  };
  const auto free = [&]() -> awaitable<void> {
    EXPECT_FALSE(l.locked());
    co_return;
  };
  EXPECT_GT(cancel_at_every_await(body, free), 4U);
}

TEST(shut_down_at_every_await, frees_what_tasks_hold) {
  int alive = 0;
  struct counted {
    int& n;
    explicit counted(int& count) : n(++count) {}
    ~counted() { --n; }
  };
  const auto body = [&]() -> awaitable<void> {
    const counted here{alive};
    queue<int> q{1};
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group
          .spawn([&]() -> awaitable<void> {
            const counted there{alive};
            for (int i = 0; i != 3; ++i) co_await q.put(i);
            q.shutdown();
          })
          .detach();
      auto item = co_await q.get();
      while (item) {
        co_await sleep(1s);
        item = co_await q.get();
      }
    });
  };
  EXPECT_GT(shut_down_at_every_await(body, [&] { EXPECT_EQ(alive, 0); }), 10U);
}

}  // namespace bight::testing::schedule_test
