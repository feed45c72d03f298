// The OpenAPI document and the page.
#include <bight/api/router.hpp>

#include <unistd.h>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "api/shop.hpp"

namespace bight::api_openapi_test {

using namespace test::shop;
using bight::testing::test_client;
using ::testing::HasSubstr;

namespace other {
// Has the name of another type.
struct item {
  std::uint64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(item, (), (id))
}  // namespace other

inline constexpr auto get_other =
    api::get<std::optional<other::item>>("/other", api::query<std::optional<float>>("near"));

api::router documented() {
  api::router_options options{"Shop", "1.2.0"};
  options.description = "Ropes & more";
  api::router routes{options};
  routes.add(get_item, [](int, bool) { return item{}; });
  routes.add(add_item, [](const item&) { return 1; });
  routes.add(remove_item, [](int) {});
  routes.add(find_items, [](auto...) { return std::vector<std::string>{}; });
  routes.add(log_in, [](const login&) {});
  routes.add(get_file, [](std::string name) { return name; });
  routes.add(save_tree, [](category tree) { return tree; });
  routes.add(get_other, [](std::optional<float>) { return std::optional<other::item>{}; });
  return routes;
}

boost::json::value document() { return boost::json::parse(documented().openapi()); }

// The JSON text at a pointer.
std::string at(std::string_view pointer) {
  boost::json::error_code failed;
  const auto all = document();
  const auto* const found = all.find_pointer(pointer, failed);
  return found ? boost::json::serialize(*found) : "nothing";
}

TEST(api_openapi, describes_the_api) {
  EXPECT_EQ(at("/openapi"), R"("3.1.0")");
  EXPECT_EQ(at("/info"), R"({"title":"Shop","version":"1.2.0","description":"Ropes & more"})");
  EXPECT_EQ(at("/servers"), "nothing");
}

TEST(api_openapi, is_the_same_text_each_time) { EXPECT_EQ(documented().openapi(), documented().openapi()); }

TEST(api_openapi, describes_an_operation) {
  EXPECT_EQ(
      at("/paths/~1items~1{id}/get"),
      R"({"tags":["items"],"summary":"One item","operationId":"get_items_id","parameters":[)"
      R"({"name":"id","in":"path","required":true,"schema":{"type":"integer","format":"int32","minimum":1}},)"
      R"({"name":"verbose","in":"query","schema":{"type":"boolean","default":false}}],"responses":{)"
      R"("200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/item"}}}},)"
      R"("404":{"description":"there is no such item","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}},)"
      R"("422":{"description":"The request is not valid","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}}},"security":[]})");
  EXPECT_EQ(at("/paths/~1items~1{id}/delete/summary"), R"("DELETE /items/{id}")");
  EXPECT_EQ(at("/paths/~1items~1{id}/delete/deprecated"), "true");
  EXPECT_EQ(at("/paths/~1items~1{id}/delete/responses/204"), R"({"description":"No Content"})");
}

TEST(api_openapi, describes_parameters) {
  EXPECT_EQ(at("/paths/~1items/get/operationId"), R"("find")");
  EXPECT_EQ(
      at("/paths/~1items/get/parameters"),
      R"([{"name":"q","in":"query","schema":{"type":"string","minLength":2,"maxLength":10}},)"
      R"({"name":"limit","in":"query","schema":{"type":"integer","format":"int32","minimum":1,"maximum":100,"default":10}},)"
      R"({"name":"paint","in":"query","schema":{"type":"array","items":{"$ref":"#/components/schemas/colour"},"maxItems":2}},)"
      R"({"name":"X-Shop","in":"header","schema":{"type":"string","default":"main"}},)"
      R"({"name":"seen","in":"cookie","schema":{"type":"integer","format":"int32"}}])");
}

TEST(api_openapi, the_rest_of_a_path_is_a_parameter) {
  EXPECT_THAT(at("/paths/~1files~1{name}/get/parameters"), HasSubstr(R"("name":"name","in":"path")"));
}

TEST(api_openapi, describes_bodies_and_types) {
  EXPECT_EQ(
      at("/paths/~1items/post/requestBody"),
      R"({"content":{"application/json":{"schema":{"$ref":"#/components/schemas/item"}}},"required":true})");
  EXPECT_EQ(
      at("/components/schemas/item"),
      R"({"type":"object","properties":{)"
      R"("name":{"type":"string","minLength":1,"maxLength":20,"description":"as on the label","examples":["rope"]},)"
      R"("price":{"type":"number","format":"double","exclusiveMinimum":0,"maximum":1000000},)"
      R"("stock":{"type":"integer","format":"int32","minimum":0,"default":1},)"
      R"("paint":{"$ref":"#/components/schemas/colour","default":"red"},)"
      R"("note":{"type":["string","null"],"maxLength":5},)"
      R"("tags":{"type":"array","items":{"type":"string"},"maxItems":2,"default":[]},)"
      R"("parts":{"type":"array","items":{"$ref":"#/components/schemas/part"},"default":[]},)"
      R"("sizes":{"type":"object","additionalProperties":{"type":"integer","format":"int32"},"default":{}}},)"
      R"("required":["name","price"]})");
  EXPECT_EQ(at("/components/schemas/colour"), R"({"type":"string","enum":["red","green"]})");
  EXPECT_EQ(at("/components/schemas/category/properties/children"),
            R"({"type":"array","items":{"$ref":"#/components/schemas/category"}})");
  EXPECT_EQ(
      at("/components/schemas/login"),
      R"({"type":"object","properties":{"user":{"type":"string","minLength":1},)"
      R"("password":{"type":"string","minLength":8,"format":"password"}},"required":["user","password"],"additionalProperties":false})");
}

TEST(api_openapi, types_of_the_same_name_are_told_apart) {
  EXPECT_EQ(at("/paths/~1other/get/responses/200/content/application~1json/schema"),
            R"({"anyOf":[{"$ref":"#/components/schemas/item_2"},{"type":"null"}]})");
  EXPECT_EQ(at("/components/schemas/item_2/properties/id"),
            R"({"type":"integer","minimum":0,"maximum":18446744073709551615,"format":"uint64"})");
}

TEST(api_openapi, is_written_to_a_file) {
  const auto file =
      std::filesystem::temp_directory_path() / ("bight-openapi-" + std::to_string(::getpid()) + ".json");
  documented().write_openapi(file);
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(text, documented().openapi() + '\n');
  std::filesystem::remove(file);
  EXPECT_THROW(documented().write_openapi(file / "missing.json"), std::system_error);
}

ASYNC_TEST(api_openapi, is_served_beside_the_operations) {
  test_client client{documented().routes()};
  auto response = co_await client.get("/openapi.json");
  EXPECT_EQ(response.headers().get("Content-Type"), "application/json");
  const auto text = co_await response.text();
  EXPECT_EQ(text, documented().openapi());
}

ASYNC_TEST(api_openapi, the_page_names_the_document) {
  http::router site;
  api::router_options options{"Ropes <& \"knots\">", "1"};
  site.mount("/api", api::router{options}.routes());
  test_client client{std::move(site)};
  auto response = co_await client.get("/api/docs");
  EXPECT_EQ(response.headers().get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(response.headers().get("Content-Security-Policy").value_or(""),
              HasSubstr("default-src 'none'"));
  const auto text = co_await response.text();
  EXPECT_THAT(text, HasSubstr("<title>Ropes &lt;&amp; &quot;knots&quot;></title>"));
  EXPECT_THAT(text, HasSubstr(R"(data-document="/api/openapi.json")"));
}

ASYNC_TEST(api_openapi, document_and_page_can_be_left_out) {
  api::router_options options;
  options.openapi_path.clear();
  test_client client{api::router{options}.routes()};
  const auto document = co_await client.get("/openapi.json");
  EXPECT_EQ(document.status(), 404);
  const auto page = co_await client.get("/docs");
  EXPECT_EQ(page.status(), 404);
}

TEST(api_openapi, an_operation_at_the_path_of_the_document_is_refused) {
  static constexpr auto taken = api::get<int>("/openapi.json");
  api::router routes;
  routes.add(taken, [] { return 1; });
  EXPECT_THROW(static_cast<void>(std::move(routes).routes()), std::invalid_argument);
}

// Generators of clients make a function of each.
TEST(api_openapi, ids_of_operations_are_unique) {
  static constexpr auto first = api::get<int>("/a/b");
  static constexpr auto second = api::get<int>("/a-b");
  static constexpr auto named = api::get<int>("/named").id("same");
  const auto inner = [] {
    api::router r;
    r.add(named, [] { return 1; });
    return r;
  };
  api::router routes;
  routes.add(first, [] { return 1; });
  routes.add(second, [] { return 1; });
  routes.mount("/v1", inner());
  routes.mount("/v2", inner());
  const auto text = routes.openapi();
  for (const auto* const id : {"get_a_b", "get_a_b_2", "same", "same_2"})
    EXPECT_THAT(text, HasSubstr("\"operationId\":\"" + std::string{id} + '"'));
}

// OpenAPI 3.1 4.8.8: paths that differ only in the names of their parameters are identical, and invalid.
TEST(api_openapi, a_path_with_other_names_is_the_same_path) {
  static constexpr auto show =
      api::get<int>("/items/{id}/parts/{part}", api::path<int>("id"), api::path<int>("part"));
  static constexpr auto remove = api::delete_<void>("/items/{item_id}/parts/{id}", api::path<int>("id"),
                                                    api::path<int>("item_id"), api::query<int>("id"));
  api::router routes;
  routes.add(show, [](int, int) { return 1; });
  routes.add(remove, [](int, int, int) {});
  const auto document = boost::json::parse(routes.openapi());
  const auto& paths = document.at("paths").as_object();
  ASSERT_EQ(paths.size(), 1U);
  const auto& parameters = paths.begin()->value().at("delete").at("parameters").as_array();
  EXPECT_EQ(parameters.at(0).at("name"), "part");
  EXPECT_EQ(parameters.at(1).at("name"), "id");
  EXPECT_EQ(parameters.at(2).at("name"), "id");
  EXPECT_EQ(parameters.at(2).at("in"), "query");
}

TEST(api_openapi, the_rules_of_a_body_are_in_the_document) {
  static constexpr auto add = api::post<int>(
      "/numbers", api::body<std::vector<int>>().length(1, 3).description("some").example("[7]"));
  api::router routes;
  routes.add(add, [](const std::vector<int>&) { return 1; });
  const auto document = boost::json::parse(routes.openapi());
  EXPECT_EQ(
      boost::json::serialize(document.at_pointer("/paths/~1numbers/post/requestBody")),
      R"({"description":"some","content":{"application/json":{"schema":{"type":"array","items":)"
      R"({"type":"integer","format":"int32"},"minItems":1,"maxItems":3,"examples":[[7]]}}},"required":true})");
}

TEST(api_openapi, what_cannot_be_documented_is_found_at_the_start) {
  static constexpr auto bad_example = api::get<int>("/a", api::query<std::string>("q").example("rope"));
  static constexpr auto no_body = api::get<int>("/b").status(204);
  const auto what = [](const auto& op, auto f) -> std::string {
    api::router routes;
    routes.add(op, f);
    try {
      static_cast<void>(std::move(routes).routes());
    } catch (const std::logic_error& e) { return e.what(); }
    return {};
  };
  EXPECT_EQ(what(bad_example, [](const std::string&) { return 1; }),
            "bight: api: the example rope is not JSON: a text is written in quotes, as R\"(\"rope\")\"");
  EXPECT_EQ(what(no_body, [] { return 1; }),
            "bight: api: GET /b: a response of its status has no body: use void");
}

}  // namespace bight::api_openapi_test
