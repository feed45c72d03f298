// call_soon, call_later, call_at, and done callbacks.
#include <bight/core/callback_handle.hpp>

#include <bight/core/any_task.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::callback_handle_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ASYNC_TEST(call_soon, comes_in_order_and_after_what_is_ready) {
  std::vector<std::string> order;
  auto t = spawn([&]() -> awaitable<void> {
    order.emplace_back("task");
    co_return;
  });
  auto& l = loop::current();
  l.call_soon([&] { order.emplace_back("first"); });
  l.call_soon([&] { order.emplace_back("second"); });
  order.emplace_back("now");
  co_await yield();
  EXPECT_THAT(order, ElementsAre("now", "task", "first", "second"));
  co_await t;
}

ASYNC_TEST(call_later, comes_when_it_is_due) {
  const auto start = clock::now();
  std::vector<std::string> order;
  auto& l = loop::current();
  l.call_later(2s, [&] { order.emplace_back("2 s"); });
  l.call_later(1s, [&] { order.emplace_back("1 s"); });
  const auto at = l.call_at(start + 3s, [&] { order.emplace_back("3 s"); });
  l.call_later(-1s, [&] { order.emplace_back("soon"); });
  EXPECT_EQ(at.when(), start + 3s);
  co_await sleep(2500ms);
  EXPECT_THAT(order, ElementsAre("soon", "1 s", "2 s"));
  co_await sleep(1s);
  EXPECT_THAT(order, ElementsAre("soon", "1 s", "2 s", "3 s"));
}

ASYNC_TEST(call_later, is_not_made_when_it_was_cancelled) {
  auto& l = loop::current();
  int calls = 0;
  const auto counted = std::make_shared<int>(0);
  auto later = l.call_later(1s, [&calls, counted] { ++calls; });
  auto soon = l.call_soon([&calls, counted] { ++calls; });
  EXPECT_EQ(counted.use_count(), 3);
  later.cancel();
  soon.cancel();
  EXPECT_EQ(counted.use_count(), 1) << "the functions are gone at once";
  EXPECT_TRUE(later.cancelled());
  co_await sleep(2s);
  EXPECT_EQ(calls, 0);
  later.cancel();  // again: nothing
  auto made = l.call_soon([&] { ++calls; });
  co_await yield();
  made.cancel();
  EXPECT_FALSE(made.cancelled()) << "it was too late";
  EXPECT_EQ(calls, 1);
}

ASYNC_TEST(call_soon, what_it_throws_is_logged) {
  test::log_capture log;
  loop::current().call_soon([] { throw std::runtime_error("oops"); });
  co_await yield();
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("oops")));
}

ASYNC_TEST(call_soon, runs_outside_of_tasks) {
  bool threw = false;
  loop::current().call_soon([&] {
    try {
      current_task();
    } catch (const boost::system::system_error&) { threw = true; }
  });
  co_await yield();
  EXPECT_TRUE(threw);
}

TEST(call_later, functions_go_with_their_loop) {
  const auto counted = std::make_shared<int>(0);
  callback_handle kept;
  {
    loop l;
    kept = l.call_later(1h, [counted] {});
    l.call_soon([counted] {});
    EXPECT_EQ(counted.use_count(), 3);
  }
  EXPECT_EQ(counted.use_count(), 1);
  kept.cancel();
}

ASYNC_TEST(done_callback, comes_after_the_end_with_the_task) {
  std::vector<int> seen;
  auto t = spawn([]() -> awaitable<int> {
    co_await sleep(1s);
    co_return 7;
  });
  t.add_done_callback([&](const task<int>& done) { seen.push_back(done.result()); });
  t.add_done_callback([&](const task<int>& done) { seen.push_back(done.result() + 1); });
  co_await t;
  co_await yield();
  EXPECT_THAT(seen, ElementsAre(7, 8));
  t.add_done_callback([&](const task<int>& done) { seen.push_back(done.result() + 2); });
  EXPECT_EQ(seen.size(), 2U) << "never at once";
  co_await yield();
  EXPECT_THAT(seen, ElementsAre(7, 8, 9));
}

TEST(done_callback, is_dropped_with_a_loop_that_ends_before) {
  const auto counted = std::make_shared<int>(0);
  {
    loop l;
    auto t = l.spawn([]() -> awaitable<void> { co_await sleep(1h); });
    t.add_done_callback([counted](const task<void>&) {});
    EXPECT_EQ(counted.use_count(), 2);
    auto main = l.spawn([]() -> awaitable<void> { co_await yield(); });
    l.run_until(main);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace bight::callback_handle_test
