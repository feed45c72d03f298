// as_result: operational errors as values.
#include <bight/core/as_result.hpp>

#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>

namespace bight::as_result_test {

using namespace std::chrono_literals;

awaitable<std::unique_ptr<int>> value(int n) {
  co_await yield();
  co_return std::make_unique<int>(n);
}
awaitable<int> operational_error() {
  co_await yield();
  throw boost::system::system_error(make_error_code(errc::wrong_loop), "context");
}
awaitable<void> bug() {
  co_await yield();
  throw std::logic_error("bug");
}

ASYNC_TEST(as_result, gives_the_result) {
  const auto result = co_await as_result(value(3));
  CO_ASSERT_TRUE(result.has_value());
  EXPECT_EQ(**result, 3);
}

ASYNC_TEST(as_result, of_void) {
  auto nothing = []() -> awaitable<void> { co_return; };
  const auto result = co_await as_result(nothing());
  EXPECT_TRUE(result.has_value());
}

ASYNC_TEST(as_result, gives_the_code_of_a_system_error) {
  const auto result = co_await as_result(operational_error());
  CO_ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error(), errc::wrong_loop);
}

ASYNC_TEST(as_result, captures_timeouts_since_they_are_errors) {
  const auto result = co_await as_result(wait_for(sleep(1h), 1s));
  CO_ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error(), errc::timed_out);
}

ASYNC_TEST(as_result, lets_bugs_pass) {
  bool passed = false;
  try {
    co_await as_result(bug());
  } catch (const std::logic_error&) { passed = true; }
  EXPECT_TRUE(passed);
}

ASYNC_TEST(as_result, lets_cancellation_pass) {
  bool went_on = false;
  auto t = spawn([&]() -> awaitable<void> {
    co_await as_result(sleep(forever));
    went_on = true;
  });
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(went_on);
}

ASYNC_TEST(as_result, takes_primitives_and_tasks) {
  queue<int> numbers;
  const auto put = co_await as_result(numbers.put(4));
  EXPECT_TRUE(put.has_value());
  numbers.shutdown();
  const auto refused = co_await as_result(numbers.put(5));
  EXPECT_EQ(refused.error(), errc::queue_shut_down);
  auto t = spawn(value, 8);
  const auto of_task = co_await as_result(std::move(t));
  CO_ASSERT_TRUE(of_task.has_value());
  EXPECT_EQ(**of_task, 8);
}

}  // namespace bight::as_result_test
