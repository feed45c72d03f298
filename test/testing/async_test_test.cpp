// ASYNC_TEST and CO_ASSERT_*: what passes, what fails, and in which words.
#include <bight/testing/async_test.hpp>

#include <gtest/gtest-spi.h>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::testing::async_test_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

ASYNC_TEST(async_test, is_a_coroutine_in_virtual_time) {
  const auto real = std::chrono::steady_clock::now();
  const auto start = clock::now();
  co_await sleep(1h);
  EXPECT_EQ(clock::now() - start, 1h);
  EXPECT_LT(std::chrono::steady_clock::now() - real, 1h);
}

ASYNC_TEST(async_test, need_not_await_anything) {
  EXPECT_EQ(1, 1);
  co_return;
}

TEST(run_virtual, returns_the_result_and_takes_arguments) {
  const int hours = run_virtual(
      [](std::chrono::hours d) -> awaitable<int> {
        const auto start = clock::now();
        co_await sleep(d);
        co_return static_cast<int>((clock::now() - start) / 1h);
      },
      3h);
  EXPECT_EQ(hours, 3);
  const auto p = run_virtual([]() -> awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(2); });
  EXPECT_EQ(*p, 2);
}

TEST(run_virtual, throws_the_errors_of_run) {
  const auto fails = []() -> awaitable<void> {
    co_await yield();
    throw std::runtime_error("body");
  };
  EXPECT_THROW(run_virtual(fails), std::runtime_error);
  const auto stuck = []() -> awaitable<void> {
    event never;
    co_await never.wait();
  };
  EXPECT_THROW(run_virtual(stuck), deadlock_error);
}

awaitable<void> throws_error() {
  co_await yield();
  throw std::runtime_error("out of the body");
}
awaitable<void> throws_cancellation() {
  co_await yield();
  throw cancelled_error(cancel_reason::request, {}, "nothing");
}
awaitable<void> deadlocks() {
  event never;
  co_await never.wait();
}

TEST(async_test, fails_when_an_exception_leaves_the_body) {
  EXPECT_NONFATAL_FAILURE(detail::run_test(&throws_error), "out of the body");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&throws_cancellation), "cancelled");
}

TEST(async_test, fails_with_a_report_when_nothing_can_go_on) {
  EXPECT_NONFATAL_FAILURE(detail::run_test(&deadlocks), "event::wait");
}

int steps = 0;
awaitable<void> stops_at_the_assertion() {
  steps = 1;
  const int value = 3;
  CO_ASSERT_EQ(value, 4);
  steps = 2;
}

TEST(co_assert, fails_the_test_and_leaves_the_coroutine) {
  EXPECT_NONFATAL_FAILURE(detail::run_test(&stops_at_the_assertion),
                          "Value of: value\nExpected: is equal to 4\n  Actual: 3");
  EXPECT_EQ(steps, 1);
}

awaitable<void> mismatches_a_matcher() {
  const std::vector<int> values{1, 2};
  CO_ASSERT_THAT(values, ElementsAre(1, 3));
}

TEST(co_assert, explains_a_matcher) {
  EXPECT_NONFATAL_FAILURE(detail::run_test(&mismatches_a_matcher), "element #1");
}

awaitable<void> expects_true() { CO_ASSERT_TRUE(steps < 0); }
awaitable<void> expects_false() { CO_ASSERT_FALSE(steps >= 0); }
awaitable<void> expects_ne() { CO_ASSERT_NE(steps, steps); }
awaitable<void> expects_lt() { CO_ASSERT_LT(steps, steps); }
awaitable<void> expects_le() { CO_ASSERT_LE(steps + 1, steps); }
awaitable<void> expects_gt() { CO_ASSERT_GT(steps, steps); }
awaitable<void> expects_ge() { CO_ASSERT_GE(steps, steps + 1); }

TEST(co_assert, every_form_can_fail) {
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_true), "steps < 0");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_false), "steps >= 0");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_ne), "isn't equal to");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_lt), "is < ");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_le), "is <= ");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_gt), "is > ");
  EXPECT_NONFATAL_FAILURE(detail::run_test(&expects_ge), "is >= ");
}

ASYNC_TEST(co_assert, every_form_can_pass) {
  const std::unique_ptr<int> p = std::make_unique<int>(1);
  CO_ASSERT_TRUE(p);
  CO_ASSERT_FALSE(!p);
  CO_ASSERT_EQ(*p, 1);
  CO_ASSERT_NE(p, nullptr);
  CO_ASSERT_LT(*p, 2);
  CO_ASSERT_LE(*p, 1);
  CO_ASSERT_GT(*p, 0);
  CO_ASSERT_GE(*p, 1);
  CO_ASSERT_THAT(std::string("text"), HasSubstr("ex"));
  for (int i = 0; i != 3; ++i)
    if (i == 1)
      CO_ASSERT_EQ(i, 1);
    else
      CO_ASSERT_NE(i, 1);
  co_await yield();
  CO_ASSERT_THAT(std::vector<int>(3), SizeIs(3));
}

// ---- fixtures ----------------------------------------------------------------------------------

class async_fixture : public ::testing::Test {
 protected:
  void SetUp() override { steps.emplace_back("SetUp"); }
  void TearDown() override {
    EXPECT_THAT(steps, ::testing::ElementsAre("SetUp", "async_set_up", "body", "async_tear_down"));
  }
  awaitable<void> async_set_up() {
    co_await sleep(std::chrono::seconds{1});
    steps.emplace_back("async_set_up");
  }
  awaitable<void> async_tear_down() {
    co_await sleep(std::chrono::seconds{1});
    steps.emplace_back("async_tear_down");
  }
  std::vector<std::string> steps;
};

ASYNC_TEST_F(async_fixture, runs_its_parts_in_order) {
  co_await sleep(std::chrono::seconds{1});
  steps.emplace_back("body");
}

class plain_fixture : public ::testing::Test {
 protected:
  int value = 5;
};

ASYNC_TEST_F(plain_fixture, needs_no_asynchronous_parts) {
  co_await sleep(std::chrono::seconds{1});
  EXPECT_EQ(value, 5);
}
TEST_F(plain_fixture, has_other_tests_beside) { EXPECT_EQ(value, 5); }

class with_parameter : public ::testing::TestWithParam<int> {
 public:
  int base = 10;
};

ASYNC_TEST_P(with_parameter, gets_it_and_the_fixture) {
  co_await sleep(std::chrono::seconds{param});
  EXPECT_GE(param, 1);
  EXPECT_LE(param, 3);
  EXPECT_EQ(self.base, 10);
}
INSTANTIATE_TEST_SUITE_P(small, with_parameter, ::testing::Values(1, 2, 3));

}  // namespace bight::testing::async_test_test
