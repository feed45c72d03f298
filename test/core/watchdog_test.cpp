// The watchdog of connections: a deadline that moves, and whose cancellation it was.
#include <bight/core/detail/watchdog.hpp>

#include <bight/core/cancel.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>

namespace bight::watchdog_test {

using namespace std::chrono_literals;
using detail::watchdog;

// What a task that is watched saw.
struct report {
  bool cancelled = false;
  bool alone = false;
  clock::duration after{};
};

awaitable<report> watched_sleep(clock::duration limit, clock::duration work) {
  detail::task_awaiter self;
  auto& task = co_await self;
  watchdog dog{task};
  report r;
  const auto start = clock::now();
  dog.set(start + limit);
  try {
    co_await sleep(work);
  } catch (const cancelled_error&) {
    r.cancelled = true;
    r.alone = dog.alone();
  }
  r.after = clock::now() - start;
  co_return r;
}

ASYNC_TEST(watchdog, barks_when_its_time_has_come) {
  const auto r = co_await watched_sleep(2s, 1h);
  EXPECT_TRUE(r.cancelled);
  EXPECT_TRUE(r.alone);
  EXPECT_EQ(r.after, 2s);
}

ASYNC_TEST(watchdog, is_silent_when_the_work_ends_in_time) {
  const auto r = co_await watched_sleep(2s, 1s);
  EXPECT_FALSE(r.cancelled);
  co_await sleep(10s);  // nothing is left that could bark
}

ASYNC_TEST(watchdog, moves_both_ways) {
  detail::task_awaiter self;
  auto& task = co_await self;
  watchdog dog{task};
  const auto start = clock::now();
  dog.set(start + 1s);
  dog.set(start + 5s);
  co_await sleep(3s);
  dog.set(start + 4s);
  bool told = false;
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) { told = dog.alone(); }
  EXPECT_TRUE(told);
  EXPECT_EQ(clock::now() - start, 4s);
}

ASYNC_TEST(watchdog, a_cancellation_from_outside_is_not_its_own) {
  report r;
  auto t = spawn([&]() -> awaitable<void> { r = co_await watched_sleep(2s, 1h); });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(r.cancelled);
  EXPECT_FALSE(r.alone);
}

// asyncio.timeout compares with the number of requests when it began (CPython issue 102780): who swallowed a
// cancellation before must still get his timeouts.
ASYNC_TEST(watchdog, counts_from_its_own_beginning) {
  report r;
  auto t = spawn([&]() -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {  // and goes on
    }
    r = co_await watched_sleep(2s, 1h);
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(r.cancelled);
  EXPECT_TRUE(r.alone);
  EXPECT_EQ(r.after, 2s);
}

}  // namespace bight::watchdog_test
