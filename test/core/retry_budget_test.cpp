// retry_budget: a share of all calls, and a little in any case.
#include <bight/core/retry_budget.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <limits>
#include <stdexcept>

namespace bight::retry_budget_test {

using namespace std::chrono_literals;

ASYNC_TEST(retry_budget, ten_calls_pay_for_one_retry) {
  retry_budget b{0.1, 0};
  EXPECT_FALSE(b.withdraw());
  for (int i = 0; i != 9; ++i) b.deposit();
  EXPECT_FALSE(b.withdraw());
  b.deposit();
  EXPECT_TRUE(b.withdraw());
  EXPECT_FALSE(b.withdraw());
  EXPECT_EQ(b.refused(), 3U);
  co_return;
}

ASYNC_TEST(retry_budget, does_not_drift) {
  retry_budget b{0.1, 0, 1e6};
  int retries = 0;
  for (int i = 0; i != 1'000'000; ++i) {
    b.deposit();
    if (i % 7 == 0 && b.saved() >= 1) retries += b.withdraw();
  }
  while (b.withdraw()) ++retries;
  EXPECT_EQ(retries, 100'000);
  co_return;
}

ASYNC_TEST(retry_budget, some_a_second_are_free) {
  retry_budget b{0, 2};
  EXPECT_TRUE(b.withdraw());
  EXPECT_TRUE(b.withdraw());
  EXPECT_FALSE(b.withdraw());
  co_await sleep(500ms);
  EXPECT_TRUE(b.withdraw());
  EXPECT_FALSE(b.withdraw());
  co_await sleep(1h);  // they do not pile up
  EXPECT_TRUE(b.withdraw());
  EXPECT_TRUE(b.withdraw());
  EXPECT_FALSE(b.withdraw());
}

ASYNC_TEST(retry_budget, saves_no_more_than_its_limit) {
  retry_budget b{1, 0, 3};
  for (int i = 0; i != 10; ++i) b.deposit();
  EXPECT_EQ(b.saved(), 3);
  int retries = 0;
  while (b.withdraw()) ++retries;
  EXPECT_EQ(retries, 3);
  co_return;
}

ASYNC_TEST(retry_budget, refuses_settings_that_make_no_sense) {
  EXPECT_THROW(retry_budget{-0.1}, std::invalid_argument);
  EXPECT_THROW(retry_budget{std::numeric_limits<double>::quiet_NaN()}, std::invalid_argument);
  EXPECT_THROW((retry_budget{0.1, -1}), std::invalid_argument);
  EXPECT_THROW((retry_budget{0.1, 1e7}), std::invalid_argument);
  EXPECT_THROW((retry_budget{0.1, 1, -1}), std::invalid_argument);
  co_return;
}

}  // namespace bight::retry_budget_test
