// What docs/typed-api.md shows.
#include <bight/api.hpp>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>
#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace typed_api_guide {

namespace api = bight::api;
namespace http = bight::http;
using bight::testing::test_client;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct part {
  std::string name;
  double weight = 0;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, weight))

struct item {
  std::string name;
  double price = 0;
  colour paint = colour::red;
  std::optional<std::string> note;
  std::vector<part> parts;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, paint, note, parts))

constexpr auto schema_of(api::type<item>) {
  return api::schema(
      api::field(&item::name).length(1, 40).description("as on the label").example(R"("rope")"),
      api::field(&item::price).above(0).max(10'000), api::field(&item::paint).or_default(),
      api::field(&item::parts).length(0, 100).or_default());
}

inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id").min(1), api::query<bool>("verbose", false))
        .summary("One item")
        .tag("items")
        .fails(404, "there is no such item");
inline constexpr auto add_item =
    api::post<int>("/items", api::body<item>()).status(201).summary("Adds an item");
inline constexpr auto find_items = api::get<std::vector<item>>(
    "/items", api::query<std::optional<std::string>>("q").length(2, 50),
    api::query<int>("limit", 10).min(1).max(100), api::query<std::vector<colour>>("paint"));
inline constexpr auto get_greeting =
    api::get<std::string>("/greeting", api::header<std::string>("Accept-Language", "en"),
                          api::cookie<std::optional<std::string>>("name"));

struct user {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(user, (), (name))

inline constexpr auto get_me = api::get<user>("/me").summary("Who asks");

class store {
 public:
  int add(item added) {
    const int id = static_cast<int>(items_.size()) + 1;
    items_.emplace(id, std::move(added));
    return id;
  }
  std::optional<item> find(int id) const {
    const auto at = items_.find(id);
    return at == items_.end() ? std::nullopt : std::optional{at->second};
  }
  const std::map<int, item>& items() const { return items_; }

 private:
  std::map<int, item> items_;
};

api::router item_routes(store& shop) {
  api::router routes{api::router_options{"Shop", "1.0.0"}};
  routes.add(get_item, [&](int id, bool verbose) -> bight::awaitable<item> {
    auto found = shop.find(id);
    if (!found) throw http::problem{404, "there is no item " + std::to_string(id)};
    if (!verbose) found->parts.clear();
    co_return *found;
  });
  routes.add(add_item, [&](item added) { return shop.add(std::move(added)); });
  routes.add(find_items, [&](const std::optional<std::string>& q, int limit,
                             const std::vector<colour>& paint) {
    std::vector<item> found;
    for (const auto& [id, one] : shop.items()) {
      const bool has_text = !q || one.name.find(*q) != std::string::npos;
      const bool has_paint = paint.empty() || std::find(paint.begin(), paint.end(), one.paint) != paint.end();
      if (has_text && has_paint && static_cast<int>(found.size()) < limit) found.push_back(one);
    }
    return found;
  });
  return routes;
}

void add_greeting(api::router& routes) {
  routes.add(get_greeting, [](const std::string& language, const std::optional<std::string>& name) {
    return (language.starts_with("de") ? "hallo " : "hello ") + name.value_or("you");
  });
}

class session {
 public:
  explicit session(std::string user) : user_(std::move(user)) {}
  const std::string& user_name() const { return user_; }

 private:
  std::string user_;
};

void add_me(api::router& routes) {
  routes.provide_bearer([](const std::string& token) -> std::optional<user> {
    if (token != "letmein") return std::nullopt;
    return user{"ann"};
  });
  routes.provide([](api::dependency<user> who) { return session{who->name}; });
  routes.add(get_me, [](api::dependency<session> db) { return user{db->user_name()}; });
}

bight::awaitable<http::server_response> no_cache(http::server_request& request, http::next next) {
  auto response = co_await next(request);
  response.headers().set("Cache-Control", "no-store");
  co_return response;
}

http::router whole_site(store& shop) {
  api::router v1 = item_routes(shop);
  add_greeting(v1);
  add_me(v1);
  v1.add_middleware(no_cache);
  api::router routes{api::router_options{"Shop", "1.0.0"}};
  routes.mount("/v1", std::move(v1));
  http::router site;
  site.get("/", [] { return "a shop\n"; });
  site.mount("/api", std::move(routes).routes());
  return site;
}

ASYNC_TEST(typed_api_guide, operations_are_called) {
  store shop;
  test_client web{item_routes(shop).routes()};
  api::client client{web};
  item rope;
  rope.name = "rope";
  rope.price = 9.5;
  const int id = co_await client.call(add_item, rope);
  const auto found = co_await client.call(get_item, id, true);
  EXPECT_EQ(found.name, "rope");
  const auto some = co_await client.call(find_items, "ro");
  EXPECT_EQ(some.size(), 1U);
}

ASYNC_TEST(typed_api_guide, errors_are_problems) {
  store shop;
  test_client web{item_routes(shop).routes()};
  api::client client{web};
  try {
    auto missing = co_await client.call(get_item, 7);
    ADD_FAILURE() << missing.name;
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 404);
    EXPECT_EQ(e.detail(), "there is no item 7");
  }
}

ASYNC_TEST(typed_api_guide, invalid_requests_are_422) {
  store shop;
  test_client web{item_routes(shop).routes()};
  auto request = web.post("/items");
  request.body(std::string{R"({"name": "", "price": -1})"}, "application/json");
  auto response = co_await std::move(request);
  EXPECT_EQ(response.status(), 422);
  const auto text = co_await response.text();
  EXPECT_EQ(
      text,
      R"({"title":"Unprocessable Content","status":422,"detail":"2 values of the request are invalid","errors":[)"
      R"({"in":"body","pointer":"/name","constraint":"minLength","detail":"must have at least 1 character","value":"\"\""},)"
      R"({"in":"body","pointer":"/price","constraint":"exclusiveMinimum","detail":"must be greater than 0","value":"-1"}]})");
}

ASYNC_TEST(typed_api_guide, a_bigger_application) {
  store shop;
  test_client web{whole_site(shop)};
  auto greeting = co_await web.get("/api/v1/greeting").header("Accept-Language", "de").cookie("name", "ann");
  EXPECT_EQ(greeting.headers().get("Cache-Control"), "no-store");
  const auto text = co_await greeting.text();
  EXPECT_EQ(text, R"("hallo ann")");
  const auto refused = co_await web.get("/api/v1/me");
  EXPECT_EQ(refused.status(), 401);
  bight::testing::test_client_options options;
  options.client.auth = http::bearer_auth{"letmein"};
  options.client.base_url = http::url{"http://shop.example/"};
  test_client as_ann{whole_site(shop), options};
  const api::client client{as_ann, "http://shop.example/api/v1"};
  const auto me = co_await client.call(get_me);
  EXPECT_EQ(me.name, "ann");
  auto document = co_await web.get("/api/openapi.json");
  const auto shown = co_await document.text();
  EXPECT_THAT(shown, HasSubstr("\"/v1/items/{id}\""));
}

}  // namespace typed_api_guide
