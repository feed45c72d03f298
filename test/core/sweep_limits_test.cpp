// Limits, pools and second attempts, cancelled and shut down at every await: no permit, object or item is
// lost.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/sweep.hpp"

namespace bight::sweep_limits_test {

using namespace std::chrono_literals;
using test::frame_state;
using test::in_frame;
using test::nothing_lives;
using test::sweep;
using test::turns;
using test::work;

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

// An object of a pool.
class object {
 public:
  explicit object(frame_state& s) : counted_(std::make_unique<in_frame>(s)) {}

 private:
  std::unique_ptr<in_frame> counted_;
};
struct pool_state : frame_state {
  std::optional<pool<object>> p;
  void begin() {
    p.reset();
    EXPECT_EQ(alive, 0);
    p.emplace(pool_options{.max_size = 2, .min_idle = 1, .idle_timeout = 5s}, [this]() -> awaitable<object> {
      co_await turns(1);
      co_return object(*this);
    });
    p->check([](object&) -> awaitable<bool> {
      co_await turns(1);
      co_return true;
    });
  }
};
awaitable<void> borrow(pool_state& s, int n) {
  const auto lease = co_await s.p->acquire();
  co_await turns(n);
}
void all_is_idle(pool_state& s) {
  const auto now = s.p->stats();
  EXPECT_EQ(now.in_use + now.waiting + now.making, 0U);
  EXPECT_EQ(s.alive, static_cast<int>(now.idle));
  EXPECT_EQ(now.made - now.destroyed, now.idle);
}
TEST(sweep, pool_acquire) {
  sweep<pool_state>(
      [](pool_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          for (int i = 0; i != 3; ++i) group.spawn(borrow, std::ref(s), i).detach();
          co_await borrow(s, 1);
          co_await borrow(s, 2);
        });
      },
      all_is_idle);
}
TEST(sweep, pool_maintain_and_close) {
  sweep<pool_state>(
      [](pool_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group.spawn(borrow, std::ref(s), 3).detach();
          group
              .spawn([&s]() -> awaitable<void> {
                co_await sleep(1min);
                const bool back = co_await s.p->close();
                EXPECT_TRUE(back);
              })
              .detach();
          co_await s.p->maintain();
          const bool back = co_await s.p->close();
          EXPECT_TRUE(back);
        });
      },
      all_is_idle);
}

struct flight_state : frame_state {
  std::unique_ptr<single_flight<std::string, int>> flights;
  int runs = 0;
  void begin() {
    flights = std::make_unique<single_flight<std::string, int>>();
    runs = 0;
  }
};
awaitable<void> fly(flight_state& s) {
  const auto work_once = [&s] {
    ++s.runs;
    return work(s, 3);
  };
  const int three = co_await s.flights->run("key", work_once);
  EXPECT_EQ(three, 3);
}
TEST(sweep, single_flight) {
  sweep<flight_state>(
      [](flight_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          for (int i = 0; i != 2; ++i) group.spawn(fly, std::ref(s)).detach();
          co_await fly(s);
        });
        co_await fly(s);
      },
      [](flight_state& s) {
        EXPECT_EQ(s.flights->size(), 0U);
        nothing_lives(s);
      });
}

TEST(sweep, hedge) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        int attempts = 0;
        const auto slow_first = [&]() -> awaitable<int> {
          const in_frame here{s};
          const int mine = ++attempts;
          if (mine == 1) co_await sleep(1h);
          co_await turns(1);
          co_return mine;
        };
        const int second = co_await hedge(1s, 3, slow_first);
        EXPECT_EQ(second, 2);
      },
      nothing_lives);
}

// Every item that was put is in the queue, or was handed to a worker.
struct workers_state {
  std::unique_ptr<queue<int>> q;
  int put = 0;
  int handed = 0;
  void begin() {
    q = std::make_unique<queue<int>>(2);
    put = handed = 0;
  }
};
TEST(sweep, workers) {
  sweep<workers_state>(
      [](workers_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group
              .spawn([&s]() -> awaitable<void> {
                for (int i = 0; i != 5; ++i) {
                  co_await s.q->put(i);
                  ++s.put;
                }
                s.q->shutdown();
              })
              .detach();
          co_await workers(*s.q, 2, [&s](int n) -> awaitable<void> {
            ++s.handed;
            co_await turns(n);
          });
        });
      },
      [](workers_state& s) { EXPECT_EQ(s.put, s.handed + static_cast<int>(s.q->size())); });
}

}  // namespace bight::sweep_limits_test
