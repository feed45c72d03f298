// future and promise: one result, from wherever.
#include <bight/core/future.hpp>

#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

namespace bight::future_test {

using namespace std::chrono_literals;

awaitable<int> get(future<int> f) {
  const int value = co_await f;
  co_return value;
}

ASYNC_TEST(future, gives_the_value_to_all_who_wait) {
  promise<int> p;
  auto a = spawn(get, p.get_future());
  auto b = spawn(get, p.get_future());
  co_await sleep(1s);
  EXPECT_FALSE(a.done());
  EXPECT_TRUE(p.set_value(5));
  co_await a;
  co_await b;
  EXPECT_EQ(a.result() + b.result(), 10);
  EXPECT_EQ(p.get_future().result(), 5);
}

ASYNC_TEST(future, that_is_done_costs_no_turn) {
  promise<int> p;
  p.set_value(1);
  const int value = co_await p.get_future();
  EXPECT_EQ(value, 1);
}

ASYNC_TEST(future, of_void_and_of_move_only_values) {
  promise<> p;
  promise<std::unique_ptr<int>> q;
  loop::current().call_later(1s, [&] {
    p.set_value();
    q.set_value(std::make_unique<int>(3));
  });
  co_await p.get_future();
  const auto f = q.get_future();
  std::unique_ptr<int>& there = co_await f;
  EXPECT_EQ(*there, 3);
  const std::unique_ptr<int> taken = co_await q.get_future();
  EXPECT_EQ(*taken, 3);
}

ASYNC_TEST(future, carries_errors) {
  promise<int> p;
  EXPECT_TRUE(p.set_exception(std::runtime_error("no answer")));
  bool caught = false;
  try {
    co_await p.get_future();
  } catch (const std::runtime_error&) { caught = true; }
  EXPECT_TRUE(caught);
  EXPECT_THROW(p.get_future().result(), std::runtime_error);
}

ASYNC_TEST(future, fails_when_its_promise_goes) {
  std::optional<promise<int>> p{std::in_place};
  auto t = spawn(get, p->get_future());
  co_await yield();
  p.reset();
  co_await t.wait();
  try {
    t.result();
    ADD_FAILURE() << "no error";
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::broken_promise); }
}

TEST(future, a_second_result_is_a_mistake_that_is_told) {
  promise<int> p;
  p.set_value(1);
  EXPECT_THROW(p.set_value(2), std::logic_error);
  EXPECT_THROW(p.set_exception(std::runtime_error("x")), std::logic_error);
  EXPECT_EQ(p.get_future().result(), 1);
}

TEST(future, before_its_end_it_has_no_result) {
  promise<int> p;
  EXPECT_THROW(p.get_future().result(), boost::system::system_error);
}

ASYNC_TEST(future, cancelled_cancels_who_waits_and_refuses_the_value) {
  promise<int> p;
  auto t = spawn(get, p.get_future());
  co_await yield();
  EXPECT_TRUE(p.get_future().cancel());
  EXPECT_FALSE(p.get_future().cancel());
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(p.set_value(1));
}

ASYNC_TEST(future, a_cancelled_waiter_leaves_it_alone) {
  promise<int> p;
  bool expired = false;
  try {
    co_await wait_for(p.get_future(), 1s);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_TRUE(p.set_value(4));
  const int value = co_await p.get_future();
  EXPECT_EQ(value, 4);
}

TEST(future, a_thread_answers_through_the_loop) {  // in real time: nobody knows of the thread
  bight::run([]() -> awaitable<void> {
    promise<int> p;
    auto& l = loop::current();
    std::jthread other{[&] { l.call_soon_threadsafe([&] { p.set_value(9); }); }};
    const int value = co_await wait_for(p.get_future(), 1h);
    EXPECT_EQ(value, 9);
  });
}

}  // namespace bight::future_test
