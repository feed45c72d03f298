// GET of https://HOST/.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

asio::awaitable<void> program(std::string host) {
  auto executor = co_await asio::this_coro::executor;
  asio::ssl::context context{asio::ssl::context::tls_client};
  context.set_default_verify_paths();
  context.set_verify_mode(asio::ssl::verify_peer);
  asio::ip::tcp::resolver resolver{executor};
  beast::ssl_stream<beast::tcp_stream> stream{executor, context};
  stream.set_verify_callback(asio::ssl::host_name_verification{host});
  SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  const auto found = co_await resolver.async_resolve(host, "443", asio::use_awaitable);
  auto& socket = beast::get_lowest_layer(stream);
  socket.expires_after(std::chrono::seconds{30});
  co_await socket.async_connect(found, asio::use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  http::request<http::empty_body> request{http::verb::get, "/", 11};
  request.set(http::field::host, host);
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, asio::use_awaitable);
  std::cout << response.body();
}
int main(int, char** argv) {
  asio::io_context loop;
  asio::co_spawn(loop, program(argv[1]), [](const std::exception_ptr& e) {
    if (e) std::rethrow_exception(e);
  });
  loop.run();
}
