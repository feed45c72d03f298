// The Fetch standard, seen from the server.
#include <bight/http/middleware/cors.hpp>

#include <bight/http/middleware/request_id.hpp>
#include <bight/http/middleware/security_headers.hpp>
#include <bight/http/problem.hpp>
#include <bight/testing/async_test.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::cors_test {

using test::around;
using test::field;
using test::page;

cors_options for_app() {
  cors_options o;
  o.origins = {"https://app.example"};
  return o;
}

awaitable<server_response> ask(handler& all, std::string origin) {
  headers fields;
  if (!origin.empty()) fields.set("Origin", origin);
  server_request request{method::get, "/", fields};
  co_return co_await all(request);
}

awaitable<server_response> preflight(handler& all, std::string origin, headers more = {}) {
  more.set("Origin", origin);
  more.set("Access-Control-Request-Method", "PUT");
  server_request request{method::options, "/", more};
  co_return co_await all(request);
}

ASYNC_TEST(cors, names_the_origin_that_is_allowed) {
  auto options = for_app();
  options.exposed_headers = {"X-Total", "ETag"};
  auto all = around(cors(std::move(options)), page("x"));
  const auto response = co_await ask(all, "https://app.example");
  EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(field(response, "Access-Control-Expose-Headers"), "X-Total, ETag");
  EXPECT_FALSE(response.headers().contains("Access-Control-Allow-Credentials"));
  EXPECT_EQ(field(response, "Vary"), "Origin");
}

ASYNC_TEST(cors, names_no_other_origin_but_varies_by_it) {
  auto all = around(cors(for_app()), page("x", headers{{"Vary", "Accept-Encoding"}}));
  for (const std::string origin : {"https://app.example.evil", "http://app.example",
                                   "https://app.example:444", "null", "HTTPS://APP.EXAMPLE", ""}) {
    const auto response = co_await ask(all, origin);
    EXPECT_EQ(*response.body().text(), "x") << "browsers keep it from the page";
    EXPECT_FALSE(response.headers().contains("Access-Control-Allow-Origin")) << origin;
    EXPECT_EQ(field(response, "Vary"), "Accept-Encoding, Origin") << origin;
  }
}

ASYNC_TEST(cors, never_sends_a_star_with_credentials) {
  cors_options both;
  both.any_origin = both.credentials = true;
  EXPECT_THROW(cors(std::move(both)), std::invalid_argument);
  auto options = for_app();
  options.credentials = true;
  auto all = around(cors(std::move(options)), page("x", headers{{"Access-Control-Allow-Origin", "*"}}));
  const auto response = co_await ask(all, "https://app.example");
  EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(field(response, "Access-Control-Allow-Credentials"), "true");
  const auto other = co_await ask(all, "https://evil.example");
  EXPECT_FALSE(other.headers().contains("Access-Control-Allow-Origin"));
  EXPECT_FALSE(other.headers().contains("Access-Control-Allow-Credentials"));
}

ASYNC_TEST(cors, sends_a_star_for_any_origin) {
  cors_options options;
  options.any_origin = true;
  auto all = around(cors(std::move(options)), page("x"));
  const auto response = co_await ask(all, "");
  EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(response.headers().contains("Vary"));
}

ASYNC_TEST(cors, allows_the_null_origin_only_if_told_so) {
  auto options = for_app();
  options.origin_filter = [](std::string_view) { return true; };
  auto all = around(cors(std::move(options)), page("x"));
  const auto refused = co_await ask(all, "null");
  EXPECT_FALSE(refused.headers().contains("Access-Control-Allow-Origin"));
  const auto filtered = co_await ask(all, "https://any.example");
  EXPECT_EQ(field(filtered, "Access-Control-Allow-Origin"), "https://any.example");
  cors_options with_null;
  with_null.null_origin = true;
  auto open = around(cors(std::move(with_null)), page("x"));
  const auto allowed = co_await ask(open, "null");
  EXPECT_EQ(field(allowed, "Access-Control-Allow-Origin"), "null");
}

ASYNC_TEST(cors, answers_preflight_requests_itself) {
  auto options = for_app();
  options.methods = {"PUT", "DELETE"};
  options.headers = {"Content-Type", "Authorization"};
  options.max_age = std::chrono::seconds{30};
  auto all = around(cors(std::move(options)), page("never"));
  const auto response = co_await preflight(all, "https://app.example");
  EXPECT_EQ(response.status(), 204);
  EXPECT_TRUE(response.body().empty());
  EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(field(response, "Access-Control-Allow-Methods"), "GET, HEAD, POST, PUT, DELETE");
  EXPECT_EQ(field(response, "Access-Control-Allow-Headers"), "Content-Type, Authorization");
  EXPECT_EQ(field(response, "Access-Control-Max-Age"), "30");
  EXPECT_EQ(field(response, "Vary"), "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  const auto refused = co_await preflight(all, "https://evil.example");
  EXPECT_EQ(refused.status(), 403);
  EXPECT_FALSE(refused.headers().contains("Access-Control-Allow-Origin"));
  EXPECT_FALSE(refused.headers().contains("Access-Control-Allow-Methods"));
}

ASYNC_TEST(cors, passes_on_options_requests_that_are_no_preflight) {
  auto all = around(cors(for_app()), page("options"));
  server_request request{method::options, "/", headers{{"Origin", "https://app.example"}}};
  const auto response = co_await all(request);
  EXPECT_EQ(*response.body().text(), "options");
}

ASYNC_TEST(cors, sends_the_requested_headers_back_if_any_is_allowed) {
  auto options = for_app();
  options.any_header = true;
  auto all = around(cors(std::move(options)), page("x"));
  headers asked{{"Access-Control-Request-Headers", "authorization,x-a, not a token ,x-b"}};
  const auto response = co_await preflight(all, "https://app.example", asked);
  EXPECT_EQ(field(response, "Access-Control-Allow-Headers"), "authorization, x-a, x-b");
}

ASYNC_TEST(cors, opens_private_networks_only_if_told_so) {
  headers asked{{"Access-Control-Request-Private-Network", "true"}};
  auto closed = around(cors(for_app()), page("x"));
  const auto refused = co_await preflight(closed, "https://app.example", asked);
  EXPECT_FALSE(refused.headers().contains("Access-Control-Allow-Private-Network"));
  auto options = for_app();
  options.private_network = true;
  auto open = around(cors(std::move(options)), page("x"));
  const auto allowed = co_await preflight(open, "https://app.example", asked);
  EXPECT_EQ(field(allowed, "Access-Control-Allow-Private-Network"), "true");
}

TEST(cors, refuses_what_is_not_an_origin) {
  for (const std::string origin : {"*", "null", "https://app.example/", "app.example", "https://APP.example",
                                   "https://app.example:443", ""}) {
    cors_options options;
    options.origins = {origin};
    EXPECT_THROW(cors(std::move(options)), std::invalid_argument) << origin;
  }
  cors_options options;
  options.methods = {"GET, PUT"};
  EXPECT_THROW(cors(std::move(options)), std::invalid_argument);
}

// Otherwise the page sees a network error instead of the status.
ASYNC_TEST(cors, responses_to_exceptions_have_the_headers_of_all_middleware) {
  test::log_capture log;
  for (const bool expected : {true, false}) {
    std::exception_ptr recorded;
    std::vector<middleware> around;
    around.push_back([&](server_request& request, next rest) -> awaitable<server_response> {
      request.after_response([&](const response_record& r) { recorded = r.error; });
      co_return co_await rest(request);
    });
    around.push_back(cors(for_app()));
    around.push_back(request_ids());
    around.push_back(security_headers());
    test::served s{compose(std::move(around), [&](server_request&) -> awaitable<server_response> {
      if (expected) throw problem(409);
      throw std::runtime_error("no database");
    })};
    const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\n\r\n");
    EXPECT_EQ(answer.status(), expected ? 409 : 500);
    EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "https://app.example");
    EXPECT_TRUE(answer.has("X-Request-Id")) << answer.head;
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(recorded == nullptr, expected);
  }
}

}  // namespace bight::http::cors_test
