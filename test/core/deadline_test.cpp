// with_deadline: one limit for everything inside.
#include <bight/core/deadline.hpp>

#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/pool.hpp>
#include <bight/core/race.hpp>
#include <bight/core/rate_limiter.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/sharded.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/supervised_group.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/testing/async_test.hpp>
#include <vector>

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

task_local<int> setting{0};

awaitable<clock::time_point> deadline_here() { co_return current_deadline(); }

ASYNC_TEST(deadline, is_known_inside) {
  EXPECT_EQ(current_deadline(), clock::time_point::max());
  const auto until = clock::now() + 3s;
  const int value = co_await with_deadline(until, [&]() -> awaitable<int> {
    EXPECT_EQ(current_deadline(), until);
    co_return 7;
  });
  EXPECT_EQ(value, 7);
  EXPECT_EQ(current_deadline(), clock::time_point::max());
}

ASYNC_TEST(deadline, goes_to_what_is_waited_for) {
  const auto until = clock::now() + 3s;
  std::vector<clock::time_point> seen;
  co_await with_deadline(until, [&]() -> awaitable<void> {
    const auto note = [&]() -> awaitable<void> {
      seen.push_back(current_deadline());
      co_return;
    };
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(note);
      group.spawn(eager(note));
      co_return;
    });
    co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
      group.spawn(note);
      co_return;
    });
    co_await gather(note(), note());
    co_await race(note(), sleep(1h));
    const auto on_thread = co_await to_thread([] { return current_deadline(); });
    seen.push_back(on_thread);
  });
  EXPECT_THAT(seen, ::testing::AllOf(::testing::SizeIs(7), ::testing::Each(until)));
}

ASYNC_TEST(deadline, does_not_go_to_what_runs_on_its_own) {
  std::vector<clock::time_point> seen;
  setting.set(3);
  co_await with_deadline(3s, [&]() -> awaitable<void> {
    const auto note = [&]() -> awaitable<void> {
      seen.push_back(current_deadline());
      EXPECT_EQ(setting.get(), 3) << "other values do";
      co_return;
    };
    auto& here = loop::current();
    co_await spawn(note);
    co_await here.spawn(note);
    co_await spawn(eager(note));
    event called;
    here.call_soon([&] {
      spawn(note).detach();
      seen.push_back(current_deadline());
    });
    here.call_soon_threadsafe([&] {
      seen.push_back(current_deadline());
      called.set();
    });
    co_await called.wait();
    co_await yield();
    EXPECT_NE(current_deadline(), clock::time_point::max()) << "the task itself keeps it";
  });
  EXPECT_THAT(seen, ::testing::AllOf(::testing::SizeIs(6), ::testing::Each(clock::time_point::max())));
}

TEST(deadline, goes_with_a_call_on_another_loop) {
  const run_options options{.handle_signals = false};
  run_sharded(options, 2, [](shard me) -> awaitable<void> {
    if (me.index() != 0) co_return;  // its loop goes on for what others submit
    co_await with_deadline(clock::now() + 1h, [&]() -> awaitable<void> {
      const auto there = co_await me.peer(1).submit(deadline_here);
      EXPECT_EQ(there, current_deadline());
    });
  });
}

// Who shares work with others, or starts what others will use, may have any deadline.
ASYNC_TEST(deadline, of_who_makes_a_pools_object_is_not_that_of_its_background_task) {
  std::vector<clock::time_point> seen;
  const auto connect = [&]() -> awaitable<int> {
    spawn([&]() -> awaitable<void> {
      seen.push_back(current_deadline());
      co_return;
    }).detach();
    co_await yield();
    co_return 1;
  };
  pool<int> objects{{.max_size = 1}, connect};
  co_await with_deadline(2s, [&]() -> awaitable<void> { static_cast<void>(co_await objects.acquire()); });
  EXPECT_THAT(seen, ::testing::ElementsAre(clock::time_point::max()));
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

ASYNC_TEST(deadline, is_honoured_by_a_pool) {
  pool<int> objects{{.max_size = 1}, []() -> awaitable<int> { co_return 1; }};
  const auto held = co_await objects.acquire();
  const auto work = [&]() -> awaitable<void> { static_cast<void>(co_await objects.acquire()); };
  const auto after = co_await times_out_after(with_deadline(2s, work));
  EXPECT_EQ(after, 2s);
  EXPECT_EQ(objects.stats().waiting, 0U);
}

}  // namespace bight::deadline_test
