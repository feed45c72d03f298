// Results beside a JSON body of one type: several statuses, errors with bodies, pages, streams, content.
#include <bight/api/reply.hpp>

#include <unistd.h>
#include <bight/api/client.hpp>
#include <bight/api/content.hpp>
#include <bight/api/page.hpp>
#include <bight/api/problem.hpp>
#include <bight/api/router.hpp>
#include <bight/api/stream.hpp>
#include <bight/core/generator.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "api/shop.hpp"

namespace bight::api_result_test {

using namespace test::shop;
using bight::testing::test_client;
using bight::testing::test_client_options;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct ticket {
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(ticket, (), (number))
struct shortage {
  int left = 0;
  std::string of;
};
BOOST_DESCRIBE_STRUCT(shortage, (), (left, of))

inline constexpr auto order =
    api::post<std::variant<api::reply<201, part>, api::reply<202, ticket>, api::reply<204>>>(
        "/orders", api::query<int>("n"))
        .fails<shortage>(409, "there are too few")
        .fails(404, "there is no such thing");

http::router order_routes() {
  api::router routes;
  routes.add(order, [](int n) -> awaitable<api::result_of<order>> {
    if (n == 9) throw api::error(409, shortage{3, "rope"}, "there are only 3");
    if (n == 0) co_return api::reply<204>{};
    if (n > 5) co_return api::reply<202, ticket>{ticket{n}};
    part made;
    made.name = "rope";
    co_return api::reply<201, part>{made};
  });
  return std::move(routes).routes();
}

ASYNC_TEST(api_result, each_alternative_has_its_status) {
  test_client web{order_routes()};
  const api::client client{web};
  const auto made = co_await client.call(order, 1);
  EXPECT_EQ(std::get<0>(made).body.name, "rope");
  const auto waits = co_await client.call(order, 6);
  EXPECT_EQ(std::get<1>(waits).body.number, 6);
  const auto nothing = co_await client.call(order, 0);
  EXPECT_EQ(nothing.index(), 2U);
  const auto raw = co_await web.post("/orders?n=6");
  EXPECT_EQ(raw.status(), 202);
}

ASYNC_TEST(api_result, another_status_is_a_problem) {
  test_client web{[](http::server_request&) { return http::server_response{200, std::string{"{}"}}; }};
  const api::client client{web};
  try {
    static_cast<void>(co_await client.call(order, 1));
    ADD_FAILURE();
  } catch (const api::problem& e) { EXPECT_THAT(e.what(), HasSubstr("no result with status 200")); }
}

ASYNC_TEST(api_result, an_error_has_a_typed_body) {
  test_client web{order_routes()};
  const api::client client{web};
  try {
    static_cast<void>(co_await client.call(order, 9));
    ADD_FAILURE();
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 409);
    EXPECT_EQ(e.detail(), "there are only 3");
    EXPECT_EQ(e.body<shortage>().left, 3);
    EXPECT_EQ(e.body<shortage>().of, "rope");
  }
}

TEST(api_result, statuses_and_errors_are_in_the_document) {
  api::router routes;
  routes.add(order, [](int) { return api::result_of<order>{}; });
  const auto document = boost::json::parse(routes.openapi());
  const auto& all = document.at("paths").at("/orders").at("post").at("responses");
  EXPECT_EQ(boost::json::serialize(all.at("202").at("content").at("application/json").at("schema")),
            R"({"$ref":"#/components/schemas/ticket"})");
  EXPECT_FALSE(all.at("204").as_object().contains("content"));
  EXPECT_EQ(
      boost::json::serialize(all.at("409").at("content").at("application/problem+json").at("schema")),
      R"({"allOf":[{"$ref":"#/components/schemas/Problem"},{"$ref":"#/components/schemas/shortage"}]})");
}

inline constexpr auto list_parts =
    api::get<api::page<part, int>>("/parts", api::page_size(2, 5), api::query<std::optional<int>>("after"));

ASYNC_TEST(api_result, a_client_follows_pages) {
  int requests = 0;
  api::router routes;
  routes.add(list_parts, [&](int size, std::optional<int> after) {
    ++requests;
    api::page<part, int> one;
    for (int i = after.value_or(0) + 1; i <= 5 && static_cast<int>(one.items.size()) < size; ++i) {
      part p;
      p.name = std::to_string(i);
      one.items.push_back(p);
      if (static_cast<int>(one.items.size()) == size && i != 5) one.next = i;
    }
    return one;
  });
  test_client web{std::move(routes).routes()};
  const api::client client{web};
  std::string names;
  auto all = client.all(list_parts, 2);
  auto one = co_await all.next();
  while (one) {
    names += one->name;
    one = co_await all.next();
  }
  EXPECT_EQ(names, "12345");
  EXPECT_EQ(requests, 3);
  const auto too_many = co_await web.get("/parts?limit=6");
  EXPECT_EQ(too_many.status(), 422);
}

inline constexpr auto export_parts =
    api::get<api::lines<part>>("/parts.jsonl", api::query<std::string>("name"));

generator<part> parts(std::string name) {
  for (int i = 0; i != 3; ++i) {
    co_await yield();
    part p;
    p.name = name + std::to_string(i);
    co_yield p;
  }
}

ASYNC_TEST(api_result, lines_arrive_one_by_one) {
  api::router routes;
  routes.add(export_parts, parts);
  test_client web{std::move(routes).routes()};
  const api::client client{web};
  auto lines = co_await client.call(export_parts, "p");
  std::vector<std::string> names;
  auto one = co_await lines.next();
  while (one) {
    names.push_back(one->name);
    one = co_await lines.next();
  }
  EXPECT_THAT(names, ElementsAre("p0", "p1", "p2"));
  auto raw = co_await web.get("/parts.jsonl?name=x");
  EXPECT_EQ(raw.headers().get("Content-Type"), "application/x-ndjson");
  const auto text = co_await raw.text();
  EXPECT_EQ(text,
            "{\"name\":\"x0\",\"weight\":0}\n{\"name\":\"x1\",\"weight\":0}\n{\"name\":\"x2\",\"weight\":"
            "0}\n");
  const auto invalid = co_await web.get("/parts.jsonl");
  EXPECT_EQ(invalid.status(), 422);
}

// A handler that refers to its values: they live as long as the generator.
ASYNC_TEST(api_result, a_function_may_check_and_then_return_a_generator) {
  api::router routes;
  routes.add(export_parts, [](const std::string& name) -> awaitable<generator<part>> {
    if (name.empty()) throw http::problem{404};
    const auto items = [](const std::string& n) -> generator<part> {
      part p;
      p.name = n;
      co_yield p;
    };
    co_return items(name);
  });
  test_client web{std::move(routes).routes()};
  auto raw = co_await web.get("/parts.jsonl?name=a-name-that-is-longer-than-a-short-string");
  const auto text = co_await raw.text();
  EXPECT_THAT(text, HasSubstr("a-name-that-is-longer-than-a-short-string"));
  const auto refused = co_await web.get("/parts.jsonl?name=");
  EXPECT_EQ(refused.status(), 404);
}

ASYNC_TEST(api_result, a_stream_that_fails_breaks_off) {
  api::router routes;
  routes.add(export_parts, [](std::string) -> generator<part> {
    const part p;
    co_yield p;
    throw std::runtime_error{"no more"};
  });
  test_client_options options;
  options.throw_handler_errors = false;
  test_client web{std::move(routes).routes(), options};
  const api::client client{web};
  auto lines = co_await client.call(export_parts, "p");
  bool failed = false;
  try {
    auto one = co_await lines.next();
    while (one) one = co_await lines.next();
  } catch (const boost::system::system_error&) { failed = true; }
  EXPECT_TRUE(failed);
}

inline constexpr auto watch_parts = api::get<api::events<part>>("/events");

ASYNC_TEST(api_result, events_have_data_type_and_id) {
  api::router routes;
  routes.add(watch_parts, []() -> generator<api::event<part>> {
    part p;
    p.name = "a";
    const api::event<part> first{p, "made", "1"};
    co_yield first;
    p.name = "b";
    const api::event<part> second{p};
    co_yield second;
  });
  test_client web{std::move(routes).routes()};
  const api::client client{web};
  auto events = co_await client.call(watch_parts);
  auto one = co_await events.next();
  EXPECT_EQ(one->data.name, "a");
  EXPECT_EQ(one->type, "made");
  EXPECT_EQ(one->id, "1");
  one = co_await events.next();
  EXPECT_EQ(one->data.name, "b");
  one = co_await events.next();
  EXPECT_FALSE(one);
}

inline constexpr auto get_photo = api::get<api::content>("/photo", api::query<std::string>("name"));

ASYNC_TEST(api_result, content_has_its_media_type) {
  const auto file =
      std::filesystem::temp_directory_path() / ("bight-api-photo-" + std::to_string(::getpid()) + ".png");
  std::ofstream{file} << "not really";
  api::router routes;
  routes.add(get_photo, [&](std::string name) -> awaitable<api::content> {
    if (name == "text")
      co_return api::content{"text/plain", http::body{"hello"}}.attachment("gr\u00fc\u00dfe \"1\".txt");
    const auto path = name == "photo" ? file : std::filesystem::temp_directory_path();
    auto found = co_await api::file_content(path);
    co_return found;
  });
  test_client web{std::move(routes).routes()};
  const api::client client{web};
  auto photo = co_await client.call(get_photo, "photo");
  EXPECT_EQ(photo.media_type(), "image/png");
  const auto bytes = co_await photo.bytes();
  EXPECT_EQ(bytes, "not really");
  const auto text = co_await web.get("/photo?name=text");
  EXPECT_EQ(text.headers().get("Content-Disposition"),
            "attachment; filename=\"gr__e 1.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%20%221%22.txt");
  EXPECT_EQ(text.headers().get("X-Content-Type-Options"), "nosniff");
  const auto missing = co_await web.get("/photo?name=other");
  EXPECT_EQ(missing.status(), 404);
  std::filesystem::remove(file);
}

ASYNC_TEST(api_result, handlers_set_fields_of_the_response) {
  api::router routes;
  routes.add(add_item, [](const item&, http::headers& fields) {
    fields.set("Location", "/items/7");
    return 7;
  });
  test_client web{std::move(routes).routes()};
  auto request = web.post("/items");
  request.body(std::string{R"({"name": "rope", "price": 1})"}, "application/json");
  const auto r = co_await std::move(request);
  EXPECT_EQ(r.status(), 201);
  EXPECT_EQ(r.headers().get("Location"), "/items/7");
}

ASYNC_TEST(api_result, a_field_that_a_handler_sets_replaces_ours) {
  static constexpr auto get_it = api::get<int>("/it");
  api::router routes;
  routes.add(get_it, [](http::headers& fields) {
    fields.set("Content-Type", "application/vnd.shop+json");
    fields.append("X-Note", "a");
    fields.append("X-Note", "b");
    return 7;
  });
  test_client web{std::move(routes).routes()};
  const auto r = co_await web.get("/it");
  const auto all = [&](std::string_view name) {
    std::string text;
    for (const std::string_view value : r.headers().get_all(name)) text.append(value).append(";");
    return text;
  };
  EXPECT_EQ(all("Content-Type"), "application/vnd.shop+json;");
  EXPECT_EQ(all("X-Note"), "a;b;");
}

ASYNC_TEST(api_result, work_goes_on_after_the_response) {
  std::vector<std::string> log;
  api::router routes;
  routes.add(remove_item, [&](int id, http::server_request& request) {
    request.run_after_response([&log, id]() -> awaitable<void> {
      co_await yield();
      log.push_back("removed " + std::to_string(id));
    });
    log.emplace_back("answered");
  });
  test_client web{std::move(routes).routes()};
  const auto r = co_await web.delete_("/items/7");
  EXPECT_EQ(r.status(), 204);
  co_await web.stop();
  EXPECT_THAT(log, ElementsAre("answered", "removed 7"));
}

}  // namespace bight::api_result_test
