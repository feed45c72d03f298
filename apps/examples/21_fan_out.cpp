// A room whose members are on several loops: each loop has a topic for its own, and a message is forwarded to
// all.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <iostream>
#include <string>
namespace http = bight::http;
namespace net = bight::net;

using namespace std::chrono_literals;

thread_local http::topic room;  // one per shard: no lock

// Sends what is published, until the client closes.
bight::awaitable<void> join(http::websocket& ws) { co_await bight::race(room.send_to(ws), ws.receive()); }

bight::awaitable<void> publish_here(std::string text) {
  while (room.receivers() == 0) co_await bight::sleep(1ms);  // this example waits for its only member
  co_await room.publish(text);
}

bight::awaitable<void> publish_everywhere(const bight::shard& me, std::string text) {
  for (std::size_t i = 0; i != me.count(); ++i) co_await me.peer(i).submit(publish_here, text);
}

bight::awaitable<std::string> program(bight::shard me) {
  http::router routes;
  routes.get("/room", [](http::server_request& request) { return http::websocket_response(request, join); });
  http::server server{std::move(routes)};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto url = "ws://" + listener.local_endpoint().to_string() + "/room";
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });

  http::client client;
  auto ws = co_await client.websocket(url);
  if (me.index() == 0) co_await publish_everywhere(me, "hello");
  const auto message = co_await ws.receive();
  co_await ws.close();
  server.stop();
  co_await serving;
  co_return message ? message->data : "nothing";
}

int main() {
  for (const auto& heard : bight::run_sharded(2, program)) std::cout << "a member heard: " << heard << '\n';
}
