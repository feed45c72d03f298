// pool: objects are lent and come back, whoever is cancelled.
#include <bight/core/pool.hpp>

#include <algorithm>
#include <bight/core/as_result.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::pool_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Makes numbered objects, and counts those that live.
struct workshop {
  using object = std::unique_ptr<int, std::function<void(int*)>>;
  awaitable<object> make() {
    if (duration != 0s) co_await sleep(duration);
    if (failures != 0) {
      --failures;
      throw std::runtime_error("out of material");
    }
    ++alive;
    most = std::max(most, alive);
    object made(new int(++made_), [this](int* p) {
      --alive;
      delete p;
    });
    co_return made;
  }
  auto factory() {
    return [this] { return make(); };
  }
  clock::duration duration{0};
  int failures = 0;
  int alive = 0;
  int most = 0;
  int made_ = 0;
};
using objects = pool<workshop::object>;

ASYNC_TEST(pool, lends_the_object_that_came_back_last) {
  workshop w;
  objects p({.max_size = 3}, w.factory());
  {
    auto a = co_await p.acquire();
    auto b = co_await p.acquire();
    EXPECT_EQ(**a, 1);
    EXPECT_EQ(**b, 2);
    EXPECT_EQ(p.stats().in_use, 2U);
    b.release();
    EXPECT_FALSE(b);
    EXPECT_EQ(p.stats().idle, 1U);
  }
  auto c = co_await p.acquire();
  EXPECT_EQ(**c, 1);
  const auto s = p.stats();
  EXPECT_EQ(s.made, 2U);
  EXPECT_EQ(s.reused, 1U);
  EXPECT_EQ(s.idle, 1U);
  EXPECT_EQ(s.in_use, 1U);
}

ASYNC_TEST(pool, holds_no_more_than_max_size_and_serves_in_order) {
  workshop w;
  w.duration = 10ms;
  objects p({.max_size = 2}, w.factory());
  std::vector<int> order;
  std::vector<task<void>> tasks;
  for (int i = 0; i != 6; ++i) {
    tasks.push_back(spawn(
        [&](int n) -> awaitable<void> {
          auto lease = co_await p.acquire();
          order.push_back(n);
          co_await sleep(1s);
        },
        i));
  }
  co_await sleep(500ms);
  EXPECT_EQ(p.stats().waiting, 4U);
  for (auto& t : tasks) co_await t;
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(w.most, 2);
  EXPECT_EQ(w.made_, 2);
}

ASYNC_TEST(pool, discard_destroys_the_object_and_keeps_the_place) {
  workshop w;
  objects p({.max_size = 1}, w.factory());
  auto a = co_await p.acquire();
  a.discard();
  EXPECT_EQ(w.alive, 0);
  a = co_await p.acquire();
  EXPECT_EQ(**a, 2);
  EXPECT_EQ(p.stats().destroyed, 1U);
}

ASYNC_TEST(pool, a_lease_may_be_moved) {
  workshop w;
  objects p({.max_size = 2}, w.factory());
  auto a = co_await p.acquire();
  auto b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT: part of the contract
  EXPECT_TRUE(b);
  a = co_await p.acquire();
  a = std::move(b);  // gives the second one back
  EXPECT_EQ(p.stats().in_use, 1U);
  EXPECT_EQ(p.stats().idle, 1U);
  EXPECT_EQ(**a, 1);
}

ASYNC_TEST(pool, a_factory_that_fails_gives_its_place_to_the_next) {
  workshop w;
  w.duration = 1s;
  w.failures = 1;
  objects p({.max_size = 1}, w.factory());
  auto first = spawn([&]() -> awaitable<void> { static_cast<void>(co_await p.acquire()); });
  auto second = spawn([&]() -> awaitable<int> {
    auto lease = co_await p.acquire();
    co_return **lease;
  });
  co_await first.wait();
  EXPECT_THROW(first.result(), std::runtime_error);
  const int got = co_await second;
  EXPECT_EQ(got, 1);
  EXPECT_EQ(p.stats().failed, 1U);
}

ASYNC_TEST(pool, acquire_takes_no_longer_than_it_may) {
  workshop w;
  objects p({.max_size = 1, .acquire_timeout = 2s}, w.factory());
  auto held = co_await p.acquire();
  const auto start = clock::now();
  bool timed_out = false;
  try {
    static_cast<void>(co_await p.acquire());
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(clock::now() - start, 2s);
  held.discard();
  w.duration = 3s;  // making counts too
  timed_out = false;
  try {
    static_cast<void>(co_await p.acquire());
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(p.stats().timeouts, 2U);
  EXPECT_EQ(p.stats().waiting, 0U);
  w.duration = 1s;
  auto again = co_await p.acquire();
  EXPECT_TRUE(again);
}

ASYNC_TEST(pool, checks_before_reuse_and_tries_the_next) {
  workshop w;
  objects p({.max_size = 3}, w.factory());
  int checks = 0;
  p.check([&](workshop::object& o) -> awaitable<bool> {
    ++checks;
    co_await yield();
    if (*o == 2) throw std::runtime_error("gone");
    co_return *o != 1;
  });
  {
    auto a = co_await p.acquire();
    auto b = co_await p.acquire();
    EXPECT_EQ(checks, 0);
  }
  EXPECT_FALSE(p.try_acquire());
  auto c = co_await p.acquire();
  EXPECT_EQ(**c, 3);
  EXPECT_EQ(checks, 2);
  EXPECT_EQ(w.alive, 1);
}

ASYNC_TEST(pool, asks_on_release) {
  workshop w;
  objects p({.max_size = 1}, w.factory());
  p.on_release([](workshop::object& o) {
    if (*o == 2) throw std::runtime_error("broken");
    return *o == 1 ? pool_verdict::destroy : pool_verdict::keep;
  });
  for (int i = 1; i != 5; ++i) {
    auto a = co_await p.acquire();
    EXPECT_EQ(**a, std::min(i, 3));
  }
  EXPECT_EQ(w.alive, 1);
}

ASYNC_TEST(pool, resets_in_a_task_of_its_own_what_is_returned_in_an_unknown_state) {
  workshop w;
  objects p({.max_size = 1, .reset_timeout = 5s}, w.factory());
  clock::duration needs = 1s;
  bool good = true;
  p.on_release([](workshop::object&) { return pool_verdict::examine; });
  p.reset([&](workshop::object&) -> awaitable<bool> {
    co_await sleep(needs);
    if (!good) throw std::runtime_error("broken");
    co_return true;
  });
  auto use = [&]() -> awaitable<int> {
    auto a = co_await p.acquire();
    co_return **a;
  };
  const auto start = clock::now();
  const int first = co_await use();
  EXPECT_EQ(clock::now(), start);  // nobody waits for the reset
  EXPECT_EQ(p.stats().in_use, 1U);
  co_await yield();
  EXPECT_EQ(p.stats().resetting, 1U);
  const int second = co_await use();
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(first, second);
  co_await yield();
  needs = 1min;  // longer than reset_timeout
  co_await sleep(2s);
  static_cast<void>(co_await use());
  const auto again = clock::now();
  const int third = co_await use();
  EXPECT_EQ(third, 2);
  EXPECT_EQ(clock::now() - again, 5s);
  needs = 1s;
  good = false;
  const auto closed = co_await p.close();
  EXPECT_TRUE(closed);
  EXPECT_EQ(w.alive, 0);
  EXPECT_EQ(p.stats().resetting, 0U);
}

ASYNC_TEST(pool, an_object_to_be_examined_is_destroyed_if_nothing_can_do_that) {
  workshop w;
  objects p({.max_size = 1}, w.factory());
  p.on_release([](workshop::object&) { return pool_verdict::examine; });
  for (int i = 1; i != 3; ++i) {
    auto a = co_await p.acquire();
    EXPECT_EQ(**a, i);
  }
  EXPECT_EQ(w.alive, 0);
}

ASYNC_TEST(pool, inspects_before_it_checks) {
  workshop w;
  objects p({.max_size = 1, .idle_timeout = forever, .max_lifetime = forever}, w.factory());
  int checks = 0;
  p.inspect([](workshop::object&, clock::duration idle) {
    if (idle < 1s) return pool_verdict::keep;
    return idle < 1min ? pool_verdict::examine : pool_verdict::destroy;
  });
  p.check([&](workshop::object&) -> awaitable<bool> {
    ++checks;
    co_return true;
  });
  auto use = [&]() -> awaitable<int> {
    auto a = co_await p.acquire();
    co_return **a;
  };
  std::vector<int> got;
  got.push_back(co_await use());
  got.push_back(co_await use());
  EXPECT_TRUE(p.try_acquire());
  EXPECT_EQ(checks, 0);
  co_await sleep(30s);
  EXPECT_FALSE(p.try_acquire());
  EXPECT_EQ(p.stats().idle, 1U);
  got.push_back(co_await use());
  EXPECT_EQ(checks, 1);
  co_await sleep(2min);
  got.push_back(co_await use());
  EXPECT_THAT(got, ElementsAre(1, 1, 1, 2));
  EXPECT_EQ(checks, 1);
}

ASYNC_TEST(pool, prepares_new_objects_and_those_that_it_gives_out) {
  workshop w;
  objects p({.max_size = 1}, w.factory());
  std::vector<std::string> calls;
  p.on_create([&](workshop::object& o) -> awaitable<void> {
    co_await yield();
    calls.push_back("create " + std::to_string(*o));
    if (*o == 1) throw std::runtime_error("unfit");
  });
  p.on_acquire([&](workshop::object& o) -> awaitable<void> {
    co_await yield();
    calls.push_back("acquire " + std::to_string(*o));
    if (calls.size() == 4) throw std::runtime_error("not now");
  });
  auto use = [&]() -> awaitable<void> { static_cast<void>(co_await p.acquire()); };
  for (int i = 0; i != 4; ++i) static_cast<void>(co_await spawn(use).wait());
  EXPECT_THAT(calls, ElementsAre("create 1", "create 2", "acquire 2", "acquire 2", "acquire 2"));
  EXPECT_FALSE(p.try_acquire());
  EXPECT_EQ(p.stats().in_use, 0U);
  EXPECT_EQ(p.stats().idle, 1U);
  EXPECT_EQ(w.alive, 1);
}

ASYNC_TEST(pool, refuses_more_than_max_waiters) {
  workshop w;
  objects p({.max_size = 1, .max_waiters = 1}, w.factory());
  auto a = co_await p.acquire();
  auto waiting = spawn([&]() -> awaitable<void> { static_cast<void>(co_await p.acquire()); });
  co_await yield();
  const auto refused = co_await as_result(p.acquire());
  EXPECT_EQ(refused.error(), errc::limit_exceeded);
  a.release();
  co_await waiting;
  EXPECT_EQ(p.stats().waiting, 0U);
}

ASYNC_TEST(pool, terminate_calls_for_all_objects_and_resets_none) {
  workshop w;
  objects p({.max_size = 3}, w.factory());
  std::vector<int> aborted;
  int resets = 0;
  p.on_release([](workshop::object&) { return pool_verdict::examine; });
  p.reset([&](workshop::object&) -> awaitable<bool> {
    ++resets;
    co_await sleep(1s);
    co_return true;
  });
  p.on_terminate([&](workshop::object& o) { aborted.push_back(*o); });
  auto a = co_await p.acquire();
  auto b = co_await p.acquire();
  auto c = co_await p.acquire();
  b.release();
  co_await yield();
  c.discard();
  p.terminate();
  std::sort(aborted.begin(), aborted.end());
  EXPECT_THAT(aborted, ElementsAre(1, 2));
  const auto refused = co_await as_result(p.acquire());
  EXPECT_EQ(refused.error(), errc::pool_closed);
  a.release();
  EXPECT_EQ(resets, 1);
  const bool back = co_await p.close();
  EXPECT_TRUE(back);
  EXPECT_EQ(w.alive, 0);
}

ASYNC_TEST(pool, try_acquire_gives_what_is_idle) {
  workshop w;
  objects p({.max_size = 2}, w.factory());
  EXPECT_FALSE(p.try_acquire());
  auto a = co_await p.acquire();
  a.release();
  auto b = p.try_acquire();
  EXPECT_TRUE(b);
  EXPECT_FALSE(p.try_acquire());
  EXPECT_EQ(p.stats().in_use, 1U);
}

ASYNC_TEST(pool, old_objects_are_not_used_again) {
  workshop w;
  objects p({.max_size = 1, .idle_timeout = 10s, .max_lifetime = 60s, .lifetime_jitter = 0}, w.factory());
  auto use = [&]() -> awaitable<int> {
    auto a = co_await p.acquire();
    co_return **a;
  };
  std::vector<int> got;
  for (const auto pause : {9s, 9s, 11s, 0s}) {
    got.push_back(co_await use());
    co_await sleep(pause);
  }
  EXPECT_THAT(got, ElementsAre(1, 1, 1, 2));
  for (int i = 0; i != 12; ++i) {  // a minute in which it is never idle for long
    got.push_back(co_await use());
    co_await sleep(5s);
  }
  const int last = co_await use();
  EXPECT_EQ(last, 3);
  EXPECT_EQ(w.alive, 1);
}

ASYNC_TEST(pool, objects_end_after_so_many_uses) {
  workshop w;
  objects p({.max_size = 1, .max_uses = 2}, w.factory());
  std::vector<int> got;
  for (int i = 0; i != 5; ++i) {
    auto a = co_await p.acquire();
    got.push_back(**a);
  }
  EXPECT_THAT(got, ElementsAre(1, 1, 2, 2, 3));
}

ASYNC_TEST(pool, lifetimes_are_spread) {
  std::vector<clock::duration> lives;
  for (int i = 0; i != 50; ++i) lives.push_back(detail::jittered(100s, 0.5));
  const auto [least, most] = std::minmax_element(lives.begin(), lives.end());
  EXPECT_GE(*least, 50s);
  EXPECT_LE(*most, 100s);
  EXPECT_GT(*most - *least, 5s);
  EXPECT_EQ(detail::jittered(forever, 0.5), forever);
  co_return;
}

ASYNC_TEST(pool, maintain_keeps_some_ready_and_destroys_what_is_old) {
  workshop w;
  w.failures = 1;
  objects p({.max_size = 3, .min_idle = 2, .idle_timeout = 1min, .maintenance_interval = 10s}, w.factory());
  auto keeper = spawn([&]() -> awaitable<void> { co_await p.maintain(); });
  co_await sleep(5s);
  EXPECT_EQ(w.alive, 0);  // the factory failed: the next round tries again
  co_await sleep(10s);
  EXPECT_EQ(p.stats().idle, 2U);
  {
    auto a = co_await p.acquire();
    auto b = co_await p.acquire();
    co_await sleep(11s);
    EXPECT_EQ(w.alive, 3);
  }
  EXPECT_EQ(p.stats().idle, 3U);
  co_await sleep(75s);
  EXPECT_EQ(p.stats().idle, 2U);
  EXPECT_GT(w.made_, 3);
  const bool back = co_await p.close();
  EXPECT_TRUE(back);
  co_await keeper;
  EXPECT_EQ(w.alive, 0);
}

ASYNC_TEST(pool, close_waits_for_leases_and_refuses_the_rest) {
  workshop w;
  objects p({.max_size = 1}, w.factory());
  auto user = spawn([&]() -> awaitable<void> {
    auto lease = co_await p.acquire();
    co_await sleep(10s);
  });
  co_await yield();
  auto waiter = spawn([&]() -> awaitable<void> { static_cast<void>(co_await p.acquire()); });
  co_await yield();
  const bool soon = co_await p.close(1s);
  EXPECT_FALSE(soon);
  EXPECT_TRUE(p.is_closed());
  const auto refused = co_await as_result(std::move(waiter));
  EXPECT_EQ(refused.error(), errc::pool_closed);
  const auto late = co_await as_result(p.acquire());
  EXPECT_EQ(late.error(), errc::pool_closed);
  EXPECT_FALSE(p.try_acquire());
  const auto start = clock::now();
  const bool back = co_await p.close();
  EXPECT_TRUE(back);
  EXPECT_EQ(clock::now() - start, 9s);
  EXPECT_EQ(w.alive, 0);
  co_await user;
}

ASYNC_TEST(pool, an_object_that_is_made_while_it_is_closed_is_destroyed) {
  workshop w;
  w.duration = 5s;
  objects p({.max_size = 1}, w.factory());
  auto t = spawn([&]() -> awaitable<void> { static_cast<void>(co_await p.acquire()); });
  co_await sleep(1s);
  EXPECT_EQ(p.stats().making, 1U);
  const bool back = co_await p.close();
  EXPECT_TRUE(back);
  const auto refused = co_await as_result(std::move(t));
  EXPECT_EQ(refused.error(), errc::pool_closed);
  EXPECT_EQ(w.alive, 0);
}

ASYNC_TEST(pool, leases_and_waiters_may_outlive_it) {
  workshop w;
  auto p = std::make_unique<objects>(pool_options{.max_size = 1}, w.factory());
  auto lease = co_await p->acquire();
  auto t = spawn([&]() -> awaitable<void> { static_cast<void>(co_await p->acquire()); });
  co_await yield();
  p.reset();
  EXPECT_EQ(**lease, 1);
  const auto refused = co_await as_result(std::move(t));
  EXPECT_EQ(refused.error(), errc::pool_closed);
  lease.release();
  EXPECT_EQ(w.alive, 0);
}

// Cancels one of several users after k turns: all places are there afterwards, and objects are not too many.
ASYNC_TEST(pool, loses_no_object_or_place_when_a_user_is_cancelled_after_k_turns) {
  for (int k = 0; k != 21; ++k) {
    for (std::size_t victim = 0; victim != 3; ++victim) {
      workshop w;
      objects p({.max_size = 2}, [&]() -> awaitable<workshop::object> {
        co_await yield();
        co_await yield();
        auto made = co_await w.make();
        co_return made;
      });
      p.check([](workshop::object&) -> awaitable<bool> {
        co_await yield();
        co_return true;
      });
      int served = 0;
      auto use = [&]() -> awaitable<void> {
        for (int i = 0; i != 3; ++i) {
          auto lease = co_await p.acquire();
          co_await yield();
          ++served;
        }
      };
      std::vector<task<void>> users;
      for (int i = 0; i != 3; ++i) users.push_back(spawn(use));
      for (int i = 0; i != k; ++i) co_await yield();
      users[victim].cancel();
      for (auto& u : users) co_await u.wait();
      EXPECT_GE(served, 6) << k;
      EXPECT_LE(w.most, 2) << k;
      EXPECT_EQ(p.stats().in_use, 0U) << k;
      EXPECT_EQ(p.stats().waiting, 0U) << k;
      auto a = co_await p.acquire();
      auto b = co_await p.acquire();  // both places are there
      EXPECT_EQ(w.alive, 2) << k;
    }
  }
}

ASYNC_TEST(pool, stays_within_its_limits_under_random_use) {
  workshop w;
  w.duration = 3ms;
  objects p({.max_size = 4,
             .min_idle = 2,
             .idle_timeout = 20ms,
             .acquire_timeout = 8ms,
             .maintenance_interval = 5ms},
            w.factory());
  auto keeper = spawn([&]() -> awaitable<void> { co_await p.maintain(); });
  auto use = [&](unsigned seed) -> awaitable<void> {
    std::mt19937 random{seed};
    for (int i = 0; i != 200; ++i) {
      if (random() % 10 == 0) ++w.failures;
      try {
        auto lease = co_await p.acquire();
        co_await sleep(std::chrono::milliseconds(random() % 7));
        if (random() % 5 == 0) lease.discard();
      } catch (const timeout_error&) {
      } catch (const std::runtime_error&) {}
      co_await sleep(std::chrono::milliseconds(random() % 12));
    }
  };
  std::vector<task<void>> users;
  for (unsigned seed = 1; seed != 9; ++seed) users.push_back(spawn(use, seed));
  for (auto& u : users) co_await u;
  EXPECT_LE(w.most, 4);
  EXPECT_EQ(p.stats().in_use, 0U);
  const bool back = co_await p.close();
  EXPECT_TRUE(back);
  co_await keeper;
  EXPECT_EQ(w.alive, 0);
  EXPECT_EQ(p.stats().made, p.stats().destroyed);
}

TEST(pool, is_destroyed_with_a_loop_that_uses_it) {
  workshop w;
  {
    loop l;
    objects p({.max_size = 1}, w.factory());
    auto hold = [&]() -> awaitable<void> {
      auto lease = co_await p.acquire();
      co_await sleep(1h);
    };
    auto a = l.spawn(hold);
    auto b = l.spawn(hold);
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
    EXPECT_EQ(w.alive, 1);
  }
  EXPECT_EQ(w.alive, 0);
}

}  // namespace bight::pool_test
