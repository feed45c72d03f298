// dump_tasks: everybody is in it, with what he waits for.
#include <bight/core/introspect.hpp>

#include <signal.h>

#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/lock.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <string>

#include "support/log_capture.hpp"

namespace bight::introspect_test {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

awaitable<void> fetch(queue<int>& q) { static_cast<void>(co_await q.get()); }
awaitable<void> worker(queue<int>& q) { co_await fetch(q); }

ASYNC_TEST(dump_tasks, shows_states_and_chains_of_awaits) {
  queue<int> q;
  auto t = spawn(named("fetcher", worker), std::ref(q));
  auto unstarted = spawn(named("later", worker), std::ref(q));
  EXPECT_THAT(dump_tasks(), HasSubstr("later has not started"));
  co_await yield();
  const auto text = dump_tasks();
  EXPECT_THAT(text, ContainsRegex("  task-1 is running\n"));
  EXPECT_THAT(text, ContainsRegex("  fetcher waits for queue::get, spawned at introspect_test.cpp:[0-9]+\n"
                                  "    at .*fetch\\(.*\\) \\(introspect_test.cpp:[0-9]+\\)\n"
                                  "    in .*worker\\(.*\\) \\(introspect_test.cpp:[0-9]+\\)\n"));
  EXPECT_THAT(text, Not(HasSubstr("Frame"))) << "names as they were written";
  q.shutdown();
  EXPECT_THAT(dump_tasks(), HasSubstr("fetcher is ready"));
  co_await t;
  co_await unstarted;
  EXPECT_THAT(dump_tasks(), Not(HasSubstr("fetcher")));
}

ASYNC_TEST(dump_tasks, names_lambdas_and_templates_as_they_were_written) {
  event go;
  auto t = spawn([&]() -> awaitable<void> {
    co_await task_group::run([&](task_group&) -> awaitable<void> { co_await go.wait(); });
  });
  co_await yield();
  const auto text = dump_tasks();
#if defined(__GNUC__) && !defined(__clang__)
  EXPECT_THAT(text, ContainsRegex(
                        "    at [a-z_:{}A-Z]+\\(\\)::<lambda\\(\\)>::<lambda\\(bight::task_group&\\)> \\("));
  EXPECT_THAT(text, ContainsRegex("\n    in bight::detail::group_core::run_in<bight::task_group"));
#endif
  go.set();
  co_await t;
}

ASYNC_TEST(dump_tasks, shows_groups_and_gathers_as_a_tree) {
  event go;
  const auto wait = [&]() -> awaitable<void> { co_await go.wait(); };
  auto outer = spawn(named("outer", [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(named("member", [&]() -> awaitable<void> { co_await gather(wait(), wait()); })).detach();
      co_return;
    });
  }));
  co_await yield();
  co_await yield();
  const auto text = dump_tasks();
  EXPECT_THAT(text, ContainsRegex("  outer waits for task_group, spawned at [^\n]*\n"
                                  "(    [^\n]*\n)+"
                                  "    task_group:\n"
                                  "      member waits for gather, spawned at [^\n]*\n"
                                  "(        [^\n]*\n)+"
                                  "        gather:\n"
                                  "          task-[0-9]+ waits for event::wait\n"
                                  "            at [^\n]*\n"
                                  "          task-[0-9]+ waits for event::wait\n"));
  go.set();
  co_await outer;
}

ASYNC_TEST(dump_tasks, says_who_holds_a_lock_and_who_is_awaited) {
  lock l;
  auto holder = spawn(named("holder", [&]() -> awaitable<void> {
    const auto held = co_await l.acquire();
    co_await sleep(1h);
  }));
  auto waiter = spawn(named("waiter", [&]() -> awaitable<void> { const auto held = co_await l.acquire(); }));
  auto joiner = spawn(named("joiner", [&]() -> awaitable<void> { co_await waiter; }));
  co_await yield();
  const auto text = dump_tasks();
  EXPECT_THAT(text, HasSubstr("waiter waits for lock::acquire (holder)"));
  EXPECT_THAT(text, HasSubstr("joiner waits for task (waiter)"));
  EXPECT_THAT(text, Not(HasSubstr("cycle")));
  holder.cancel();
  co_await joiner;
}

TEST(dump_tasks, a_deadlock_names_the_cycle) {
  lock a;
  lock b;
  std::string report;
  try {
    testing::run_virtual([&]() -> awaitable<void> {
      const auto both = [](lock& first, lock& second) -> awaitable<void> {
        const auto one = co_await first.acquire();
        co_await yield();
        const auto other = co_await second.acquire();
      };
      auto x = spawn(named("x", both), std::ref(a), std::ref(b));
      auto y = spawn(named("y", both), std::ref(b), std::ref(a));
      co_await x;
      co_await y;
    });
  } catch (const deadlock_error& e) { report = e.what(); }
  EXPECT_THAT(report, ContainsRegex("in a cycle: (x waits for y waits for x|y waits for x waits for y)\n"));
}

ASYNC_TEST(dump_tasks, counts_requests_to_cancel) {
  auto t = spawn(named("stubborn", []() -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_await sleep(1h);
  }));
  co_await yield();
  t.cancel();
  co_await yield();
  EXPECT_THAT(dump_tasks(), HasSubstr("stubborn waits for sleep, spawned at"));
  EXPECT_THAT(dump_tasks(), HasSubstr("cancelled 1 times"));
  t.cancel();
}

TEST(dump_tasks, comes_on_sigusr1) {
  test::log_capture log;
  bight::run([]() -> awaitable<void> {
    auto t = spawn(named("sleeper", []() -> awaitable<void> { co_await sleep(1h); }));
    co_await yield();
    ::kill(::getpid(), SIGUSR1);
    co_await sleep(20ms);
    t.cancel();
  });
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_THAT(log.lines()[0], StartsWith("bight: tasks:\n"));
  EXPECT_THAT(log.lines()[0], HasSubstr("sleeper waits for sleep"));
}

awaitable<void> nest(int levels, event& go) {
  if (levels == 0) co_return co_await go.wait();
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn(nest, levels - 1, std::ref(go)).detach();
    co_return;
  });
}

ASYNC_TEST(dump_tasks, grows_no_faster_than_the_groups_nest) {
  event go;
  auto t = spawn(nest, 1'000, std::ref(go));
  co_await sleep(1s);
  const auto text = dump_tasks();
  EXPECT_THAT(text, HasSubstr("\n        task_group:\n          task-4 waits for task_group, spawned at "));
  EXPECT_THAT(text, HasSubstr("task_group: (level 1000)\n"));
  EXPECT_THAT(text, HasSubstr("task-1002 waits for event::wait, spawned at "));
  EXPECT_LT(text.size(), 1'000'000U);
  go.set();
  co_await t;
}

TEST(dump_tasks, needs_a_loop) { EXPECT_THROW(dump_tasks(), boost::system::system_error); }

ASYNC_TEST(dump_tasks, shows_who_is_awaited_by_whom) {
  lock shared;
  event go;
  auto holder = spawn(named("holder", [&]() -> awaitable<void> {
    const auto held = co_await shared.acquire();
    co_await go.wait();
  }));
  co_await yield();
  auto waiter =
      spawn(named("waiter", [&]() -> awaitable<void> { const auto held = co_await shared.acquire(); }));
  auto joiner = spawn(named("joiner", [&]() -> awaitable<void> { co_await holder; }));
  co_await yield();
  const auto text = dump_tasks(dump_format::awaited_by);
  EXPECT_THAT(
      text, ContainsRegex("  holder waits for event::wait, spawned at introspect_test.cpp:[0-9]+\n"
                          "    at .* \\(introspect_test.cpp:[0-9]+\\)\n"
                          "    awaited by waiter \\(lock::acquire\\) at .* \\(introspect_test.cpp:[0-9]+\\)\n"
                          "    awaited by joiner \\(task\\) at .* \\(introspect_test.cpp:[0-9]+\\)\n"
                          "  waiter waits for"));
  go.set();
  co_await holder;
  co_await waiter;
  co_await joiner;
}

ASYNC_TEST(dump_tasks, shows_members_of_groups_as_awaited_by_the_task_of_the_group) {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    event go;
    group.spawn(named("member", [&]() -> awaitable<void> { co_await go.wait(); })).detach();
    co_await yield();
    EXPECT_THAT(dump_tasks(dump_format::awaited_by),
                ContainsRegex("  member waits .*\n.*\n    awaited by task-1 \\(task_group\\)"));
    go.set();
    co_await yield();
  });
}

ASYNC_TEST(dump_tasks, draws_a_graph_for_graphviz) {
  event go;
  auto first = spawn(named("the \"first\"", [&]() -> awaitable<void> { co_await go.wait(); }));
  auto second = spawn([&]() -> awaitable<void> { co_await first; });
  co_await yield();
  EXPECT_EQ(dump_tasks(dump_format::dot),
            "digraph tasks {\n  rankdir=LR; node [shape=box];\n"
            "  t1 [label=\"task-1 is running\"];\n"
            "  t2 [label=\"the \\\"first\\\" waits for event::wait\"];\n"
            "  t3 [label=\"task-3 waits for task (the \\\"first\\\")\"];\n"
            "  t3 -> t2 [label=\"task\"];\n}");
  go.set();
  co_await second;
}

ASYNC_TEST(dump_tasks, of_one_task_shows_its_members_and_nothing_else) {
  auto waits = []() -> awaitable<void> { co_await sleep(1h); };
  auto with_members = [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(named("member", waits));
      co_return;
    });
  };
  auto one = spawn(named("one", with_members));
  auto other = spawn(named("other", waits));
  co_await yield();
  co_await yield();
  const auto text = dump_tasks(one);
  EXPECT_THAT(text, ::testing::StartsWith("  one waits for task_group"));
  EXPECT_THAT(text, ::testing::HasSubstr("member waits for sleep"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("other")));
  one.cancel();
  other.cancel();
  co_await one.wait();
  EXPECT_EQ(dump_tasks(one), "");
}

}  // namespace bight::introspect_test
