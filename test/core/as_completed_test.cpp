// as_completed: the order of the ends.
#include <bight/core/as_completed.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <vector>

namespace bight::as_completed_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

awaitable<int> after(clock::duration d, int value) {
  co_await sleep(d);
  if (value < 0) throw std::runtime_error("negative");
  co_return value;
}

ASYNC_TEST(as_completed, gives_tasks_in_the_order_of_their_ends) {
  std::vector<task<int>> tasks;
  for (const int i : {3, 1, 2, 0}) tasks.push_back(spawn(after, i * 1s, i));
  as_completed ended{tasks};
  std::vector<int> order;
  auto t = co_await ended.next();
  while (t) {
    order.push_back(t->result());
    t = co_await ended.next();
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(ended.left(), 0U);
}

ASYNC_TEST(as_completed, gives_failures_too) {
  as_completed ended{std::vector(1, spawn(after, 1s, -1))};
  const auto t = co_await ended.next();
  EXPECT_THROW(t->result(), std::runtime_error);
}

ASYNC_TEST(as_completed, a_cancelled_next_loses_nothing) {
  as_completed ended{std::vector(1, spawn(after, 5s, 5))};
  bool expired = false;
  try {
    co_await wait_for(ended.next(), 1s);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  const auto t = co_await ended.next();
  EXPECT_EQ(t->result(), 5);
}

ASYNC_TEST(as_completed, may_go_before_its_tasks) {
  std::vector tasks(1, spawn(after, 5s, 5));
  { as_completed ended{tasks}; }
  const int value = co_await tasks[0];
  EXPECT_EQ(value, 5);
}

}  // namespace bight::as_completed_test
