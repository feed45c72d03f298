// Operations: from requests to values, and back.
#include <bight/api/router.hpp>

#include <bight/api/client.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/shop.hpp"

namespace bight::api_router_test {

using namespace test::shop;
using bight::testing::test_client;
using bight::testing::test_client_options;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const std::optional<std::string>& q, int limit, const std::vector<colour>& paint,
                    const std::string& shop, std::optional<int> seen) {
  return q.value_or("-") + ' ' + std::to_string(limit) + ' ' + std::to_string(paint.size()) + ' ' + shop +
         ' ' + std::to_string(seen.value_or(-1));
}

awaitable<item> show(int id, bool verbose) {
  co_await yield();
  if (id == 404) throw http::problem{404, "there is no item 404"};
  item one;
  one.name = verbose ? "long rope" : "rope";
  one.price = id;
  co_return one;
}

api::router shop_routes() {
  api::router routes{api::router_options{"Shop", "1.2.0"}};
  routes.add(get_item, show);
  routes.add(add_item, [](const item& added) { return static_cast<int>(added.parts.size()); });
  routes.add(remove_item, [](int) {});
  routes.add(find_items, [](const auto& q, int limit, const auto& paint, const auto& shop, auto seen) {
    return std::vector<std::string>{text_of(q, limit, paint, shop, seen)};
  });
  routes.add(log_in, [](const login&, http::server_request& request) -> awaitable<void> {
    co_await request.inform(103);
  });
  routes.add(get_file, [](std::string name) { return name; });
  routes.add(save_tree, [](category tree) { return tree; });
  return routes;
}

class answer {
 public:
  answer(int code, std::string body) : status(code), text(std::move(body)) {}
  int status;
  std::string text;
};

awaitable<answer> ask(http::request_builder request) {
  auto response = co_await std::move(request);
  auto text = co_await response.text();
  co_return answer(response.status().code(), std::move(text));
}

awaitable<answer> post(http::client& client, std::string_view path, std::string_view json) {
  auto request = client.post(path);
  request.body(std::string{json}, "application/json");
  return ask(std::move(request));
}

ASYNC_TEST(api_router, calls_handlers_with_values) {
  test_client client{shop_routes().routes()};
  const auto found = co_await ask(client.get("/items/7?verbose=true"));
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(
      found.text,
      R"({"name":"long rope","price":7,"stock":1,"paint":"red","note":null,"tags":[],"parts":[],"sizes":{}})");
  const auto plain = co_await ask(client.get("/items/7"));
  EXPECT_THAT(plain.text, HasSubstr(R"("name":"rope")"));
  const auto added =
      co_await post(client, "/items", R"({"name":"a","price":1,"parts":[{"name":"b","weight":1}]})");
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(added.text, "1");
  const auto removed = co_await ask(client.delete_("/items/7"));
  EXPECT_EQ(removed.status, 204);
  EXPECT_EQ(removed.text, "");
}

ASYNC_TEST(api_router, parameters_of_all_places) {
  test_client client{shop_routes().routes()};
  const auto none = co_await ask(client.get("/items"));
  EXPECT_EQ(none.text, R"(["- 10 0 main -1"])");
  const auto all = co_await ask(client.get("/items?q=a%20b&limit=5&paint=red&paint=green")
                                    .header("X-Shop", "north")
                                    .cookie("seen", "3"));
  EXPECT_EQ(all.text, R"(["a b 5 2 north 3"])");
  const auto file = co_await ask(client.get("/files/a/b%20c"));
  EXPECT_EQ(file.text, R"("a/b c")");
}

ASYNC_TEST(api_router, all_that_is_wrong_is_422) {
  test_client client{shop_routes().routes()};
  const auto wrong =
      co_await ask(client.get("/items?q=a&limit=x&paint=blue&paint=red&paint=1").cookie("seen", "3.5"));
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(
      wrong.text,
      R"({"title":"Unprocessable Content","status":422,"detail":"4 values of the request are invalid","errors":[)"
      R"({"in":"query","name":"q","pointer":"","constraint":"minLength","detail":"must have at least 2 characters","value":"\"a\""},)"
      R"({"in":"query","name":"limit","pointer":"","constraint":"type","detail":"expected an integer","value":"\"x\""},)"
      R"({"in":"query","name":"paint","pointer":"","constraint":"maxItems","detail":"must have at most 2 items"},)"
      R"({"in":"cookie","name":"seen","pointer":"","constraint":"type","detail":"expected an integer","value":"\"3.5\""}]})");
  const auto path = co_await ask(client.get("/items/seven"));
  EXPECT_EQ(path.status, 422);
  const auto body = co_await post(client, "/items", R"({"price":0})");
  EXPECT_EQ(body.status, 422);
  EXPECT_THAT(body.text, HasSubstr(R"("in":"body","pointer":"/name","constraint":"required")"));
  EXPECT_THAT(body.text, HasSubstr(R"("in":"body","pointer":"/price","constraint":"exclusiveMinimum")"));
}

ASYNC_TEST(api_router, numbers_of_parameters_are_whole_and_in_range) {
  test_client client{shop_routes().routes()};
  for (const std::string_view text : {"0", "101", "1e1", "0x1", "%201", "+1", "", "99999999999999999999"}) {
    const auto r = co_await ask(client.get("/items?limit=" + std::string{text}));
    EXPECT_EQ(r.status, 422) << text;
  }
  const auto last = co_await ask(client.get("/items?limit=100"));
  EXPECT_EQ(last.status, 200);
}

ASYNC_TEST(api_router, a_header_that_is_not_utf8_is_422) {
  test_client client{shop_routes().routes()};
  const auto r = co_await ask(client.get("/items").header("X-Shop", "\xff"));
  EXPECT_EQ(r.status, 422);
  EXPECT_THAT(r.text, HasSubstr("not UTF-8"));
}

ASYNC_TEST(api_router, a_body_must_say_that_it_is_json) {
  test_client client{shop_routes().routes()};
  const std::string json = R"({"name":"a","price":1})";
  const auto plain = co_await ask(client.post("/items").text(json));
  EXPECT_EQ(plain.status, 415);
  const auto none = co_await ask(client.post("/items").body(json));
  EXPECT_EQ(none.status, 415);
  const auto other =
      co_await ask(client.post("/items").body(json, "Application/vnd.shop+JSON; charset=utf-8"));
  EXPECT_EQ(other.status, 201);
  const auto empty = co_await ask(client.post("/items"));
  EXPECT_EQ(empty.status, 422);
  EXPECT_THAT(empty.text, HasSubstr(R"("detail":"missing")"));
}

ASYNC_TEST(api_router, a_deep_body_is_422) {
  test_client client{shop_routes().routes()};
  std::string deep;
  for (int i = 0; i != 10'000; ++i) deep += R"({"name":"a","children":[)";
  auto request = client.put("/tree");
  request.body(deep, "application/json");
  const auto r = co_await ask(std::move(request));
  EXPECT_EQ(r.status, 422);
}

ASYNC_TEST(api_router, problems_of_handlers_are_responses) {
  test_client client{shop_routes().routes()};
  const auto missing = co_await ask(client.get("/items/404"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.text, HasSubstr("there is no item 404"));
}

ASYNC_TEST(api_router, a_result_that_is_not_json_is_an_error_of_the_server) {
  static constexpr auto get_ratio = api::get<double>("/ratio");
  api::router routes;
  routes.add(get_ratio, [] { return std::numeric_limits<double>::quiet_NaN(); });
  test_client_options options;
  options.throw_handler_errors = false;
  test_client client{std::move(routes).routes(), options};
  const auto r = co_await ask(client.get("/ratio"));
  EXPECT_EQ(r.status, 500);
}

ASYNC_TEST(api_router, a_text_that_is_not_utf8_is_no_json) {
  static constexpr auto get_names = api::get<std::map<std::string, std::vector<std::string>>>("/names");
  api::router routes;
  routes.add(get_names, [] {
    return std::map<std::string, std::vector<std::string>>{{"files", {"a", "gr\xfc\xdf"}}};
  });
  test_client client{std::move(routes).routes()};
  std::string why;
  try {
    static_cast<void>(co_await ask(client.get("/names")));
  } catch (const http::json_error& e) { why = e.what(); }
  EXPECT_THAT(why, HasSubstr("/files/1: the text is not UTF-8"));
}

ASYNC_TEST(api_router, routers_are_mounted_in_routers) {
  api::router outer;
  outer.mount("/v1", shop_routes());
  http::router site;
  site.mount("/api", std::move(outer).routes());
  test_client client{std::move(site)};
  const auto found = co_await ask(client.get("/api/v1/items/7"));
  EXPECT_EQ(found.status, 200);
  const auto document = co_await ask(client.get("/api/openapi.json"));
  EXPECT_THAT(document.text, HasSubstr(R"("servers":[{"url":"/api"}])"));
  EXPECT_THAT(document.text, HasSubstr(R"("/v1/items/{id}")"));
  api::router refuses;
  EXPECT_THROW(refuses.mount("/{shop}", shop_routes()), std::invalid_argument);
}

}  // namespace bight::api_router_test
