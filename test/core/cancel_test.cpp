// Cancellation: when it strikes, what it spares, and what the counters say.
#include <bight/core/cancel.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/run.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace bight::cancel_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

static_assert(!std::is_base_of_v<std::exception, cancelled_error>);
static_assert(std::is_nothrow_copy_constructible_v<cancelled_error>);

awaitable<void> wait_forever() { co_await sleep(forever); }
awaitable<void> ready() { co_return; }

ASYNC_TEST(cancel, before_the_first_step_never_enters_the_body) {
  bool entered = false;
  bool destroyed = false;
  auto flag = std::shared_ptr<void>(nullptr, [&](void*) { destroyed = true; });
  auto body = [&, flag = std::move(flag)]() -> awaitable<void> {
    entered = true;
    co_return;
  };
  auto t = spawn(std::move(body));
  EXPECT_TRUE(t.cancel());
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(entered);
  EXPECT_TRUE(destroyed);  // the callable went with the task, although a handle is left
}

ASYNC_TEST(cancel, strikes_at_the_await_where_the_task_waits) {
  std::string trace;
  auto t = spawn([&]() -> awaitable<void> {
    trace += "in ";
    try {
      co_await sleep(forever);
      trace += "woke ";
    } catch (const cancelled_error&) {
      trace += "struck ";
      throw;
    }
  });
  co_await yield();
  EXPECT_TRUE(t.cancel());
  EXPECT_EQ(trace, "in ");  // never inline
  co_await t.wait();
  EXPECT_EQ(trace, "in struck ");
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(cancel, of_a_task_that_has_ended_returns_false) {
  auto t = spawn(ready);
  co_await t;
  EXPECT_FALSE(t.cancel());
  EXPECT_EQ(t.cancelling(), 0U);
  EXPECT_FALSE(t.cancelled());
}

ASYNC_TEST(cancel, is_thrown_to_who_awaits_the_cancelled_task) {
  auto t = spawn(wait_forever);
  co_await yield();
  t.cancel();
  bool threw = false;
  try {
    co_await t;
  } catch (const cancelled_error& e) { threw = e.reason() == cancel_reason::request; }
  EXPECT_TRUE(threw);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);  // the error was the other task's: nothing is due here
}

ASYNC_TEST(cancel, passes_a_handler_of_std_exception) {
  bool swallowed = false;
  auto t = spawn([&]() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const std::exception&) { swallowed = true; }
  });
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(swallowed);
}

ASYNC_TEST(cancel, caught_and_not_rethrown_lets_the_task_succeed) {
  auto t = spawn([]() -> awaitable<int> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    co_await sleep(1s);  // edge triggered: the request was used up
    co_return 7;
  });
  co_await yield();
  t.cancel();
  const int value = co_await t;
  EXPECT_EQ(value, 7);
  EXPECT_FALSE(t.cancelled());
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST(cancel, caught_and_answered_with_an_error_lets_the_task_fail) {
  auto t = spawn([]() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) { throw std::runtime_error("cleanup failed"); }
  });
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_FALSE(t.cancelled());
  EXPECT_EQ(describe(t.exception()), "cleanup failed");
}

ASYNC_TEST(cancel, thrown_by_the_body_itself_ends_the_task_cancelled) {
  auto t = spawn([]() -> awaitable<void> {
    co_await yield();
    throw cancelled_error(cancel_reason::request, std::source_location::current(), "nothing");
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(cancel, kept_as_exception_ptr_and_rethrown_ends_the_task_cancelled) {
  auto t = spawn([]() -> awaitable<void> {
    std::exception_ptr kept;
    try {
      co_await sleep(forever);
    } catch (...) { kept = std::current_exception(); }
    co_await sleep(1s);  // cleanup that waits
    std::rethrow_exception(kept);
  });
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(cancel, of_oneself_strikes_at_the_next_await_that_waits) {
  int passed = 0;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    semaphore free{1};
    co_await ready();
    ++passed;
    const auto permit = co_await free.acquire();
    ++passed;
    co_await sleep(1s);
    ++passed;
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(passed, 2);
}

ASYNC_TEST(cancel, pending_when_the_body_ends_leaves_the_value_and_shows_in_the_counter) {
  task<int> t;
  t = spawn([&]() -> awaitable<int> {
    t.cancel();
    co_return 3;
  });
  co_await t.wait();
  EXPECT_FALSE(t.cancelled());
  EXPECT_EQ(t.result(), 3);
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST(cancel, after_the_wake_up_delivers_the_result_and_strikes_at_the_next_wait) {
  event e;
  std::string trace;
  auto t = spawn([&]() -> awaitable<void> {
    co_await e.wait();
    trace += "result ";
    co_await ready();
    co_await e.wait();  // set: does not wait
    trace += "ready ";
    co_await sleep(1s);
    trace += "never";
  });
  co_await yield();
  e.set();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(trace, "result ready ");
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(cancel, twice_before_the_turn_strikes_once_and_counts_twice) {
  int strikes = 0;
  auto t = spawn([&]() -> awaitable<void> {
    for (int i = 0; i != 3; ++i) {
      try {
        co_await sleep(1s);
      } catch (const cancelled_error&) { ++strikes; }
    }
  });
  co_await yield();
  EXPECT_TRUE(t.cancel());
  EXPECT_TRUE(t.cancel());
  EXPECT_EQ(t.cancelling(), 2U);
  co_await t;
  EXPECT_EQ(strikes, 1);
}

ASYNC_TEST(cancel, again_after_the_first_was_caught_strikes_again) {
  int strikes = 0;
  auto t = spawn([&]() -> awaitable<void> {
    for (int i = 0; i != 2; ++i) {
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) { ++strikes; }
    }
  });
  co_await yield();
  t.cancel();
  co_await sleep(1s);
  EXPECT_EQ(strikes, 1);
  t.cancel();
  co_await t;
  EXPECT_EQ(strikes, 2);
}

ASYNC_TEST(cancel, counters_are_taken_back_by_uncancel) {
  auto t = spawn([]() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    EXPECT_EQ(this_task::cancelling(), 2U);
    EXPECT_EQ(this_task::uncancel(), 1U);
    EXPECT_EQ(this_task::uncancel(), 0U);
    EXPECT_EQ(this_task::uncancel(), 0U);
  });
  co_await yield();
  t.cancel();
  t.cancel();
  co_await t;
  EXPECT_EQ(t.cancelling(), 0U);
}

ASYNC_TEST(cancel, not_delivered_yet_is_dropped_by_the_last_uncancel) {
  task<int> t;
  t = spawn([&]() -> awaitable<int> {
    t.cancel();
    t.cancel();
    EXPECT_EQ(this_task::uncancel(), 1U);
    EXPECT_EQ(this_task::uncancel(), 0U);
    co_await sleep(1s);
    co_return 1;
  });
  const int value = co_await t;
  EXPECT_EQ(value, 1);
}

ASYNC_TEST(cancel, not_delivered_yet_survives_an_uncancel_that_leaves_another) {
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    t.cancel();
    EXPECT_EQ(this_task::uncancel(), 1U);
    co_await sleep(1s);
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

// A count that was taken back by hand must not turn into a request of its own when a group ends with errors.
ASYNC_TEST(cancel, uncancel_of_a_scopes_request_invents_no_other) {
  bool timed_out = false;
  bool grouped = false;
  auto body = [&]() -> awaitable<void> {
    try {
      co_await task_group::run([&](task_group& group) -> awaitable<void> {
        group
            .spawn([]() -> awaitable<void> {
              co_await yield();
              try {
                co_await sleep(forever);
              } catch (const cancelled_error&) { throw std::runtime_error("member"); }
            })
            .detach();
        try {
          co_await sleep(forever);
        } catch (const cancelled_error&) {
          this_task::uncancel();
          throw;
        }
      });
    } catch (const exception_group&) { grouped = true; }
  };
  try {
    co_await timeout(1s, body);
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(grouped);
  EXPECT_FALSE(timed_out);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

TEST(cancel, counters_need_a_running_task) {
  for (const auto ask : {&this_task::cancelling, &this_task::uncancel}) {
    try {
      ask();
      ADD_FAILURE() << "no error";
    } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::wrong_loop); }
  }
}

ASYNC_TEST(cancel, error_says_who_where_and_waiting_for_what) {
  std::optional<cancelled_error> seen;
  auto t = spawn([&]() -> awaitable<void> {
    event e;
    try {
      co_await e.wait();
    } catch (const cancelled_error& c) {
      seen = c;
      throw;
    }
  });
  co_await yield();
  const auto line = std::source_location::current().line() + 1;
  t.cancel();
  co_await t.wait();
  CO_ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->reason(), cancel_reason::request);
  EXPECT_EQ(seen->where().line(), line);
  EXPECT_STREQ(seen->waiting_for(), "event::wait");
  EXPECT_THAT(seen->describe(), HasSubstr("event::wait"));
  EXPECT_THAT(seen->describe(), HasSubstr("cancel_test.cpp:" + std::to_string(line)));
  EXPECT_EQ(describe(t.exception()), seen->describe());
}

// Waits, and says why it was cancelled.
awaitable<void> note_reason(std::optional<cancel_reason>& reason) {
  try {
    co_await sleep(forever);
  } catch (const cancelled_error& e) {
    reason = e.reason();
    throw;
  }
}

ASYNC_TEST(cancel, reason_is_timeout_inside_a_timeout) {
  std::optional<cancel_reason> reason;
  co_await move_on_after(1s, [&]() -> awaitable<void> { co_await note_reason(reason); });
  EXPECT_EQ(reason, cancel_reason::timeout);
}

ASYNC_TEST(cancel, reason_is_group_for_members_and_body_of_a_failed_group) {
  std::optional<cancel_reason> member;
  std::optional<cancel_reason> body;
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(note_reason, std::ref(member)).detach();
      group
          .spawn([]() -> awaitable<void> {
            co_await sleep(1s);
            throw std::runtime_error("first");
          })
          .detach();
      co_await note_reason(body);
    });
  } catch (const exception_group&) {}
  EXPECT_EQ(member, cancel_reason::group);
  EXPECT_EQ(body, cancel_reason::group);
}

ASYNC_TEST(cancel, reason_is_gather_for_children_of_a_failed_gather) {
  std::optional<cancel_reason> reason;
  auto fails = []() -> awaitable<void> {
    co_await sleep(1s);
    throw std::runtime_error("first");
  };
  try {
    co_await gather(note_reason(reason), fails());
  } catch (const std::runtime_error&) {}
  EXPECT_EQ(reason, cancel_reason::gather);
}

TEST(cancel, reason_is_shutdown_at_the_end_of_run) {
  std::optional<cancel_reason> reason;
  run([&]() -> awaitable<void> {
    spawn(note_reason, std::ref(reason)).detach();
    co_await yield();
  });
  EXPECT_EQ(reason, cancel_reason::shutdown);
}

// Two tasks that await each other can only wait forever, but a cancellation must not follow the circle
// forever.
TEST(cancel, of_tasks_that_await_each_other_ends_in_a_deadlock_report) {
  EXPECT_THROW(testing::run_virtual([]() -> awaitable<void> {
                 task<void> a;
                 task<void> b;
                 a = spawn([&]() -> awaitable<void> { co_await b; });
                 b = spawn([&]() -> awaitable<void> { co_await a; });
                 co_await sleep(1s);
                 a.cancel();
                 co_await a.wait();
               }),
               deadlock_error);
}

awaitable<void> chain(int n) {
  if (n == 0)
    co_await sleep(forever);
  else
    co_await spawn(chain, n - 1);
}

ASYNC_TEST(cancel, reaches_the_end_of_a_long_chain_of_tasks) {
  auto t = spawn(chain, 50'000);
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

}  // namespace bight::cancel_test
