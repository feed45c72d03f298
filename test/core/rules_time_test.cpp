// The rules of asyncio that bight keeps, and where it decides otherwise: wait_for, timeout, shield. Each
// holds in any order of ready tasks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/ends.hpp"
#include "support/log_capture.hpp"

namespace bight::rules_time_test {

using namespace std::chrono_literals;
using test::end_of;
using test::thrown_by;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using testing::settle;

const std::string timed_out = describe(std::make_exception_ptr(timeout_error{}));

awaitable<void> nap(clock::duration d) { co_await sleep(d); }
awaitable<int> value_after(clock::duration d, int value) {
  co_await sleep(d);
  co_return value;
}
// What `work` ends with when it is cancelled: "done" if it swallows that, or another error.
awaitable<void> answer_a_cancel_with(std::string how) {
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {
    if (how == "done") co_return;
    throw std::runtime_error(how);
  }
}

// ---- wait_for

ASYNC_TEST_SHUFFLED(rules_wait_for, gives_the_result_or_a_timeout_error) {
  const int value = co_await wait_for(value_after(1s, 3), 2s);
  EXPECT_EQ(value, 3);
  const auto end = co_await end_of([]() -> awaitable<void> { co_await wait_for(nap(2s), 1s); });
  EXPECT_EQ(end, timed_out);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST_SHUFFLED(rules_wait_for, of_zero_or_less_gives_what_is_done_already) {
  auto done = spawn(value_after, 0s, 3);
  co_await settle();
  const int of_a_task = co_await wait_for(done, 0s);
  EXPECT_EQ(of_a_task, 3);
  queue<int> q;
  q.try_put(4);
  const auto item = co_await wait_for(q.get(), -1s);
  EXPECT_EQ(item, 4);
}

ASYNC_TEST_SHUFFLED(rules_wait_for, of_zero_or_less_never_starts_the_work) {
  bool started = false;
  const auto work = [&]() -> awaitable<void> {
    started = true;
    co_return;
  };
  const auto end = co_await end_of([&]() -> awaitable<void> { co_await wait_for(work(), 0s); });
  EXPECT_EQ(end, timed_out);
  EXPECT_FALSE(started);
}

ASYNC_TEST_SHUFFLED(rules_wait_for, of_zero_or_less_cancels_a_task_and_waits_for_its_end) {
  auto t = spawn(nap, 1h);
  const auto end = co_await end_of([&]() -> awaitable<void> { co_await wait_for(t, 0s); });
  EXPECT_EQ(end, timed_out);
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST_SHUFFLED(rules_wait_for, what_the_work_makes_of_the_cancellation_wins) {
  for (const std::string how : {"done", "broken"}) {
    const auto end =
        co_await end_of([&]() -> awaitable<void> { co_await wait_for(answer_a_cancel_with(how), 1s); });
    EXPECT_EQ(end, how);
    EXPECT_EQ(this_task::cancelling(), 0U);
    co_await sleep(1s);
  }
}

ASYNC_TEST_SHUFFLED(rules_wait_for, waits_for_the_end_of_the_work_past_the_deadline) {
  const auto start = clock::now();
  const auto cleans_up = [] { return finally([] { return nap(1h); }, [] { return nap(5s); }); };
  const auto end = co_await end_of([&]() -> awaitable<void> { co_await wait_for(cleans_up(), 1s); });
  EXPECT_EQ(end, timed_out);
  EXPECT_EQ(clock::now() - start, 6s);
}

ASYNC_TEST_SHUFFLED(rules_wait_for, loses_no_item_that_comes_at_the_deadline) {
  queue<int> q;
  auto put = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    co_await q.put(3);
  });
  std::optional<int> got;
  try {
    got = co_await wait_for(q.get(), 1s);
  } catch (const timeout_error&) {}
  co_await put;
  EXPECT_EQ(q.size() + (got ? 1U : 0U), 1U);
}

ASYNC_TEST_SHUFFLED(rules_wait_for, loses_no_cancellation_that_comes_with_the_result) {
  queue<int> q;
  std::optional<int> got;
  auto t = spawn([&]() -> awaitable<void> {
    got = co_await wait_for(q.get(), 1h);
    co_await sleep(1h);
  });
  co_await settle();
  q.try_put(3);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 3);
  EXPECT_EQ(end_of(t), "cancelled");
}

ASYNC_TEST_SHUFFLED(rules_wait_for, loses_no_cancellation_that_comes_at_the_deadline) {
  auto t = spawn([]() -> awaitable<void> { co_await wait_for(nap(1h), 1s); });
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    t.cancel();
  });
  co_await t.wait();
  co_await canceller;
  // The deadline's turn may be over before the cancel: then nothing is left to cancel.
  EXPECT_THAT(end_of(t), AnyOf(Eq("cancelled"), Eq(timed_out)));
  EXPECT_EQ(t.cancelled(), t.cancelling() == 1U);
}

// ---- timeout

ASYNC_TEST_SHUFFLED(rules_timeout, forever_is_none) {
  co_await timeout(forever, [](deadline_control& t) -> awaitable<void> {
    EXPECT_EQ(t.when(), clock::time_point::max());
    co_await sleep(1000h);
  });
}

ASYNC_TEST_SHUFFLED(rules_timeout, of_now_or_less_strikes_a_body_that_yields_once) {
  for (const auto d : {0s, -1s}) {
    const auto end = co_await end_of([&]() -> awaitable<void> {
      co_await timeout(d, []() -> awaitable<void> {
        co_await yield();
        ADD_FAILURE() << "the body went on";
      });
    });
    EXPECT_EQ(end, timed_out);
  }
}

ASYNC_TEST_SHUFFLED(rules_timeout, is_rescheduled_while_it_is_active) {
  const auto start = clock::now();
  const auto end = co_await end_of([&]() -> awaitable<void> {
    co_await timeout(1s, [&](deadline_control& t) -> awaitable<void> {
      t.reschedule(start + 5s);
      EXPECT_EQ(t.when(), start + 5s);
      co_await sleep(4s);
      EXPECT_FALSE(t.expired());
      t.reschedule(start + 4500ms);
      co_await sleep(1h);
    });
  });
  EXPECT_EQ(end, timed_out);
  EXPECT_EQ(clock::now() - start, 4500ms);
}

ASYNC_TEST_SHUFFLED(rules_timeout, is_not_rescheduled_once_time_is_up) {
  std::string refused;
  co_await timeout(1s, [&](deadline_control& t) -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      EXPECT_TRUE(t.expired());
      refused = thrown_by([&] { t.reschedule(clock::now() + 1h); });
    }
  });
  EXPECT_THAT(refused, HasSubstr("already expired"));
}

ASYNC_TEST_SHUFFLED(rules_timeout, a_cancel_from_outside_in_the_same_turn_wins) {
  auto t = spawn([]() -> awaitable<void> {
    co_await timeout(1s, [] {
      return finally([] { return nap(1h); }, [] { return nap(1s); });  // both have come when it ends
    });
  });
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    t.cancel();
  });
  co_await canceller;
  co_await t.wait();
  EXPECT_EQ(end_of(t), "cancelled");
  EXPECT_EQ(t.cancelling(), 1U) << "the timeout's own request was taken back";
}

ASYNC_TEST_SHUFFLED(rules_timeout, an_inner_one_whose_time_is_not_up_does_not_convert) {
  std::string inner;
  const auto outer = co_await end_of([&]() -> awaitable<void> {
    co_await timeout(1s, [&]() -> awaitable<void> {
      inner = co_await end_of([]() -> awaitable<void> { co_await timeout(2s, [] { return nap(1h); }); });
      throw std::runtime_error("the body goes on");
    });
  });
  EXPECT_EQ(inner, "cancelled");
  EXPECT_EQ(outer, "the body goes on");
}

ASYNC_TEST_SHUFFLED(rules_timeout, the_inner_one_converts_when_its_time_is_up_first) {
  std::string inner;
  const auto outer = co_await end_of([&]() -> awaitable<void> {
    co_await timeout(3s, [&]() -> awaitable<void> {
      inner = co_await end_of([]() -> awaitable<void> { co_await timeout(1s, [] { return nap(1h); }); });
      co_await sleep(1s);
    });
  });
  EXPECT_EQ(inner, timed_out);
  EXPECT_EQ(outer, "done");
}

// Python's keeps the TimeoutError as its context; C++ has none.
ASYNC_TEST_SHUFFLED(rules_timeout, another_error_passes) {
  const auto end = co_await end_of(
      []() -> awaitable<void> { co_await timeout(1s, [] { return answer_a_cancel_with("broken"); }); });
  EXPECT_EQ(end, "broken");
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST_SHUFFLED(rules_timeout, converts_in_a_task_that_was_cancelled_before_and_went_on) {
  std::string end;
  auto t = spawn([&]() -> awaitable<void> {
    co_await answer_a_cancel_with("done");
    EXPECT_EQ(this_task::cancelling(), 1U);
    end = co_await end_of([]() -> awaitable<void> { co_await timeout(1s, [] { return nap(1h); }); });
  });
  co_await settle();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(end, timed_out);
}

// ---- shield

ASYNC_TEST_SHUFFLED(rules_shield, the_wait_is_cancelled_and_the_task_runs_on) {
  auto inner = spawn(value_after, 2s, 3);
  auto outer = spawn([&]() -> awaitable<void> { static_cast<void>(co_await shield(inner)); });
  co_await settle();
  outer.cancel();
  co_await outer.wait();
  EXPECT_TRUE(outer.cancelled());
  EXPECT_FALSE(inner.done());
  const int value = co_await inner;
  EXPECT_EQ(value, 3);
}

ASYNC_TEST_SHUFFLED(rules_shield, the_cancellation_of_the_task_does_propagate) {
  auto inner = spawn(nap, 1h);
  auto outer = spawn([&]() -> awaitable<void> { co_await shield(inner); });
  co_await settle();
  inner.cancel();
  co_await outer.wait();
  EXPECT_EQ(end_of(outer), "cancelled");
  EXPECT_EQ(outer.cancelling(), 0U);
}

ASYNC_TEST_SHUFFLED(rules_shield, a_late_error_goes_to_the_log) {
  const test::log_capture log;
  auto outer = spawn([]() -> awaitable<void> {
    auto inner = spawn([]() -> awaitable<void> {
      co_await sleep(2s);
      throw std::runtime_error("late");
    });
    co_await shield(inner);
  });
  co_await settle();
  outer.cancel();
  co_await outer.wait();
  co_await sleep(5s);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("late")));
}

}  // namespace bight::rules_time_test
