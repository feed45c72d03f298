// latch: a count that reaches zero once.
#include <bight/core/latch.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>

namespace bight::latch_test {

using namespace std::chrono_literals;

ASYNC_TEST(latch, opens_at_zero_and_stays_open) {
  latch l{3};
  auto waiter = spawn([&]() -> awaitable<void> { co_await l.wait(); });
  l.count_down();
  l.count_down();
  co_await sleep(1s);
  EXPECT_FALSE(waiter.done());
  EXPECT_EQ(l.count(), 1U);
  l.count_down();
  co_await waiter;
  co_await l.wait();
}

ASYNC_TEST(latch, of_zero_is_open) {
  latch l{0};
  co_await wait_for(l.wait(), 1s);
}

ASYNC_TEST(latch, goes_down_by_more_than_one) {
  latch l{5};
  l.count_down(5);
  co_await l.wait();
}

TEST(latch, below_zero_is_a_mistake_that_is_told) {
  latch l{2};
  EXPECT_THROW(l.count_down(3), std::logic_error);
  EXPECT_EQ(l.count(), 2U);
  l.count_down(2);
  EXPECT_THROW(l.count_down(), std::logic_error);
}

}  // namespace bight::latch_test
