// A chat server with a task per client; a client that disconnects does not affect the others.
#include <bight/core.hpp>
#include <bight/net.hpp>

#include <array>
#include <iostream>
#include <string>
#include <utility>

namespace net = bight::net;
using lines = bight::broadcast<std::string>;

bight::awaitable<void> hear(net::stream& client, lines& room) {
  net::reader in{client};
  auto line = co_await in.read_line();
  while (line) {
    co_await room.put(*line + '\n');
    line = co_await in.read_line();
  }
}

bight::awaitable<void> tell(net::stream& client, lines::subscriber& mine) {
  while (true) {
    const auto line = co_await mine.next();  // throws if this client is too slow
    co_await client.write(*line);
  }
}

bight::awaitable<void> chat(lines& room, net::stream client) {
  auto mine = room.subscribe();
  co_await client.write("welcome\n");
  co_await bight::race(hear(client, room), tell(client, mine));
  co_await client.close();
}

bight::awaitable<void> visit(net::server& server, net::endpoint where) {
  auto alice = co_await net::connect(where);
  auto bob = co_await net::connect(where);
  auto mallory = co_await net::connect(where);
  std::array<net::reader, 3> ears{net::reader{alice}, net::reader{bob}, net::reader{mallory}};
  for (auto& e : ears) static_cast<void>(co_await e.read_line());  // welcome

  co_await alice.write("hello\n");
  const auto hello = co_await ears[1].read_line();
  mallory.abort();  // unread data: the next read or write of the server fails
  co_await alice.write("are you still there?\n");
  const auto question = co_await ears[1].read_line();
  std::cout << "bob hears: " << hello.value_or("") << ", " << question.value_or("") << '\n';
  server.stop(std::chrono::seconds{0});
}

bight::awaitable<void> open_the_room() {
  lines room{64};
  net::server server{[&](net::stream client) { return chat(room, std::move(client)); }};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto where = listener.local_endpoint();
  co_await bight::gather(server.serve(std::move(listener)), visit(server, where));
}

int main() { bight::run(open_the_room); }
