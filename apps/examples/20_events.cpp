// Server-sent events: a server that counts, and a client that continues where the server broke off.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <iostream>
#include <optional>
#include <string>
namespace http = bight::http;
namespace net = bight::net;

using namespace std::chrono_literals;

// Each connection gets three events; the ids tell with which to go on.
bight::awaitable<void> count(http::event_writer& out) {
  const auto& last = out.last_event_id();
  const int first = last.empty() ? 1 : std::stoi(last) + 1;
  for (int n = first; n != first + 3; ++n) {
    const auto text = std::to_string(n);
    const http::server_sent_event e{text, "count", text};
    co_await out.send(e);
    co_await bight::sleep(10ms);
  }
}

http::server_response counting(http::server_request& request) {
  const auto id = request.headers().get("Last-Event-ID");
  if (id == "9") return http::server_response{204};  // the client does not come back
  const http::event_stream_options options{.retry = 10ms};
  return http::event_stream(request, count, options);
}

bight::awaitable<void> listen_to(std::string url) {
  http::client client;
  http::event_source events{client.get(url)};
  auto e = co_await events.next();
  while (e) {
    std::cout << e->type << ' ' << e->data << '\n';
    e = co_await events.next();
  }
  std::cout << events.reconnections() << " reconnections\n";
}

bight::awaitable<void> program() {
  http::router routes;
  routes.get("/count", counting);
  http::server server{std::move(routes)};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto url = "http://" + listener.local_endpoint().to_string() + "/count";
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await listen_to(url);
  server.stop();
  co_await serving;
}
int main() { return bight::run_main(program); }
