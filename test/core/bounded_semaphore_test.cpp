// bounded_semaphore: a semaphore that counts.
#include <bight/core/bounded_semaphore.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>

namespace bight::bounded_semaphore_test {

ASYNC_TEST(bounded_semaphore, refuses_more_permits_than_were_taken) {
  bounded_semaphore s{2};
  EXPECT_EQ(s.limit(), 2U);
  EXPECT_THROW(s.release(), std::logic_error);
  auto permit = co_await s.acquire();
  EXPECT_THROW(s.release(2), std::logic_error);
  EXPECT_EQ(s.available(), 1U);
  permit.detach();
  s.release();
  EXPECT_EQ(s.available(), 2U);
  EXPECT_THROW(s.release(), std::logic_error);
}

ASYNC_TEST(bounded_semaphore, permits_come_back_by_themselves) {
  bounded_semaphore s{1};
  {
    const auto held = co_await s.acquire();
    EXPECT_TRUE(s.locked());
    EXPECT_FALSE(s.try_acquire());
  }
  EXPECT_EQ(s.available(), 1U);
}

ASYNC_TEST(bounded_semaphore, what_is_handed_over_counts_as_taken) {
  bounded_semaphore s{1};
  auto held = co_await s.acquire();
  held.detach();
  auto waiter = spawn([&]() -> awaitable<void> {
    auto mine = co_await s.acquire();
    mine.detach();
  });
  co_await yield();
  s.release();  // to the waiter
  EXPECT_EQ(s.available(), 0U);
  co_await waiter;
  s.release();
  EXPECT_THROW(s.release(), std::logic_error);
}

}  // namespace bight::bounded_semaphore_test
