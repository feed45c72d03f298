// slow_site SECONDS: answers every request after so many seconds. Prints its port.
#include <sys/resource.h>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace {

using namespace bight;

awaitable<void> serve(std::chrono::seconds delay) {
  net::listen_options listening;
  listening.backlog = 16 * 1024;
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}, listening};
  std::cout << "port " << listener.local_endpoint().port() << std::endl;
  http::server_options options;
  options.limits.max_connections = 20'000;
  http::server server{[delay](http::server_request&) -> awaitable<http::server_response> {
                        co_await sleep(delay);
                        co_return http::server_response{200, "at last"};
                      },
                      options};
  co_await server.serve(std::move(listener));
}

}  // namespace

int main(int argc, char** argv) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  run(serve, std::chrono::seconds{argc > 1 ? std::atoi(argv[1]) : 1});
}
