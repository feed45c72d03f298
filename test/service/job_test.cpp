// every, at, cron: periodic jobs, in virtual time.
#include <bight/service/job.hpp>

#include <bight/core/exception_group.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/service/host.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::job_test {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using times = std::vector<clock::duration>;

// Runs a job for a time, and stops it.
awaitable<void> run_for(job& j, clock::duration d) {
  auto running = spawn([&] { return j.run(); });
  co_await sleep(d);
  j.stop();
  co_await running;
}

ASYNC_TEST(job, every_interval_counts_from_the_start) {
  const auto begin = clock::now();
  times seen;
  auto note = [&] { seen.push_back(clock::now() - begin); };
  auto j = every(10s, note);
  co_await run_for(j, 35s);
  EXPECT_THAT(seen, ElementsAre(10s, 20s, 30s));
  EXPECT_EQ(j.runs(), 3U);
  EXPECT_FALSE(j.one_shot());
}

ASYNC_TEST(job, a_stop_ends_the_wait_and_completes_a_run_in_progress) {
  bool complete = false;
  auto slow = [&]() -> awaitable<void> {
    co_await sleep(5s);
    complete = true;
  };
  auto j = every(10s, slow);
  auto running = spawn([&] { return j.run(); });
  co_await sleep(12s);
  EXPECT_EQ(j.unfinished(), "a run of every 10 s, since 2 s");
  const auto begin = clock::now();
  j.stop();
  co_await running;
  EXPECT_TRUE(complete);
  EXPECT_EQ(clock::now() - begin, 3s);
  EXPECT_EQ(j.unfinished(), "");

  auto idle = every(1h, slow);
  running = spawn([&] { return idle.run(); });
  co_await sleep(1s);
  const auto now = clock::now();
  idle.stop();
  co_await running;
  EXPECT_EQ(clock::now(), now);
}

ASYNC_TEST(job, runs_do_not_overlap_and_missed_times_are_skipped) {
  const auto begin = clock::now();
  times seen;
  auto slow = [&]() -> awaitable<void> {
    seen.push_back(clock::now() - begin);
    co_await sleep(25s);
  };
  auto j = every(10s, slow);
  co_await run_for(j, 80s);
  EXPECT_THAT(seen, ElementsAre(10s, 40s, 70s));
}

ASYNC_TEST(job, makes_up_for_missed_times_if_asked) {
  const auto begin = clock::now();
  times seen;
  auto slow_once = [&]() -> awaitable<void> {
    seen.push_back(clock::now() - begin);
    if (seen.size() == 1) co_await sleep(35s);
  };
  job_options options;
  options.catch_up = true;
  auto j = every(10s, slow_once, options);
  co_await run_for(j, 55s);
  EXPECT_THAT(seen, ElementsAre(10s, 45s, 45s, 45s, 50s));
}

ASYNC_TEST(job, makes_up_for_no_more_than_the_limit) {
  test::log_capture log;
  int runs = 0;
  auto slow_once = [&]() -> awaitable<void> {
    if (++runs == 1) co_await sleep(1000s);
  };
  job_options options;
  options.catch_up = true;
  options.max_catch_up = 3;
  auto j = every(10s, slow_once, options);
  co_await run_for(j, 1024s);
  EXPECT_EQ(runs, 1 + 3 + 1);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("every 10 s: more than 3 runs were missed")));
}

ASYNC_TEST(job, may_run_at_its_start) {
  const auto begin = clock::now();
  times seen;
  auto note = [&] { seen.push_back(clock::now() - begin); };
  job_options options;
  options.run_at_start = true;
  auto j = every(10s, note, options);
  co_await run_for(j, 15s);
  EXPECT_THAT(seen, ElementsAre(0s, 10s));
}

ASYNC_TEST(job, a_failed_run_is_logged_and_does_not_end_it) {
  test::log_capture log;
  int runs = 0;
  auto fails = [&] {
    if (++runs == 2) throw std::runtime_error("disk full");
  };
  auto j = every(10s, fails);
  auto running = spawn([&] { return j.run(); });
  co_await sleep(25s);
  EXPECT_EQ(j.health().reason(), "the last run failed: disk full");
  EXPECT_EQ(j.failures(), 1U);
  EXPECT_THAT(log.lines(), ElementsAre("bight: the job every 10 s failed: disk full"));
  co_await sleep(10s);
  EXPECT_TRUE(j.health().healthy());
  EXPECT_EQ(runs, 3);
  j.stop();
  co_await running;
}

ASYNC_TEST(job, a_failed_run_ends_it_if_asked) {
  auto fails = [] { throw std::runtime_error("disk full"); };
  job_options options;
  options.fail_on_error = true;
  auto j = every(10s, fails, options);
  auto running = spawn([&] { return j.run(); });
  co_await running.wait();
  EXPECT_EQ(describe(running.exception()), "disk full");
}

ASYNC_TEST(job, a_run_beyond_its_limit_is_cancelled) {
  test::log_capture log;
  int cancelled = 0;
  auto hangs = [&]() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {
      ++cancelled;
      throw;
    }
  };
  job_options options;
  options.run_timeout = 3s;
  auto j = every(10s, hangs, options);
  co_await run_for(j, 25s);
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(j.failures(), 2U);
}

ASYNC_TEST(job, a_cancellation_cancels_the_run_in_progress) {
  int cleaned = 0;
  auto hangs = [&]() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {
      ++cleaned;
      throw;
    }
  };
  auto j = every(10s, hangs);
  auto running = spawn([&] { return j.run(); });
  co_await sleep(12s);
  running.cancel();
  co_await running.wait();
  EXPECT_TRUE(running.cancelled());
  EXPECT_EQ(cleaned, 1);
  EXPECT_EQ(j.failures(), 0U);
}

ASYNC_TEST(job, at_a_time_of_day_runs_once_a_day) {
  std::vector<wall_clock::time_point> seen;
  auto note = [&] { seen.push_back(wall_clock::now()); };
  auto j = at(6h + 30min, note);
  co_await run_for(j, 72h);
  CO_ASSERT_THAT(seen, SizeIs(3));
  for (const auto& t : seen) {
    const auto of_day = t.time_since_epoch() % std::chrono::days{1};
    EXPECT_GE(of_day, 6h + 30min);
    EXPECT_LT(of_day, 6h + 30min + 1s);
  }
  EXPECT_THROW(at(24h, note), std::invalid_argument);
  EXPECT_THROW(at(-1min, note), std::invalid_argument);
  EXPECT_THROW(at(90s, note), std::invalid_argument);
}

ASYNC_TEST(job, at_a_date_runs_once_and_ends) {
  const auto begin = clock::now();
  times seen;
  auto note = [&] { seen.push_back(clock::now() - begin); };
  auto j = at(wall_clock::now() + 1000h, note);
  EXPECT_TRUE(j.one_shot());
  co_await j.run();
  auto passed = at(wall_clock::now() - 1000h, note);
  co_await passed.run();
  CO_ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0], 1000h);
  EXPECT_EQ(seen[1], 1000h);
}

ASYNC_TEST(job, cron_runs_at_its_times) {
  std::vector<long> minutes;
  auto note = [&] {
    minutes.push_back(std::chrono::floor<std::chrono::minutes>(wall_clock::now().time_since_epoch()).count() %
                      60);
  };
  auto j = cron("*/20 * * * *", note);
  co_await run_for(j, 24h);
  EXPECT_EQ(minutes.size(), 72U);
  for (const auto m : minutes) EXPECT_EQ(m % 20, 0);
  EXPECT_THROW(cron("* * *", note), std::invalid_argument);
}

ASYNC_TEST(job, is_a_service) {
  test::log_capture log;
  service_host_options quiet;
  quiet.handle_signals = false;
  int ticks = 0;
  bool once = false;
  auto tick = [&]() -> awaitable<void> {
    ++ticks;
    co_await sleep(1s);
  };
  auto set = [&] { once = true; };
  service_host host{std::move(quiet)};
  host.add("ticks", every(10s, tick));
  host.add("once", at(wall_clock::now() + 30s, set));  // one-shot, by its shape
  auto running = spawn([&] { return host.run(); });
  co_await sleep(60s + 500ms);
  EXPECT_EQ(ticks, 6);
  EXPECT_TRUE(once);
  EXPECT_EQ(host.status()[1].state, service_state::completed);
  host.stop();  // during a run, which is completed
  const auto begin = clock::now();
  co_await running;
  EXPECT_EQ(clock::now() - begin, 500ms);
}

TEST(job, checks_its_interval) {
  auto nothing = [] {};
  EXPECT_THROW(every(0s, nothing), std::invalid_argument);
  EXPECT_THROW(every(-1s, nothing), std::invalid_argument);
}

}  // namespace bight::job_test
