// loop: one thread, any number of tasks, and nothing left behind.
#include <bight/core/loop.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/log.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/core/uncancellable.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::loop_test {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Counts objects that are alive.
class counted {
 public:
  explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
  counted(const counted& other) : alive_(other.alive_) { ++*alive_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }

 private:
  int* alive_;
};

awaitable<int> later(int value) {
  co_await sleep(1ms);
  co_return value;
}
awaitable<void> keep_until_cancelled(counted object) {
  co_await sleep(forever);
  static_cast<void>(object);
}

template <class F>
boost::system::error_code code_of(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (const boost::system::system_error& e) { return e.code(); }
  return {};
}

TEST(loop, runs_until_the_given_task_has_ended) {
  loop l;
  auto slow = l.spawn([]() -> awaitable<void> { co_await sleep(1h); });
  auto quick = l.spawn(later, 3);
  l.run_until(quick);
  EXPECT_EQ(quick.result(), 3);
  EXPECT_FALSE(slow.done());
}

TEST(loop, may_run_again_and_goes_on_where_it_stopped) {
  loop l;
  auto first = l.spawn(later, 1);
  l.run_until(first);
  l.run_until(first);  // has ended: returns at once
  auto second = l.spawn(later, 2);
  l.run_until(second);
  EXPECT_EQ(first.result() + second.result(), 3);
}

TEST(loop, two_on_one_thread_run_in_turn) {
  loop a;
  loop b;
  auto in_a = a.spawn(later, 1);
  auto in_b = b.spawn(later, 2);
  a.run_until(in_a);
  b.run_until(in_b);
  auto again = a.spawn(later, 3);
  a.run_until(again);
  EXPECT_EQ(in_a.result() + in_b.result() + again.result(), 6);
}

TEST(loop, current_is_the_one_that_runs) {
  EXPECT_EQ(code_of([] { loop::current(); }), errc::wrong_loop);
  loop l;
  const loop* seen = nullptr;
  l.run_until(l.spawn([&]() -> awaitable<void> {
    seen = &loop::current();
    co_return;
  }));
  EXPECT_EQ(seen, &l);
  EXPECT_EQ(code_of([] { loop::current(); }), errc::wrong_loop);
}

TEST(loop, destroyed_with_unfinished_tasks_destroys_their_frames) {
  int alive = 0;
  {
    loop l;
    auto started = l.spawn(keep_until_cancelled, counted(alive));
    l.run_until(l.spawn(later, 0));
    auto not_started = l.spawn(keep_until_cancelled, counted(alive));
    EXPECT_GE(alive, 2);  // the arguments that the task keeps, and the parameters
    EXPECT_FALSE(started.done() || not_started.done());
  }
  EXPECT_EQ(alive, 0);
}

TEST(loop, that_never_ran_is_destroyed) {
  int alive = 0;
  {
    loop l;
    l.spawn(keep_until_cancelled, counted(alive)).detach();
    l.call_soon_threadsafe([object = counted(alive)] {});
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
}

// What a newer task refers to belongs to an older one more often than not.
TEST(loop, destroys_the_newest_tasks_first) {
  std::string order;
  {
    loop l;
    auto keeps = [&](char name) -> awaitable<void> {
      const auto leave = std::shared_ptr<void>(nullptr, [&order, name](void*) { order += name; });
      co_await sleep(forever);
    };
    for (const char name : std::string("abc")) l.spawn(keeps, name).detach();
    l.run_until(l.spawn(later, 0));
  }
  EXPECT_EQ(order, "cba");
}

TEST(loop, shut_down_cancels_every_task_and_waits_for_them) {
  int alive = 0;
  int cleaned_up = 0;
  loop l;
  for (int i = 0; i != 3; ++i) {
    l.spawn([&]() -> awaitable<void> {
       const counted here(alive);
       std::exception_ptr struck;
       try {
         co_await sleep(forever);
       } catch (const cancelled_error& e) {
         EXPECT_EQ(e.reason(), cancel_reason::shutdown);
         struck = std::current_exception();
       }
       co_await sleep(1ms);
       ++cleaned_up;
       std::rethrow_exception(struck);
     }).detach();
  }
  l.run_until(l.spawn(later, 0));
  EXPECT_EQ(alive, 3);
  l.shut_down();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(cleaned_up, 3);
  l.shut_down();  // nothing left: returns at once
}

TEST(loop, in_which_nothing_can_wake_the_task_reports_the_deadlock) {
  for (const auto mode : {clock_mode::real, clock_mode::virtual_}) {
    const loop_options options{.clock = mode};
    loop l(options);
    event never;
    auto t = l.spawn([&]() -> awaitable<void> { co_await never.wait(); });
    std::string report;
    try {
      l.run_until(t);
    } catch (const deadlock_error& e) { report = e.what(); }
    EXPECT_THAT(report, ::testing::ContainsRegex("^deadlock.*\n  task-1 waits for event::wait\n    at "));
    never.set();
    l.run_until(t);  // the loop is usable afterwards
    EXPECT_TRUE(t.done());
  }
}

TEST(loop, that_shuts_down_reports_a_task_that_nothing_can_end) {
  for (const auto mode : {clock_mode::real, clock_mode::virtual_}) {
    const loop_options options{.clock = mode};
    loop l(options);
    event never;
    auto stubborn = [&]() -> awaitable<void> {
      co_await uncancellable([&]() -> awaitable<void> { co_await never.wait(); });
    };
    auto t = l.spawn(stubborn);
    l.run_until(l.spawn(later, 1));
    std::string report;
    try {
      l.shut_down();
    } catch (const deadlock_error& e) { report = e.what(); }
    EXPECT_THAT(report,
                ::testing::ContainsRegex("^deadlock.*\n  task-1 waits for event::wait, cancelled 1 times"));
    never.set();
    l.shut_down();  // the loop is usable afterwards
    EXPECT_TRUE(t.done());
  }
}

TEST(loop, refuses_to_run_for_a_task_of_another_loop) {
  loop a;
  loop b;
  auto t = a.spawn(later, 1);
  EXPECT_EQ(code_of([&] { b.run_until(t); }), errc::wrong_loop);
  a.run_until(t);
}

TEST(loop, leaves_no_cached_frames_behind) {
  int alive = 0;
  {
    loop l;
    for (int i = 0; i != 10; ++i) l.spawn(keep_until_cancelled, counted(alive)).detach();
    l.run_until(l.spawn(later, 1));
  }
  for (const auto& list : detail::thread_frames.free) EXPECT_EQ(list.head, nullptr);
}

TEST(loop, refuses_to_run_inside_a_running_loop) {
  loop inner;
  auto t = inner.spawn(later, 1);
  boost::system::error_code refused;
  run([&]() -> awaitable<void> {
    refused = code_of([&] { inner.run_until(t); });
    co_return;
  });
  EXPECT_EQ(refused, errc::loop_running);
  inner.run_until(t);
  EXPECT_EQ(t.result(), 1);
}

TEST(loop, refuses_a_second_thread) {
  loop l;
  l.run_until(l.spawn(later, 1));
  auto t = l.spawn(later, 2);
  boost::system::error_code refused;
  std::thread([&] { refused = code_of([&] { l.run_until(t); }); }).join();
  EXPECT_EQ(refused, errc::loop_running);
  l.run_until(t);
}

TEST(loop, may_run_on_a_thread_that_did_not_make_it) {
  int value = 0;
  std::thread([&] {
    loop l;
    auto t = l.spawn(later, 4);
    l.run_until(t);
    value = t.result();
  }).join();
  EXPECT_EQ(value, 4);
}

TEST(loop, call_soon_threadsafe_calls_on_the_loops_thread_in_order) {
  std::vector<int> calls;
  std::vector<std::thread::id> threads;
  run([&]() -> awaitable<void> {
    auto& here = loop::current();
    std::thread caller([&] {
      for (int i = 0; i != 1'000; ++i) {
        here.call_soon_threadsafe([&, i] {
          calls.push_back(i);
          threads.push_back(std::this_thread::get_id());
        });
      }
    });
    while (calls.size() != 1'000) co_await sleep(100us);
    caller.join();
  });
  EXPECT_TRUE(std::is_sorted(calls.begin(), calls.end()));
  EXPECT_EQ(std::set<std::thread::id>(threads.begin(), threads.end()), std::set{std::this_thread::get_id()});
}

TEST(loop, call_soon_threadsafe_wakes_a_loop_that_waits) {
  event woken;
  run([&]() -> awaitable<void> {
    auto& here = loop::current();
    auto waiter = spawn([&]() -> awaitable<void> { co_await woken.wait(); });
    co_await to_thread([&] { here.call_soon_threadsafe([&] { woken.set(); }); });
    co_await waiter;
  });
  EXPECT_TRUE(woken.is_set());
}

TEST(loop, call_soon_threadsafe_keeps_the_loop_running_until_the_call) {
  event woken;
  loop l;
  auto t = l.spawn([&]() -> awaitable<void> { co_await woken.wait(); });
  l.call_soon_threadsafe([&] { woken.set(); });
  l.run_until(t);
  EXPECT_TRUE(t.done());
}

TEST(loop, call_soon_threadsafe_may_spawn_and_takes_move_only_functions) {
  int got = 0;
  loop l;
  event done;
  l.call_soon_threadsafe([&, p = std::make_unique<int>(5)] {
    spawn([&, value = *p]() -> awaitable<void> {
      got = value;
      done.set();
      co_return;
    }).detach();
  });
  l.run_until(l.spawn([&]() -> awaitable<void> { co_await done.wait(); }));
  EXPECT_EQ(got, 5);
}

TEST(loop, an_exception_out_of_a_call_is_logged) {
  const test::log_capture caught;
  loop l;
  l.call_soon_threadsafe([] { throw std::runtime_error("bad call"); });
  l.run_until(l.spawn(later, 0));
  EXPECT_THAT(caught.lines(), ElementsAre(HasSubstr("bad call")));
}

TEST(loop, in_virtual_time_jumps) {
  const loop_options options{.clock = clock_mode::virtual_};
  loop l(options);
  const auto real = std::chrono::steady_clock::now();
  l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(24h); }));
  EXPECT_LT(std::chrono::steady_clock::now() - real, 1h);
}

TEST(loop, looks_at_timers_while_tasks_are_ready_all_the_time) {
  bool timer_fired = false;
  run([&]() -> awaitable<void> {
    auto timer = spawn([&]() -> awaitable<void> {
      co_await sleep(1ms);
      timer_fired = true;
    });
    while (!timer_fired) co_await yield();
    co_await timer;
  });
  EXPECT_TRUE(timer_fired);
}

TEST(loop, in_debug_mode_logs_a_step_that_took_long) {
  const test::log_capture caught;
  const loop_options options{.debug = true};
  loop l(options);
  l.run_until(l.spawn([]() -> awaitable<void> {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < 101ms) continue;
    co_return;
  }));
  // The watchdog may have reported it while it ran, too.
  EXPECT_THAT(caught.lines(), Contains(HasSubstr("of CPU time")).Times(1));
}

TEST(loop, a_timer_that_was_cancelled_does_not_delay_the_deadlock_report) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(run([]() -> awaitable<void> {
                 event soon;
                 event never;
                 auto setter = spawn([&]() -> awaitable<void> {
                   co_await sleep(2ms);
                   soon.set();
                 });
                 co_await wait_for(soon.wait(), 20s);
                 co_await never.wait();
               }),
               deadlock_error);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

}  // namespace bight::loop_test
