// A typed API: one declaration for the server, the client and the document.
#include <bight/api.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <iostream>
#include <map>
#include <string>
namespace api = bight::api;
namespace http = bight::http;
namespace net = bight::net;

struct item {
  std::string name;
  double price = 0;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price))
constexpr auto schema_of(api::type<item>) {
  return api::schema(api::field(&item::name).length(1, 40), api::field(&item::price).above(0));
}

inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id")).fails(404, "no such item");
inline constexpr auto add_item = api::post<int>("/items", api::body<item>()).status(201);

api::router make_routes(std::map<int, item>& items) {
  api::router routes{api::router_options{"Shop", "1.0.0"}};
  routes.add(get_item, [&](int id) {
    if (!items.contains(id)) throw http::problem{404, "there is no item " + std::to_string(id)};
    return items.at(id);
  });
  routes.add(add_item, [&](const item& added) {
    const int id = static_cast<int>(items.size()) + 1;
    items[id] = added;
    return id;
  });
  return routes;
}

bight::awaitable<void> use(api::client shop) {
  item rope{"rope", 9.5};
  const int id = co_await shop.call(add_item, rope);
  const auto found = co_await shop.call(get_item, id);
  std::cout << "item " << id << ": " << found.name << '\n';
  try {
    rope.price = -1;
    co_await shop.call(add_item, rope);
  } catch (const api::problem& e) { std::cout << e.what() << '\n' << e.document().at("errors") << '\n'; }
}

bight::awaitable<void> program() {
  std::map<int, item> items;
  http::server server{make_routes(items).routes()};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto url = "http://" + listener.local_endpoint().to_string();
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await use(api::client{http::client{}, url});  // the document is at /openapi.json, a page at /docs
  server.stop();
  co_await serving;
}
int main() { return bight::run_main(program); }
