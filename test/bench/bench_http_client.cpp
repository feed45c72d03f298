// bench_http_client --url U --connections N --requests N: keep-alive GETs, pool, timeouts and header table
// on.
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

struct settings {
  std::string url;
  long connections = 64;
  long requests = 100'000;
};

awaitable<void> work(http::client& client, const http::url& where, long& left, long& bytes) {
  while (left > 0) {
    --left;
    auto response = co_await client.get(where);
    if (response.status() != 200) std::abort();
    while (true) {
      const auto piece = co_await response.read_piece();
      if (piece.empty()) break;
      bytes += static_cast<long>(piece.size());
    }
  }
}

awaitable<void> measure(settings s) {
  http::client_options options;
  options.limits.max_connections_per_host = static_cast<std::size_t>(s.connections);
  options.tls = bight::net::tls_client_context::insecure();
  http::client client{options};
  const http::url where{s.url};
  long left = s.connections * 4;  // opens the connections
  long bytes = 0;
  const auto round = [&]() -> awaitable<void> {
    co_await bight::task_group::run([&](bight::task_group& group) -> awaitable<void> {
      for (long i = 0; i != s.connections; ++i)
        group.spawn(work, std::ref(client), std::cref(where), std::ref(left), std::ref(bytes)).detach();
      co_return;
    });
  };
  co_await round();
  left = s.requests;
  bytes = 0;
  const bench::stopwatch watch;
  co_await round();
  watch.report("http_client", s.requests, ",\"bytes\":" + std::to_string(bytes));
}

awaitable<void> program(settings s) {
  auto pending = bight::spawn([]() -> awaitable<void> { co_await bight::sleep(1h); });
  co_await measure(std::move(s));
  pending.cancel();
}

}  // namespace

int main(int argc, char** argv) {
  settings s;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--url") s.url = argv[i + 1];
    if (name == "--connections") s.connections = std::atol(argv[i + 1]);
    if (name == "--requests") s.requests = std::atol(argv[i + 1]);
  }
  if (s.url.empty() || s.connections < 1 || s.requests < 1) {
    std::fputs("usage: bench_http_client --url U [--connections 64] [--requests 100000]\n", stderr);
    return 2;
  }
  return bight::run_main(program, s);
}
