// The rules of asyncio that bight keeps, and where it decides otherwise: TaskGroup, gather, wait,
// as_completed. Each holds in any order of ready tasks.
#include <bight/core.hpp>

#include <algorithm>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "support/ends.hpp"
#include "support/log_capture.hpp"

namespace bight::rules_group_test {

using namespace std::chrono_literals;
using test::end_of;
using test::text_of;
using test::thrown_by;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::settle;
using ::testing::UnorderedElementsAre;

using group_body = std::function<awaitable<void>(task_group&)>;

awaitable<void> nap(clock::duration d) { co_await sleep(d); }
awaitable<void> fail_after(clock::duration d, std::string what) {
  co_await sleep(d);
  throw std::runtime_error(what);
}
awaitable<int> value_after(clock::duration d, int value) {
  co_await sleep(d);
  co_return value;
}
// Answers a cancellation with an error.
awaitable<void> fail_when_cancelled(std::string what) {
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) { throw std::runtime_error(what); }
}

// The errors of a group that runs `body`, as texts; "done" or "cancelled" if it ended otherwise.
awaitable<std::vector<std::string>> errors_of(group_body body) {
  std::vector<std::string> texts;
  try {
    co_await task_group::run(std::ref(body));
    texts.emplace_back("done");
  } catch (const exception_group& group) {
    for (const auto& e : group.errors()) texts.push_back(text_of(e));
  } catch (const cancelled_error&) { texts.emplace_back("cancelled"); }
  co_return texts;
}

// ---- task_group

// Entered once, by `run`, in the current task: there is no other way to make one.
static_assert(!std::is_default_constructible_v<task_group> && !std::is_copy_constructible_v<task_group> &&
              !std::is_move_constructible_v<task_group>);

ASYNC_TEST_SHUFFLED(rules_group, refuses_members_while_it_is_being_cancelled_and_disposes_of_them) {
  auto owned = std::make_shared<int>(1);
  std::string refused;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.cancel();
    auto member = [owned]() -> awaitable<void> { co_return; };
    refused = thrown_by([&] { group.spawn(std::move(member)).detach(); });
    co_return;
  });
  EXPECT_THAT(refused, HasSubstr("being cancelled"));
  EXPECT_EQ(owned.use_count(), 1);
}

ASYNC_TEST_SHUFFLED(rules_group, members_may_spawn_members_while_one_is_alive) {
  int ended = 0;
  const auto grandchild = [&]() -> awaitable<void> {
    co_await sleep(1s);
    ++ended;
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    const auto child = [&grandchild, &group]() -> awaitable<void> {
      co_await sleep(1s);  // the body has ended by then
      group.spawn(grandchild).detach();
    };
    group.spawn(child).detach();
    group.spawn(child).detach();
    co_return;
  });
  EXPECT_EQ(ended, 2);
}

ASYNC_TEST_SHUFFLED(rules_group, the_first_failure_cancels_the_others_and_the_body_exactly_once) {
  int strikes = 0;
  task<void> other;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group.spawn(fail_after, 1s, "first").detach();
    group.spawn(fail_when_cancelled, "second").detach();
    other = group.spawn(nap, 1h);
    for (int i = 0; i != 3; ++i) {
      try {
        co_await sleep(1min);
      } catch (const cancelled_error&) { ++strikes; }
    }
  });
  EXPECT_THAT(errors, ElementsAre("first", "second"));
  EXPECT_TRUE(other.cancelled());
  EXPECT_EQ(strikes, 1);
  EXPECT_EQ(this_task::cancelling(), 0U) << "taken back at the end";
  co_await sleep(1s);
}

ASYNC_TEST_SHUFFLED(rules_group, a_failure_while_the_body_is_over_cancels_no_body) {
  const auto errors = co_await errors_of([](task_group& group) -> awaitable<void> {
    group.spawn(fail_after, 1s, "late").detach();
    co_return;
  });
  EXPECT_THAT(errors, ElementsAre("late"));
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST_SHUFFLED(rules_group, a_member_that_ends_cancelled_is_not_collected_and_cancels_nobody) {
  task<int> other;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    auto cancelled = group.spawn(nap, 1h);
    other = group.spawn(value_after, 2s, 1);
    co_await sleep(1s);
    cancelled.cancel();
  });
  EXPECT_THAT(errors, ElementsAre("done"));
  EXPECT_EQ(other.result(), 1);
}

ASYNC_TEST_SHUFFLED(rules_group, the_error_of_the_body_cancels_all_waits_for_all_and_comes_last) {
  bool ended = false;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group.spawn(fail_when_cancelled, "member").detach();
    group
        .spawn([&]() -> awaitable<void> {
          co_await finally([] { return nap(1h); }, [] { return nap(1s); });
          ended = true;
        })
        .detach();
    group
        .spawn([&]() -> awaitable<void> {
          co_await finally([] { return nap(1h); },
                           [&]() -> awaitable<void> {
                             co_await sleep(2s);
                             ended = true;
                           });
        })
        .detach();
    co_await settle();
    throw std::runtime_error("body");
  });
  EXPECT_THAT(errors, ElementsAre("member", "body"));
  EXPECT_TRUE(ended);
}

ASYNC_TEST_SHUFFLED(rules_group, the_end_waits_for_all_members_however_often_it_is_cancelled) {
  int ended = 0;
  auto t = spawn([&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      const auto slow = [&]() -> awaitable<void> {
        co_await uncancellable([] { return nap(10s); });
        ++ended;
      };
      group.spawn(slow).detach();
      group.spawn(slow).detach();
      co_return;
    });
  });
  co_await sleep(1s);
  for (int i = 0; i != 3; ++i) {
    t.cancel();
    co_await settle();
    EXPECT_FALSE(t.done());
  }
  co_await t.wait();
  EXPECT_EQ(ended, 2);
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST_SHUFFLED(rules_group, a_cancel_from_outside_cancels_the_members) {
  task<void> member;
  auto t = spawn([&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      member = group.spawn(nap, 1h);
      co_return;
    });
  });
  co_await settle();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(member.cancelled());
  EXPECT_EQ(end_of(t), "cancelled");
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST_SHUFFLED(rules_group, errors_win_over_a_cancel_from_outside_which_strikes_at_the_next_wait) {
  for (const auto body_lasts : {0h, 1h}) {
    std::vector<std::string> errors;
    unsigned level = 0;
    bool struck = false;
    auto t = spawn([&]() -> awaitable<void> {
      errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
        group.spawn(fail_when_cancelled, "member").detach();
        co_await sleep(body_lasts);
      });
      level = this_task::cancelling();
      try {
        co_await sleep(1s);
      } catch (const cancelled_error&) { struck = true; }
      co_await sleep(1s);  // once
    });
    co_await settle();
    t.cancel();
    co_await t.wait();
    EXPECT_THAT(errors, ElementsAre("member"));
    EXPECT_EQ(level, 1U);
    EXPECT_TRUE(struck);
    EXPECT_EQ(end_of(t), "done");
  }
}

ASYNC_TEST_SHUFFLED(rules_group, a_group_in_a_group_is_one_element) {
  std::size_t inner_errors = 0;
  try {
    co_await task_group::run([](task_group& outer) -> awaitable<void> {
      outer.spawn(fail_after, 2s, "outer").detach();
      outer
          .spawn([]() -> awaitable<void> {
            co_await task_group::run([](task_group& inner) -> awaitable<void> {
              inner.spawn(fail_after, 1s, "a").detach();
              inner.spawn(fail_when_cancelled, "b").detach();
              co_return;
            });
          })
          .detach();
      co_return;
    });
  } catch (const exception_group& e) {
    EXPECT_EQ(e.errors().size(), 1U);
    try {
      std::rethrow_exception(e.errors().at(0));
    } catch (const exception_group& inner) { inner_errors = inner.errors().size(); }
  }
  EXPECT_EQ(inner_errors, 2U);
}

// Otherwise than asyncio, which throws KeyboardInterrupt and SystemExit raw: C++ has no such errors, and what
// is not a std::exception is an element like another.
ASYNC_TEST_SHUFFLED(rules_group, collects_every_kind_of_error) {
  bool found = false;
  try {
    co_await task_group::run([](task_group& group) -> awaitable<void> {
      group
          .spawn([]() -> awaitable<void> {
            co_await yield();
            throw 3;
          })
          .detach();
      co_return;
    });
  } catch (const exception_group& e) {
    found = e.for_each<int>([](int n) { EXPECT_EQ(n, 3); }) == 1;
  }
  EXPECT_TRUE(found);
}

// ---- gather

ASYNC_TEST_SHUFFLED(rules_gather, results_are_in_the_order_of_the_arguments) {
  auto [a, b] = co_await gather(value_after(2s, 1), value_after(1s, 2));
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
}

ASYNC_TEST_SHUFFLED(rules_gather, the_same_task_twice_runs_once) {
  int runs = 0;
  auto t = spawn([&]() -> awaitable<int> {
    co_await sleep(1s);
    co_return ++runs;
  });
  auto [a, b] = co_await gather(t, t);
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 1);
}

ASYNC_TEST_SHUFFLED(rules_gather, of_nothing_gives_nothing_at_once) {
  const auto start = clock::now();
  const auto none = co_await gather(std::vector<awaitable<int>>());
  EXPECT_THAT(none, IsEmpty());
  co_await gather();
  EXPECT_EQ(clock::now(), start);
}

// Otherwise than asyncio, which leaves the siblings running.
ASYNC_TEST_SHUFFLED(rules_gather, the_first_failure_cancels_the_siblings_and_waits_for_them) {
  bool ended = false;
  const auto cleans_up = [&]() -> awaitable<void> {
    co_await finally([] { return nap(1h); },
                     [&]() -> awaitable<void> {
                       co_await sleep(1s);
                       ended = true;
                     });
  };
  const auto end = co_await end_of(
      [&]() -> awaitable<void> { co_await gather(cleans_up(), fail_after(1s, "first"), nap(1h)); });
  EXPECT_EQ(end, "first");
  EXPECT_TRUE(ended);
}

ASYNC_TEST_SHUFFLED(rules_gather, later_errors_are_dropped_and_not_logged) {
  const test::log_capture log;
  const auto end = co_await end_of(
      []() -> awaitable<void> { co_await gather(fail_after(1s, "first"), fail_when_cancelled("later")); });
  EXPECT_EQ(end, "first");
  EXPECT_THAT(log.lines(), IsEmpty());
}

ASYNC_TEST_SHUFFLED(rules_gather, the_cancellation_of_a_child_is_an_error_and_none_of_the_caller) {
  auto child = spawn(nap, 1h);
  auto t = spawn([&]() -> awaitable<std::string> {
    auto end = co_await end_of([&]() -> awaitable<void> { co_await gather(child, nap(1h)); });
    EXPECT_EQ(this_task::cancelling(), 0U);
    co_await sleep(1s);
    co_return end;
  });
  co_await settle();
  child.cancel();
  const auto end = co_await t;
  EXPECT_EQ(end, "cancelled");
}

ASYNC_TEST_SHUFFLED(rules_gather, cancelled_cancels_all_children_and_ends_cancelled) {
  auto a = spawn(nap, 1h);
  auto b = spawn(nap, 1h);
  auto t = spawn([&]() -> awaitable<void> { co_await gather(a, b); });
  co_await settle();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(end_of(t), "cancelled");
  EXPECT_TRUE(a.cancelled());
  EXPECT_TRUE(b.cancelled());
}

ASYNC_TEST_SHUFFLED(rules_gather, settled_gives_errors_as_values_and_cancels_nobody) {
  auto [a, b] = co_await gather_settled(value_after(2s, 1), fail_after(1s, "broken"));
  EXPECT_EQ(*a, 1);
  EXPECT_EQ(text_of(b.error()), "broken");
}

ASYNC_TEST_SHUFFLED(rules_gather, settled_too_ends_cancelled) {
  auto t = spawn([]() -> awaitable<void> {
    static_cast<void>(co_await gather_settled(nap(1h), fail_when_cancelled("x")));
    ADD_FAILURE() << "the cancellation was swallowed";
  });
  co_await settle();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(end_of(t), "cancelled");
}

ASYNC_TEST_SHUFFLED(rules_gather, a_cancel_after_it_is_done_does_not_take_its_results) {
  promise<int> p;
  int got = 0;
  auto t = spawn([&]() -> awaitable<void> {
    auto [a] = co_await gather(p.get_future());
    got = a;
    co_await sleep(1h);
  });
  co_await settle();
  p.set_value(3);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 3);
  EXPECT_EQ(end_of(t), "cancelled");
}

// ---- wait

template <class T>
concept can_wait_for = requires(T t) { wait(std::move(t)); };
// Tasks alone: an awaitable that is not a task would be lost when time is up.
static_assert(can_wait_for<std::vector<task<int>>> && can_wait_for<std::vector<any_task>> &&
              !can_wait_for<std::vector<awaitable<int>>>);

ASYNC_TEST_SHUFFLED(rules_wait, for_nothing_is_refused) {
  const auto end =
      co_await end_of([]() -> awaitable<void> { static_cast<void>(co_await wait(std::vector<any_task>())); });
  EXPECT_THAT(end, HasSubstr("no tasks to wait for"));
}

ASYNC_TEST_SHUFFLED(rules_wait, time_up_is_no_error_and_cancels_nobody) {
  const std::vector<task<void>> tasks{spawn(nap, 1s), spawn(nap, 3s)};
  const auto some = co_await wait(tasks, return_when::all_completed, 2s);
  EXPECT_THAT(some.done, ElementsAre(tasks[0]));
  EXPECT_THAT(some.pending, ElementsAre(tasks[1]));
  co_await tasks[1];
}

ASYNC_TEST_SHUFFLED(rules_wait, a_cancelled_one_leaves_the_tasks_alone) {
  const std::vector<task<void>> tasks{spawn(nap, 3s)};
  auto t = spawn([&]() -> awaitable<void> { static_cast<void>(co_await wait(tasks)); });
  co_await settle();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  co_await tasks[0];
}

ASYNC_TEST_SHUFFLED(rules_wait, the_first_completed_may_have_failed_and_its_error_is_not_thrown) {
  const std::vector<task<void>> tasks{spawn(nap, 1h), spawn(fail_after, 1s, "broken")};
  const auto some = co_await wait(tasks, return_when::first_completed);
  EXPECT_THAT(some.done, ElementsAre(tasks[1]));
  EXPECT_EQ(end_of(tasks[1]), "broken");
}

ASYNC_TEST_SHUFFLED(rules_wait, the_first_exception_is_not_a_cancellation) {
  const std::vector<task<void>> tasks{spawn(nap, 1h), spawn(fail_after, 2s, "broken"), spawn(nap, 1h)};
  auto first = tasks[0];
  first.cancel();
  const auto start = clock::now();
  const auto some = co_await wait(tasks, return_when::first_exception);
  EXPECT_EQ(clock::now() - start, 2s);
  EXPECT_THAT(some.done, ElementsAre(tasks[0], tasks[1]));
  EXPECT_EQ(end_of(tasks[1]), "broken");
}

// ---- as_completed

ASYNC_TEST_SHUFFLED(rules_as_completed, gives_the_tasks_themselves_in_the_order_of_their_ends) {
  const auto slow = spawn(value_after, 2s, 1);
  const auto quick = spawn(value_after, 1s, 2);
  as_completed ended{std::vector<task<int>>{slow, quick}};
  const auto first = co_await ended.next();
  const auto second = co_await ended.next();
  const auto third = co_await ended.next();
  EXPECT_EQ(first, quick);
  EXPECT_EQ(second, slow);
  EXPECT_FALSE(third);
}

ASYNC_TEST_SHUFFLED(rules_as_completed, time_up_is_a_timeout_error_for_each_that_is_left_and_cancels_nobody) {
  const auto slow = spawn(value_after, 1h, 1);
  as_completed ended{std::vector<task<int>>{slow, spawn(value_after, 1s, 2)}};
  int timeouts = 0;
  const auto deadline = clock::now() + 2s;
  for (int i = 0; i != 3; ++i) {
    const auto end = co_await end_of([&]() -> awaitable<void> {
      co_await timeout_at(deadline, [&]() -> awaitable<void> { static_cast<void>(co_await ended.next()); });
    });
    if (end != "done") ++timeouts;
  }
  EXPECT_EQ(timeouts, 2);
  EXPECT_EQ(ended.left(), 1U);
  const auto last = co_await ended.next();
  EXPECT_EQ(last, slow);
}

}  // namespace bight::rules_group_test
