// A small JSON service: routes, middleware, errors as problem+json, work after the response.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <iostream>
#include <map>
#include <string>
namespace http = bight::http;
namespace net = bight::net;

struct item {
  std::string name;
  double price = 0;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price))
std::map<int, item> items;

http::server_response show_item(http::server_request& request) {
  const auto found = items.find(request.param<int>("id"));
  if (found == items.end()) throw http::problem{404, "no such item"};
  return http::json_response(found->second);
}
bight::awaitable<void> log_item(int id) {
  std::cout << "added item " << id << "\n";
  co_return;
}
bight::awaitable<http::server_response> add_item(http::server_request& request) {
  auto added = co_await http::json<item>(request);  // responds 422, with the place, if it is not an item
  const auto id = static_cast<int>(items.size()) + 1;
  items[id] = std::move(added);
  request.run_after_response([id] { return log_item(id); });
  co_return http::redirect_to("/items/" + std::to_string(id));
}

bight::awaitable<http::server_response> log_route(http::server_request& request, http::next next) {
  auto response = co_await next(request);
  std::cout << request.method().name() << ' ' << request.route() << ": " << response.status().code() << '\n';
  co_return response;
}

bight::awaitable<void> program() {
  http::router routes;
  routes.add_middleware(log_route);
  routes.get("/items/{id:int}", show_item);
  routes.post("/items", add_item).max_body(64 * 1024).timeout(std::chrono::seconds{5});
  http::server server{std::move(routes)};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto url = "http://" + listener.local_endpoint().to_string() + "/items";
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  http::client client;
  for (const std::string_view body : {R"({"name": "rope", "price": 9.5})", R"({"name": "rope"})"}) {
    auto response = co_await client.post(url).text(std::string{body});
    std::cout << co_await response.text() << '\n';
  }
  auto missing = co_await client.get(url + "/7");
  std::cout << missing.status().code() << '\n';
  server.stop();
  co_await serving;
}
int main() { return bight::run_main(program); }
