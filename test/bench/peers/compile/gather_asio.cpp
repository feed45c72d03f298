// Two tasks at the same time, with a timeout.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

asio::awaitable<void> greet(std::string name, std::chrono::milliseconds delay) {
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
  std::cout << "hello, " << name << '\n';
}
asio::awaitable<void> program() {
  asio::steady_timer limit(co_await asio::this_coro::executor, 1s);
  co_await ((greet("asio", 20ms) && greet("world", 10ms)) || limit.async_wait(asio::use_awaitable));
}
int main() {
  asio::io_context loop;
  asio::co_spawn(loop, program(), [](const std::exception_ptr& e) {
    if (e) std::rethrow_exception(e);
  });
  loop.run();
}
