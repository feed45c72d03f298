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
#include <utility>

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

// ---- WebSockets ---------------------------------------------------------------------------------

void add_echo(http::router& routes) {
  routes.get("/echo", [](http::server_request& request) {
    return http::websocket_response(request, [](http::websocket& ws) -> bight::awaitable<void> {
      auto message = co_await ws.receive();
      while (message) {
        co_await ws.send(*message);
        message = co_await ws.receive();
      }
    });
  });
}

bight::awaitable<void> talk(http::client& client) {
  auto ws = co_await client.websocket("ws://shop.example/echo");
  co_await ws.send("hello");
  auto message = co_await ws.receive();
  if (message) out << message->data << '\n';
  co_await ws.close();
}

bight::awaitable<void> with_everything(http::client& client) {
  http::websocket_options limits;
  limits.max_message = 64 * 1024;
  limits.ping_interval = 10s;
  limits.deflate.emplace();  // offer compression
  auto ws = co_await client.websocket("ws://shop.example/chat")
                .subprotocol("chat")
                .header("X-Trace", "42")
                .options(limits);
  const auto took = co_await ws.ping();
  out << ws.subprotocol() << ' ' << ws.compresses() << ' ' << (took < 1s) << '\n';
  co_await ws.close(1000, "bye");
}

bight::awaitable<void> until_it_ends(http::websocket& ws) {
  try {
    auto message = co_await ws.receive();
    while (message) message = co_await ws.receive();
    out << "closed\n";  // with code 1000, 1001, or none
  } catch (const http::websocket_closed& e) { out << e.close_code() << ' ' << e.reason() << '\n'; }
}

bight::awaitable<void> follow_prices(http::client& client) {
  http::reconnecting_websocket prices{[&] { return client.websocket("ws://shop.example/prices"); }};
  prices.on_connect([](http::websocket& ws) -> bight::awaitable<void> { co_await ws.send("subscribe"); });
  for (int i = 0; i != 3; ++i) {
    const auto message = co_await prices.receive();
    if (message) out << message->data << '\n';
  }
}

bight::awaitable<void> hear(http::websocket& ws, http::topic& room) {
  auto message = co_await ws.receive();
  while (message) {
    co_await room.publish(std::move(*message));
    message = co_await ws.receive();
  }
}

bight::awaitable<void> chat(http::websocket& ws, http::topic& room) {
  co_await bight::race(hear(ws, room), room.send_to(ws));
}

void add_chat(http::router& routes, http::topic& room) {
  http::websocket_server_options options;
  options.subprotocols = {"chat"};
  options.deflate.emplace();
  routes.get("/chat", [&room, options](http::server_request& request) {
    return http::websocket_response(
        request, [&room](http::websocket& ws) { return chat(ws, room); }, options);
  });
  routes.get("/chat/events", [&room](http::server_request& request) {
    return http::event_stream(request, [&room](http::event_writer& to) { return room.send_to(to); });
  });
}

// One price for each connection, which is lost behind it; and a session that closes with a code of its own.
void add_others(http::router& routes, int& last) {
  routes.get("/prices", [&last](http::server_request& request) {
    return http::websocket_response(request, [&last](http::websocket& ws) -> awaitable<void> {
      const auto wish = co_await ws.receive();
      EXPECT_EQ(wish.value().data, "subscribe");
      const auto text = std::to_string(++last);
      co_await ws.send(text);
      co_await ws.close(1012, "restart");
    });
  });
  routes.get("/kick", [](http::server_request& request) {
    return http::websocket_response(
        request, [](http::websocket& ws) -> awaitable<void> { co_await ws.close(4000, "go away"); });
  });
}

ASYNC_TEST(websockets_guide, websockets) {
  testing::fake_network network;
  const auto inside = network.use();
  network.add_host("shop.example", {"192.0.2.1"});
  http::topic room;
  int last = 0;
  http::router routes;
  add_echo(routes);
  add_chat(routes, room);
  add_others(routes, last);
  http::server server{std::move(routes)};
  auto serving = spawn([&]() -> awaitable<void> {
    co_await server.serve(net::listener{*net::endpoint::parse("192.0.2.1:80")});
  });
  http::client client;
  co_await talk(client);
  EXPECT_EQ(taken(), "hello\n");
  co_await with_everything(client);
  EXPECT_EQ(taken(), "chat 1 1\n");
  auto kicked = co_await client.websocket("ws://shop.example/kick");
  co_await until_it_ends(kicked);
  EXPECT_EQ(taken(), "4000 go away\n");
  co_await follow_prices(client);
  EXPECT_EQ(taken(), "1\n2\n3\n");
  auto alice = co_await client.websocket("ws://shop.example/chat");
  auto bob = co_await client.websocket("ws://shop.example/chat");
  http::event_source events{client.get("http://shop.example/chat/events")};
  auto event = spawn([&]() -> awaitable<std::string> {
    const auto e = co_await events.next();
    co_return e.value().data;
  });
  co_await test::until([&] { return room.receivers() == 3; });
  co_await alice.send("hi");
  const auto heard = co_await bob.receive();
  EXPECT_EQ(heard.value().data, "hi");
  const auto seen = co_await event;
  EXPECT_EQ(seen, "hi");
  server.stop();
  co_await until_it_ends(bob);
  EXPECT_EQ(taken(), "closed\n");
  co_await until_it_ends(alice);
  EXPECT_EQ(taken(), "closed\n");
  co_await serving;
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
