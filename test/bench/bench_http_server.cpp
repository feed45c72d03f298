// bench_http_server --port P [--body BYTES] [--middleware N]: answers every path on 127.0.0.1, with
// deadlines, limits and Date on, through the first N of an access log in memory, metrics and security
// headers. SIGINT ends it and prints the report.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// Lines are collected as for a file that is written now and then.
http::access_log_options into(std::string& lines) {
  constexpr std::size_t enough = 64 * 1024;
  http::access_log_options options;
  options.sink = [&lines](std::string_view line) {
    if (lines.size() > enough) lines.clear();
    lines.append(line).append("\n");
  };
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  long port = 0;
  std::size_t size = 1024;
  long wanted = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--port") port = std::atol(argv[i + 1]);
    if (name == "--body") size = static_cast<std::size_t>(std::atol(argv[i + 1]));
    if (name == "--middleware") wanted = std::atol(argv[i + 1]);
  }
  if (port < 1 || port > 65535) {
    std::fputs("usage: bench_http_server --port P [--body BYTES] [--middleware N]\n", stderr);
    return 2;
  }
  const std::string body(size, 'x');
  http::handler handler = [&](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, body};
    r.headers().append(http::header_id::content_type, "application/octet-stream");
    co_return r;
  };
  std::string lines;
  bight::metrics metrics;
  std::vector<http::middleware> around;
  if (wanted > 0) around.push_back(http::access_log(into(lines)));
  if (wanted > 1) around.push_back(http::request_metrics(metrics));
  if (wanted > 2) around.push_back(http::security_headers());
  http::server server{http::compose(std::move(around), std::move(handler))};
  const bench::stopwatch watch;
  const int status = bight::run_main(serve, std::ref(server), static_cast<std::uint16_t>(port));
  if (server.requests() != 0) watch.report("http_server", static_cast<long>(server.requests()));
  return status;
}
