// uncancellable: work that is finished even when its task is cancelled.
#include <bight/core/uncancellable.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>

namespace bight::uncancellable_test {

using namespace std::chrono_literals;

ASYNC_TEST(uncancellable, gives_the_result_of_the_body) {
  const auto p = co_await uncancellable([]() -> awaitable<std::unique_ptr<int>> {
    co_await yield();
    co_return std::make_unique<int>(3);
  });
  EXPECT_EQ(*p, 3);
  bool threw = false;
  try {
    co_await uncancellable([]() -> awaitable<void> {
      co_await yield();
      throw std::runtime_error("body");
    });
  } catch (const std::runtime_error&) { threw = true; }
  EXPECT_TRUE(threw);
}

ASYNC_TEST(uncancellable, holds_a_cancellation_back_until_the_next_wait_afterwards) {
  std::string trace;
  const auto start = clock::now();
  auto t = spawn([&]() -> awaitable<void> {
    co_await uncancellable([&]() -> awaitable<void> {
      co_await sleep(5s);
      co_await sleep(5s);
      trace += "finished ";
    });
    trace += "after ";
    co_await sleep(1s);
    trace += "never";
  });
  co_await sleep(1s);
  t.cancel();
  EXPECT_EQ(t.cancelling(), 1U);
  co_await t.wait();
  EXPECT_EQ(trace, "finished after ");
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(clock::now() - start, 10s);
}

ASYNC_TEST(uncancellable, holds_back_what_was_due_before_it_began) {
  bool finished = false;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    co_await uncancellable([&]() -> awaitable<void> {
      co_await sleep(1s);
      finished = true;
    });
    co_await sleep(1s);
  });
  co_await t.wait();
  EXPECT_TRUE(finished);
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(uncancellable, a_timeout_inside_works) {
  const auto start = clock::now();
  co_await uncancellable([]() -> awaitable<void> {
    const bool ended = co_await move_on_after(1s, []() -> awaitable<void> { co_await sleep(1h); });
    EXPECT_FALSE(ended);
  });
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(uncancellable, a_timeout_inside_works_while_an_outside_request_is_held_back) {
  std::string trace;
  auto t = spawn([&]() -> awaitable<void> {
    co_await uncancellable([&]() -> awaitable<void> {
      const bool ended = co_await move_on_after(5s, []() -> awaitable<void> { co_await sleep(1h); });
      trace += ended ? "ended " : "moved on ";
      co_await sleep(1s);
      trace += "still masked ";
    });
    co_await sleep(1s);
    trace += "never";
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(trace, "moved on still masked ");
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(uncancellable, a_timeout_outside_is_held_back_and_a_value_wins) {
  const auto start = clock::now();
  const int value = co_await timeout(1s, []() -> awaitable<int> {
    co_return co_await uncancellable([]() -> awaitable<int> {
      co_await sleep(5s);
      co_return 3;
    });
  });
  EXPECT_EQ(value, 3);
  EXPECT_EQ(clock::now() - start, 5s);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST(uncancellable, a_timeout_outside_strikes_at_the_next_wait_afterwards) {
  bool finished = false;
  const bool ended = co_await move_on_after(1s, [&]() -> awaitable<void> {
    co_await uncancellable([&]() -> awaitable<void> {
      co_await sleep(5s);
      finished = true;
    });
    co_await yield();
  });
  EXPECT_FALSE(ended);
  EXPECT_TRUE(finished);
}

ASYNC_TEST(uncancellable, a_group_inside_still_cancels_its_members) {
  bool grouped = false;
  const auto start = clock::now();
  co_await uncancellable([&]() -> awaitable<void> {
    try {
      co_await task_group::run([](task_group& group) -> awaitable<void> {
        group.spawn([]() -> awaitable<void> { co_await sleep(1h); }).detach();
        group
            .spawn([]() -> awaitable<void> {
              co_await sleep(1s);
              throw std::runtime_error("member");
            })
            .detach();
        co_await sleep(1h);
      });
    } catch (const exception_group&) { grouped = true; }
  });
  EXPECT_TRUE(grouped);
  EXPECT_EQ(clock::now() - start, 1s);
}

ASYNC_TEST(uncancellable, protects_children_of_a_gather_inside) {
  int finished = 0;
  auto child = [&]() -> awaitable<void> {
    co_await sleep(5s);
    ++finished;
  };
  auto t = spawn([&]() -> awaitable<void> {
    co_await uncancellable([&]() -> awaitable<void> { co_await gather(child(), child()); });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t;  // nothing waited afterwards: the task succeeds, and the counter shows the request
  EXPECT_EQ(finished, 2);
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST(uncancellable, nests) {
  std::string trace;
  auto t = spawn([&]() -> awaitable<void> {
    co_await uncancellable([&]() -> awaitable<void> {
      co_await uncancellable([]() -> awaitable<void> { co_await sleep(2s); });
      trace += "inner ";
      co_await sleep(2s);
      trace += "outer ";
    });
    co_await sleep(1s);
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(trace, "inner outer ");
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(uncancellable, does_not_hold_back_the_cancellation_of_an_awaited_task) {
  auto inner = spawn([]() -> awaitable<void> { co_await sleep(forever); });
  auto t = spawn([&]() -> awaitable<void> {
    co_await uncancellable([&]() -> awaitable<void> { co_await inner.wait(); });
  });
  co_await sleep(1s);
  inner.cancel();
  co_await t;
  EXPECT_TRUE(inner.cancelled());
}

TEST(uncancellable, cleanup_is_finished_at_the_end_of_run) {
  bool finished = false;
  testing::run_virtual([&]() -> awaitable<void> {
    spawn([&]() -> awaitable<void> {
      co_await uncancellable([&]() -> awaitable<void> {
        co_await sleep(1h);
        finished = true;
      });
    }).detach();
    co_await yield();
  });
  EXPECT_TRUE(finished);
}

TEST(uncancellable, begins_even_if_a_cancellation_is_due_and_others_run_first) {
  bool cleaned = false;
  const run_options options{.loop = {.clock = clock_mode::virtual_, .yield_at_every_await = true},
                            .handle_signals = false};
  run(options, [&]() -> awaitable<void> {
    task<void> t;
    t = spawn([&]() -> awaitable<void> {
      t.cancel();
      co_await uncancellable([&]() -> awaitable<void> {
        co_await sleep(1s);
        cleaned = true;
      });
      co_await sleep(1s);
    });
    co_await t.wait();
    EXPECT_TRUE(t.cancelled());
  });
  EXPECT_TRUE(cleaned);
}

}  // namespace bight::uncancellable_test
