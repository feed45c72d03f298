// supervised_group: as a task_group, but members fail each on their own.
#include <bight/core/supervised_group.hpp>

#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::supervised_group_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

awaitable<void> nap(clock::duration d) { co_await sleep(d); }
awaitable<void> fail_after(clock::duration d, std::string what) {
  co_await sleep(d);
  throw std::runtime_error(what);
}

// Keeps what the handlers of a test are given.
struct failures {
  exception_handler handler() {
    return [this](const any_task& t, const std::exception_ptr& e) {
      seen.push_back(t.name() + ": " + describe(e));
    };
  }
  std::vector<std::string> seen;
};

ASYNC_TEST(supervised_group, a_member_that_fails_ends_alone) {
  failures f;
  loop::current().set_exception_handler(f.handler());
  int ended = 0;
  const auto start = clock::now();
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    auto works = [&ended]() -> awaitable<void> {
      co_await sleep(3s);
      ++ended;
    };
    group.spawn(works);
    auto failing = group.spawn(fail_after, 1s, "first");
    failing.set_name("failing");
    group.spawn(works);
    EXPECT_EQ(group.size(), 3U);
    co_await sleep(2s);
    EXPECT_EQ(group.size(), 2U);
    EXPECT_EQ(this_task::cancelling(), 0U);
    group.spawn(works);  // it is as open as before
    ++ended;
  });
  EXPECT_EQ(ended, 4);
  EXPECT_EQ(clock::now() - start, 5s);
  EXPECT_THAT(f.seen, ElementsAre("failing: first"));
}

ASYNC_TEST(supervised_group, a_failure_is_reported_when_it_happens) {
  failures f;
  std::size_t at_once = 0;
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    group.set_exception_handler(f.handler());
    auto t = group.spawn(fail_after, 1s, "lost");
    co_await t.wait();
    at_once = f.seen.size();
    EXPECT_TRUE(t.exception());
    co_await sleep(1s);
  });
  EXPECT_EQ(at_once, 1U);
  EXPECT_EQ(f.seen.size(), 1U);
}

ASYNC_TEST(supervised_group, its_own_handler_comes_before_that_of_the_loop) {
  failures of_group;
  failures of_loop;
  loop::current().set_exception_handler(of_loop.handler());
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    EXPECT_FALSE(group.set_exception_handler(of_group.handler()));
    auto first = group.spawn(fail_after, 1s, "one");
    co_await first.wait();
    EXPECT_TRUE(group.set_exception_handler({}));
    group.spawn(fail_after, 1s, "two");
  });
  CO_ASSERT_EQ(of_group.seen.size(), 1U);
  CO_ASSERT_EQ(of_loop.seen.size(), 1U);
  EXPECT_THAT(of_group.seen[0], HasSubstr("one"));
  EXPECT_THAT(of_loop.seen[0], HasSubstr("two"));
}

ASYNC_TEST(supervised_group, without_a_handler_failures_are_logged) {
  const test::log_capture log;
  co_await supervised_group::run([](supervised_group& group) -> awaitable<void> {
    auto t = group.spawn(fail_after, 1s, "lost");
    t.set_name("talk");
    co_return;
  });
  CO_ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_THAT(log.lines()[0], HasSubstr("bight: talk failed in a supervised group (spawned at "
                                        "supervised_group_test.cpp:"));
  EXPECT_THAT(log.lines()[0], HasSubstr("): lost"));
}

ASYNC_TEST(supervised_group, a_handler_that_throws_is_logged) {
  const test::log_capture log;
  co_await supervised_group::run([](supervised_group& group) -> awaitable<void> {
    group.set_exception_handler(
        [](const any_task&, const std::exception_ptr&) { throw std::runtime_error("handler"); });
    group.spawn(fail_after, 1s, "lost");
    co_return;
  });
  CO_ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_THAT(log.lines()[0], HasSubstr("handler"));
  EXPECT_THAT(log.lines()[0], HasSubstr("lost"));
}

ASYNC_TEST(supervised_group, a_member_that_is_cancelled_has_not_failed) {
  failures f;
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    group.set_exception_handler(f.handler());
    auto t = group.spawn(nap, 1h);
    co_await sleep(1s);
    t.cancel();
  });
  EXPECT_TRUE(f.seen.empty());
}

ASYNC_TEST(supervised_group, who_awaits_a_member_gets_its_error_and_no_harm) {
  const test::log_capture log;
  std::string got;
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    auto t = group.spawn(fail_after, 1s, "lost");
    try {
      co_await t;
    } catch (const std::runtime_error& e) { got = e.what(); }
    co_await sleep(1s);
  });
  EXPECT_EQ(got, "lost");
}

ASYNC_TEST(supervised_group, returns_what_the_body_returned) {
  const auto p = co_await supervised_group::run(
      [](supervised_group&) -> awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(3); });
  EXPECT_EQ(*p, 3);
}

ASYNC_TEST(supervised_group, the_error_of_the_body_comes_as_it_is_after_the_members) {
  bool cleaned_up = false;
  std::string got;
  const auto start = clock::now();
  try {
    co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
      group.spawn([&]() -> awaitable<void> {
        try {
          co_await sleep(1h);
        } catch (const cancelled_error&) {
          cleaned_up = true;
          throw;
        }
      });
      co_await sleep(1s);
      throw std::runtime_error("body");
    });
  } catch (const std::runtime_error& e) { got = e.what(); }
  EXPECT_EQ(got, "body");
  EXPECT_TRUE(cleaned_up);
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(supervised_group, a_cancellation_of_the_caller_cancels_all_and_passes) {
  int ended = 0;
  auto t = spawn([&]() -> awaitable<void> {
    co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
      for (int i = 0; i != 3; ++i) {
        group.spawn([&]() -> awaitable<void> {
          try {
            co_await sleep(1h);
          } catch (const cancelled_error&) {
            ++ended;
            throw;
          }
        });
      }
      co_return;
    });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(ended, 3);
}

ASYNC_TEST(supervised_group, cancel_ends_it_normally) {
  const auto start = clock::now();
  bool after = false;
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    group.spawn(nap, 1h);
    group.spawn([&]() -> awaitable<void> {
      co_await sleep(1s);
      group.cancel();
    });
    co_await sleep(1h);
    after = true;
  });
  EXPECT_FALSE(after);
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(supervised_group, nothing_is_spawned_into_one_that_is_being_cancelled) {
  boost::system::error_code code;
  co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
    group.cancel();
    try {
      group.spawn(nap, 1s);
    } catch (const boost::system::system_error& e) { code = e.code(); }
    co_return;
  });
  EXPECT_EQ(code, errc::group_closed);
}

ASYNC_TEST(supervised_group, a_failure_while_it_is_being_cancelled_is_reported) {
  failures f;
  auto t = spawn([&]() -> awaitable<void> {
    co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
      group.set_exception_handler(f.handler());
      group.spawn([]() -> awaitable<void> {
        try {
          co_await sleep(1h);
        } catch (const cancelled_error&) {}
        throw std::runtime_error("cleaning up");
      });
      co_return;
    });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  CO_ASSERT_EQ(f.seen.size(), 1U);
  EXPECT_THAT(f.seen[0], HasSubstr("cleaning up"));
}

TEST(supervised_group, cancelled_at_every_await) {
  const auto tried = testing::cancel_at_every_await(
      []() -> awaitable<void> {
        const test::log_capture log;
        co_await supervised_group::run([](supervised_group& group) -> awaitable<void> {
          group.spawn(fail_after, 1ms, "lost");
          group.spawn(nap, 2ms);
          co_await sleep(1ms);
        });
      },
      []() -> awaitable<void> { co_return; });
  EXPECT_GE(tried, 2U);
}

ASYNC_TEST(exception_handler, hears_of_errors_that_nobody_retrieves) {
  failures f;
  loop::current().set_exception_handler(f.handler());
  auto lost = spawn(fail_after, 1s, "lost");
  lost.set_name("background");
  lost.detach();
  auto retrieved = spawn(fail_after, 1s, "retrieved");
  co_await sleep(2s);
  EXPECT_TRUE(retrieved.exception());
  retrieved.detach();
  EXPECT_THAT(f.seen, ElementsAre("background: lost"));
}

ASYNC_TEST(exception_handler, may_keep_the_task) {
  any_task kept;
  loop::current().set_exception_handler([&](const any_task& t, const std::exception_ptr&) { kept = t; });
  spawn(fail_after, 1s, "lost").detach();
  co_await sleep(2s);
  CO_ASSERT_TRUE(kept.valid());
  EXPECT_EQ(describe(kept.exception()), "lost");
}

ASYNC_TEST(exception_handler, hears_of_callbacks_without_a_task) {
  std::string seen;
  loop::current().set_exception_handler([&](const any_task& t, const std::exception_ptr& e) {
    seen = (t.valid() ? "a task: " : "no task: ") + describe(e);
  });
  loop::current().call_soon([] { throw std::runtime_error("callback"); });
  co_await sleep(1s);
  EXPECT_EQ(seen, "no task: callback");
}

TEST(exception_handler, outlives_the_loop_of_a_task) {
  failures f;
  task<void> kept;
  {
    loop l;
    l.set_exception_handler(f.handler());
    kept = l.spawn([]() -> awaitable<void> {
      throw std::runtime_error("lost");
      co_return;
    });
    l.run_until(kept);
  }
  kept.detach();
  EXPECT_EQ(f.seen.size(), 1U);
}

ASYNC_TEST(exception_handler, gives_the_old_one_back) {
  const test::log_capture log;
  auto& l = loop::current();
  EXPECT_FALSE(l.set_exception_handler([](const any_task&, const std::exception_ptr&) {}));
  EXPECT_TRUE(l.set_exception_handler({}));
  spawn(fail_after, 1s, "lost").detach();
  co_await sleep(2s);
  EXPECT_EQ(log.lines().size(), 1U);
}

}  // namespace bight::supervised_group_test
