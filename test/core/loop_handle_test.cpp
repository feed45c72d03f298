// loop_handle: calls and functions that go from one loop to another.
#include <bight/core/loop_handle.hpp>

#include <atomic>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/log_capture.hpp"
#include "support/other_loop.hpp"

namespace bight::loop_handle_test {

using namespace std::chrono_literals;
using test::other_loop;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ASYNC_TEST(loop_handle, submit_runs_a_coroutine_there_and_gives_its_result_here) {
  const other_loop other;
  auto work = [](int a, std::unique_ptr<int> b) -> awaitable<std::pair<std::thread::id, int>> {
    co_await sleep(1ms);
    co_return std::pair{std::this_thread::get_id(), a + *b};
  };
  const auto result = co_await other.handle().submit(work, 1, std::make_unique<int>(2));
  EXPECT_EQ(result.first, other.thread());
  EXPECT_EQ(result.second, 3);
  auto nothing = []() -> awaitable<void> { co_return; };
  co_await other.handle().submit(nothing);
}

ASYNC_TEST(loop_handle, submit_delivers_errors) {
  const other_loop other;
  auto fail = []() -> awaitable<int> {
    throw std::runtime_error("no");
    co_return 0;
  };
  std::string what;
  try {
    co_await other.handle().submit(fail);
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "no");
}

ASYNC_TEST(loop_handle, many_calls_at_the_same_time_each_get_their_own_answer) {
  const other_loop other;
  auto twice = [](int n) -> awaitable<int> {
    if (n % 3 == 0) co_await yield();
    co_return 2 * n;
  };
  int wrong = 0;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 1000; ++i)
      group
          .spawn([&, i]() -> awaitable<void> {
            const int n = co_await other.handle().submit(twice, i);
            if (n != 2 * i) ++wrong;
          })
          .detach();
    co_return;
  });
  EXPECT_EQ(wrong, 0);
}

ASYNC_TEST(loop_handle, a_cancelled_submit_cancels_there_and_waits) {
  const other_loop other;
  auto begun = std::make_shared<std::promise<void>>();
  auto cleaned = std::make_shared<std::atomic<bool>>(false);
  auto work = [](std::shared_ptr<std::promise<void>> b,
                 std::shared_ptr<std::atomic<bool>> c) -> awaitable<void> {
    struct at_end {
      std::atomic<bool>& flag;
      ~at_end() { flag = true; }
    } const clean{*c};
    b->set_value();
    co_await sleep(forever);
  };
  auto t = spawn([&]() -> awaitable<void> { co_await other.handle().submit(work, begun, cleaned); });
  co_await yield();
  begun->get_future().wait();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_TRUE(*cleaned);
}

ASYNC_TEST(loop_handle, a_submit_that_is_cancelled_before_it_begins_there_ends_cancelled) {
  const other_loop other;
  std::promise<void> go;
  other.handle().call_soon_threadsafe([wait = go.get_future().share()] { wait.wait(); });  // it is busy
  auto begun = std::make_shared<std::atomic<bool>>(false);
  auto work = [](std::shared_ptr<std::atomic<bool>> b) -> awaitable<void> {
    *b = true;
    co_return;
  };
  auto t = spawn([&]() -> awaitable<void> { co_await other.handle().submit(work, begun); });
  co_await yield();
  t.cancel();
  go.set_value();
  co_await t.wait();
  // The call and the request arrive one after the other, and the task begins in a turn behind both.
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(*begun);
}

ASYNC_TEST(loop_handle, a_result_that_beat_the_cancel_is_delivered) {
  const other_loop other;
  auto stubborn = [](event* e) -> awaitable<int> {
    static_cast<void>(e);
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    co_return 7;
  };
  int got = 0;
  auto t = spawn([&]() -> awaitable<void> { got = co_await other.handle().submit(stubborn, nullptr); });
  co_await yield();
  std::promise<void> arrived;
  other.handle().call_soon_threadsafe([&] { arrived.set_value(); });
  arrived.get_future().wait();
  auto nothing = []() -> awaitable<void> { co_return; };
  co_await other.handle().submit(nothing);  // a turn later: it sleeps
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 7);
}

ASYNC_TEST(loop_handle, submit_to_a_loop_that_has_ended_is_an_error) {
  other_loop other;
  const auto handle = other.handle();
  other.stop();
  auto nothing = []() -> awaitable<void> { co_return; };
  boost::system::error_code code;
  try {
    co_await handle.submit(nothing);
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::loop_closed);
  EXPECT_FALSE(handle.call_soon_threadsafe([] {}));
}

ASYNC_TEST(loop_handle, a_call_whose_loop_ends_first_fails) {
  other_loop other;
  auto forever_there = []() -> awaitable<void> { co_await sleep(forever); };
  boost::system::error_code code;
  auto t = spawn([&]() -> awaitable<void> {
    try {
      co_await other.handle().submit(forever_there);
    } catch (const boost::system::system_error& e) { code = e.code(); }
  });
  co_await yield();
  other.stop();
  co_await t;
  EXPECT_EQ(code, errc::loop_closed);
}

ASYNC_TEST(loop_handle, submit_to_its_own_loop_is_a_task_and_a_wait) {
  const auto self = loop::current().handle();
  auto here = []() -> awaitable<std::thread::id> {
    co_await yield();
    co_return std::this_thread::get_id();
  };
  const auto id = co_await self.submit(here);
  EXPECT_EQ(id, std::this_thread::get_id());
}

TEST(loop_handle, the_caller_s_loop_may_end_first) {
  other_loop other;
  auto cancelled = std::make_shared<std::promise<void>>();
  auto wait_there = [](std::shared_ptr<std::promise<void>> told) -> awaitable<void> {
    struct at_end {
      std::promise<void>& p;
      ~at_end() { p.set_value(); }
    } const tell{*told};
    co_await sleep(forever);
  };
  {
    loop l;
    auto t = l.spawn([&]() -> awaitable<void> { co_await other.handle().submit(wait_there, cancelled); });
    auto main = l.spawn([&]() -> awaitable<void> {
      co_await yield();
      co_await sleep(5ms);
    });
    l.run_until(main);
  }
  cancelled->get_future().wait();
}

TEST(loop_handle, while_one_lives_its_loop_waits_for_what_it_may_bring) {
  const run_options options{.handle_signals = false};
  std::jthread sender;
  bool brought = false;
  bight::run(options, [&]() -> awaitable<void> {
    event e;
    sender = std::jthread(
        [h = loop::current().handle(), &e]() mutable { h.call_soon_threadsafe([&e] { e.set(); }); });
    co_await e.wait();  // would be a deadlock without the handle
    brought = true;
  });
  EXPECT_TRUE(brought);
}

TEST(loop_handle, when_the_last_has_gone_a_deadlock_is_found) {
  const run_options options{.handle_signals = false};
  EXPECT_THROW(bight::run(options,
                          []() -> awaitable<void> {
                            event e;
                            {
                              const auto h = loop::current().handle();
                              const auto copy = h;
                              EXPECT_EQ(h, copy);
                            }
                            co_await e.wait();
                          }),
               deadlock_error);
}

ASYNC_TEST(loop_handle, an_error_of_a_function_is_logged) {
  const test::log_capture log;
  const other_loop other;
  other.handle().call_soon_threadsafe([] { throw std::runtime_error("oops"); });
  auto nothing = []() -> awaitable<void> { co_return; };
  co_await other.handle().submit(nothing);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("oops")));
}

TEST(loop_handle, an_empty_one_refers_to_nothing) {
  EXPECT_FALSE(loop_handle{}.valid());
  EXPECT_EQ(loop_handle{}, loop_handle{});
}

}  // namespace bight::loop_handle_test
