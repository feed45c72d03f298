// gather_settled: how each of them ended.
#include <bight/core/settled.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::settled_test {

using namespace std::chrono_literals;

awaitable<int> after(clock::duration d, int value) {
  co_await sleep(d);
  if (value < 0) throw std::runtime_error("negative");
  co_return value;
}

ASYNC_TEST(gather_settled, gives_results_and_errors_and_cancels_nothing) {
  const auto start = clock::now();
  auto [a, b, c] = co_await gather_settled(after(1s, -1), after(2s, 2), sleep(3s));
  EXPECT_EQ(clock::now() - start, 3s);
  EXPECT_FALSE(a);
  EXPECT_THROW(std::rethrow_exception(a.error()), std::runtime_error);
  EXPECT_THROW(a.value(), std::runtime_error);
  CO_ASSERT_TRUE(b);
  EXPECT_EQ(*b, 2);
  EXPECT_EQ(b.error(), nullptr);
  EXPECT_TRUE(c);
}

ASYNC_TEST(gather_settled, of_a_range_gives_a_vector) {
  std::vector<awaitable<int>> work;
  for (const int i : {3, -2, 1}) work.push_back(after(std::chrono::seconds{std::abs(i)}, i));
  const auto all = co_await gather_settled(std::move(work));
  CO_ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].value(), 3);
  EXPECT_FALSE(all[1].has_value());
  EXPECT_EQ(all[2].value(), 1);
  std::vector<awaitable<int>> nothing;
  const auto none = co_await gather_settled(std::move(nothing));
  EXPECT_TRUE(none.empty());
}

ASYNC_TEST(gather_settled, a_child_that_was_cancelled_has_that_for_its_error) {
  auto t = spawn(after, 1h, 1);
  t.cancel();
  auto [a, b] = co_await gather_settled(t, after(1s, 2));
  CO_ASSERT_FALSE(a.has_value());
  EXPECT_THROW(std::rethrow_exception(a.error()), cancelled_error);
  EXPECT_EQ(b.value(), 2);
}

ASYNC_TEST(gather_settled, cancelled_from_outside_is_cancelled) {
  bool went_on = false;
  auto t = spawn([&]() -> awaitable<void> {
    co_await gather_settled(after(1h, 1), after(2h, 2));
    went_on = true;
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(went_on);
}

ASYNC_TEST(gather_settled, carries_move_only_results) {
  const auto make = []() -> awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
  auto [a] = co_await gather_settled(make());
  const auto p = std::move(a).value();
  EXPECT_EQ(*p, 5);
}

// asyncio.gather takes tasks as they are.
ASYNC_TEST(gather, takes_tasks_that_somebody_else_holds) {
  auto t = spawn(after, 1s, 1);
  auto [a, b] = co_await gather(t, after(1s, 2));
  EXPECT_EQ(a + b, 3);
  EXPECT_EQ(t.result(), 1) << "the result stays in the task";
  auto [c] = co_await gather_settled(t);
  EXPECT_EQ(&c.value().get(), &t.result());
}

}  // namespace bight::settled_test
