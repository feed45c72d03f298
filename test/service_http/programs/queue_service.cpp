// queue_service ENDPOINT DONE_FILE WORK_US STOP_MS: a server that queues what is posted to it, and a worker
// that writes each item to the file when it has done it. Prints its address.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <bight/service.hpp>
#include <bight/service_http.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
namespace http = bight::http;
namespace net = bight::net;

class worker {
 public:
  worker(const std::string& file, std::chrono::microseconds each) : done_(file, std::ios::app), each_(each) {}
  bool add(const std::string& item) {
    pending_.insert(item);
    return items_.try_put(item);
  }
  bight::awaitable<void> run() {
    auto handle = [this](std::string item) -> bight::awaitable<void> {
      co_await bight::sleep(each_);
      done_ << item << std::endl;
      pending_.erase(item);
    };
    co_await bight::workers(items_, 4, handle);
  }
  void stop() { items_.shutdown(); }
  std::string unfinished() const {
    std::string all;
    for (const auto& item : pending_) all += (all.empty() ? "" : " ") + item;
    return all;
  }

 private:
  bight::queue<std::string> items_;
  std::set<std::string> pending_;
  std::ofstream done_;
  std::chrono::microseconds each_;
};

bight::awaitable<void> serve(char** argv) {
  worker work{argv[2], std::chrono::microseconds{std::atol(argv[3])}};
  http::router routes;
  auto accept = [&work](http::server_request& request) -> bight::awaitable<http::server_response> {
    co_await bight::sleep(2ms);
    const bool queued = work.add(std::string{request.param("name")});
    co_return http::server_response{queued ? 202 : 503, std::string(20'000, 'x')};
  };
  routes.post("/items/{name}", accept);
  routes.post("/block", [] { std::this_thread::sleep_for(1s); });
  http::server server{std::move(routes)};
  auto open = [where = net::endpoint::parse(argv[1]).value()] {
    net::listener l{where};
    std::cout << "ready " << l.local_endpoint().to_string() << std::endl;
    return l;
  };

  bight::service_host host;
  host.add("worker", std::ref(work)).stop_timeout(std::chrono::milliseconds{std::atol(argv[4])});
  host.add("web", bight::as_service(server, open)).depends_on("worker");
  co_await host.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  return bight::run_main(serve, argv);
}
