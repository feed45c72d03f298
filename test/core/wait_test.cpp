// wait: enough of several tasks.
#include <bight/core/wait.hpp>

#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::wait_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

awaitable<int> after(clock::duration d, int value) {
  co_await sleep(d);
  if (value < 0) throw std::runtime_error("negative");
  co_return value;
}

std::vector<int> values(const std::vector<task<int>>& tasks) {
  std::vector<int> all;
  for (const auto& t : tasks) all.push_back(t.result());
  return all;
}

ASYNC_TEST(wait, for_all_by_default) {
  std::vector tasks(1, spawn(after, 3s, 3));
  tasks.push_back(spawn(after, 1s, 1));
  const auto start = clock::now();
  const auto r = co_await wait(tasks);
  EXPECT_EQ(clock::now() - start, 3s);
  EXPECT_THAT(values(r.done), ElementsAre(3, 1)) << "in the order of the argument";
  EXPECT_THAT(r.pending, IsEmpty());
}

ASYNC_TEST(wait, for_the_first_to_end) {
  std::vector tasks(1, spawn(after, 3s, 3));
  tasks.push_back(spawn(after, 1s, 1));
  auto r = co_await wait(tasks, return_when::first_completed);
  EXPECT_THAT(values(r.done), ElementsAre(1));
  CO_ASSERT_THAT(r.pending, SizeIs(1));
  EXPECT_FALSE(r.pending[0].done());
  EXPECT_EQ(r.pending[0].cancelling(), 0U) << "nothing is cancelled";
  r = co_await wait(std::move(r.pending), return_when::first_completed);
  EXPECT_THAT(values(r.done), ElementsAre(3));
}

ASYNC_TEST(wait, for_the_first_error_which_a_cancellation_is_not) {
  std::vector tasks(1, spawn(after, 1s, 1));
  tasks.push_back(spawn(after, 2s, 2));
  tasks.push_back(spawn(after, 3s, -1));
  tasks.push_back(spawn(after, 4s, 4));
  tasks[1].cancel();
  const auto start = clock::now();
  const auto r = co_await wait(tasks, return_when::first_exception);
  EXPECT_EQ(clock::now() - start, 3s);
  EXPECT_THAT(r.done, SizeIs(3));
  EXPECT_TRUE(tasks[2].exception()) << "retrieved";
  const auto rest = co_await wait(r.pending, return_when::first_exception);
  EXPECT_EQ(clock::now() - start, 4s) << "no error: all of them";
}

ASYNC_TEST(wait, no_longer_than_its_limit) {
  std::vector tasks(1, spawn(after, 1h, 3));
  tasks.push_back(spawn(after, 1s, 1));
  const auto start = clock::now();
  const auto r = co_await wait(tasks, return_when::all_completed, 5s);
  EXPECT_EQ(clock::now() - start, 5s);
  EXPECT_THAT(values(r.done), ElementsAre(1));
  EXPECT_THAT(r.pending, SizeIs(1));
}

ASYNC_TEST(wait, for_tasks_that_have_ended_costs_no_time) {
  std::vector tasks(1, spawn(after, 0s, 3));
  co_await sleep(1s);
  const auto r = co_await wait(tasks);
  EXPECT_THAT(r.done, SizeIs(1));
}

ASYNC_TEST(wait, for_tasks_of_several_types) {
  std::vector<any_task> tasks(1, spawn(after, 1s, 1));
  tasks.emplace_back(spawn([]() -> awaitable<void> { co_await sleep(2s); }));
  const auto r = co_await wait(tasks);
  EXPECT_THAT(r.done, SizeIs(2));
}

ASYNC_TEST(wait, for_nothing_is_a_mistake_that_is_told) {
  bool refused = false;
  try {
    const std::vector<task<int>> none;
    co_await wait(none);
  } catch (const std::invalid_argument&) { refused = true; }
  EXPECT_TRUE(refused);
}

ASYNC_TEST(wait, cancelled_leaves_the_tasks_alone) {
  std::vector tasks(1, spawn(after, 1h, 1));
  auto waiting = spawn([&]() -> awaitable<void> { co_await wait(tasks); });
  co_await sleep(1s);
  waiting.cancel();
  co_await waiting.wait();
  EXPECT_TRUE(waiting.cancelled());
  EXPECT_FALSE(tasks[0].done());
  EXPECT_EQ(tasks[0].cancelling(), 0U);
  tasks[0].cancel();
}

ASYNC_TEST(wait, for_tasks_one_by_one) {
  const auto first = spawn(after, 3s, 3);
  const auto second = spawn(after, 1s, 1);
  auto r = co_await wait(return_when::first_completed, first, second);
  EXPECT_THAT(r.done, ElementsAre(second));
  EXPECT_THAT(r.pending, ElementsAre(first));
  r = co_await wait(first, second);
  EXPECT_THAT(values(r.done), ElementsAre(3, 1));
  const auto text = spawn([]() -> awaitable<std::string> { co_return "text"; });
  const auto mixed = co_await wait(first, text, any_task{second});
  EXPECT_THAT(mixed.done, ElementsAre(any_task{first}, any_task{text}, any_task{second}));
  const auto one = co_await wait(first);
  EXPECT_THAT(one.done, ElementsAre(first));
}

}  // namespace bight::wait_test
