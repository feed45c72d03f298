// timeout, wait_for, move_on_after: who wins when time is up.
#include <bight/core/timeout.hpp>

#include <bight/core/deadline.hpp>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/run.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/core/uncancellable.hpp>
#include <bight/testing/async_test.hpp>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::timeout_test {

using namespace std::chrono_literals;
using ::testing::Optional;

awaitable<int> value_after(clock::duration d, int value) {
  co_await sleep(d);
  co_return value;
}

// Awaits `work` and says whether it timed out.
awaitable<bool> times_out(awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const timeout_error&) { co_return true; }
  co_return false;
}

ASYNC_TEST(timeout, returns_the_result_of_the_body) {
  const int value = co_await timeout(2s, []() -> awaitable<int> { co_return co_await value_after(1s, 5); });
  EXPECT_EQ(value, 5);
  co_await sleep(1h);  // nothing is left armed
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(timeout, takes_results_of_every_kind) {
  int target = 0;
  auto p =
      co_await timeout(1s, []() -> awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(3); });
  EXPECT_EQ(*p, 3);
  int& ref = co_await timeout(1s, [&]() -> awaitable<int&> {
    co_await yield();
    co_return target;
  });
  EXPECT_EQ(&ref, &target);
  int* const moved_on = co_await move_on_after(1s, [&]() -> awaitable<int&> { co_return target; });
  EXPECT_EQ(moved_on, &target);
}

ASYNC_TEST(timeout, throws_when_time_is_up) {
  const auto start = clock::now();
  const bool expired = co_await times_out(timeout(1s, []() -> awaitable<void> { co_await sleep(1h); }));
  EXPECT_TRUE(expired);
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);  // the request is gone with the scope
}

ASYNC_TEST(timeout, runs_in_the_calling_task) {
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    co_await timeout(1s, []() -> awaitable<void> {
      EXPECT_EQ(this_task::cancelling(), 1U);
      co_return;
    });
  });
  co_await t;
}

ASYNC_TEST(timeout, error_is_an_error_and_no_cancellation) {
  auto t = spawn([]() -> awaitable<void> { co_await wait_for(sleep(1h), 1s); });
  co_await t.wait();
  EXPECT_FALSE(t.cancelled());
  EXPECT_TRUE(t.exception());
}

ASYNC_TEST(timeout, waits_until_the_body_has_ended) {
  const auto start = clock::now();
  bool cleaned_up = false;
  auto body = [&]() -> awaitable<void> {
    std::exception_ptr struck;
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) { struck = std::current_exception(); }
    co_await sleep(10s);  // cleanup far past the deadline
    cleaned_up = true;
    std::rethrow_exception(struck);
  };
  const bool expired = co_await times_out(timeout(1s, body));
  EXPECT_TRUE(expired);
  EXPECT_TRUE(cleaned_up);
  EXPECT_EQ(clock::now() - start, 11s);
}

ASYNC_TEST(timeout, a_value_returned_in_spite_of_the_cancellation_wins) {
  const int value = co_await timeout(1s, []() -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_return 7;
  });
  EXPECT_EQ(value, 7);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(timeout, a_foreign_error_wins) {
  std::string what;
  try {
    co_await timeout(1s, []() -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) { throw std::runtime_error("foreign"); }
    });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "foreign");
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(timeout, a_result_in_the_turn_of_the_deadline_wins) {
  // The other task's sleep began first, so it ends first at the same instant.
  auto other = spawn(value_after, 1s, 4);
  co_await yield();
  const int value = co_await wait_for(std::move(other), 1s);
  EXPECT_EQ(value, 4);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST(timeout, of_equal_deadlines_the_outer_one_strikes_first) {
  const auto start = clock::now();
  const bool primitive = co_await times_out(wait_for(sleep(1s), 1s));
  EXPECT_TRUE(primitive);
  const bool work =
      co_await times_out([]() -> awaitable<void> { co_await wait_for(value_after(1s, 4), 1s); }());
  EXPECT_TRUE(work);
  auto rest = []() -> awaitable<void> { co_await sleep(1s); };
  const bool body = co_await times_out(timeout(1s, rest));
  EXPECT_TRUE(body);
  const bool ended = co_await move_on_after(1s, rest);
  EXPECT_FALSE(ended);
  EXPECT_EQ(clock::now() - start, 4s);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

// In real time each reads the clock for itself: the outer one must do it first.
TEST(timeout, of_equal_limits_the_outer_one_strikes_first_in_real_time) {
  bight::run([]() -> awaitable<void> {
    const bool expired = co_await times_out(wait_for(sleep(2ms), 2ms));
    EXPECT_TRUE(expired);
  });
}

// ---- from when on it counts ----------------------------------------------------------------------

void compute(std::chrono::nanoseconds how_long) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < how_long) continue;
}

// Virtual time stands still while a task runs, so this is in real time: the limit has passed before the body
// waits for the first time.
TEST(timeout, counts_from_the_moment_it_is_awaited) {
  auto computes_first = []() -> awaitable<void> {
    compute(11ms);
    co_await sleep(1us);
  };
  bight::run([&]() -> awaitable<void> {
    const bool body = co_await times_out(timeout(10ms, computes_first));
    EXPECT_TRUE(body) << "timeout";
    const bool work = co_await times_out(wait_for(computes_first(), 10ms));
    EXPECT_TRUE(work) << "wait_for";
    const bool ended = co_await move_on_after(10ms, computes_first);
    EXPECT_FALSE(ended) << "move_on_after";
    const bool controlled = co_await times_out(
        timeout(10ms, [&](deadline_control&) -> awaitable<void> { co_await computes_first(); }));
    EXPECT_TRUE(controlled) << "timeout with a deadline_control";
    EXPECT_EQ(this_task::cancelling(), 0U);
  });
}

ASYNC_TEST(timeout, does_not_count_before_it_is_awaited) {
  auto rest = []() -> awaitable<void> { co_await sleep(2s); };
  auto prepared = timeout(3s, rest);
  auto work = wait_for(value_after(2s, 4), 3s);
  co_await sleep(10s);
  co_await std::move(prepared);
  const int value = co_await std::move(work);
  EXPECT_EQ(value, 4);
}

ASYNC_TEST(timeout, a_cancelled_error_of_another_task_passes_before_the_deadline) {
  auto other = spawn([]() -> awaitable<void> { co_await sleep(forever); });
  co_await yield();
  other.cancel();
  bool cancelled = false;
  try {
    co_await wait_for(std::move(other), 1h);
  } catch (const cancelled_error&) { cancelled = true; }
  EXPECT_TRUE(cancelled);
}

ASYNC_TEST(timeout, an_outside_cancellation_in_the_same_turn_wins) {
  bool timed_out = false;
  task<void> t;
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);  // armed first: runs between the expiry and the turn of t
    t.cancel();
  });
  t = spawn([&]() -> awaitable<void> {
    try {
      co_await timeout(1s, []() -> awaitable<void> { co_await sleep(1h); });
    } catch (const timeout_error&) { timed_out = true; }
  });
  co_await t.wait();
  co_await canceller;
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(timed_out);
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST(timeout, an_outside_cancellation_before_the_deadline_passes) {
  auto t = spawn([]() -> awaitable<void> { co_await wait_for(sleep(1h), 1min); });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(timeout, an_outside_cancellation_during_the_cleanup_wins) {
  auto t = spawn([]() -> awaitable<void> {
    co_await timeout(1s, []() -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {}
      co_await sleep(10s);
    });
  });
  co_await sleep(5s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(timeout, nested_only_the_expired_one_converts) {
  std::string trace;
  for (const auto& [outer, inner] : {std::pair{1s, 5s}, std::pair{5s, 1s}}) {
    auto body = [&]() -> awaitable<void> {
      const bool expired =
          co_await times_out(timeout(inner, []() -> awaitable<void> { co_await sleep(1h); }));
      trace += expired ? "inner " : "not inner ";
    };
    const bool expired = co_await times_out(timeout(outer, body));
    trace += expired ? "outer " : "not outer ";
    EXPECT_EQ(this_task::cancelling(), 0U);
  }
  EXPECT_EQ(trace, "outer inner not outer ");
}

ASYNC_TEST(timeout, nested_with_the_same_deadline_ends_as_the_outer_one) {
  bool inner = false;
  auto body = [&]() -> awaitable<void> {
    inner = co_await times_out(timeout(1s, []() -> awaitable<void> { co_await sleep(1h); }));
  };
  const bool outer = co_await times_out(timeout(1s, body));
  EXPECT_TRUE(outer);
  EXPECT_FALSE(inner);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST(timeout, one_after_another_in_a_task_that_was_cancelled_before) {
  auto t = spawn([]() -> awaitable<int> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    // cancelling() is 1 here and stays 1: the level at entry is what counts.
    const bool expired = co_await times_out(timeout(1s, []() -> awaitable<void> { co_await sleep(1h); }));
    EXPECT_EQ(this_task::cancelling(), 1U);
    co_return expired ? 1 : 0;
  });
  co_await yield();
  t.cancel();
  const int value = co_await t;
  EXPECT_EQ(value, 1);
}

ASYNC_TEST(timeout, forever_sets_no_limit) {
  const int value = co_await wait_for(value_after(24h * 365 * 100, 1), forever);
  EXPECT_EQ(value, 1);
}

ASYNC_TEST(timeout, of_zero_or_less_strikes_at_the_first_await_that_waits) {
  for (const auto d : {0s, -1s, std::chrono::seconds::min()}) {
    const auto start = clock::now();
    std::string trace;
    semaphore free{1};
    const bool expired = co_await times_out(timeout(d, [&]() -> awaitable<void> {
      trace += "entered ";
      const auto permit = co_await free.acquire();
      trace += "ready ";
      co_await yield();
      trace += "never";
    }));
    EXPECT_TRUE(expired);
    EXPECT_EQ(trace, "entered ready ");
    EXPECT_EQ(clock::now(), start);
    EXPECT_EQ(free.available(), 1U);
  }
}

ASYNC_TEST(timeout, of_zero_lets_a_body_that_does_not_wait_succeed) {
  const int value = co_await timeout(0s, []() -> awaitable<int> { co_return 1; });
  EXPECT_EQ(value, 1);
  const auto other = co_await move_on_after(0s, []() -> awaitable<int> { co_return 2; });
  EXPECT_THAT(other, Optional(2));
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

// Counts how often a cancellation strikes it: its clean-up waits.
awaitable<void> cleans_up(int& strikes) {
  std::exception_ptr struck;
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {
    ++strikes;
    struck = std::current_exception();
  }
  try {
    co_await sleep(1s);
  } catch (const cancelled_error&) { ++strikes; }
  if (struck) std::rethrow_exception(struck);
}

ASYNC_TEST(timeout, that_is_over_strikes_once_and_leaves_nothing) {
  co_await sleep(1s);
  int strikes = 0;
  int expected = 0;
  auto body = [&]() -> awaitable<void> { co_await cleans_up(strikes); };
  auto check = [&](const char* what, bool expired) {
    EXPECT_TRUE(expired) << what;
    EXPECT_EQ(strikes, ++expected) << what;
    EXPECT_EQ(this_task::cancelling(), 0U) << what;
  };
  for (const auto d : {0s, -1s}) {
    const bool plain = co_await times_out(timeout(d, body));
    check("timeout", plain);
    auto controlled = [&](deadline_control& t) -> awaitable<void> {
      EXPECT_EQ(t.when(), clock::now() + d);
      co_await cleans_up(strikes);
    };
    const bool with_control = co_await times_out(timeout(d, controlled));
    check("timeout with a deadline_control", with_control);
    const bool at = co_await times_out(timeout_at(clock::now() + d, body));
    check("timeout_at", at);
    const bool deadline = co_await times_out(with_deadline(clock::now() + d, body));
    check("with_deadline", deadline);
    const bool ended = co_await move_on_after(d, body);
    check("move_on_after", !ended);
    auto t = spawn(body);
    co_await yield();
    const bool waited = co_await times_out(wait_for(task(t), d));
    check("wait_for", waited);
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(t.cancelling(), 1U) << "wait_for";
    const bool both = co_await times_out(timeout(d, [&]() -> awaitable<void> { co_await timeout(d, body); }));
    check("one in another", both);
  }
  co_await sleep(1s);  // nothing is pending
}

ASYNC_TEST(timeout, that_is_over_strikes_at_a_bare_yield) {
  co_await sleep(1s);
  bool went_on = false;
  auto body = [&]() -> awaitable<void> {
    co_await yield();
    went_on = true;
  };
  for (const auto d : {0s, -1s}) {
    const bool plain = co_await times_out(timeout(d, body));
    EXPECT_TRUE(plain);
    const bool at = co_await times_out(timeout_at(clock::now() + d, body));
    EXPECT_TRUE(at) << "timeout_at";
    const bool deadline = co_await times_out(with_deadline(clock::now() + d, body));
    EXPECT_TRUE(deadline) << "with_deadline";
    const bool with_control =
        co_await times_out(timeout(d, [&](deadline_control&) -> awaitable<void> { co_await body(); }));
    EXPECT_TRUE(with_control) << "timeout with a deadline_control";
    const bool moved = co_await times_out(timeout(1h, [&](deadline_control& t) -> awaitable<void> {
      t.reschedule(clock::now() + d);
      EXPECT_TRUE(t.expired());
      co_await body();
    }));
    EXPECT_TRUE(moved) << "reschedule";
    EXPECT_FALSE(went_on);
    went_on = false;
  }
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(timeout, of_a_duration_that_is_no_number_is_refused) {
  const std::chrono::duration<double> nan(std::numeric_limits<double>::quiet_NaN());
  int refused = 0;
  try {
    co_await timeout(nan, []() -> awaitable<void> { co_return; });
  } catch (const std::invalid_argument&) { ++refused; }
  try {
    co_await wait_for(sleep(1s), nan);
  } catch (const std::invalid_argument&) { ++refused; }
  EXPECT_EQ(refused, 2);
  co_await sleep(1s);
}

ASYNC_TEST(wait_for, of_zero_does_not_start_the_work) {
  bool started = false;
  auto work = [&]() -> awaitable<void> {
    started = true;
    co_return;
  };
  for (const auto d : {0s, -1s}) {
    const bool expired = co_await times_out(wait_for(work(), d));
    EXPECT_TRUE(expired);
  }
  EXPECT_FALSE(started);
}

ASYNC_TEST(wait_for, of_zero_gives_what_is_ready) {
  queue<int> q;
  co_await q.put(3);
  const auto item = co_await wait_for(q.get(), 0s);
  EXPECT_THAT(item, Optional(3));
  auto done = spawn(value_after, 0s, 4);
  co_await done.wait();
  const int value = co_await wait_for(std::move(done), 0s);
  EXPECT_EQ(value, 4);
}

ASYNC_TEST(wait_for, of_zero_gives_what_is_ready_after_any_number_of_ready_awaits) {
  queue<int> q;
  auto nothing = []() -> awaitable<void> { co_return; };
  for (int spent = 250; spent != 260; ++spent) {
    q.try_put(spent);
    co_await yield();
    for (int i = 0; i != spent; ++i) co_await nothing();
    const auto item = co_await wait_for(q.get(), 0s);
    EXPECT_THAT(item, Optional(spent));
    auto t = spawn([]() -> awaitable<void> { co_await sleep(1h); });
    for (int i = 0; i != spent; ++i) co_await nothing();
    const bool expired = co_await times_out(wait_for(task(t), 0s));
    EXPECT_TRUE(expired) << spent;
    EXPECT_TRUE(t.cancelled()) << spent;
  }
}

ASYNC_TEST(wait_for, of_zero_takes_nothing_that_is_not_ready) {
  queue<int> q;
  const bool expired =
      co_await times_out([](queue<int>& from) -> awaitable<void> { co_await wait_for(from.get(), 0s); }(q));
  EXPECT_TRUE(expired);
  co_await q.put(1);
  EXPECT_THAT(q.try_get(), Optional(1));
}

ASYNC_TEST(wait_for, of_a_task_cancels_the_task_and_waits_for_it) {
  bool cleaned_up = false;
  auto t = spawn([&]() -> awaitable<void> {
    std::exception_ptr struck;
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) { struck = std::current_exception(); }
    co_await sleep(2s);
    cleaned_up = true;
    std::rethrow_exception(struck);
  });
  auto handle = t;
  const bool expired = co_await times_out(wait_for(std::move(handle), 1s));
  EXPECT_TRUE(expired);
  EXPECT_TRUE(cleaned_up);
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(wait_for, strikes_after_any_number_of_ready_awaits) {
  auto nothing = []() -> awaitable<void> { co_return; };
  for (int spent = 250; spent != 260; ++spent) {
    co_await yield();
    for (int i = 0; i != spent; ++i) co_await nothing();
    const bool expired = co_await times_out(wait_for(sleep(1h), 1s));
    EXPECT_TRUE(expired) << spent;
    const int value = co_await wait_for(value_after(1s, 2), 2s);
    EXPECT_EQ(value, 2) << spent;
  }
}

ASYNC_TEST(wait_for, strikes_a_task_that_is_always_ready_in_real_time) {
  bool expired = false;
  const auto spin = [&] {
    run([&]() -> awaitable<void> {
      auto nothing = []() -> awaitable<void> { co_return; };
      auto forever_ready = [&]() -> awaitable<void> {
        while (true) co_await nothing();
      };
      expired = co_await times_out(wait_for(forever_ready(), 5ms));
    });
  };
  co_await to_thread(spin);
  EXPECT_TRUE(expired);
}

ASYNC_TEST(move_on_after, gives_nothing_when_time_is_up) {
  const auto none =
      co_await move_on_after(1s, []() -> awaitable<int> { co_return co_await value_after(1h, 1); });
  EXPECT_EQ(none, std::nullopt);
  const auto some =
      co_await move_on_after(1h, []() -> awaitable<int> { co_return co_await value_after(1s, 1); });
  EXPECT_THAT(some, Optional(1));
  const bool ended = co_await move_on_after(1s, []() -> awaitable<void> { co_await sleep(1h); });
  EXPECT_FALSE(ended);
  const bool ended_itself = co_await move_on_after(1h, []() -> awaitable<void> { co_await sleep(1s); });
  EXPECT_TRUE(ended_itself);
}

ASYNC_TEST(move_on_after, lets_errors_and_outside_cancellation_pass) {
  bool threw = false;
  try {
    co_await move_on_after(1s, []() -> awaitable<void> {
      co_await yield();
      throw std::runtime_error("body");
    });
  } catch (const std::runtime_error&) { threw = true; }
  EXPECT_TRUE(threw);
  auto t = spawn([]() -> awaitable<void> {
    co_await move_on_after(1h, []() -> awaitable<void> { co_await sleep(forever); });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(timeout, around_groups_and_gathers_waits_for_the_children) {
  int ended = 0;
  auto child = [&]() -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      ++ended;
      throw;
    }
  };
  const bool gathered =
      co_await move_on_after(1s, [&]() -> awaitable<void> { co_await gather(child(), child()); });
  EXPECT_FALSE(gathered);
  EXPECT_EQ(ended, 2);
  const bool grouped = co_await move_on_after(1s, [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(child).detach();
      co_await child();
    });
  });
  EXPECT_FALSE(grouped);
  EXPECT_EQ(ended, 4);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

// ---- a deadline that moves ---------------------------------------------------------------------

ASYNC_TEST(deadline_control, moves_the_deadline_both_ways) {
  const auto start = clock::now();
  bool expired = false;
  try {
    co_await timeout(5s, [&](deadline_control& t) -> awaitable<void> {
      EXPECT_EQ(t.when(), start + 5s);
      t.reschedule(start + 10s);
      co_await sleep(8s);
      EXPECT_FALSE(t.expired());
      t.reschedule(start + 9s);
      co_await sleep(1h);
    });
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(clock::now() - start, 9s);
}

ASYNC_TEST(deadline_control, switches_the_limit_off_and_on) {
  co_await timeout(forever, [&](deadline_control& t) -> awaitable<void> {
    EXPECT_EQ(t.when(), clock::time_point::max());
    t.reschedule(clock::now() + 5s);
    co_await sleep(1s);
    t.reschedule(clock::time_point::max());
    co_await sleep(1h);
  });
}

ASYNC_TEST(deadline_control, is_of_no_use_when_time_is_up) {
  bool told = false;
  try {
    co_await timeout(1s, [&](deadline_control& t) -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        EXPECT_TRUE(t.expired());
        try {
          t.reschedule(clock::now() + 1h);
        } catch (const std::logic_error&) { told = true; }
        throw;
      }
    });
  } catch (const timeout_error&) {}
  EXPECT_TRUE(told);
}

ASYNC_TEST(deadline_control, in_the_past_strikes_at_the_next_wait) {
  bool expired = false;
  try {
    co_await timeout(1h, [&](deadline_control& t) -> awaitable<void> {
      t.reschedule(clock::now() - 1s);
      co_await sleep(1h);
    });
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
}

ASYNC_TEST(timeout_at, ends_at_a_moment) {
  const auto end = clock::now() + 3s;
  bool expired = false;
  try {
    co_await timeout_at(end, []() -> awaitable<void> { co_await sleep(1h); });
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(clock::now(), end);
}

}  // namespace bight::timeout_test
