// asio_core CASE N: cases of bench_core written with Asio's awaitable alone. compare_core.py compiles and
// runs it.
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "../report.hpp"

namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::use_awaitable;
using boost::system::error_code;
template <class T = void>
using awaitable = asio::awaitable<T>;
using executor = asio::any_io_executor;

awaitable<> nothing() { co_return; }
awaitable<int> ready() { co_return 1; }
awaitable<> sleeper(executor ex, std::chrono::seconds d) {
  asio::steady_timer timer{ex, d};
  co_await timer.async_wait(use_awaitable);
}

awaitable<> spawn_join(executor ex, long n) {
  for (long i = 0; i != n; ++i) co_await asio::co_spawn(ex, nothing(), use_awaitable);
}

awaitable<> queue(executor ex, long n) {
  asio::experimental::channel<void(error_code, int)> items{ex, 1024};
  const auto produce = [&]() -> awaitable<> {
    for (long i = 0; i != n; ++i) co_await items.async_send(error_code{}, static_cast<int>(i), use_awaitable);
  };
  const auto consume = [&]() -> awaitable<> {
    for (long i = 0; i != n; ++i) co_await items.async_receive(use_awaitable);
  };
  co_await (produce() && consume());
}

awaitable<> timeout(executor ex, long n) {
  for (long i = 0; i != n; ++i) {
    asio::steady_timer timer{ex, 1s};
    co_await (ready() || timer.async_wait(use_awaitable));
  }
}

awaitable<> timeout_yield(executor ex, long n) {
  for (long i = 0; i != n; ++i) {
    asio::steady_timer timer{ex, 1s};
    co_await (asio::post(ex, use_awaitable) || timer.async_wait(use_awaitable));
  }
}

awaitable<> cancel(executor ex, long n) {
  for (long i = 0; i != n; ++i) {
    asio::cancellation_signal signal;
    bool done = false;
    asio::co_spawn(ex, sleeper(ex, 1000s),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { done = true; }));
    co_await asio::post(ex, use_awaitable);
    signal.emit(asio::cancellation_type::terminal);
    while (!done) co_await asio::post(ex, use_awaitable);
  }
}

awaitable<> program(executor ex, std::string name, long n) {
  asio::steady_timer pending{ex, 1h};
  pending.async_wait([](error_code) {});
  const bench::stopwatch watch;
  if (name == "spawn_join") co_await spawn_join(ex, n);
  if (name == "queue") co_await queue(ex, n);
  if (name == "timeout") co_await timeout(ex, n);
  if (name == "timeout_yield") co_await timeout_yield(ex, n);
  if (name == "cancel") co_await cancel(ex, n);
  watch.report(name.c_str(), n);
  pending.cancel();
}

}  // namespace

int main(int, char** argv) {
  asio::io_context loop{1};
  asio::co_spawn(loop, program(loop.get_executor(), argv[1], std::atol(argv[2])), asio::detached);
  loop.run();
}
