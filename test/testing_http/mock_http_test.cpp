// A client's servers, mocked.
#include <bight/testing_http/mock_http.hpp>

#include <gtest/gtest-spi.h>
#include <bight/core/as_result.hpp>
#include <bight/core/error.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace bight::testing::mock_http_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

http::client client_of(const mock_http& mock) {
  http::client_options options;
  options.transport = mock.transport();
  return http::client{std::move(options)};
}

ASYNC_TEST(mock_http, answers_by_pattern_and_records_the_calls) {
  mock_http mock;
  auto& items = mock.get("http://shop.test/items/*").respond(200, "an item");
  auto& orders = mock.post("/orders").respond(201);
  auto c = client_of(mock);
  auto item = co_await c.get("http://shop.test/items/7").query("full", 1).header("X-A", "b");
  const auto text = co_await item.text();
  EXPECT_EQ(text, "an item");
  EXPECT_EQ(item.url().path(), "/items/7");
  co_await c.post("http://any.test/orders").text("two");
  CO_ASSERT_EQ(items.call_count(), 1U);
  EXPECT_EQ(items.calls()[0].url.query(), "full=1");
  EXPECT_EQ(items.calls()[0].headers.get("X-A"), "b");
  EXPECT_EQ(orders.calls()[0].body, "two");
  EXPECT_EQ(mock.calls().size(), 2U);
  EXPECT_TRUE(mock.all_called());
}

ASYNC_TEST(mock_http, answers_one_after_the_other_and_the_last_again) {
  mock_http mock;
  auto& busy = mock.get("/").respond(503).fail(http::make_error_code(http::errc::server_closed)).respond(200);
  EXPECT_FALSE(mock.all_called());
  http::client_options options;
  options.transport = mock.transport();
  retry_policy policy;
  policy.attempts(5).backoff(1s, 1s);
  options.retries = policy;
  http::client c{std::move(options)};
  auto first = co_await c.get("http://a.test/");
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(busy.call_count(), 3U);
  auto second = co_await c.get("http://a.test/");
  EXPECT_EQ(second.status(), 200);
  EXPECT_TRUE(mock.all_called());
}

ASYNC_TEST(mock_http, routes_by_header_query_and_body) {
  mock_http mock;
  mock.post("/").with_header("X-A", "1").respond(201);
  mock.post("/").with_query("q", "a b").respond(202);
  mock.post("/").with_body("text").respond(203);
  mock.any("/").when([](const mock_call& call) { return call.method != http::method::post; }).respond(204);
  auto c = client_of(mock);
  auto a = co_await c.post("http://a.test/").header("X-A", "1");
  auto b = co_await c.post("http://a.test/").query("q", "a b");
  auto d = co_await c.post("http://a.test/").text("text");
  auto e = co_await c.delete_("http://a.test/");
  EXPECT_EQ(a.status(), 201);
  EXPECT_EQ(b.status(), 202);
  EXPECT_EQ(d.status(), 203);
  EXPECT_EQ(e.status(), 204);
}

ASYNC_TEST(mock_http, a_request_without_a_route_fails_the_test_and_names_the_routes) {
  mock_http mock;
  mock.get("/known").respond(200);
  auto c = client_of(mock);
  std::string text;
  ::testing::TestPartResultArray failures;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter{&failures};
    try {
      co_await c.get("http://a.test/unknown");
    } catch (const std::logic_error& e) { text = e.what(); }
  }
  EXPECT_EQ(text, "mock_http: no route for GET http://a.test/unknown; there are: GET /known ");
  EXPECT_EQ(failures.size(), 1);
}

ASYNC_TEST(mock_http, delays_hangs_and_cuts_bodies_short) {
  mock_http mock;
  mock.get("/slow").respond(200).after(5s);
  mock.get("/never").hang();
  mock.get("/cut").respond_cut_short(200, "half");
  auto c = client_of(mock);
  const auto start = clock::now();
  co_await c.get("http://a.test/slow");
  EXPECT_EQ(clock::now() - start, 5s);
  const auto never = co_await as_result(c.get("http://a.test/never").timeout(2s));
  EXPECT_EQ(never.error(), make_error_code(bight::errc::timed_out));
  auto cut = co_await c.get("http://a.test/cut");
  const auto text = co_await as_result(cut.text());
  EXPECT_EQ(text.error(), http::make_error_code(http::errc::truncated));
}

}  // namespace bight::testing::mock_http_test
