// What is between tasks, cancelled and shut down at every await: nothing is lost, nothing hangs, nothing
// leaks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>

#include "support/sweep.hpp"

namespace bight::sweep_test {

using namespace std::chrono_literals;
using test::sweep;
using test::turns;

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

struct event_state {
  event e;
  void begin() { e.clear(); }
};
TEST(sweep, event) {
  sweep<event_state>(
      [](event_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn([&s]() -> awaitable<void> { co_await s.e.wait(); }).detach();
          group
              .spawn([&s]() -> awaitable<void> {
                co_await turns(2);
                s.e.set();
              })
              .detach();
          co_await s.e.wait();
        });
      },
      [](event_state& s) {
        s.e.set();  // nobody is left in it who could be woken
        s.e.clear();
      });
}

struct latch_state {
  std::unique_ptr<latch> l;
  std::size_t counted = 0;
  void begin() {
    l = std::make_unique<latch>(3);
    counted = 0;
  }
};
TEST(sweep, latch) {
  sweep<latch_state>(
      [](latch_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          for (int i = 0; i != 3; ++i)
            group
                .spawn([&s, i]() -> awaitable<void> {
                  co_await turns(i);
                  ++s.counted;
                  s.l->count_down();
                })
                .detach();
          co_await s.l->wait();
        });
      },
      [](latch_state& s) { EXPECT_EQ(s.l->count(), 3 - s.counted); });
}

// A value is with the promise's future until somebody has moved it out.
struct future_state {
  std::unique_ptr<promise<std::unique_ptr<int>>> p;
  future<std::unique_ptr<int>> result;
  int taken = 0;
  void begin() {
    p = std::make_unique<promise<std::unique_ptr<int>>>();
    result = p->get_future();
    taken = 0;
  }
};
TEST(sweep, future) {
  sweep<future_state>(
      [](future_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group
              .spawn([&s]() -> awaitable<void> {
                co_await turns(2);
                s.p->set_value(std::make_unique<int>(1));
              })
              .detach();
          co_await turns(1);
          auto mine = s.result;
          const auto value = co_await std::move(mine);
          s.taken += *value;
        });
      },
      [](future_state& s) {
        const bool there = s.result.done() && s.result.result() != nullptr;
        EXPECT_EQ(there || !s.result.done(), s.taken == 0);
      });
}

struct watch_state {
  std::unique_ptr<watch<int>> w;
  int seen = 0;
  void begin() {
    w = std::make_unique<watch<int>>(0);
    seen = 0;
  }
};
TEST(sweep, watch) {
  sweep<watch_state>(
      [](watch_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group
              .spawn([&s]() -> awaitable<void> {
                for (int i = 1; i != 4; ++i) {
                  s.w->set(i);
                  co_await turns(2);
                }
                s.w->close();
              })
              .detach();
          auto changes = s.w->subscribe();
          auto value = co_await changes.next();
          while (value) {
            EXPECT_GE(*value, s.seen);
            s.seen = *value;
            value = co_await changes.next();
          }
          EXPECT_EQ(s.seen, 3) << "the newest value was missed";
        });
      },
      [](watch_state& s) { EXPECT_LE(s.seen, s.w->get()); });
}

// Every item that was put is with the subscriber, or was noted by it.
struct broadcast_state {
  std::unique_ptr<broadcast<int>> b;
  std::optional<broadcast<int>::subscriber> mine;
  std::size_t put = 0;
  std::size_t got = 0;
  void begin() {
    mine.reset();
    b = std::make_unique<broadcast<int>>(1, when_slow::wait);
    mine = b->subscribe();
    put = got = 0;
  }
};
awaitable<void> send(broadcast_state& s) {
  for (int i = 0; i != 4; ++i) {
    static_cast<void>(co_await s.b->put(i));
    ++s.put;
  }
  s.b->close();
}
awaitable<void> receive(broadcast_state& s) {
  auto item = co_await s.mine->next();
  while (item) {
    ++s.got;
    item = co_await s.mine->next();
  }
}
void no_item_is_lost(broadcast_state& s) { EXPECT_EQ(s.put, s.got + s.mine->pending()); }
TEST(sweep, broadcast_subscriber) {
  sweep<broadcast_state>(
      [](broadcast_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(send, std::ref(s)).detach();
          co_await receive(s);
        });
      },
      no_item_is_lost);
}
TEST(sweep, broadcast_put) {
  sweep<broadcast_state>(
      [](broadcast_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(receive, std::ref(s)).detach();
          co_await send(s);
        });
      },
      no_item_is_lost);
}

}  // namespace bight::sweep_test
