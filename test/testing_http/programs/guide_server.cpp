// The program of docs/http-server.md. guide_server [ENDPOINT]
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

namespace {

http::router make_site() {
  http::access_log_options log;
  log.sink = [](std::string_view line) { std::clog << std::string{line} + '\n'; };
  http::router site;
  site.add_middleware(http::trusted_proxies());  // nginx, on this machine
  site.add_middleware(http::access_log(std::move(log)));
  site.get("/", [] { return "hello\n"; });
  site.get("/me", [](http::server_request& request) {
    return request.remote_endpoint().address().to_string() +
           (http::is_secure(request) ? " https " : " http ") + std::string{request.authority()};
  });
  site.post("/upload", [](http::server_request& request) -> bight::awaitable<std::string> {
    std::size_t bytes = 0;
    auto piece = co_await request.read_piece();
    while (!piece.empty()) {
      bytes += piece.size();
      piece = co_await request.read_piece();
    }
    co_return std::to_string(bytes) + " bytes\n";
  });
  site.get("/slow", []() -> bight::awaitable<std::string> {
    co_await bight::sleep(300ms);
    co_return "at last\n";
  });
  return site;
}

}  // namespace

int main(int argc, char** argv) {
  const net::endpoint where{net::ip_address::loopback(), 8080};
  http::run_server_options options{argc > 1 ? net::endpoint::parse(argv[1]).value() : where};
  options.server.limits.max_body = 64U << 20U;
  options.stop_timeout = 10s;
  options.on_ready = [](const std::vector<net::endpoint>& at) {
    std::cout << "ready " << at.front().to_string() << std::endl;
  };
  return http::run_server(std::move(options), make_site);
}
