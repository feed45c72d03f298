// Time that a test moves itself: exactly, in order, and with everything done before it goes on.
#include <bight/testing/virtual_clock.hpp>

#include <bight/core/cancel.hpp>
#include <bight/core/event.hpp>
#include <bight/core/finally.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <functional>
#include <future>
#include <limits>
#include <string>
#include <vector>

namespace bight::testing::virtual_clock_test {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What happened when, in seconds.
class diary {
 public:
  awaitable<void> note_after(std::string what, std::chrono::seconds d) {
    co_await sleep(d);
    note(what);
  }
  void note(const std::string& what) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - start_).count();
    entries.push_back(what + "@" + std::to_string(seconds));
  }
  std::vector<std::string> entries;

 private:
  clock::time_point start_ = clock::now();
};

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& e) { return e.what(); }
  return "nothing was thrown";
}

ASYNC_TEST(settle, returns_when_everything_else_waits_and_leaves_the_clock_alone) {
  const auto start = clock::now();
  diary d;
  int turns = 0;
  auto busy = spawn([&]() -> awaitable<void> {
    while (turns != 1000) {
      co_await yield();
      ++turns;
    }
    co_await d.note_after("late", 1s);
  });
  co_await settle();
  EXPECT_EQ(turns, 1000);
  EXPECT_EQ(clock::now(), start);
  EXPECT_FALSE(busy.done());
  EXPECT_THAT(d.entries, ElementsAre());
  co_await busy;
  EXPECT_THAT(d.entries, ElementsAre("late@1"));
}

ASYNC_TEST(settle, does_what_is_due_now) {
  bool due = false;
  auto t = spawn([&]() -> awaitable<void> {
    co_await sleep_until(clock::now());
    due = true;
  });
  co_await settle();
  EXPECT_TRUE(due);
  co_await t;
}

ASYNC_TEST(settle, with_nothing_to_wait_for_returns) {
  co_await settle();
  co_await settle();
}

// Each returns when the others wait, with what the one before it has started.
ASYNC_TEST(settle, of_several_tasks_returns_one_after_the_other) {
  std::string order;
  const auto settling = [&](char name) -> awaitable<void> {
    co_await settle();
    order += name;
    co_await yield();
    order += name;
  };
  co_await gather(settling('a'), settling('b'), settling('c'));
  EXPECT_EQ(order, "aabbcc");
}

ASYNC_TEST(advance, fires_each_deadline_at_its_time_and_ends_exactly) {
  const auto start = clock::now();
  diary d;
  auto all = spawn([&]() -> awaitable<void> {
    co_await gather(d.note_after("d", 31s), d.note_after("b", 20s), d.note_after("a", 10s),
                    d.note_after("c", 30s));
  });
  co_await settle();
  co_await advance(30s);
  EXPECT_EQ(clock::now() - start, 30s);
  EXPECT_THAT(d.entries, ElementsAre("a@10", "b@20", "c@30"));
  co_await advance(999ms);
  EXPECT_EQ(d.entries.size(), 3U);
  co_await advance(1ms);
  EXPECT_THAT(d.entries.back(), "d@31");
  co_await all;
}

ASYNC_TEST(advance, fires_what_is_armed_on_the_way) {
  const auto start = clock::now();
  int ticks = 0;
  auto ticking = spawn([&]() -> awaitable<void> {
    while (true) {
      co_await sleep(1s);
      ++ticks;
    }
  });
  co_await advance(30s);  // the task has not even begun
  EXPECT_EQ(ticks, 30);
  EXPECT_EQ(clock::now() - start, 30s);
  ticking.cancel();
  co_await ticking.wait();
}

// What a deadline makes ready is done, over several tasks, before the next one.
ASYNC_TEST(advance, lets_everything_settle_at_each_deadline) {
  diary d;
  queue<std::string> first;
  queue<std::string> second;
  const auto relay = [](queue<std::string>& from, queue<std::string>& to) -> awaitable<void> {
    auto item = co_await from.get();
    while (item) {
      for (int i = 0; i != 10; ++i) co_await yield();
      co_await to.put(*item);
      item = co_await from.get();
    }
    to.shutdown();
  };
  auto work = spawn([&]() -> awaitable<void> {
    const auto produce = [&]() -> awaitable<void> {
      for (const auto* const name : {"x", "y", "z"}) {
        co_await sleep(1s);
        co_await first.put(name);
      }
      first.shutdown();
    };
    const auto consume = [&]() -> awaitable<void> {
      auto item = co_await second.get();
      while (item) {
        d.note(*item);
        item = co_await second.get();
      }
    };
    co_await gather(produce(), relay(first, second), consume());
  });
  co_await advance(3s);
  EXPECT_TRUE(work.done());
  EXPECT_THAT(d.entries, ElementsAre("x@1", "y@2", "z@3"));
  co_await work;
}

ASYNC_TEST(advance, without_any_deadline_moves_the_clock) {
  const auto start = clock::now();
  co_await advance(24h);
  EXPECT_EQ(clock::now() - start, 24h);
  co_await advance(0s);
  co_await advance(1ns);
  co_await advance(std::chrono::duration<double>{0.5});
  EXPECT_EQ(clock::now() - start, 24h + 1ns + 500ms);
}

ASYNC_TEST(advance, by_nothing_settles) {
  int turns = 0;
  auto t = spawn([&]() -> awaitable<void> {
    for (; turns != 100; ++turns) co_await yield();
  });
  co_await advance(0s);
  EXPECT_EQ(turns, 100);
  co_await t;
}

ASYNC_TEST(advance, of_several_tasks_stops_for_each) {
  diary d;
  const auto moving = [&](std::string name, std::chrono::seconds by) -> awaitable<void> {
    co_await advance(by);
    d.note(name);
  };
  co_await gather(moving("long", 30s), moving("short", 10s), d.note_after("sleep", 20s));
  EXPECT_THAT(d.entries, ElementsAre("short@10", "sleep@20", "long@30"));
}

ASYNC_TEST(advance, that_is_cancelled_leaves_the_clock_where_it_is) {
  const auto start = clock::now();
  bool timed_out = false;
  try {
    co_await wait_for(advance(30s), 10s);
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(clock::now() - start, 10s);
  co_await settle();
  EXPECT_EQ(clock::now() - start, 10s);
}

TEST(advance, may_be_cancelled_anywhere) {
  EXPECT_GT(cancel_at_every_await(
                []() -> awaitable<void> {
                  co_await advance(1s);
                  co_await settle();
                },
                []() -> awaitable<void> {
                  const auto before = clock::now();
                  co_await advance(5s);
                  EXPECT_EQ(clock::now() - before, 5s);
                }),
            2U);
}

ASYNC_TEST_SHUFFLED(advance, is_exact_under_every_schedule) {
  const auto start = clock::now();
  diary d;
  auto all = spawn([&]() -> awaitable<void> {
    co_await gather(d.note_after("b", 2s), d.note_after("a", 1s), d.note_after("c", 3s));
  });
  co_await advance(2s);
  EXPECT_EQ(clock::now() - start, 2s);
  EXPECT_THAT(d.entries, ElementsAre("a@1", "b@2"));
  co_await all;
}

ASYNC_TEST(advance, refuses_what_is_no_duration_to_advance_by) {
  static constexpr auto nan = std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW(static_cast<void>(advance(nan)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(advance(-1ms)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(advance(forever)), std::invalid_argument);
  EXPECT_EQ(message_of([] { static_cast<void>(advance(nan)); }),
            "bight: testing::advance: the duration is NaN");
  EXPECT_THAT(message_of([] { static_cast<void>(advance(-1500ms)); }),
              AllOf(HasSubstr("testing::advance"), HasSubstr("negative: -1.5")));
  EXPECT_THAT(message_of([] { static_cast<void>(advance(forever)); }), HasSubstr("too long"));
  co_return;
}

TEST(virtual_clock, in_real_time_is_a_mistake_that_is_told) {
  bight::run([]() -> awaitable<void> {
    EXPECT_THROW(static_cast<void>(settle()), std::logic_error);
    EXPECT_THAT(
        message_of([] { static_cast<void>(advance(1s)); }),
        AllOf(HasSubstr("testing::advance"), HasSubstr("requires virtual time"), HasSubstr("ASYNC_TEST")));
    EXPECT_THAT(message_of([] { const manual_clock hold; }), HasSubstr("testing::manual_clock"));
    co_return;
  });
  EXPECT_THROW(static_cast<void>(settle()), boost::system::system_error);  // no loop at all
}

// A thread that cannot end before the test has gone on: waiting for it would hang.
ASYNC_TEST(virtual_clock, does_not_wait_for_threads) {
  const auto start = clock::now();
  std::promise<void> go;
  auto working = spawn([&]() -> awaitable<void> {
    co_await to_thread([&] { go.get_future().wait(); });
    co_await sleep(1s);
  });
  co_await settle();
  EXPECT_EQ(clock::now(), start);
  co_await advance(1h);
  EXPECT_EQ(clock::now() - start, 1h);
  EXPECT_FALSE(working.done());
  go.set_value();
  co_await working;
}

ASYNC_TEST(virtual_clock, does_not_wait_for_descriptors) {
  const auto start = clock::now();
  net::listener l{net::endpoint(net::ip_address::loopback(), 0)};
  auto accepting = spawn([&]() -> awaitable<void> { static_cast<void>(co_await l.accept()); });
  co_await settle();
  co_await advance(1h);
  EXPECT_EQ(clock::now() - start, 1h);
  accepting.cancel();
  co_await accepting.wait();
}

ASYNC_TEST(manual_clock, holds_the_clock_while_only_advance_moves_it) {
  const auto start = clock::now();
  diary d;
  std::vector<std::string> seen;
  {
    const manual_clock hold;
    auto sleeping = spawn([&]() -> awaitable<void> { co_await d.note_after("a", 2s); });
    // Real work of a thread would let the clock run otherwise.
    co_await to_thread([] {
      const auto begin = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begin < 2ms) continue;
    });
    EXPECT_EQ(clock::now(), start);
    co_await advance(1s);
    EXPECT_EQ(clock::now() - start, 1s);
    EXPECT_FALSE(sleeping.done());
    co_await advance(1s);
    EXPECT_TRUE(sleeping.done());
    co_await sleeping;
  }
  co_await d.note_after("b", 3s);  // jumps again
  EXPECT_THAT(d.entries, ElementsAre("a@2", "b@5"));
}

ASYNC_TEST(manual_clock, does_what_is_due_without_being_moved) {
  const manual_clock hold;
  co_await sleep_until(clock::now());
}

TEST(manual_clock, with_nobody_who_advances_reports_who_waits) {
  const auto stuck = []() -> awaitable<void> {
    const manual_clock hold;
    co_await sleep(30s);
  };
  std::string report;
  try {
    run_virtual(stuck);
  } catch (const deadlock_error& e) { report = e.what(); }
  EXPECT_THAT(report, AllOf(HasSubstr("deadlock"), HasSubstr("task-1 waits for sleep"),
                            HasSubstr("manual_clock"), HasSubstr("deadline in 30 s")));
}

TEST(manual_clock, lets_clean_up_that_sleeps_come_to_its_end) {
  bool cleaned = false;
  const auto left_over = [&]() -> awaitable<void> {
    const manual_clock hold;
    const auto body = []() -> awaitable<void> { co_await sleep(30s); };
    const auto clean_up = [&]() -> awaitable<void> {
      co_await sleep(1s);
      cleaned = true;
    };
    co_await finally(body, clean_up);
  };
  run_virtual([&]() -> awaitable<void> {
    spawn(left_over).detach();
    co_await settle();
  });
  EXPECT_TRUE(cleaned);
}

TEST(manual_clock, may_outlive_its_loop) {
  std::optional<manual_clock> kept;
  run_virtual([&]() -> awaitable<void> {
    kept.emplace();
    co_return;
  });
  kept.reset();
}

}  // namespace bight::testing::virtual_clock_test
