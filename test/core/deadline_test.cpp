// with_deadline: one limit for everything inside.
#include <bight/core/deadline.hpp>

#include <bight/core/pool.hpp>
#include <bight/core/rate_limiter.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>

namespace bight::deadline_test {

using namespace std::chrono_literals;

// How long `work` takes to end with timeout_error.
awaitable<clock::duration> times_out_after(awaitable<void> work) {
  const auto start = clock::now();
  try {
    co_await std::move(work);
    ADD_FAILURE() << "no timeout";
  } catch (const timeout_error&) {}
  co_return clock::now() - start;
}

ASYNC_TEST(deadline, ends_what_is_inside) {
  const auto rest = []() -> awaitable<void> { co_await sleep(1h); };
  const auto after = co_await times_out_after(with_deadline(3s, rest));
  EXPECT_EQ(after, 3s);
}

ASYNC_TEST(deadline, counts_from_the_moment_it_is_awaited) {
  const auto rest = []() -> awaitable<void> { co_await sleep(1h); };
  auto prepared = with_deadline(3s, rest);
  co_await sleep(10s);
  const auto after = co_await times_out_after(std::move(prepared));
  EXPECT_EQ(after, 3s);
}

ASYNC_TEST(deadline, is_known_inside_and_in_tasks_that_are_spawned_there) {
  EXPECT_EQ(current_deadline(), clock::time_point::max());
  const auto until = clock::now() + 3s;
  const int value = co_await with_deadline(until, [&]() -> awaitable<int> {
    EXPECT_EQ(current_deadline(), until);
    auto t = spawn([]() -> awaitable<clock::time_point> { co_return current_deadline(); });
    const auto inherited = co_await t;
    EXPECT_EQ(inherited, until);
    co_return 7;
  });
  EXPECT_EQ(value, 7);
  EXPECT_EQ(current_deadline(), clock::time_point::max());
}

ASYNC_TEST(deadline, the_earlier_one_counts) {
  const auto outer = clock::now() + 3s;
  const auto inner = [&]() -> awaitable<void> {
    EXPECT_EQ(current_deadline(), outer);
    co_await sleep(1h);
  };
  const auto both = [&]() -> awaitable<void> { co_await with_deadline(1h, inner); };
  const auto after = co_await times_out_after(with_deadline(outer, both));
  EXPECT_EQ(after, 3s);
}

task_local<int> setting{0};

ASYNC_TEST(deadline, leaves_other_values_that_were_set_inside) {
  const auto body = []() -> awaitable<void> {
    setting.set(7);
    co_await yield();
  };
  co_await with_deadline(3s, body);
  EXPECT_EQ(setting.get(), 7);
  EXPECT_EQ(current_deadline(), clock::time_point::max());
}

ASYNC_TEST(deadline, retry_does_not_sleep_past_it) {
  const auto start = clock::now();
  int attempts = 0;
  retry_policy policy;
  policy.attempts(10).backoff(10s, 10s).random([] { return 1.0; });
  const auto fails = [&]() -> awaitable<void> {
    ++attempts;
    throw timeout_error{"attempt"};
    co_return;
  };
  const auto work = [&]() -> awaitable<void> { co_await retry(policy, fails); };
  co_await times_out_after(with_deadline(15s, work));
  EXPECT_EQ(attempts, 2);
  EXPECT_LT(clock::now() - start, 15s) << "it gave up when the next attempt would have come too late";
}

ASYNC_TEST(deadline, rate_limiter_says_at_once_that_no_permit_comes_in_time) {
  rate_limiter limiter{1, 10s};
  co_await limiter.acquire();
  const auto work = [&]() -> awaitable<void> { co_await limiter.acquire(); };
  const auto after = co_await times_out_after(with_deadline(5s, work));
  EXPECT_EQ(after, 0s);
}

ASYNC_TEST(deadline, is_honoured_by_a_pool_also_in_a_task_that_only_inherited_it) {
  pool<int> objects{{.max_size = 1}, []() -> awaitable<int> { co_return 1; }};
  const auto held = co_await objects.acquire();
  const auto start = clock::now();
  task<void> t;
  co_await with_deadline(2s, [&]() -> awaitable<void> {
    t = spawn([&]() -> awaitable<void> { static_cast<void>(co_await objects.acquire()); });
    co_await yield();
  });
  co_await t.wait();
  EXPECT_THROW(t.result(), timeout_error);
  EXPECT_EQ(clock::now() - start, 2s);
  EXPECT_EQ(objects.stats().waiting, 0U);
}

}  // namespace bight::deadline_test
