// Graceful shutdown: Ctrl-C stops an HTTP server and drains its job queue; a second one quits.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <csignal>
#include <iostream>
#include <vector>

using namespace std::chrono_literals;
namespace http = bight::http;
namespace net = bight::net;

struct shop {
  bight::queue<int> orders{100};
  int accepted = 0;
  int delivered = 0;
};

bight::awaitable<void> deliver(shop& s) {
  while (true) {
    const auto order = co_await s.orders.get();
    if (!order) co_return;  // shut down and drained
    co_await bight::sleep(20ms);
    ++s.delivered;
  }
}

// A customer who posts 30 orders and then presses Ctrl-C.
bight::awaitable<void> buy(http::url url) {
  http::client client;
  for (int i = 0; i != 30; ++i) {
    http::request order(http::method::post, url);
    auto response = co_await client.send(order);
    co_await response.drain();
  }
  std::raise(SIGINT);
}

bight::awaitable<int> open_shop() {
  bight::signals stop{SIGINT, SIGTERM};  // while this exists, `run` ignores them
  shop s;
  http::server server([&](http::server_request&) -> bight::awaitable<http::server_response> {
    co_await s.orders.put(++s.accepted);
    co_return http::server_response(202, "accepted\n");
  });
  net::listener listener(net::endpoint(net::ip_address::loopback(), 0));
  const http::url url("http://" + listener.local_endpoint().to_string() + "/orders");
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    auto serving = group.spawn([&] { return server.serve(std::move(listener)); });
    std::vector<bight::task<void>> couriers;
    for (int i = 0; i != 3; ++i) couriers.push_back(group.spawn(deliver, std::ref(s)));
    group.spawn(buy, url);
    std::cout << "open; Ctrl-C closes" << std::endl;
    co_await stop.next();
    server.stop(5s);  // no new connections; open requests are answered
    co_await bight::race(serving.wait(), stop.next());
    s.orders.shutdown();  // nobody adds orders any more: drain the queue
    co_await bight::race(bight::wait(couriers), stop.next());
    group.cancel();  // after a second signal: drop the rest
  });
  std::cout << "closed: " << s.delivered << " of " << s.accepted << " orders delivered" << std::endl;
  co_return s.delivered == s.accepted ? 0 : 1;
}

int main() { return bight::run_main(open_shop); }
