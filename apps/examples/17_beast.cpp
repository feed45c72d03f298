// A handler written for Boost.Beast beside bight's routes, and a Beast client over a bight stream.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/beast.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <iostream>
#include <string>
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = bight::http;
namespace net = bight::net;

// From an existing server: it knows nothing of bight.
beast::http::message_generator handle_request(beast::http::request<beast::http::string_body>&& request) {
  beast::http::response<beast::http::string_body> response{beast::http::status::ok, request.version()};
  response.set(beast::http::field::content_type, "text/plain");
  response.keep_alive(request.keep_alive());
  response.body() = "Beast was asked for " + std::string{request.target()} + "\n";
  response.prepare_payload();
  return response;
}

http::router make_site() {
  http::router site;
  site.get("/", [] { return "bight\n"; });
  site.any("/old/{rest:path}", http::beast_handler(handle_request));
  return site;
}

bight::awaitable<void> ask(net::endpoint where, std::string target) {
  http::beast_stream stream{co_await net::connect(where)};
  beast::http::request<beast::http::empty_body> request{beast::http::verb::get, target, 11};
  request.set(beast::http::field::host, "localhost");
  co_await beast::http::async_write(stream, request, asio::deferred);
  beast::flat_buffer buffer;
  beast::http::response<beast::http::string_body> response;
  co_await beast::http::async_read(stream, buffer, response, asio::deferred);
  std::cout << response.result_int() << ' ' << response.body();
}

bight::awaitable<void> program() {
  http::server server{make_site()};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto where = listener.local_endpoint();
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await ask(where, "/");
  co_await ask(where, "/old/page?x=1");
  server.stop();
  co_await serving;
}
int main() { return bight::run_main(program); }
