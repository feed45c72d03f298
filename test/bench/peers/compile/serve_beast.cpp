// A server that answers every request with its path.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <string>
#include <utility>
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

asio::awaitable<void> talk(beast::tcp_stream stream) {
  beast::flat_buffer buffer;
  bool open = true;
  while (open) {
    stream.expires_after(std::chrono::seconds{30});
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    http::response<http::string_body> response{http::status::ok, request.version()};
    response.keep_alive(request.keep_alive());
    response.body() = std::string{request.target()};
    response.prepare_payload();
    co_await http::async_write(stream, response, asio::use_awaitable);
    open = response.keep_alive();
  }
}
asio::awaitable<void> program() {
  auto executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor{executor, {asio::ip::address_v4::loopback(), 8080}};
  while (true) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(executor, talk(beast::tcp_stream{std::move(socket)}), asio::detached);
  }
}
int main() {
  asio::io_context loop;
  asio::co_spawn(loop, program(), asio::detached);
  loop.run();
}
