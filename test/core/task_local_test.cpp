// task_local: values that follow tasks.
#include <bight/core/task_local.hpp>

#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>

namespace bight::task_local_test {

using namespace std::chrono_literals;

task_local<std::string> request_id{"none"};
task_local<std::unique_ptr<int>> without_default;

ASYNC_TEST(task_local, has_a_default_or_says_that_there_is_none) {
  EXPECT_EQ(request_id.get(), "none");
  EXPECT_EQ(request_id.find(), nullptr);
  EXPECT_THROW(without_default.get(), std::logic_error);
  without_default.set(std::make_unique<int>(3));
  EXPECT_EQ(*without_default.get(), 3);
  co_return;
}

TEST(task_local, outside_of_a_task_there_is_the_default_alone) {
  EXPECT_EQ(request_id.get(), "none");
  EXPECT_THROW(request_id.set("x"), boost::system::system_error);
}

ASYNC_TEST(task_local, a_task_begins_with_the_values_of_who_spawned_it) {
  request_id.set("r-1");
  auto early = spawn([]() -> awaitable<std::string> {
    co_await sleep(1s);
    co_return request_id.get();
  });
  request_id.set("r-2");
  auto late = spawn([]() -> awaitable<std::string> { co_return request_id.get(); });
  co_await early;
  co_await late;
  EXPECT_EQ(early.result(), "r-1");
  EXPECT_EQ(late.result(), "r-2");
}

ASYNC_TEST(task_local, what_a_task_sets_is_its_own) {
  request_id.set("mine");
  auto t = spawn([]() -> awaitable<void> {
    request_id.set("other");
    co_await sleep(1s);
    EXPECT_EQ(request_id.get(), "other");
  });
  co_await sleep(500ms);
  EXPECT_EQ(request_id.get(), "mine");
  co_await t;
  EXPECT_EQ(request_id.get(), "mine");
}

ASYNC_TEST(task_local, children_of_groups_and_gathers_inherit) {
  request_id.set("r-7");
  const auto ask = []() -> awaitable<std::string> {
    co_await yield();
    auto before = request_id.get();
    request_id.set("changed");
    co_return before;
  };
  auto [a, b] = co_await gather(ask(), ask());
  EXPECT_EQ(a, "r-7");
  EXPECT_EQ(b, "r-7");
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    auto member = group.spawn(ask);
    const auto seen = co_await member;
    EXPECT_EQ(seen, "r-7");
  });
  EXPECT_EQ(request_id.get(), "r-7");
}

ASYNC_TEST(task_local, with_lasts_as_long_as_its_scope) {
  request_id.set("outer");
  {
    const auto scope = request_id.with("inner");
    EXPECT_EQ(request_id.get(), "inner");
    co_await yield();
    EXPECT_EQ(request_id.get(), "inner");
  }
  EXPECT_EQ(request_id.get(), "outer");
}

TEST(task_local, a_scope_may_go_with_its_loop) {
  loop l;
  l.spawn([]() -> awaitable<void> {
     const auto scope = request_id.with("x");
     co_await sleep(1h);
   }).detach();
  auto main = l.spawn([]() -> awaitable<void> { co_await yield(); });
  l.run_until(main);
}

}  // namespace bight::task_local_test
