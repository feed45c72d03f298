// bench_http_server --port P [--body BYTES] [--routes N] [--middleware N]: answers every path on 127.0.0.1,
// with deadlines, limits and Date on; with --routes, through a router of N routes, one of which is "/"; with
// --middleware, through the first N of an access log in memory, metrics and security headers. SIGINT ends it
// and prints the report.
// bench_http_server --routes N --requests M: the cost of a router of N routes alone, without a server: a
// literal path and one with a parameter, and the same calls to the handler itself.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <cstdlib>
#include <functional>
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

http::router make_routes(long count, const std::function<http::handler()>& answer) {
  http::router routes;
  routes.get("/", answer());
  for (long i = 1; i < count; ++i) {
    const auto name = "/api/resource" + std::to_string(i / 4);
    if (i % 4 == 0) routes.get(name, answer());
    if (i % 4 == 1) routes.get(name + "/{id:int}", answer());
    if (i % 4 == 2) routes.post(name + "/{id:int}/items", answer());
    if (i % 4 == 3) routes.get(name + "/{id:int}/items/{item}", answer());
  }
  return routes;
}

awaitable<http::server_response> nothing(http::server_request&) { co_return http::server_response{204}; }

awaitable<void> call(const char* name, http::handler handle, std::string target, long requests) {
  const bench::stopwatch watch;
  for (long i = 0; i < requests; ++i) {
    http::server_request request{http::method::get, target};
    auto work = handle(request);
    static_cast<void>(co_await std::move(work));
  }
  watch.report(name, requests);
}

awaitable<void> route_only(long routes, long requests) {
  const auto answer = [] { return http::handler{nothing}; };
  const auto literal = "/api/resource" + std::to_string(routes / 8);
  co_await call("http_handler", nothing, literal, requests);
  co_await call("http_router_literal", make_routes(routes, answer), literal, requests);
  co_await call("http_router_parameter", make_routes(routes, answer), literal + "/7", requests);
  co_await call("http_router_two_parameters", make_routes(routes, answer), literal + "/7/items/x", requests);
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
  long routes = 0;
  long requests = 0;
  long wanted = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--port") port = std::atol(argv[i + 1]);
    if (name == "--body") size = static_cast<std::size_t>(std::atol(argv[i + 1]));
    if (name == "--routes") routes = std::atol(argv[i + 1]);
    if (name == "--requests") requests = std::atol(argv[i + 1]);
    if (name == "--middleware") wanted = std::atol(argv[i + 1]);
  }
  if (routes > 0 && requests > 0) return bight::run_main(route_only, routes, requests);
  if (port < 1 || port > 65535) {
    std::fputs("usage: bench_http_server --port P [--body BYTES] [--routes N] [--middleware N]\n", stderr);
    return 2;
  }
  const std::string body(size, 'x');
  const auto answer = [&]() -> http::handler {
    return [&](http::server_request&) -> awaitable<http::server_response> {
      http::server_response r{200, body};
      r.headers().append(http::header_id::content_type, "application/octet-stream");
      co_return r;
    };
  };
  std::string lines;
  bight::metrics metrics;
  std::vector<http::middleware> around;
  if (wanted > 0) around.push_back(http::access_log(into(lines)));
  if (wanted > 1) around.push_back(http::request_metrics(metrics));
  if (wanted > 2) around.push_back(http::security_headers());
  auto handler = routes > 0 ? http::handler{make_routes(routes, answer)} : answer();
  if (!around.empty()) handler = http::compose(std::move(around), std::move(handler));
  http::server server{std::move(handler)};
  const bench::stopwatch watch;
  const int status = bight::run_main(serve, std::ref(server), static_cast<std::uint16_t>(port));
  if (server.requests() != 0) watch.report("http_server", static_cast<long>(server.requests()));
  return status;
}
