// Every primitive, cancelled and shut down at every await: nothing is lost, nothing hangs, nothing leaks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bight {
namespace {

using namespace std::chrono_literals;
using testing::cancel_at_every_await;
using testing::shut_down_at_every_await;

using body = std::function<awaitable<void>()>;
using check = std::function<void()>;

// Both sweeps over the same body; `make` makes it, and what it works on, for each of them.
template <class State>
void sweep(awaitable<void> (*run)(State&), void (*holds)(State&)) {
  State s;
  const auto work = [&s, run] {
    s.begin();
    return run(s);
  };
  const auto invariant = [&s, holds]() -> awaitable<void> {
    holds(s);
    co_return;
  };
  EXPECT_GT(cancel_at_every_await(work, invariant), 0U);
  State t;
  const auto other_work = [&t, run] {
    t.begin();
    return run(t);
  };
  shut_down_at_every_await(other_work, [&t, holds] { holds(t); });
}

awaitable<void> turns(int n) {
  for (int i = 0; i != n; ++i) co_await yield();
}

struct semaphore_state {
  semaphore s{2};
  void begin() {}
};
awaitable<void> hold(semaphore_state& s, int n) {
  const auto permit = co_await s.s.acquire();
  co_await turns(n);
}
TEST(sweep, semaphore) {
  sweep<semaphore_state>(
      [](semaphore_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          for (int i = 0; i != 3; ++i) group.spawn(hold, std::ref(s), i).detach();
          co_await hold(s, 1);
          co_await hold(s, 2);
        });
      },
      [](semaphore_state& s) { EXPECT_EQ(s.s.available(), 2U); });
}

struct lock_state {
  lock l;
  condition changed{l};
  int value = 0;
  void begin() { value = 0; }
};
awaitable<void> wait_for_value(lock_state& s, int wanted) {
  const auto held = co_await s.l.acquire();
  const auto reached = [&] { return s.value >= wanted; };
  co_await s.changed.wait(reached);
}
awaitable<void> count_up(lock_state& s, int n) {
  for (int i = 0; i != n; ++i) {
    const auto held = co_await s.l.acquire();
    ++s.value;
    co_await yield();
    s.changed.notify_all();
  }
}
TEST(sweep, lock_and_condition) {
  sweep<lock_state>(
      [](lock_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(wait_for_value, std::ref(s), 2).detach();
          group.spawn(count_up, std::ref(s), 3).detach();
          co_await wait_for_value(s, 3);
        });
      },
      [](lock_state& s) { EXPECT_FALSE(s.l.locked()); });
}

// Items are counted: what was put is in the queue, or was taken by somebody who noted it.
struct queue_state {
  std::unique_ptr<queue<int>> q;
  int put = 0;
  int got = 0;
  void begin() {
    q = std::make_unique<queue<int>>(1);
    put = got = 0;
  }
};
awaitable<void> produce(queue_state& s, int n) {
  for (int i = 0; i != n; ++i) {
    co_await s.q->put(i);
    ++s.put;
  }
}
awaitable<void> consume(queue_state& s, int n) {
  for (int i = 0; i != n; ++i) {
    const auto item = co_await s.q->get();
    if (item) ++s.got;
  }
}
TEST(sweep, queue_consumer) {
  sweep<queue_state>(
      [](queue_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(produce, std::ref(s), 4).detach();
          co_await consume(s, 4);
        });
      },
      [](queue_state& s) { EXPECT_EQ(s.put, s.got + static_cast<int>(s.q->size())); });
}
TEST(sweep, queue_producer) {
  sweep<queue_state>(
      [](queue_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(consume, std::ref(s), 4).detach();
          co_await produce(s, 4);
        });
      },
      [](queue_state& s) { EXPECT_EQ(s.put, s.got + static_cast<int>(s.q->size())); });
}

struct barrier_state {
  barrier b{3};
  void begin() {}
};
awaitable<void> meet(barrier_state& s) {
  static_cast<void>(co_await s.b.wait());
  static_cast<void>(co_await s.b.wait());
}
TEST(sweep, barrier) {
  sweep<barrier_state>(
      [](barrier_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(meet, std::ref(s)).detach();
          group.spawn(meet, std::ref(s)).detach();
          co_await meet(s);
        });
      },
      [](barrier_state& s) { EXPECT_EQ(s.b.waiting(), 0U); });
}

// Counts the objects that live in frames.
struct frame_state {
  int alive = 0;
  void begin() {}
};
class in_frame {
 public:
  explicit in_frame(frame_state& s) : state_(&s) { ++s.alive; }
  in_frame(const in_frame&) = delete;
  in_frame& operator=(const in_frame&) = delete;
  ~in_frame() { --state_->alive; }

 private:
  frame_state* state_;
};
awaitable<int> work(frame_state& s, int n) {
  const in_frame here{s};
  co_await turns(n);
  co_return n;
}
void nothing_lives(frame_state& s) { EXPECT_EQ(s.alive, 0); }

TEST(sweep, gather_and_settled) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        auto [a, b] = co_await gather(work(s, 1), work(s, 3));
        auto [c, d] = co_await gather_settled(work(s, a), work(s, b));
        EXPECT_EQ(*c + *d, 4);
      },
      nothing_lives);
}
TEST(sweep, race_and_timeout) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        const auto first = co_await race(work(s, 1), work(s, 3));
        const bool ended = first.index() == 0;
        EXPECT_TRUE(ended);
        const auto slow = [&s]() -> awaitable<void> {
          const in_frame here{s};
          co_await sleep(1h);
        };
        const bool in_time = co_await move_on_after(1s, slow);
        EXPECT_FALSE(in_time);
      },
      nothing_lives);
}
TEST(sweep, task_group_start_and_cancel) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          const auto server = [&s](task_status<int> status) -> awaitable<void> {
            const in_frame here{s};
            co_await turns(2);
            status.started(1);
            co_await sleep(1h);
          };
          const int port = co_await group.start<int>(server);
          EXPECT_EQ(port, 1);
          group.cancel();
        });
      },
      nothing_lives);
}
TEST(sweep, tasks_and_their_ends) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          std::vector<task<int>> tasks;
          for (int i = 0; i != 3; ++i) tasks.push_back(group.spawn(eager(work), std::ref(s), i));
          const auto some = co_await wait(tasks, return_when::first_completed);
          EXPECT_FALSE(some.done.empty());
          as_completed ended{tasks};
          auto t = co_await ended.next();
          while (t) t = co_await ended.next();
        });
      },
      nothing_lives);
}
TEST(sweep, limits_and_retries) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        const std::vector<int> items{1, 2, 3, 4};
        const auto each = [&s](int n) { return work(s, n); };
        const auto all = co_await map_concurrent(items, 2, each);
        EXPECT_EQ(all, items);
        int attempts = 0;
        const auto flaky = [&]() -> awaitable<int> {
          const in_frame here{s};
          co_await yield();
          if (++attempts < 3) throw timeout_error{};
          co_return attempts;
        };
        const retry_policy policy;
        const int third = co_await retry(policy, flaky);
        EXPECT_EQ(third, 3);
      },
      nothing_lives);
}

struct limiter_state {
  std::unique_ptr<rate_limiter> limiter;
  void begin() { limiter = std::make_unique<rate_limiter>(2, 1s); }
};
TEST(sweep, rate_limiter) {
  sweep<limiter_state>(
      [](limiter_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn([&s]() -> awaitable<void> { co_await s.limiter->acquire(2); }).detach();
          for (int i = 0; i != 3; ++i) co_await s.limiter->acquire();
        });
      },
      [](limiter_state& s) { EXPECT_EQ(s.limiter->waiting(), 0U); });
}

}  // namespace
}  // namespace bight
