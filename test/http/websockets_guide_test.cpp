// The code of docs/websockets.md.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "support/http_served.hpp"

namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

namespace bight::http::websockets_guide_test {

std::ostringstream out;

std::string taken() {
  auto text = out.str();
  out.str({});
  return text;
}

// ---- server-sent events -------------------------------------------------------------------------

struct price_feed {
  awaitable<std::string> next() {
    co_await sleep(1s);
    co_return std::to_string(++last);
  }
  int last = 11;
};

void add_prices(http::router& routes, price_feed& feed) {
  routes.get("/prices", [&feed](http::server_request& request) {
    return http::event_stream(request, [&feed](http::event_writer& to) -> bight::awaitable<void> {
      while (true) {
        const auto price = co_await feed.next();
        co_await to.send(price);
      }
    });
  });
}

struct log_entry {
  int number;
  std::string text;
};

bight::awaitable<void> send_log(const std::deque<log_entry>& log, http::event_writer& to) {
  const int last = to.last_event_id().empty() ? 0 : std::stoi(to.last_event_id());
  for (const auto& entry : log) {
    if (entry.number <= last) continue;  // the client has it
    const http::server_sent_event e{entry.text, "log", std::to_string(entry.number)};
    co_await to.send(e);
  }
}

bight::awaitable<void> print_prices(http::client& client) {
  http::event_source events{client.get("http://shop.example/prices")};
  auto e = co_await events.next();
  while (e) {
    out << e->type << ' ' << e->id << ": " << e->data << '\n';
    e = co_await events.next();
  }
}

bight::awaitable<void> ask_a_model(http::client& client) {
  http::event_source answer{client.post("http://model.example/v1/chat")
                                .bearer_auth("token")
                                .body(R"({"stream": true, "prompt": "hello"})", "application/json")};
  auto piece = co_await answer.next();
  while (piece && piece->data != "[DONE]") {
    out << piece->data;
    piece = co_await answer.next();
  }
  out << '\n';
}

bight::awaitable<void> with_options(http::client& client, std::string last_id) {
  http::event_source_options options;
  options.last_event_id = last_id;  // of an earlier run
  options.max_attempts = 3;
  options.idle_timeout = 30s;
  http::event_source events{client.get("http://shop.example/log"), options};
  const auto e = co_await events.next();
  if (e) out << e->id << ' ' << e->data << '\n';
}

ASYNC_TEST(websockets_guide, server_sent_events) {
  testing::fake_network network;
  const auto inside = network.use();
  network.add_host("shop.example", {"192.0.2.1"});
  network.add_host("model.example", {"192.0.2.1"});
  price_feed feed;
  const std::deque<log_entry> log{{1, "begin"}, {2, "more"}, {3, "end"}};
  http::router routes;
  add_prices(routes, feed);
  routes.get("/log", [&log](http::server_request& request) {
    return http::event_stream(request, [&log](http::event_writer& to) { return send_log(log, to); });
  });
  routes.post("/v1/chat", [](http::server_request& request) -> awaitable<http::server_response> {
    const auto question = co_await request.text();
    EXPECT_EQ(question, R"({"stream": true, "prompt": "hello"})");
    co_return http::event_stream(request, [](http::event_writer& to) -> awaitable<void> {
      for (const auto* const piece : {"hello", ", ", "world", "[DONE]"}) co_await to.send(piece);
    });
  });
  http::server server{std::move(routes)};
  auto serving = spawn([&]() -> awaitable<void> {
    co_await server.serve(net::listener{*net::endpoint::parse("192.0.2.1:80")});
  });
  http::client client;
  const bool ended = co_await move_on_after(2500ms, [&] { return print_prices(client); });
  EXPECT_FALSE(ended);
  EXPECT_EQ(taken(), "message : 12\nmessage : 13\n");
  co_await ask_a_model(client);
  EXPECT_EQ(taken(), "hello, world\n");
  co_await with_options(client, "1");
  EXPECT_EQ(taken(), "2 more\n");
  server.stop();
  co_await serving;
}

}  // namespace bight::http::websockets_guide_test
