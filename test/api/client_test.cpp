// The typed client, over a server in memory.
#include <bight/api/client.hpp>

#include <bight/api/router.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/shop.hpp"

namespace bight::api_client_test {

using namespace test::shop;
using bight::testing::test_client;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct seen_request {
  std::string target;
  std::string shop;
  std::string cookie;
};

// Answers with what it received.
http::router mirror(seen_request& seen) {
  api::router routes;
  routes.add_middleware([&seen](http::server_request& r, http::next next) {
    seen.target = r.target();
    seen.shop = r.headers().get("X-Shop").value_or("absent");
    seen.cookie = r.cookie("seen").value_or("absent");
    return next(r);
  });
  routes.add(get_item, [](int id, bool verbose) {
    if (id == 404) throw http::problem{404, "there is no item 404"}.type("https://shop.example/missing");
    item one;
    one.name = verbose ? "long" : "short";
    one.price = id;
    return one;
  });
  routes.add(add_item, [](item added) { return static_cast<int>(added.name.size()); });
  routes.add(remove_item, [](int) {});
  routes.add(find_items, [](std::optional<std::string> q, int limit, const std::vector<colour>& paint,
                            std::string, std::optional<int>) {
    return std::vector<std::string>{q.value_or("-"), std::to_string(limit), std::to_string(paint.size())};
  });
  routes.add(get_file, [](std::string name) { return name; });
  routes.add(save_tree, [](category tree) { return tree; });
  return std::move(routes).routes();
}

ASYNC_TEST(api_client, calls_operations) {
  seen_request seen;
  test_client http{mirror(seen)};
  const api::client shop{http};
  const auto found = co_await shop.call(get_item, 7, true);
  EXPECT_EQ(found.name, "long");
  EXPECT_EQ(found.price, 7);
  EXPECT_EQ(seen.target, "/items/7?verbose=true");
  item fresh;
  fresh.name = "rope";
  fresh.price = 2.5;
  const auto id = co_await shop.call(add_item, fresh);
  EXPECT_EQ(id, 4);
  co_await shop.call(remove_item, 7);
}

ASYNC_TEST(api_client, arguments_that_may_be_absent_are_left_out) {
  seen_request seen;
  test_client http{mirror(seen)};
  const api::client shop{http, "http://testserver/"};
  const auto found = co_await shop.call(get_item, 7);
  EXPECT_EQ(found.name, "short");
  EXPECT_EQ(seen.target, "/items/7");
  const auto none = co_await shop.call(find_items);
  EXPECT_THAT(none, ElementsAre("-", "10", "0"));
  EXPECT_EQ(seen.target, "/items");
  EXPECT_THROW(static_cast<void>(shop.call(get_item)), std::out_of_range);
}

ASYNC_TEST(api_client, values_arrive_in_all_places) {
  seen_request seen;
  test_client http{mirror(seen)};
  const api::client shop{http};
  const std::vector<colour> paint{colour::green, colour::red};
  const auto found = co_await shop.call(find_items, "a&b=c", 3, paint, "north", 5);
  EXPECT_THAT(found, ElementsAre("a&b=c", "3", "2"));
  EXPECT_EQ(seen.shop, "north");
  EXPECT_EQ(seen.cookie, "5");
  EXPECT_THAT(seen.target, HasSubstr("paint=green&paint=red"));
}

ASYNC_TEST(api_client, a_path_parameter_stays_in_its_segment) {
  seen_request seen;
  test_client http{mirror(seen)};
  const api::client shop{http};
  const auto name = co_await shop.call(get_file, "a b/c?d#e%2F\u00e4");
  EXPECT_EQ(name, "a b/c?d#e%2F\u00e4");
  for (const std::string text : {"..", "a/../b", "./a", "a/."})
    EXPECT_THROW(static_cast<void>(shop.call(get_file, text)), std::invalid_argument) << text;
  static constexpr auto get_note = api::get<std::string>("/notes/{name}", api::path<std::string>("name"));
  for (const std::string text : {"", ".", ".."})
    EXPECT_THROW(static_cast<void>(shop.call(get_note, text)), std::invalid_argument) << text;
}

ASYNC_TEST(api_client, errors_are_problems) {
  seen_request seen;
  test_client http{mirror(seen)};
  const api::client shop{http};
  try {
    static_cast<void>(co_await shop.call(get_item, 404));
    ADD_FAILURE();
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 404);
    EXPECT_EQ(e.detail(), "there is no item 404");
    EXPECT_EQ(e.type(), "https://shop.example/missing");
    EXPECT_STREQ(e.what(), "GET /items/{id}: 404 Not Found: there is no item 404");
  }
  try {
    static_cast<void>(co_await shop.call(get_item, 0));
    ADD_FAILURE();
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 422);
    EXPECT_EQ(e.document().at("errors").as_array().size(), 1U);
  }
}

ASYNC_TEST(api_client, a_response_that_does_not_fit_is_a_problem) {
  test_client http{[](http::server_request& r) {
    if (r.target() == "/items/1") return std::string{R"({"name":"","price":"x"})"};
    return std::string{"<html>"};
  }};
  const api::client shop{http};
  for (const int id : {1, 2}) {
    try {
      static_cast<void>(co_await shop.call(get_item, id));
      ADD_FAILURE();
    } catch (const api::problem& e) {
      EXPECT_EQ(e.status(), 200);
      EXPECT_THAT(e.what(), HasSubstr("the response is not what the operation declares"));
      EXPECT_TRUE(e.document().is_null());
    }
  }
}

ASYNC_TEST(api_client, an_error_page_is_a_problem_without_a_document) {
  test_client http{[](http::server_request&) { return http::server_response{503, std::string{"busy"}}; }};
  const api::client shop{http};
  try {
    co_await shop.call(remove_item, 1);
    ADD_FAILURE();
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 503);
    EXPECT_EQ(e.detail(), "");
  }
}

}  // namespace bight::api_client_test
