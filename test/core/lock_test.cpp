// lock: one holder at a time, first come, first served, whoever is cancelled.
#include <bight/core/lock.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::lock_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

ASYNC_TEST(lock, keeps_others_out_while_it_is_held) {
  lock l;
  EXPECT_FALSE(l.locked());
  std::vector<std::string> seen;
  const auto work = [&](std::string name) -> awaitable<void> {
    const auto held = co_await l.acquire();
    seen.push_back(name + " in");
    co_await sleep(1s);
    seen.push_back(name + " out");
  };
  co_await gather(work("a"), work("b"), work("c"));
  EXPECT_THAT(seen, ElementsAre("a in", "a out", "b in", "b out", "c in", "c out"));
  EXPECT_FALSE(l.locked());
}

ASYNC_TEST(lock, free_it_costs_no_turn) {
  lock l;
  bool other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  const auto held = co_await l.acquire();
  EXPECT_FALSE(other_ran);
  EXPECT_TRUE(held);
  co_await other;
}

TEST(lock, try_acquire_never_waits) {
  lock l;
  auto first = l.try_acquire();
  EXPECT_TRUE(first);
  EXPECT_FALSE(l.try_acquire());
  first.release();
  EXPECT_FALSE(first);
  EXPECT_FALSE(l.locked());
  first.release();  // nothing
  EXPECT_TRUE(l.try_acquire());
}

// bpo-32734, and every lock that wakes a waiter without handing over.
ASYNC_TEST(lock, newcomers_do_not_overtake_the_waiter_that_was_woken) {
  lock l;
  auto held = co_await l.acquire();
  std::vector<int> order;
  const auto take = [&](int id) -> awaitable<void> {
    const auto mine = co_await l.acquire();
    order.push_back(id);
  };
  auto waiter = spawn(take, 1);
  co_await yield();
  held.release();  // the waiter is woken, and has not run
  EXPECT_TRUE(l.locked());
  EXPECT_FALSE(l.try_acquire());
  co_await take(2);
  co_await waiter;
  EXPECT_THAT(order, ElementsAre(1, 2));
}

ASYNC_TEST(lock, a_cancelled_waiter_leaves_the_line) {
  lock l;
  auto held = co_await l.acquire();
  std::vector<int> order;
  const auto take = [&](int id) -> awaitable<void> {
    const auto mine = co_await l.acquire();
    order.push_back(id);
  };
  auto first = spawn(take, 1);
  auto second = spawn(take, 2);
  auto third = spawn(take, 3);
  co_await yield();
  second.cancel();
  co_await second.wait();
  EXPECT_TRUE(second.cancelled());
  held.release();
  co_await gather(first.wait(), third.wait());
  EXPECT_THAT(order, ElementsAre(1, 3));
  EXPECT_FALSE(l.locked());
}

ASYNC_TEST(lock, granted_to_a_task_that_is_cancelled_then_is_not_lost) {
  lock l;
  auto held = co_await l.acquire();
  bool was_in = false;
  auto waiter = spawn([&]() -> awaitable<void> {
    const auto mine = co_await l.acquire();  // delivered: the grant came first
    was_in = true;
    co_await sleep(1h);  // here it strikes
  });
  auto next = spawn([&]() -> awaitable<void> { const auto mine = co_await l.acquire(); });
  co_await yield();
  held.release();
  waiter.cancel();
  co_await waiter.wait();
  EXPECT_TRUE(was_in);
  EXPECT_TRUE(waiter.cancelled());
  co_await wait_for(next.wait(), 1s);
  EXPECT_FALSE(l.locked());
}

ASYNC_TEST(lock, release_of_what_is_not_locked_is_a_mistake_that_is_told) {
  lock l;
  EXPECT_THROW(l.release(), std::logic_error);
  auto held = co_await l.acquire();
  held.detach();
  EXPECT_TRUE(l.locked());
  l.release();
  EXPECT_FALSE(l.locked());
  EXPECT_THROW(l.release(), std::logic_error);
}

ASYNC_TEST(lock, guard_moves) {
  lock a;
  lock b;
  auto of_a = co_await a.acquire();
  auto of_b = co_await b.acquire();
  of_a = std::move(of_b);
  EXPECT_FALSE(a.locked());
  EXPECT_TRUE(b.locked());
  lock::guard last{std::move(of_a)};
  EXPECT_FALSE(of_a);
  last = {};
  EXPECT_FALSE(b.locked());
}

ASYNC_TEST(lock, destroyed_under_its_waiters_tells_them) {
  auto l = std::make_unique<lock>();
  auto held = co_await l->acquire();
  auto waiter = spawn([&]() -> awaitable<void> { const auto mine = co_await l->acquire(); });
  co_await yield();
  held.detach();
  l.reset();
  co_await waiter.wait();
  try {
    waiter.result();
    ADD_FAILURE() << "no error";
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), errc::destroyed);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("lock::acquire"));
  }
}

TEST(lock, is_whole_again_when_a_loop_with_waiters_is_destroyed) {
  lock l;
  {
    loop first;
    const auto hold = [&]() -> awaitable<void> {
      const auto mine = co_await l.acquire();
      co_await sleep(1h);
    };
    first.spawn(hold).detach();
    first.spawn(hold).detach();
    auto main = first.spawn([]() -> awaitable<void> { co_await yield(); });
    first.run_until(main);
    EXPECT_TRUE(l.locked());
  }
  EXPECT_FALSE(l.locked());
}

}  // namespace bight::lock_test
