// loop_options::debug: slow steps, and awaitables that nobody awaited.
#include <algorithm>
#include <bight/core/barrier.hpp>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/lock.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/rate_limiter.hpp>
#include <bight/core/run.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/shared_queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::debug_mode_test {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What is logged in debug mode. `slow_step`: on a busy machine any step may take a millisecond or two, so
// what is about slow steps looks for the one it means.
template <class F>
std::vector<std::string> debug(F f, std::chrono::nanoseconds slow_step = 1h) {
  const test::log_capture log;
  const run_options options{
      .loop = {.clock = clock_mode::virtual_, .debug = true, .slow_step_threshold = slow_step},
      .handle_signals = false};
  bight::run(options, std::move(f));
  return log.lines();
}

void compute(std::chrono::nanoseconds how_long) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < how_long) continue;
}

awaitable<void> blocking_read() {
  co_await yield();
  std::this_thread::sleep_for(5ms);  // what must not be done: the test is about it
  co_await yield();
}

TEST(debug_mode, names_the_task_and_both_ends_of_a_slow_step) {
  const auto lines = debug(
      []() -> awaitable<void> {
        auto t = spawn(named("reader", blocking_read));
        co_await t;
      },
      1ms);
  EXPECT_THAT(lines, Contains(ContainsRegex(
                         "^bight: a step of reader took [0-9.]+ ms, [0-9.]+ ms of CPU time: it blocked.*\n"
                         "  from .*blocking_read\\(\\) \\(debug_mode_test.cpp:[0-9]+\\)\n"
                         "  to .*blocking_read\\(\\) \\(debug_mode_test.cpp:[0-9]+\\)$")));
}

TEST(debug_mode, shows_the_chain_of_awaits) {
  const auto lines = debug([]() -> awaitable<void> { co_await blocking_read(); }, 1ms);
  EXPECT_THAT(
      lines,
      Contains(ContainsRegex("  from .*blocking_read\\(.*\n  in .*\n  to .*blocking_read\\(.*\n  in ")));
}

TEST(debug_mode, says_when_the_step_was_the_first_or_the_last_of_its_task) {
  const auto lines = debug(
      []() -> awaitable<void> {
        compute(2ms);
        co_return;
      },
      1ms);
  EXPECT_THAT(lines, Contains(HasSubstr("\n  from its start\n  to its end")));
}

TEST(debug_mode, knows_children_of_a_gather) {
  const auto lines = debug(
      []() -> awaitable<void> {
        auto nothing = []() -> awaitable<void> { co_return; };
        co_await gather(blocking_read(), nothing());
      },
      1ms);
  EXPECT_THAT(lines, Contains(ContainsRegex("a step of task-[0-9]+ took .*\n  from .*blocking_read")));
}

TEST(debug_mode, is_silent_about_quick_steps) {
  EXPECT_THAT(debug([]() -> awaitable<void> { co_await sleep(1h); }), IsEmpty());
}

TEST(debug_mode, watches_callbacks_too) {
  const auto lines = debug(
      []() -> awaitable<void> {
        loop::current().call_soon([] { compute(2ms); });
        co_await yield();
      },
      1ms);
  EXPECT_THAT(lines, Contains(HasSubstr("a callback took")));
}

awaitable<int> forgotten() { co_return 1; }

TEST(debug_mode, names_an_awaitable_that_was_never_awaited) {
  const auto lines = debug([]() -> awaitable<void> {
    auto lost = forgotten();
    co_await yield();
  });
  EXPECT_THAT(lines, ElementsAre(ContainsRegex(
                         "^bight: never awaited: .*forgotten\\(\\) \\(debug_mode_test.cpp:[0-9]+\\)$")));
}

TEST(debug_mode, names_primitives_that_were_never_awaited) {
  lock l;
  semaphore s{1};
  rate_limiter r{1, 1s};
  queue<int> q;
  shared_queue<int> shared;
  event e;
  barrier b{2};
  const auto unawaited = debug([&]() -> awaitable<void> {
    const auto locking = l.acquire();
    const auto permit = s.acquire();
    const auto rate = r.acquire();
    const auto getting = q.get();
    const auto putting = q.put(1);
    const auto shared_getting = shared.get();
    const auto set = e.wait();
    const auto meeting = b.wait();
    const auto resting = sleep(1s);
    auto t = spawn([]() -> awaitable<void> { co_return; });
    const auto ending = t.wait();
    const auto threaded = to_thread([] {});
    co_await t;
  });
  std::vector<std::string> names;
  for (const auto& line : unawaited) {
    EXPECT_THAT(line, ::testing::MatchesRegex("bight: never awaited: .*, dropped by task-1"));
    names.push_back(line.substr(22, line.find(',') - 22));
  }
  EXPECT_THAT(names,
              ::testing::UnorderedElementsAre("lock::acquire", "semaphore::acquire", "rate_limiter::acquire",
                                              "queue::get", "queue::put", "shared_queue::get", "event::wait",
                                              "barrier::wait", "sleep", "task", "to_thread"));
}

TEST(debug_mode, is_silent_about_primitives_that_were_awaited_or_moved) {
  const auto lines = debug([]() -> awaitable<void> {
    lock l;
    semaphore s{1};
    {
      auto acquiring = l.acquire();
      auto moved = std::move(acquiring);
      const auto held = co_await moved;
      const auto permit = co_await wait_for(s.acquire(), 1s);
      const auto both = co_await gather(sleep(1s), sleep(2s));
      static_cast<void>(both);
    }
    queue<int> q;
    auto t = spawn([&]() -> awaitable<void> {
      auto later = q.get();
      co_await sleep(1h);
      co_await later;
    });
    co_await yield();
    t.cancel();  // what was prepared is dropped by the cancellation
    co_await t.wait();
    try {
      co_await wait_for(q.get(), 0s);
    } catch (const timeout_error&) {}
  });
  EXPECT_THAT(lines, IsEmpty());
}

TEST(debug_mode, refuses_what_another_thread_starts_or_cancels) {
  std::vector<boost::system::error_code> refused;
  bool cancelled = true;
  const auto lines = debug([&]() -> awaitable<void> {
    auto& here = loop::current();
    auto t = spawn([]() -> awaitable<void> { co_await sleep(1s); });
    auto nothing = []() -> awaitable<void> { co_return; };
    auto callback = here.call_later(1h, [] {});
    const auto refuse = [&](auto call) {
      try {
        call();
      } catch (const boost::system::system_error& e) { refused.push_back(e.code()); }
    };
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      std::jthread{[&] {
        refuse([&] { here.call_soon([] {}); });
        refuse([&] { here.call_later(1s, [] {}); });
        refuse([&] { here.spawn(nothing).detach(); });
        refuse([&] { group.spawn(nothing).detach(); });
        cancelled = t.cancel();
        callback.cancel();
      }}.join();
      co_return;
    });
    EXPECT_FALSE(callback.cancelled());
    callback.cancel();
    EXPECT_EQ(t.cancelling(), 0U);
    co_await t;
  });
  EXPECT_FALSE(cancelled);
  EXPECT_THAT(refused, ::testing::AllOf(::testing::SizeIs(4), ::testing::Each(errc::wrong_loop)));
  EXPECT_THAT(lines, ::testing::AllOf(::testing::SizeIs(6),
                                      ::testing::Each(HasSubstr("from a thread other than its loop's"))));
  EXPECT_THAT(lines, Contains(HasSubstr("a task is cancelled")));
}

TEST(debug_mode, takes_calls_from_anywhere_while_the_loop_does_not_run) {
  const test::log_capture log;
  loop l{loop_options{.clock = clock_mode::virtual_, .debug = true}};
  auto t = l.spawn([]() -> awaitable<void> { co_await sleep(1h); });
  auto idle = l.spawn([]() -> awaitable<void> { co_await sleep(2h); });
  std::jthread{[&] { l.run_until(t); }}.join();
  EXPECT_TRUE(idle.cancel());
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(debug_mode, does_not_complain_of_what_a_cancellation_or_an_error_leaves_unawaited) {
  const auto lines = debug([]() -> awaitable<void> {
    auto t = spawn([]() -> awaitable<void> {
      auto prepared = forgotten();
      co_await sleep(1h);
      co_await std::move(prepared);
    });
    co_await yield();
    t.cancel();
    co_await t.wait();
    try {
      auto prepared = forgotten();
      throw std::runtime_error("no");
    } catch (const std::runtime_error&) {}
    try {
      co_await wait_for(forgotten(), 0s);  // never started
    } catch (const timeout_error&) {}
  });
  EXPECT_THAT(lines, IsEmpty());
}

TEST(debug_mode, off_it_says_nothing) {
  const test::log_capture log;
  testing::run_virtual([]() -> awaitable<void> {
    auto lost = forgotten();
    compute(2ms);
    co_return;
  });
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(debug_mode, ends_the_program_when_another_thread_wakes_a_task) {
  const auto wake_from_a_thread = [] {
    debug([]() -> awaitable<void> {
      event e;
      auto t = spawn([&]() -> awaitable<void> { co_await e.wait(); });
      co_await yield();
      set_log_handler(nullptr);
      std::jthread{[&] { e.set(); }}.join();
      co_await t;
    });
  };
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(wake_from_a_thread(), "waiting in event::wait was woken from another thread");
}

awaitable<void> waits_long() { co_await sleep(1h); }

TEST(debug_mode, tells_of_tasks_that_are_destroyed_with_their_loop) {
  const test::log_capture log;
  {
    loop l{{.clock = clock_mode::virtual_, .debug = true}};
    l.spawn(named("forgotten", waits_long)).detach();
    auto main = l.spawn([]() -> awaitable<void> { co_await yield(); });
    l.run_until(main);
    EXPECT_THAT(log.lines(), IsEmpty());
  }
  EXPECT_THAT(log.lines(),
              ElementsAre(ContainsRegex("^bight: a loop was destroyed with unfinished tasks:\n"
                                        "  forgotten waits for sleep, spawned at debug_mode_test.cpp:[0-9]+\n"
                                        "    at .*waits_long\\(\\) \\(debug_mode_test.cpp:[0-9]+\\)$")));
}

TEST(debug_mode, is_silent_about_a_loop_whose_tasks_have_ended) {
  const test::log_capture log;
  {
    loop l{{.clock = clock_mode::virtual_, .debug = true}};
    l.spawn(waits_long).detach();
    l.shut_down();
  }
  EXPECT_THAT(log.lines(), IsEmpty());
}

bool says(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != line.npos; });
}

TEST(debug_mode, tells_of_a_step_that_blocks_while_it_blocks) {
  const test::log_capture log;
  const run_options options{.loop = {.debug = true, .slow_step_threshold = 5ms}, .handle_signals = false};
  bool told = false;
  run(options, [&]() -> awaitable<void> {
    auto stuck = spawn(named("stuck", [&]() -> awaitable<void> {
      co_await yield();
      const auto begin = std::chrono::steady_clock::now();
      while (!told && std::chrono::steady_clock::now() - begin < 10s)
        told = says(log.lines(), "a step of stuck has blocked the loop");
    }));
    co_await stuck;
  });
  EXPECT_TRUE(told);
  EXPECT_THAT(log.lines(),
              Contains(ContainsRegex("^bight: a step of stuck has blocked the loop for [0-9.]+ ms so far\n"
                                     "  from .* \\(debug_mode_test.cpp:[0-9]+\\)$")));
}

awaitable<void> take_both(lock& first, lock& second) {
  auto one = co_await first.acquire();
  co_await yield();
  auto two = co_await second.acquire();
}

TEST(debug_mode, tells_once_of_tasks_that_wait_for_each_other_while_others_go_on) {
  const auto lines = debug([]() -> awaitable<void> {
    lock a;
    lock b;
    auto x = spawn(named("x", take_both), std::ref(a), std::ref(b));
    auto y = spawn(named("y", take_both), std::ref(b), std::ref(a));
    for (int i = 0; i != 5; ++i) co_await sleep(1s);
    x.cancel();
    co_await x.wait();
    co_await y;
  });
  EXPECT_THAT(lines,
              ElementsAre("bight: tasks wait for each other\n  in a cycle: x waits for y waits for x"));
}

}  // namespace bight::debug_mode_test
