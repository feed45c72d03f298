// bench_http_server --port P [--body BYTES]: answers every path on 127.0.0.1, with deadlines, limits and Date
// on. SIGINT ends it and prints the report.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/report.hpp"

namespace {

using namespace std::chrono_literals;
using bight::awaitable;
namespace http = bight::http;
namespace net = bight::net;

awaitable<void> serve(http::server& server, std::uint16_t port) {
  auto pending = bight::spawn([]() -> awaitable<void> { co_await bight::sleep(1h); });
  net::listener listener{net::endpoint{net::ip_address::loopback(), port}};
  co_await server.serve(std::move(listener));
  pending.cancel();
}

}  // namespace

int main(int argc, char** argv) {
  long port = 0;
  std::size_t size = 1024;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--port") port = std::atol(argv[i + 1]);
    if (name == "--body") size = static_cast<std::size_t>(std::atol(argv[i + 1]));
  }
  if (port < 1 || port > 65535) {
    std::fputs("usage: bench_http_server --port P [--body BYTES]\n", stderr);
    return 2;
  }
  const std::string body(size, 'x');
  http::server server{[&](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, body};
    r.headers().append(http::header_id::content_type, "application/octet-stream");
    co_return r;
  }};
  const bench::stopwatch watch;
  const int status = bight::run_main(serve, std::ref(server), static_cast<std::uint16_t>(port));
  if (server.requests() != 0) watch.report("http_server", static_cast<long>(server.requests()));
  return status;
}
