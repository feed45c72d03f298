// bench_http_client --url U --connections N --requests N: keep-alive GETs, pool, timeouts and header table
// on.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report.hpp"

namespace {

using namespace std::chrono_literals;
using bight::awaitable;
namespace http = bight::http;

struct settings {
  long idle = 0;  // measures the memory of so many idle connections instead
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

// Opens the connections one by one, so that no memory of requests in progress is counted.
awaitable<void> idle(settings s) {
  http::client_options options;
  options.limits.max_connections = options.limits.max_connections_per_host =
      static_cast<std::size_t>(s.idle) + 1;
  options.limits.idle_timeout = 1h;
  options.tls = bight::net::tls_client_context::insecure();
  http::client client{options};
  const http::url where{s.url};
  const auto get = [&] { return client.get(where); };
  auto first = co_await get();
  co_await first.bytes();
  std::vector<http::response> open;  // unread: each holds its connection
  const auto before = bench::resident_bytes();
  for (long i = 0; i != s.idle; ++i) open.push_back(co_await get());
  for (auto& response : open) co_await response.bytes();
  open.clear();
  co_await bight::sleep(2s);
  const auto each = static_cast<double>(bench::resident_bytes() - before) / static_cast<double>(s.idle);
  std::printf("{\"bench\":\"http_client_idle\",\"connections\":%zu,\"bytes_per_connection\":%.0f}\n",
              client.idle_connections(), each);
}

awaitable<void> program(settings s) {
  if (s.idle != 0) {
    co_await idle(std::move(s));
    co_return;
  }
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
    if (name == "--idle") s.idle = std::atol(argv[i + 1]);
    if (name == "--connections") s.connections = std::atol(argv[i + 1]);
    if (name == "--requests") s.requests = std::atol(argv[i + 1]);
  }
  if (s.url.empty() || s.connections < 1 || s.requests < 1) {
    std::fputs("usage: bench_http_client --url U [--connections 64] [--requests 100000] [--idle N]\n",
               stderr);
    return 2;
  }
  return bight::run_main(program, s);
}
