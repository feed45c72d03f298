// to_thread: blocking work, off the loop.
#include <bight/core/to_thread.hpp>

#include <atomic>
#include <bight/core/as_result.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bight::to_thread_test {

using namespace std::chrono_literals;

// Blocks its thread until it is told to stop.
void until_stopped(const std::stop_token& token) {
  while (!token.stop_requested()) std::this_thread::yield();
}

ASYNC_TEST(to_thread, runs_on_another_thread) {
  const auto there = co_await to_thread([] { return std::this_thread::get_id(); });
  EXPECT_NE(there, std::this_thread::get_id());
}

ASYNC_TEST(to_thread, gives_results_of_every_kind) {
  int x = 0;
  auto p = co_await to_thread([] { return std::make_unique<int>(3); });
  EXPECT_EQ(*p, 3);
  int& ref = co_await to_thread([&]() -> int& { return x; });
  EXPECT_EQ(&ref, &x);
  co_await to_thread([&] { x = 5; });
  EXPECT_EQ(x, 5);
}

ASYNC_TEST(to_thread, hands_over_copies_of_the_arguments) {
  auto join = [](std::unique_ptr<int> p, const std::string& s) { return s + std::to_string(*p); };
  const auto text = co_await to_thread(join, std::make_unique<int>(4), std::string("n"));
  EXPECT_EQ(text, "n4");
  int direct = 0;
  co_await to_thread([](int& n) { n = 6; }, std::ref(direct));
  EXPECT_EQ(direct, 6);
}

ASYNC_TEST(to_thread, throws_what_the_call_throws) {
  std::string what;
  try {
    co_await to_thread([] { throw std::runtime_error("there"); });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "there");
}

ASYNC_TEST(to_thread, lets_other_tasks_run_meanwhile) {
  std::latch go{1};
  auto work = spawn([&]() -> awaitable<void> { co_await to_thread([&] { go.wait(); }); });
  co_await yield();
  EXPECT_FALSE(work.done());
  go.count_down();
  co_await work;
}

ASYNC_TEST(to_thread, runs_several_calls_at_once) {
  std::latch together{3};
  auto meet = [&] { together.arrive_and_wait(); };
  co_await gather(to_thread(meet), to_thread(meet), to_thread(meet));
}

ASYNC_TEST(to_thread, runs_many_more_calls_than_threads) {
  std::atomic<int> calls = 0;
  std::vector<awaitable<int>> work;
  auto one = [&]() -> awaitable<int> { co_return co_await to_thread([&] { return ++calls; }); };
  for (int i = 0; i != 500; ++i) work.push_back(one());
  const auto results = co_await gather(std::move(work));
  EXPECT_EQ(calls, 500);
  EXPECT_EQ(results.size(), 500U);
}

ASYNC_TEST(to_thread, gives_a_stop_token_to_a_call_that_takes_one) {
  const bool possible = co_await to_thread([](std::stop_token t, int) { return t.stop_possible(); }, 1);
  EXPECT_TRUE(possible);
}

ASYNC_TEST(to_thread, cancelled_signals_the_token_and_waits_for_the_end) {
  std::atomic<bool> ended = false;
  std::latch started{1};
  auto t = spawn([&]() -> awaitable<void> {
    co_await to_thread([&](const std::stop_token& token) {
      started.count_down();
      until_stopped(token);
      ended = true;
    });
    co_await sleep(1s);
  });
  co_await yield();
  started.wait();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_TRUE(ended);
}

ASYNC_TEST(to_thread, cancelled_delivers_the_result_and_strikes_at_the_next_wait) {
  int got = 0;
  bool went_on = false;
  std::latch started{1};
  auto t = spawn([&]() -> awaitable<void> {
    got = co_await to_thread([&](const std::stop_token& token) {
      started.count_down();
      until_stopped(token);
      return 7;
    });
    co_await sleep(1s);
    went_on = true;
  });
  co_await yield();
  started.wait();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 7);
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(went_on);
}

ASYNC_TEST(to_thread, an_error_after_the_stop_gives_way_to_the_cancellation) {
  std::latch started{1};
  auto t = spawn([&]() -> awaitable<void> {
    co_await to_thread([&](const std::stop_token& token) {
      started.count_down();
      until_stopped(token);
      throw std::runtime_error("stopped");
    });
  });
  co_await yield();
  started.wait();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(to_thread, due_to_be_cancelled_never_makes_the_call) {
  bool called = false;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    co_await to_thread([&] { called = true; });
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(called);
}

ASYNC_TEST(to_thread, inside_a_timeout_is_stopped_and_a_result_wins) {
  std::latch first{1};
  auto value = spawn([&]() -> awaitable<int> {
    co_return co_await wait_for(to_thread([&](const std::stop_token& token) {
                                  first.count_down();
                                  until_stopped(token);
                                  return 3;
                                }),
                                1ms);
  });
  co_await yield();
  first.wait();  // it has begun before the loop can see that time is up
  co_await value;
  EXPECT_EQ(value.result(), 3);
  std::latch second{1};
  auto error = spawn([&]() -> awaitable<void> {
    co_await wait_for(to_thread([&](const std::stop_token& token) {
                        second.count_down();
                        until_stopped(token);
                        throw std::runtime_error("stopped");
                      }),
                      1ms);
  });
  co_await yield();
  second.wait();
  co_await error.wait();
  EXPECT_THROW(error.result(), timeout_error);
}

ASYNC_TEST(to_thread, abandoned_ends_the_wait_at_once) {
  auto started = std::make_shared<std::latch>(1);
  auto go = std::make_shared<std::latch>(1);
  auto ended = std::make_shared<std::latch>(1);
  auto t = spawn([&]() -> awaitable<void> {
    auto call = [started, go, ended](const std::stop_token&) {
      started->count_down();
      go->wait();
      ended->count_down();
    };
    co_await to_thread(abandon_on_cancel, std::move(call));
  });
  co_await yield();
  started->wait();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  go->count_down();  // it was still waiting
  ended->wait();     // and ran on without us
}

ASYNC_TEST(to_thread, abandon_on_cancel_gives_results_and_errors_when_nobody_cancels) {
  const int value = co_await to_thread(
      abandon_on_cancel, [](int a) { return a + 1; }, 4);
  EXPECT_EQ(value, 5);
  bool threw = false;
  try {
    co_await to_thread(abandon_on_cancel, [] { throw std::runtime_error("there"); });
  } catch (const std::runtime_error&) { threw = true; }
  EXPECT_TRUE(threw);
}

TEST(to_thread, a_result_that_comes_after_its_loop_is_dropped) {
  auto started = std::make_shared<std::latch>(1);
  auto go = std::make_shared<std::latch>(1);
  auto result = std::make_shared<std::string>(100, 'r');
  std::weak_ptr<std::string> watch = result;
  {
    loop l;
    auto call = [started, go, kept = std::move(result)] {
      started->count_down();
      go->wait();
      return kept;
    };
    auto t = l.spawn([&]() -> awaitable<void> { co_await to_thread(abandon_on_cancel, std::move(call)); });
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
    started->wait();
  }
  EXPECT_FALSE(watch.expired());
  go->count_down();
  while (!watch.expired()) std::this_thread::yield();
}

TEST(to_thread, a_loop_that_is_destroyed_stops_the_call_and_waits_for_its_end) {
  std::atomic<bool> ended = false;
  std::latch started{1};
  {
    loop l;
    auto t = l.spawn([&]() -> awaitable<void> {
      co_await to_thread([&](const std::stop_token& token) {
        started.count_down();
        until_stopped(token);
        ended = true;
      });
    });
    l.run_until(l.spawn([&]() -> awaitable<void> { co_await yield(); }));
    started.wait();
  }
  EXPECT_TRUE(ended);
}

ASYNC_TEST(to_thread, keeps_virtual_time_from_jumping) {
  const auto start = clock::now();
  auto sleeper = spawn([]() -> awaitable<void> { co_await sleep(1h); });
  std::latch go{1};
  auto work = spawn([&]() -> awaitable<void> { co_await to_thread([&] { go.wait(); }); });
  co_await sleep(2ms);  // passes at real speed
  EXPECT_FALSE(work.done());
  go.count_down();
  co_await work;
  EXPECT_LT(clock::now() - start, 1h);
  EXPECT_FALSE(sleeper.done());
  co_await sleeper;  // nothing runs any more: jumps
  EXPECT_GE(clock::now() - start, 1h);
}

TEST(to_thread, keeps_a_real_loop_from_reporting_a_deadlock) {
  EXPECT_EQ(run([]() -> awaitable<int> { co_return co_await to_thread([] { return 1; }); }), 1);
}

ASYNC_TEST(to_thread, works_with_as_result) {
  const auto result = co_await as_result(to_thread([]() -> int { throw timeout_error(); }));
  CO_ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error(), errc::timed_out);
}

}  // namespace bight::to_thread_test
