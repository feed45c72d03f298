// The code of docs/websockets.md.
#include <bight/http/websocket.hpp>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <sstream>
#include <string>

#include "support/http_served.hpp"

namespace bight::http::websocket_guide_test {

namespace http = bight::http;
using namespace std::chrono_literals;

std::ostringstream out;

bight::awaitable<void> say_hello(http::client& client, std::string url) {
  auto ws = co_await client.websocket(url);
  co_await ws.send("hello");
  auto message = co_await ws.receive();
  while (message) {
    out << message->data << '\n';
    message = co_await ws.receive();
  }
}

bight::awaitable<void> with_options(http::client& client, std::string url) {
  http::websocket_options options;
  options.max_message = 1 << 20;
  options.deflate.emplace();
  auto ws = co_await client.websocket(url).subprotocol("chat").header("X-Trace", "42").options(options);
  const auto took = co_await ws.ping();
  out << ws.subprotocol() << ' ' << (took < 1s ? "near" : "far") << '\n';
  co_await ws.close(1000, "bye");
}

bight::awaitable<void> why_it_ended(http::websocket& ws) {
  try {
    auto message = co_await ws.receive();
    if (!message) out << "closed\n";
  } catch (const http::websocket_closed& e) { out << e.close_code() << ' ' << e.reason() << '\n'; }
}

bight::awaitable<void> greeter(http::websocket& ws) {
  auto message = co_await ws.receive();
  while (message) {
    co_await ws.send("you said " + message->data);
    if (message->data == "hello") co_return;
    message = co_await ws.receive();
  }
}

http::router make_routes() {
  http::websocket_server_options options;
  options.subprotocols = {"chat"};
  options.origins = {"https://app.example.org"};
  http::router routes;
  routes.get("/chat", [options](http::server_request& request) -> bight::awaitable<http::server_response> {
    co_return http::websocket_response(request, greeter, options);
  });
  return routes;
}

ASYNC_TEST(websockets_guide, runs) {
  testing::fake_network network;
  const auto inside = network.use();
  test::running server{make_routes()};
  http::client client;
  const auto url = "ws://" + server.where().to_string() + "/chat";
  co_await say_hello(client, url);
  co_await with_options(client, url);
  auto ws = co_await client.websocket(url);
  co_await ws.send("hello");
  co_await why_it_ended(ws);
  co_await why_it_ended(ws);
  EXPECT_EQ(out.str(), "you said hello\nchat near\nclosed\n");
}

}  // namespace bight::http::websocket_guide_test
