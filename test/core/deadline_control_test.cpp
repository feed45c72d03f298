// deadline_control as an object: asked before, during and after the work.
#include <bight/core/deadline.hpp>
#include <bight/core/event.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace bight::deadline_control_test {

using namespace std::chrono_literals;

awaitable<void> rest() { co_await sleep(1h); }
awaitable<int> value_after(clock::duration d, int value) {
  co_await sleep(d);
  co_return value;
}
awaitable<bool> times_out(awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const timeout_error&) { co_return true; }
  co_return false;
}

ASYNC_TEST(deadline_control, tells_afterwards_whether_it_expired) {
  deadline_control limit{1s};
  EXPECT_FALSE(limit.expired());
  const bool out = co_await times_out(timeout(limit, rest));
  EXPECT_TRUE(out);
  EXPECT_TRUE(limit.expired());

  deadline_control wide{1h};
  const bool inner = co_await times_out(timeout(wide, [] { return timeout(1s, rest); }));
  EXPECT_TRUE(inner);
  EXPECT_FALSE(wide.expired()) << "another limit inside did";
}

ASYNC_TEST(deadline_control, of_the_outer_limit_the_inner_one_says_no) {
  deadline_control outer{1s};
  deadline_control inner{2s};
  const bool out = co_await times_out(timeout(outer, [&] { return timeout(inner, rest); }));
  EXPECT_TRUE(out);
  EXPECT_TRUE(outer.expired());
  EXPECT_FALSE(inner.expired());
}

ASYNC_TEST(deadline_control, a_duration_counts_from_when_it_is_awaited) {
  deadline_control limit{2s};
  EXPECT_EQ(limit.when(), clock::time_point::max());
  auto prepared = timeout(limit, rest);
  co_await sleep(5s);
  const auto start = clock::now();
  const bool out = co_await times_out(std::move(prepared));
  EXPECT_TRUE(out);
  EXPECT_EQ(clock::now() - start, 2s);
  EXPECT_EQ(limit.when(), start + 2s);
}

ASYNC_TEST(deadline_control, takes_a_moment) {
  deadline_control limit{clock::now() + 2s};
  EXPECT_EQ(limit.when(), clock::now() + 2s);
  co_await sleep(1s);
  const auto start = clock::now();
  const bool out = co_await times_out(timeout(limit, rest));
  EXPECT_TRUE(out);
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(deadline_control, returns_what_the_body_returns) {
  deadline_control limit{2s};
  const int value = co_await timeout(limit, [] { return value_after(1s, 7); });
  EXPECT_EQ(value, 7);
  auto p = co_await timeout(limit, [](deadline_control& same) -> awaitable<std::unique_ptr<int>> {
    same.reschedule(clock::now() + 10s);
    co_await sleep(5s);
    co_return std::make_unique<int>(8);
  });
  EXPECT_EQ(*p, 8);
  EXPECT_FALSE(limit.expired());
}

ASYNC_TEST(deadline_control, may_be_used_again) {
  deadline_control limit{1s};
  for (int i = 0; i != 3; ++i) {
    const auto start = clock::now();
    const bool out = co_await times_out(timeout(limit, rest));
    EXPECT_TRUE(out);
    EXPECT_EQ(clock::now() - start, 1s);
    co_await timeout(limit, []() -> awaitable<void> { co_return; });
    EXPECT_FALSE(limit.expired()) << "of the last one";
  }
}

ASYNC_TEST(deadline_control, is_in_use_once) {
  deadline_control limit{1s};
  std::string said;
  co_await timeout(limit, [&]() -> awaitable<void> {
    try {
      co_await timeout(limit, rest);
    } catch (const std::logic_error& e) { said = e.what(); }
  });
  EXPECT_THAT(said, ::testing::HasSubstr("already in use"));
  EXPECT_FALSE(limit.expired());
}

ASYNC_TEST(deadline_control, is_moved_by_another_task_and_before_the_work) {
  deadline_control limit{1s};
  limit.reschedule(clock::now() + 10s);
  const auto start = clock::now();
  auto mover = spawn([&]() -> awaitable<void> {
    co_await sleep(5s);
    limit.reschedule(start + 20s);
  });
  const bool out = co_await times_out(timeout(limit, rest));
  EXPECT_TRUE(out);
  EXPECT_EQ(clock::now() - start, 20s);
  co_await mover;
}

ASYNC_TEST(deadline_control, of_wait_for) {
  queue<int> items;
  deadline_control limit{1s};
  bool out = false;
  try {
    co_await wait_for(items.get(), limit);
  } catch (const timeout_error&) { out = true; }
  EXPECT_TRUE(out);
  EXPECT_TRUE(limit.expired());
  items.try_put(7);
  const auto got = co_await wait_for(items.get(), limit);
  EXPECT_EQ(got, 7);
  EXPECT_FALSE(limit.expired());

  bool begun = false;
  const auto work = [&]() -> awaitable<void> {
    begun = true;
    co_return;
  };
  deadline_control over{0s};
  out = co_await times_out(wait_for(work(), over));
  EXPECT_TRUE(out);
  EXPECT_TRUE(over.expired());
  EXPECT_FALSE(begun) << "a coroutine is not started";
  items.try_put(8);
  const auto ready = co_await wait_for(items.get(), over);
  EXPECT_EQ(ready, 8);
}

ASYNC_TEST(deadline_control, of_move_on_after) {
  deadline_control limit{1s};
  const bool ended = co_await move_on_after(limit, rest);
  EXPECT_FALSE(ended);
  EXPECT_TRUE(limit.expired());
  const std::optional<int> value =
      co_await move_on_after(limit, [](deadline_control& same) -> awaitable<int> {
        same.reschedule(clock::now() + 5s);
        co_await sleep(3s);
        co_return 7;
      });
  EXPECT_EQ(value, 7);
  const auto moved = co_await move_on_after(1s, [](deadline_control& own) -> awaitable<int> {
    own.reschedule(clock::time_point::max());
    co_await sleep(3s);
    co_return 8;
  });
  EXPECT_EQ(moved, 8);
}

ASYNC_TEST(deadline_control, of_with_deadline) {
  deadline_control limit{2s};
  const auto start = clock::now();
  const bool out = co_await times_out(with_deadline(limit, [&]() -> awaitable<void> {
    EXPECT_EQ(current_deadline(), start + 2s);
    limit.reschedule(start + 5s);
    EXPECT_EQ(current_deadline(), start + 5s);
    const auto in_group = co_await task_group::run([&](task_group& group) -> awaitable<clock::time_point> {
      auto member = group.spawn([]() -> awaitable<clock::time_point> { co_return current_deadline(); });
      co_return co_await std::move(member);
    });
    EXPECT_EQ(in_group, start + 5s);
    co_await sleep(1h);
  }));
  EXPECT_TRUE(out);
  EXPECT_TRUE(limit.expired());
  EXPECT_EQ(clock::now() - start, 5s);
  EXPECT_EQ(current_deadline(), clock::time_point::max());
}

ASYNC_TEST(deadline_control, of_with_deadline_inside_an_earlier_one) {
  deadline_control outer{2s};
  deadline_control inner{1h};
  const auto start = clock::now();
  const bool out = co_await times_out(with_deadline(outer, [&] {
    return with_deadline(inner, [&](deadline_control& same) -> awaitable<void> {
      EXPECT_EQ(current_deadline(), start + 2s);
      same.reschedule(start + 3s);
      EXPECT_EQ(current_deadline(), start + 2s) << "what counts is the earlier one";
      co_await sleep(1h);
    });
  }));
  EXPECT_TRUE(out);
  EXPECT_TRUE(outer.expired());
  EXPECT_FALSE(inner.expired());
  EXPECT_EQ(clock::now() - start, 2s);
}

}  // namespace bight::deadline_control_test
