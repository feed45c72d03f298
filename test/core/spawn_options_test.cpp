// eager and named: how a task begins.
#include <bight/core/spawn_options.hpp>

#include <bight/core/any_task.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::spawn_options_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

ASYNC_TEST(eager, begins_inside_spawn_until_it_waits) {
  std::vector<std::string> order;
  const auto work = [&]() -> awaitable<void> {
    order.emplace_back("begins");
    co_await sleep(1s);
    order.emplace_back("ends");
  };
  auto t = spawn(eager(work));
  order.emplace_back("spawned");
  co_await t;
  EXPECT_THAT(order, ElementsAre("begins", "spawned", "ends"));
}

ASYNC_TEST(eager, what_does_not_wait_has_ended_when_spawn_returns) {
  auto t = spawn(eager([]() -> awaitable<int> { co_return 5; }));
  EXPECT_TRUE(t.done());
  const int value = co_await t;
  EXPECT_EQ(value, 5);
}

ASYNC_TEST(eager, is_a_task_of_its_own) {
  const auto me = current_task();
  any_task seen;
  auto t = spawn(eager(named("child", [&]() -> awaitable<void> {
    seen = current_task();
    co_await yield();
    EXPECT_EQ(current_task(), seen);
  })));
  EXPECT_EQ(seen, any_task{t});
  EXPECT_EQ(seen.name(), "child");
  EXPECT_EQ(current_task(), me);
  co_await t;
}

// python/cpython#128588: an error of an eager child cancelled the parent too early.
ASYNC_TEST(eager, a_failure_is_the_childs_and_cancels_the_body_at_its_next_await) {
  bool went_on = false;
  std::string caught;
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group
          .spawn(eager([]() -> awaitable<void> {
            throw std::runtime_error("at once");
            co_return;
          }))
          .detach();
      went_on = true;
      co_await sleep(1h);
    });
  } catch (const exception_group& e) { caught = e.what(); }
  EXPECT_TRUE(went_on);
  EXPECT_THAT(caught, ::testing::HasSubstr("at once"));
}

ASYNC_TEST(eager, deep_inside_each_other_begin_in_their_turn) {
  int begun = 0;
  struct nest {
    static awaitable<void> go(int depth, int& count) {
      ++count;
      if (depth == 0) co_return;
      auto t = spawn(eager(go), depth - 1, std::ref(count));
      co_await t;
    }
  };
  co_await nest::go(5000, begun);
  EXPECT_EQ(begun, 5001);
}

ASYNC_TEST(eager, cancelled_while_it_waits_for_the_first_time) {
  auto t = spawn(eager([]() -> awaitable<void> { co_await sleep(1h); }));
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

}  // namespace bight::spawn_options_test
