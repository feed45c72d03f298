// What docs/asio.md shows: its blocks stand here line for line.
#include <bight/asio.hpp>

#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <string>
#include <tuple>

namespace bight::asio_guide_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using local_socket = asio::local::stream_protocol::socket;

// ---- inside a coroutine

bight::awaitable<void> waits_for_a_timer() {
  const auto executor = co_await bight::executor();
  asio::steady_timer timer(executor, 10ms);
  co_await timer.async_wait(asio::deferred);
}

bight::awaitable<std::string> echoes(local_socket& here, local_socket& there) {
  const std::string question = "hello";
  co_await asio::async_write(here, asio::buffer(question), asio::deferred);
  std::string answer(question.size(), '\0');
  const std::size_t size = co_await asio::async_read(there, asio::buffer(answer), asio::deferred);
  answer.resize(size);
  co_return answer;
}

ASYNC_TEST(asio_guide, operations_are_awaited) {
  co_await waits_for_a_timer();
  const auto executor = co_await bight::executor();
  local_socket here(executor);
  local_socket there(executor);
  asio::local::connect_pair(here, there);
  const auto answer = co_await echoes(here, there);
  EXPECT_EQ(answer, "hello");
}

// ---- tokens

bight::awaitable<std::size_t> reads_to_the_end(local_socket& socket, std::string& text) {
  std::size_t all = 0;
  while (true) {
    text.resize(all + 1024);
    const auto room = asio::buffer(text.data() + all, 1024);
    const auto [error, size] = co_await socket.async_read_some(room, asio::as_tuple(asio::deferred));
    all += size;
    if (error == asio::error::eof) co_return all;
    if (error) throw boost::system::system_error(error);
  }
}

bight::awaitable<bool> wakes_up_early(asio::steady_timer& timer) {
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::deferred, error));
  co_return error == asio::error::operation_aborted;
}

ASYNC_TEST(asio_guide, tokens_around_deferred) {
  const auto executor = co_await bight::executor();
  local_socket here(executor);
  local_socket there(executor);
  asio::local::connect_pair(here, there);
  const std::string much(3000, 'x');
  co_await asio::async_write(there, asio::buffer(much), asio::deferred);
  there.close();
  std::string text;
  const auto size = co_await reads_to_the_end(here, text);
  EXPECT_EQ(size, 3000U);

  asio::steady_timer timer(executor, 1h);
  asio::post(executor, [&] { timer.cancel(); });
  const bool early = co_await wakes_up_early(timer);
  EXPECT_TRUE(early);
}

// ---- among others

bight::awaitable<std::size_t> reads_within(local_socket& socket, std::string& text) {
  const auto room = asio::buffer(text);
  co_return co_await bight::wait_for(socket.async_read_some(room, asio::deferred), 5s);
}

bight::awaitable<void> two_at_a_time(asio::steady_timer& first, asio::steady_timer& second) {
  co_await bight::gather(first.async_wait(asio::deferred), second.async_wait(asio::deferred));
}

bight::awaitable<bool> stops_waiting(asio::steady_timer& timer, bight::event& stop) {
  const auto first = co_await bight::race(timer.async_wait(asio::deferred), stop.wait());
  co_return first.index() == 1;
}

ASYNC_TEST(asio_guide, operations_among_others) {
  const auto executor = co_await bight::executor();
  local_socket here(executor);
  local_socket there(executor);
  asio::local::connect_pair(here, there);
  co_await asio::async_write(there, asio::buffer("abc", 3), asio::deferred);
  std::string text(10, '\0');
  const auto size = co_await reads_within(here, text);
  EXPECT_EQ(size, 3U);
  asio::steady_timer first(executor, 1ms);
  asio::steady_timer second(executor, 2ms);
  co_await two_at_a_time(first, second);
  event stop;
  stop.set();
  asio::steady_timer never_fires(executor, 1h);
  const bool stopped = co_await stops_waiting(never_fires, stop);
  EXPECT_TRUE(stopped);
}

// ---- asio::awaitable

asio::awaitable<int> from_your_old_code(int value) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
  co_await timer.async_wait(asio::use_awaitable);
  co_return value;
}

bight::awaitable<int> calls_old_code() {
  const int once = co_await from_your_old_code(20);
  auto [first, second] = co_await bight::gather(from_your_old_code(1), from_your_old_code(2));
  co_return once + first + second;
}

ASYNC_TEST(asio_guide, old_code_is_called) {
  const int sum = co_await calls_old_code();
  EXPECT_EQ(sum, 23);
}

// ---- from Asio

bight::awaitable<int> answer() {
  co_await bight::sleep(1ms);
  co_return 42;
}

TEST(asio_guide, a_future_of_a_task) {
  asio::io_context io;
  std::future<int> result = bight::co_spawn(io, answer, asio::use_future);
  io.run();
  EXPECT_EQ(result.get(), 42);
}

void on_the_executor_of(asio::any_io_executor executor, std::function<void(int)> use) {
  bight::co_spawn(executor, answer, [use](std::exception_ptr error, int value) {
    if (!error) use(value);
  });
}

TEST(asio_guide, from_an_executor) {
  asio::io_context io;
  int got = 0;
  on_the_executor_of(io.get_executor(), [&](int value) { got = value; });
  io.run();
  EXPECT_EQ(got, 42);
}

asio::awaitable<int> calls_new_code() {
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await bight::co_spawn(executor, answer, asio::use_awaitable);
}

TEST(asio_guide, new_code_is_called) {
  asio::io_context io;
  auto result = asio::co_spawn(io, calls_new_code(), asio::use_future);
  io.run();
  EXPECT_EQ(result.get(), 42);
}

void cancels_with_a_slot(asio::io_context& io, asio::cancellation_signal& stop,
                         std::exception_ptr& ended_with) {
  auto work = []() -> bight::awaitable<void> { co_await bight::sleep(1h); };
  auto done = [&ended_with](std::exception_ptr error) { ended_with = error; };  // operation_aborted
  bight::co_spawn(io, work, asio::bind_cancellation_slot(stop.slot(), done));
}

TEST(asio_guide, a_slot_cancels) {
  asio::io_context io;
  asio::cancellation_signal stop;
  std::exception_ptr error;
  cancels_with_a_slot(io, stop, error);
  asio::post(io, [&] { stop.emit(asio::cancellation_type::terminal); });
  io.run();
  EXPECT_TRUE(is<boost::system::system_error>(error));
}

}  // namespace bight::asio_guide_test
