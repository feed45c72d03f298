#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <iostream>
namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

struct item {
  int id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(item, (), (id, name))

http::server_response show_item(http::server_request& request) {
  return http::json_response(item{request.param<int>("id"), "rope"});
}
bight::awaitable<void> program() {
  http::router routes;
  routes.get("/", [] { return "hello\n"; });
  routes.get("/items/{id:int}", show_item);
  http::server server(std::move(routes));
  net::listener listener(net::endpoint(net::ip_address::loopback(), 0));
  const auto url = "http://" + listener.local_endpoint().to_string();
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    group.spawn([&] { return server.serve(std::move(listener)); });
    http::client client;
    auto response = co_await client.get(url + "/items/7").header("X-Trace", "abc").timeout(5s);
    response.raise_for_status();
    const auto found = co_await http::json<item>(response);
    std::cout << found.id << ": " << found.name << '\n';
    server.stop();
  });
}
int main() { return bight::run_main(program); }
