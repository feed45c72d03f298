// The bridge, both ways.
#include <bight/asio.hpp>

#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::asio_test {

using namespace std::chrono_literals;
namespace asio = boost::asio;

asio::awaitable<int> foreign(int value) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
  co_await timer.async_wait(asio::use_awaitable);
  if (value < 0) throw std::invalid_argument("negative");
  co_return value;
}

awaitable<int> ours(int value) {
  co_await yield();
  if (value < 0) throw std::invalid_argument("negative");
  co_return value;
}

ASYNC_TEST(asio, an_operation_is_awaited) {
  const auto ex = co_await executor();
  asio::steady_timer timer(ex, 1ms);
  co_await timer.async_wait(asio::deferred);
  EXPECT_LE(timer.expiry(), std::chrono::steady_clock::now());
}

ASYNC_TEST(asio, the_current_task_is_known_before_and_after_a_raw_operation) {
  const auto me = current_task();
  const auto ex = co_await executor();
  any_task inside;
  auto step = [&]() -> awaitable<void> {
    asio::steady_timer timer(ex, 1ms);
    co_await timer.async_wait(asio::deferred);
    inside = current_task();  // this step was begun by Asio's completion
  };
  co_await step();
  EXPECT_EQ(inside, me);
  co_await foreign(1);
  EXPECT_EQ(current_task(), me);
  EXPECT_EQ(this_task::name(), me.name());
}

ASYNC_TEST(asio, an_error_code_is_thrown) {
  const auto ex = co_await executor();
  asio::steady_timer timer(ex, 1h);
  asio::post(ex, [&] { timer.cancel(); });
  boost::system::error_code code;
  try {
    co_await timer.async_wait(asio::deferred);
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, asio::error::operation_aborted);  // nobody cancelled the task: an ordinary error
}

ASYNC_TEST(asio, cancelling_the_task_cancels_the_operation) {
  const auto ex = co_await executor();
  asio::steady_timer timer(ex, 1h);
  auto waiting = spawn([&]() -> awaitable<void> { co_await timer.async_wait(asio::deferred); });
  co_await yield();
  EXPECT_TRUE(waiting.cancel());
  co_await waiting.wait();
  EXPECT_TRUE(waiting.cancelled());
}

ASYNC_TEST(asio, a_foreign_coroutine_is_awaited) {
  const int value = co_await foreign(7);
  EXPECT_EQ(value, 7);
  std::string error;
  try {
    co_await foreign(-1);
  } catch (const std::invalid_argument& e) { error = e.what(); }
  EXPECT_EQ(error, "negative");
}

TEST(asio, co_spawn_runs_on_a_context_of_ones_own) {
  asio::io_context io;
  int got = 0;
  std::exception_ptr error;
  co_spawn(
      io, [] { return ours(7); },
      [&](std::exception_ptr e, int value) {
        error = e;
        got = value;
      });
  io.run();
  EXPECT_FALSE(error);
  EXPECT_EQ(got, 7);
}

TEST(asio, co_spawn_reports_errors_to_any_token) {
  asio::io_context io;
  auto result = co_spawn(
      io, [] { return ours(-1); }, asio::use_future);
  io.run();
  EXPECT_THROW(result.get(), std::invalid_argument);
}

TEST(asio, a_cancellation_slot_cancels_the_task) {
  asio::io_context io;
  asio::cancellation_signal signal;
  std::exception_ptr error;
  auto forever_long = []() -> awaitable<void> { co_await sleep(1h); };
  co_spawn(io, forever_long,
           asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { error = e; }));
  asio::post(io, [&] { signal.emit(asio::cancellation_type::terminal); });
  io.run();
  ASSERT_TRUE(error);
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), asio::error::operation_aborted); }
}

bool is_aborted(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) { return e.code() == asio::error::operation_aborted; }
  return false;
}

TEST(asio, a_handler_runs_on_its_executor_which_is_kept_busy_until_then) {
  asio::io_context io;
  asio::io_context elsewhere;
  int got = 0;
  co_spawn(
      io, [] { return ours(7); },
      asio::bind_executor(elsewhere.get_executor(), [&](const std::exception_ptr&, int value) {
        EXPECT_TRUE(elsewhere.get_executor().running_in_this_thread());
        got = value;
      }));
  elsewhere.poll();
  EXPECT_FALSE(elsewhere.stopped()) << "it has work";
  io.run();
  EXPECT_EQ(got, 0) << "not on the thread of the task";
  elsewhere.run();
  EXPECT_EQ(got, 7);
  EXPECT_TRUE(elsewhere.stopped());
}

TEST(asio, a_handler_without_an_executor_runs_on_the_context_of_the_task) {
  asio::io_context io;
  bool in_a_task = true;
  co_spawn(
      io, [] { return ours(7); },
      [&](const std::exception_ptr&, int) {
        EXPECT_TRUE(io.get_executor().running_in_this_thread());
        in_a_task = detail::this_loop && detail::this_loop->current;
      });
  io.run();
  EXPECT_FALSE(in_a_task) << "it is the caller's code";
}

TEST(asio, what_a_handler_throws_leaves_run) {
  asio::io_context io;
  co_spawn(
      io, [] { return ours(7); },
      [](const std::exception_ptr&, int) { throw std::runtime_error("handler"); });
  EXPECT_THROW(io.run(), std::runtime_error);
}

TEST(asio, a_cancellation_before_the_first_step_reaches_the_handler) {
  asio::io_context io;
  asio::cancellation_signal signal;
  std::exception_ptr error;
  auto forever_long = []() -> awaitable<void> { co_await sleep(1h); };
  co_spawn(io, forever_long,
           asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { error = e; }));
  signal.emit(asio::cancellation_type::terminal);
  io.run();
  EXPECT_TRUE(is_aborted(error));
}

TEST(asio, a_cancellation_may_come_from_the_thread_of_the_handler) {
  asio::io_context io;
  asio::io_context elsewhere;
  asio::cancellation_signal signal;
  std::exception_ptr error;
  auto forever_long = [&]() -> awaitable<void> {
    asio::post(elsewhere, [&] { signal.emit(asio::cancellation_type::terminal); });
    co_await sleep(1h);
  };
  co_spawn(io, forever_long,
           asio::bind_cancellation_slot(
               signal.slot(),
               asio::bind_executor(elsewhere.get_executor(), [&](std::exception_ptr e) { error = e; })));
  std::thread other([&] { elsewhere.run(); });
  io.run();
  other.join();
  EXPECT_TRUE(is_aborted(error));
}

TEST(asio, a_cancellation_after_the_end_is_nothing) {
  asio::cancellation_signal signal;
  {
    asio::io_context io;
    asio::io_context elsewhere;
    bool called = false;
    co_spawn(
        io, [] { return ours(7); },
        asio::bind_cancellation_slot(
            signal.slot(), asio::bind_executor(elsewhere.get_executor(),
                                               [&](const std::exception_ptr&, int) { called = true; })));
    io.run();
    signal.emit(asio::cancellation_type::all);
    io.restart();
    io.run();
    elsewhere.run();
    EXPECT_TRUE(called);
  }
  signal.emit(asio::cancellation_type::all);
}

TEST(asio, co_spawn_is_for_any_thread) {
  asio::io_context io;
  auto keep = asio::make_work_guard(io);
  std::thread runs([&] { io.run(); });
  EXPECT_EQ(co_spawn(
                io, [] { return ours(7); }, asio::use_future)
                .get(),
            7);
  keep.reset();
  runs.join();
}

// Two threads that run the same context: which of them a handler comes to is chance.
TEST(asio, a_context_that_two_threads_run_is_named) {
  const test::log_capture log;
  asio::io_context io;
  std::promise<void> first_runs;
  std::promise<void> second_done;
  auto released = second_done.get_future();
  co_spawn(
      io,
      [&]() -> awaitable<void> {
        first_runs.set_value();
        released.wait();  // this thread is busy: what comes now goes to the other
        co_await sleep(forever);
      },
      asio::detached);
  std::thread first([&] { io.run(); });
  first_runs.get_future().wait();
  loop_of(io).call_soon_threadsafe([] {});
  EXPECT_THROW(io.run(), boost::system::system_error);
  second_done.set_value();
  first.join();  // it has ended as well
  EXPECT_THAT(log.lines(), ::testing::ElementsAre("bight: a second thread runs the io_context of a loop"));
}

TEST(asio, a_loop_keeps_its_context_running_while_a_task_lives) {
  asio::io_context io;
  auto t = loop_of(io).spawn(ours, 3);
  io.run();
  EXPECT_TRUE(t.done());
  EXPECT_EQ(t.result(), 3);
  EXPECT_EQ(&loop_of(io), &loop_of(io));
}

TEST(asio, a_context_destroyed_first_takes_its_tasks_along) {
  auto t = task<void>{};
  bool destroyed = false;
  {
    asio::io_context io;
    struct guard {
      bool* flag;
      ~guard() { *flag = true; }
    };
    t = loop_of(io).spawn([&]() -> awaitable<void> {
      const guard g{&destroyed};
      asio::steady_timer timer(io, 1h);
      co_await timer.async_wait(asio::deferred);
    });
    io.poll();
  }
  EXPECT_TRUE(destroyed);
  EXPECT_TRUE(t.cancelled());
}

TEST(asio, another_configuration_is_refused) {
  asio::io_context io;
  auto other = detail::asio_configuration::of_this_unit();
  other.boost_version += 1;
  try {
    detail::loop_on(io, other);
    ADD_FAILURE() << "accepted";
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::configuration); }
}

ASYNC_TEST(asio, operations_are_arguments_of_gather_and_its_kin) {
  const auto ex = co_await executor();
  asio::steady_timer soon(ex, 1ms);
  asio::steady_timer never(ex, 1h);
  auto [a, b, c] = co_await gather(soon.async_wait(asio::deferred), foreign(7), ours(8));
  static_assert(std::is_same_v<decltype(a), std::monostate>);
  EXPECT_EQ(b, 7);
  EXPECT_EQ(c, 8);
  bool expired = false;
  try {
    co_await wait_for(never.async_wait(asio::deferred), 1ms);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  const int value = co_await wait_for(foreign(9), 10s);
  EXPECT_EQ(value, 9);
  const auto first = co_await race(never.async_wait(asio::deferred), foreign(10));
  CO_ASSERT_EQ(first.index(), 1U);
  EXPECT_EQ(std::get<1>(first), 10);
  const auto settled = co_await gather_settled(foreign(-1), foreign(2));
  EXPECT_TRUE(is<std::invalid_argument>(std::get<0>(settled).error()));
  EXPECT_EQ(*std::get<1>(settled), 2);
  auto spawned = spawn([&] { return foreign(3); });
  const int got = co_await spawned;
  EXPECT_EQ(got, 3);
  const int limited = co_await timeout(10s, [] { return foreign(4); });
  EXPECT_EQ(limited, 4);
}

// An Asio operation may have its result when the race is decided: that is no primitive which gives it back.
ASYNC_TEST(asio, a_late_result_of_a_race_goes_to_the_callback) {
  const auto ex = co_await executor();
  std::size_t late_index = 99;
  event stop;
  stop.set();
  const auto done = [](auto token) {
    return asio::async_initiate<decltype(token), void(std::string)>(
        [](auto handler) { asio::post(asio::append(std::move(handler), std::string("value"))); }, token);
  };
  std::string late_value;
  auto late = [&](std::size_t index, std::string value) {
    late_index = index;
    late_value = value;
  };
  const auto first = co_await race(late, done(asio::deferred), stop.wait());
  EXPECT_EQ(first.index(), 1U);
  EXPECT_EQ(late_index, 0U);
  EXPECT_EQ(late_value, "value");
  static_cast<void>(ex);
}

TEST(asio, co_spawn_takes_executors) {
  asio::io_context io;
  std::vector<int> got;
  const auto note = [&](const std::exception_ptr&, int value) { got.push_back(value); };
  co_spawn(
      io.get_executor(), [] { return ours(1); }, note);
  co_spawn(
      asio::make_strand(io), [] { return ours(2); }, note);
  co_spawn(
      asio::any_io_executor(io.get_executor()), [] { return ours(3); }, note);
  co_spawn(
      asio::any_io_executor(asio::make_strand(io)), [] { return ours(4); }, note);
  co_spawn(
      asio::make_strand(asio::any_io_executor(io.get_executor())), [] { return ours(5); }, note);
  io.run();
  EXPECT_THAT(got, ::testing::UnorderedElementsAre(1, 2, 3, 4, 5));
}

TEST(asio, co_spawn_refuses_an_executor_of_something_else) {
  asio::thread_pool pool{1};
  EXPECT_THROW(co_spawn(
                   asio::any_io_executor(pool.get_executor()), [] { return ours(1); }, asio::detached),
               std::invalid_argument);
}

TEST(asio, a_handler_without_an_executor_runs_on_the_one_that_co_spawn_was_given) {
  asio::io_context io;
  auto strand = asio::make_strand(io);
  bool in_strand = false;
  co_spawn(
      strand, [] { return ours(1); },
      [&](const std::exception_ptr&, int) { in_strand = strand.running_in_this_thread(); });
  io.run();
  EXPECT_TRUE(in_strand);
}

TEST(asio, a_loop_that_is_shut_down_before_the_first_step_tells_the_handler) {
  asio::io_context io;
  std::exception_ptr error;
  bool entered = false;
  auto body = [&]() -> awaitable<int> {
    entered = true;
    co_return 7;
  };
  int calls = 0;
  co_spawn(io, body, [&](std::exception_ptr e, int) {
    error = e;
    ++calls;
  });
  io.poll_one();  // the task is there, and has not run
  loop_of(io).shut_down();
  io.restart();
  io.run();
  EXPECT_FALSE(entered);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(is_aborted(error));
}

TEST(asio, a_context_that_is_destroyed_before_the_first_step_drops_the_handler) {
  int calls = 0;
  {
    asio::io_context io;
    co_spawn(
        io, [] { return ours(7); }, [&](const std::exception_ptr&, int) { ++calls; });
    io.poll_one();
  }
  EXPECT_EQ(calls, 0) << "as Asio does";
}

}  // namespace bight::asio_test
