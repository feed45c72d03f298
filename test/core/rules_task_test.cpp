// The rules of asyncio that bight keeps, and where it decides otherwise: run, runner, tasks, eager tasks,
// debug mode and introspection. Each holds in any order of ready tasks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/ends.hpp"
#include "support/log_capture.hpp"

namespace bight::rules_task_test {

using namespace std::chrono_literals;
using test::end_of;
using test::text_of;
using test::thrown_by;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::settle;
using ::testing::UnorderedElementsAre;

// Under 50 orders of ready tasks, for what makes loops of its own.
void for_each_order(const std::function<void(const run_options&)>& check) {
  run_options options{.loop = {.clock = clock_mode::virtual_}, .handle_signals = false};
  for (std::uint64_t seed = 1; seed != 51; ++seed) {
    SCOPED_TRACE(seed);
    options.loop.shuffle_seed = seed;
    check(options);
  }
}

awaitable<void> nap(clock::duration d) { co_await sleep(d); }
awaitable<void> fail(std::string what) {
  co_await yield();
  throw std::runtime_error(what);
}
awaitable<int> later(int value) {
  co_await sleep(1s);
  co_return value;
}
// Says in `flag` that it was destroyed or ended.
class at_end {
 public:
  explicit at_end(bool& flag) noexcept : flag_(&flag) {}
  at_end(const at_end&) = delete;
  at_end& operator=(const at_end&) = delete;
  ~at_end() { *flag_ = true; }

 private:
  bool* flag_;
};

// ---- run and runner

TEST(rules_run, makes_a_new_loop_each_time) {
  for_each_order([](const run_options& options) {
    const auto first_name = []() -> awaitable<std::string> { co_return this_task::name(); };
    EXPECT_EQ(run(options, first_name), "task-1");
    EXPECT_EQ(run(options, first_name), "task-1");
  });
}

TEST(rules_run, refuses_to_nest) {
  for_each_order([](const run_options& options) {
    std::string refused;
    run(options, [&]() -> awaitable<void> {
      refused = thrown_by([&] { run(options, nap, 1s); });
      co_return;
    });
    EXPECT_THAT(refused, HasSubstr("already running"));
  });
}

TEST(rules_run, main_may_be_any_awaitable) {
  for_each_order([](const run_options& options) {
    event e;
    e.set();
    run(options, [&] { return e.wait(); });
    EXPECT_EQ(run(options, [] { return spawn(later, 3); }), 3);
  });
}

TEST(rules_run, cancels_what_is_left_and_runs_it_to_completion) {
  for_each_order([](const run_options& options) {
    bool cleaned_up = false;
    run(options, [&]() -> awaitable<void> {
      spawn([&]() -> awaitable<void> {
        co_await finally([] { return nap(1h); },
                         [&]() -> awaitable<void> {
                           co_await sleep(1s);
                           cleaned_up = true;
                         });
      }).detach();
      co_await settle();
    });
    EXPECT_TRUE(cleaned_up);
  });
}

TEST(rules_run, errors_of_what_is_left_go_to_the_log_and_never_to_the_caller) {
  for_each_order([](const run_options& options) {
    const test::log_capture log;
    const auto body = []() -> awaitable<int> {
      spawn([]() -> awaitable<void> {
        try {
          co_await sleep(1h);
        } catch (const cancelled_error&) { throw std::runtime_error("too late"); }
      }).detach();
      co_await settle();
      co_return 5;
    };
    EXPECT_EQ(run(options, body), 5);
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("too late")));
  });
}

TEST(rules_run, ends_generators_and_calls_on_threads) {
  for_each_order([](const run_options& options) {
    bool generator_ended = false;
    bool call_ended = false;
    const auto numbers = [](bool& ended) -> generator<int> {
      const at_end here{ended};
      for (int i = 0;; ++i) co_yield i;
    };
    run(options, [&]() -> awaitable<void> {
      auto all = numbers(generator_ended);
      static_cast<void>(co_await all.next());
      auto started = std::make_shared<shared_queue<int>>();
      spawn([&call_ended, started]() -> awaitable<void> {
        co_await to_thread([&](std::stop_token stop) {
          const at_end here{call_ended};
          started->put(1);
          while (!stop.stop_requested()) std::this_thread::yield();
        });
      }).detach();
      static_cast<void>(co_await started->get());
    });
    EXPECT_TRUE(generator_ended);
    EXPECT_TRUE(call_ended) << "it may refer to what its caller has";
  });
}

awaitable<int> interrupted(bool handles_it) {
  std::raise(SIGINT);
  try {
    co_await sleep(forever);
  } catch (const cancelled_error&) {
    if (!handles_it) throw;
  }
  co_return 7;
}

TEST(rules_run, the_first_interrupt_cancels_main_and_is_an_interrupt_error) {
  EXPECT_THROW(run(interrupted, false), interrupt_error);
}
TEST(rules_run, an_interrupt_that_main_handles_leaves_its_value) { EXPECT_EQ(run(interrupted, true), 7); }

TEST(rules_run, the_second_interrupt_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto twice = []() -> awaitable<void> {
    static_cast<void>(co_await interrupted(true));
    std::raise(SIGINT);
    co_await sleep(forever);
  };
  EXPECT_EXIT(run(twice), ::testing::ExitedWithCode(130), "");
}

TEST(rules_runner, runs_several_mains_on_one_loop) {
  for_each_order([](const run_options& options) {
    runner r{options};
    task<int> left = r.run([]() -> awaitable<task<int>> { co_return spawn(later, 4); });
    EXPECT_FALSE(left.done());
    EXPECT_EQ(r.run([&]() -> awaitable<int> { co_return co_await left; }), 4);
  });
}

// ---- tasks

ASYNC_TEST_SHUFFLED(rules_task, cancel_counts_and_returns_true_and_on_one_that_ended_false) {
  auto t = spawn(nap, 1h);
  EXPECT_TRUE(t.cancel());
  EXPECT_TRUE(t.cancel());
  EXPECT_EQ(t.cancelling(), 2U);
  co_await t.wait();
  EXPECT_FALSE(t.cancel());
  EXPECT_EQ(t.cancelling(), 2U);
}

ASYNC_TEST_SHUFFLED(rules_task, cancelled_before_its_first_step_is_never_entered) {
  bool entered = false;
  auto t = spawn([&]() -> awaitable<void> {
    entered = true;
    co_return;
  });
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(entered);
}

ASYNC_TEST_SHUFFLED(rules_task, cancel_is_forwarded_to_the_task_that_is_awaited) {
  auto inner = spawn(nap, 1h);
  auto outer = spawn([&]() -> awaitable<void> { co_await inner; });
  co_await settle();
  outer.cancel();
  co_await outer.wait();
  EXPECT_TRUE(inner.cancelled());
  EXPECT_TRUE(outer.cancelled());
}

ASYNC_TEST_SHUFFLED(rules_task, a_result_that_came_first_is_delivered_and_the_next_wait_throws) {
  promise<int> p;
  int got = 0;
  auto t = spawn([&]() -> awaitable<void> {
    got = co_await p.get_future();
    co_await sleep(1h);
  });
  co_await settle();
  p.set_value(3);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 3);
  EXPECT_TRUE(t.cancelled());
}

// Otherwise than asyncio, which drops the value.
ASYNC_TEST_SHUFFLED(rules_task, a_cancel_in_the_last_step_leaves_the_value_and_shows_in_the_counter) {
  task<int> t;
  t = spawn([&]() -> awaitable<int> {
    t.cancel();
    co_return 4;
  });
  co_await t.wait();
  EXPECT_EQ(t.result(), 4);
  EXPECT_FALSE(t.cancelled());
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST_SHUFFLED(rules_task, a_body_decides_what_becomes_of_a_cancellation) {
  const auto answer = [](std::string how) -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      if (how == "cancelled") throw;
      if (how != "done") throw std::runtime_error(how);
    }
  };
  for (const std::string how : {"done", "broken", "cancelled"}) {
    auto t = spawn(answer, how);
    co_await settle();
    t.cancel();
    co_await t.wait();
    EXPECT_EQ(end_of(t), how);
    EXPECT_EQ(t.cancelled(), how == "cancelled");
  }
}

ASYNC_TEST_SHUFFLED(rules_task, is_cancelled_if_the_error_left_its_body_even_if_nobody_called_cancel) {
  auto t = spawn([]() -> awaitable<void> {
    co_await yield();
    throw cancelled_error{cancel_reason::request, std::source_location::current(), "nothing"};
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(t.cancelling(), 0U);
}

ASYNC_TEST_SHUFFLED(rules_task, uncancel_counts_down_and_drops_at_zero_what_was_not_delivered) {
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    t.cancel();
    EXPECT_EQ(this_task::uncancel(), 1U);
    EXPECT_EQ(this_task::uncancel(), 0U);
    co_await sleep(1s);
  });
  co_await t.wait();
  EXPECT_EQ(end_of(t), "done");
}

ASYNC_TEST_SHUFFLED(rules_task, awaiting_oneself_is_an_error) {
  task<void> t;
  t = spawn([&]() -> awaitable<void> { co_await t; });
  co_await t.wait();
  EXPECT_THAT(end_of(t), HasSubstr("awaits itself"));
}

ASYNC_TEST_SHUFFLED(rules_task, awaiting_a_task_of_another_loop_is_an_error) {
  loop other;
  const auto foreign = other.spawn(later, 1);
  const auto end = co_await end_of([&]() -> awaitable<void> { static_cast<void>(co_await foreign); });
  EXPECT_THAT(end, HasSubstr("a task of another loop"));
}

// Otherwise than asyncio, whose tasks disappear.
ASYNC_TEST_SHUFFLED(rules_task, runs_on_without_any_handle) {
  bool done = false;
  spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    done = true;
  }).detach();
  co_await sleep(2s);
  EXPECT_TRUE(done);
}

ASYNC_TEST_SHUFFLED(rules_task, names_default_to_task_n) {
  const auto first = spawn(nap, 0s);
  const auto second = spawn(nap, 0s);
  const auto mine = spawn(named("mine", nap), 0s);
  EXPECT_EQ(this_task::name(), "task-1");
  EXPECT_EQ(first.name(), "task-2");
  EXPECT_EQ(second.name(), "task-3");
  EXPECT_EQ(mine.name(), "mine");
  co_await settle();
}

// Otherwise than asyncio, which destroys and reports pending tasks: only the end of its loop destroys one.
TEST(rules_task, pending_is_destroyed_with_its_loop_alone_and_then_is_over) {
  for_each_order([](const run_options& options) {
    bool destroyed = false;
    task<void> kept;
    {
      loop l{options.loop};
      kept = l.spawn([&]() -> awaitable<void> {
        const at_end here{destroyed};
        co_await sleep(1h);
      });
      l.run_until(l.spawn(nap, 1s));
      EXPECT_FALSE(destroyed);
    }
    EXPECT_TRUE(destroyed);
    EXPECT_EQ(end_of(kept), "cancelled");
  });
}

ASYNC_TEST_SHUFFLED(rules_task, an_error_that_nobody_retrieved_is_logged) {
  const test::log_capture log;
  spawn(fail, "lost").detach();
  auto retrieved = spawn(fail, "seen");
  co_await settle();
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("lost")));
  EXPECT_EQ(end_of(retrieved), "seen");
}

// ---- eager tasks

ASYNC_TEST_SHUFFLED(rules_eager, the_first_step_runs_inside_spawn) {
  bool begun = false;
  auto t = spawn(eager([&]() -> awaitable<void> {
    begun = true;
    co_await sleep(1s);
  }));
  EXPECT_TRUE(begun);
  EXPECT_FALSE(t.done());
  co_await t;
}

ASYNC_TEST_SHUFFLED(rules_eager, what_does_not_wait_never_meets_the_ready_list) {
  auto t = spawn(eager([]() -> awaitable<int> { co_return 2; }));
  EXPECT_EQ(t.result(), 2);
  co_return;
}

ASYNC_TEST_SHUFFLED(rules_eager,
                    an_error_in_the_first_step_cancels_the_body_at_its_next_wait_and_not_before) {
  bool went_on = false;
  const auto end = co_await end_of([&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      auto t = group.spawn(eager([]() -> awaitable<void> {
        throw std::runtime_error("at once");
        co_return;
      }));
      went_on = t.done();
      co_await sleep(1h);
      ADD_FAILURE() << "the body was not cancelled";
    });
  });
  EXPECT_TRUE(went_on);
  EXPECT_THAT(end, HasSubstr("at once"));
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST_SHUFFLED(rules_eager, a_group_that_its_eager_child_cancels_ends) {
  co_await task_group::run([](task_group& group) -> awaitable<void> {
    group.spawn(nap, 1h).detach();
    group
        .spawn(eager([&]() -> awaitable<void> {
          group.cancel();
          co_await sleep(1h);
        }))
        .detach();
    co_return;
  });
}

// ---- debug mode

std::vector<std::string> debugged(std::function<awaitable<void>()> body, std::chrono::nanoseconds slow) {
  const test::log_capture log;
  const run_options options{
      .loop = {.clock = clock_mode::virtual_, .debug = true, .slow_step_threshold = slow},
      .handle_signals = false};
  run(options, std::move(body));
  return log.lines();
}

TEST(rules_debug, a_slow_step_is_logged_with_how_much_of_it_was_work) {
  const auto lines = debugged(
      []() -> awaitable<void> {
        std::this_thread::sleep_for(5ms);  // what must not be done: the test is about it
        co_return;
      },
      1ms);
  EXPECT_THAT(lines, Contains(ContainsRegex("took [0-9.]+ ms, [0-9.]+ ms of CPU time")));
}

TEST(rules_debug, the_threshold_is_a_tenth_of_a_second) {
  EXPECT_EQ(loop_options{}.slow_step_threshold, 100ms);
}

TEST(rules_debug, never_awaited_and_never_retrieved_are_reported) {
  const auto lines = debugged(
      []() -> awaitable<void> {
        auto lost = later(1);
        spawn(fail, "lost").detach();
        co_await settle();
      },
      1h);
  EXPECT_THAT(lines, UnorderedElementsAre(HasSubstr("never awaited"), HasSubstr("never retrieved")));
}

// Otherwise than asyncio, where it takes debug mode.
TEST(rules_debug, use_from_another_loop_ends_the_program_with_a_message) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto misuse = [] {
    testing::run_virtual([]() -> awaitable<void> {
      event e;
      const auto set = [](event& theirs) -> awaitable<void> {
        theirs.set();
        co_return;
      };
      spawn([&]() -> awaitable<void> { co_await e.wait(); }).detach();
      co_await settle();
      std::thread([&] { testing::run_virtual(set, std::ref(e)); }).join();
    });
  };
  EXPECT_DEATH(misuse(), "waiting in event::wait was woken from another loop");
}

// ---- introspection

ASYNC_TEST_SHUFFLED(rules_introspection, every_kind_of_await_shows_who_awaits) {
  event go;
  const auto waits = [&]() -> awaitable<void> { co_await go.wait(); };
  auto awaited = spawn(named("awaited", waits));
  auto shielded = spawn(named("shielded", waits));
  std::vector<task<void>> all{awaited, shielded};
  all.push_back(spawn(named("joins", [&]() -> awaitable<void> { co_await awaited; })));
  all.push_back(spawn(named("shields", [&]() -> awaitable<void> { co_await shield(shielded); })));
  all.push_back(spawn(named("gathers", [&]() -> awaitable<void> { co_await gather(waits(), waits()); })));
  all.push_back(spawn(named("groups", [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(named("member", waits)).detach();
      co_return;
    });
  })));
  all.push_back(spawn(named("times", [&]() -> awaitable<void> { co_await timeout(1h, waits); })));
  co_await settle();
  const auto text = dump_tasks(dump_format::awaited_by);
  EXPECT_THAT(text, ContainsRegex("  awaited waits [^\n]*\n(    at|    in)[^\n]*\n(    in [^\n]*\n)*"
                                  "    awaited by joins \\(task\\)"));
  EXPECT_THAT(text, ContainsRegex("    awaited by shields \\("));
  EXPECT_THAT(text, ContainsRegex("    awaited by gathers \\(gather\\)"));
  EXPECT_THAT(text, ContainsRegex("    awaited by groups \\(task_group\\)"));
  // A timeout runs inline: it is in the chain of awaits of its task.
  EXPECT_THAT(text,
              ContainsRegex("  times waits for event::wait, [^\n]*\n(    [^\n]*\n)*    in [^\n]*timeout"));
  go.set();
  co_await wait(all);
}

TEST(rules_introspection, cycles_are_found) {
  for_each_order([](const run_options& options) {
    task<void> a;
    task<void> b;
    const auto report = thrown_by([&] {
      run(options, [&]() -> awaitable<void> {
        a = spawn(named("a", [&]() -> awaitable<void> { co_await b; }));
        b = spawn(named("b", [&]() -> awaitable<void> { co_await a; }));
        co_await a;
      });
    });
    EXPECT_THAT(report, ContainsRegex("in a cycle: (a waits for b waits for a|b waits for a waits for b)"));
  });
}

}  // namespace bight::rules_task_test
