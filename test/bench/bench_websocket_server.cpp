// bench_websocket_server --port P [--deflate]: echoes the messages of all WebSockets on 127.0.0.1. SIGINT
// ends it and prints the report.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <utility>

#include "bench/report.hpp"

namespace {

using bight::awaitable;
namespace http = bight::http;
namespace net = bight::net;

awaitable<void> serve(http::server& server, std::uint16_t port) {
  net::listener listener{net::endpoint{net::ip_address::loopback(), port}};
  co_await server.serve(std::move(listener));
}

}  // namespace

int main(int argc, char** argv) {
  long port = 0;
  bool deflate = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--port" && i + 1 < argc) port = std::atol(argv[++i]);
    if (name == "--deflate") deflate = true;
  }
  if (port < 1 || port > 65535) {
    std::fputs("usage: bench_websocket_server --port P [--deflate]\n", stderr);
    return 2;
  }
  http::websocket_server_options options;
  if (deflate) options.deflate.emplace();
  long messages = 0;
  http::server server{[&](http::server_request& request) -> awaitable<http::server_response> {
    co_return http::websocket_response(
        request,
        [&](http::websocket& socket) -> awaitable<void> {
          auto message = co_await socket.receive();
          while (message) {
            ++messages;
            co_await socket.send(*message);
            message = co_await socket.receive();
          }
        },
        options);
  }};
  const bench::stopwatch watch;
  const int status = bight::run_main(serve, std::ref(server), static_cast<std::uint16_t>(port));
  if (messages != 0) watch.report("websocket_server", messages);
  return status;
}
