// any_task, current_task, all_tasks, and names.
#include <bight/core/any_task.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <vector>

namespace bight::any_task_test {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

awaitable<void> rest() { co_await sleep(1h); }

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& t : all_tasks()) all.push_back(t.name());
  return all;
}

TEST(any_task, tasks_are_numbered_and_named) {
  testing::run_virtual([]() -> awaitable<void> {
    EXPECT_EQ(this_task::name(), "task-1");
    auto t = spawn(rest);
    EXPECT_EQ(t.name(), "task-2");
    t.set_name("resting");
    EXPECT_EQ(t.name(), "resting");
    auto named_one = spawn(named("second", rest));
    EXPECT_EQ(named_one.name(), "second");
    EXPECT_THAT(names(), UnorderedElementsAre("task-1", "resting", "second"));
    t.cancel();
    co_await t.wait();
    EXPECT_THAT(names(), UnorderedElementsAre("task-1", "second"));
    EXPECT_EQ(t.name(), "resting") << "also of one that has ended";
    named_one.cancel();
  });
}

ASYNC_TEST(any_task, current_task_is_the_one_that_runs) {
  const auto me = current_task();
  auto t = spawn([]() -> awaitable<any_task> { co_return current_task(); });
  auto other = co_await std::move(t);  // moved out: a task that holds itself would never go
  EXPECT_EQ(other, any_task{t});
  EXPECT_NE(other, me);
  EXPECT_EQ(current_task(), me) << "after an await, too";
  const auto ask = []() -> awaitable<any_task> {
    co_await yield();
    co_return current_task();
  };
  auto [first, second] = co_await gather(ask(), ask());
  EXPECT_EQ(first, me);
  EXPECT_EQ(second, me);
}

ASYNC_TEST(any_task, all_tasks_has_the_members_of_groups) {
  this_task::name();
  co_await task_group::run([](task_group& group) -> awaitable<void> {
    auto a = group.spawn(named("a", rest));
    const auto outer = [](task_group& inner) -> awaitable<void> {
      auto b = inner.spawn(named("b", rest));
      EXPECT_THAT(names(), UnorderedElementsAre(this_task::name(), "a", "b"));
      b.cancel();
      co_return;
    };
    co_await task_group::run(outer);
    a.cancel();
  });
}

ASYNC_TEST(any_task, is_a_handle_like_another) {
  any_task none;
  EXPECT_FALSE(none.valid());
  any_task t = spawn(rest);
  EXPECT_FALSE(t.done());
  EXPECT_TRUE(t.cancel());
  EXPECT_EQ(t.cancelling(), 1U);
  co_await t.wait();
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(t.cancel());
  EXPECT_TRUE(t.exception());
}

TEST(any_task, there_is_no_current_task_outside_of_one) {
  EXPECT_THROW(current_task(), boost::system::system_error);
  EXPECT_THROW(all_tasks(), boost::system::system_error);
  EXPECT_THROW(this_task::name(), boost::system::system_error);
}

}  // namespace bight::any_task_test
