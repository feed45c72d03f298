// Middleware together, and one's own.
#include <bight/http/middleware.hpp>

#include <bight/core/metrics.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"

namespace bight::http::middleware_test {

using test::page;
using test::served;

ASYNC_TEST(middleware, of_ones_own_takes_ten_lines) {
  http::middleware maintenance = [down = true](server_request& request,
                                               next rest) -> awaitable<server_response> {
    if (down && request.path() != "/health") {
      server_response response{503, "back soon\n"};
      response.headers().set("Retry-After", "120");
      co_return response;
    }
    auto response = co_await rest(request);
    response.headers().set("X-Served-By", "one");
    co_return response;
  };
  auto all = test::around(std::move(maintenance), page("ok"));
  server_request shop{method::get, "/shop"};
  const auto refused = co_await all(shop);
  EXPECT_EQ(refused.status(), 503);
  server_request health{method::get, "/health"};
  const auto passed = co_await all(health);
  EXPECT_EQ(test::field(passed, "X-Served-By"), "one");
}

ASYNC_TEST(middleware, all_of_it_works_together) {
  metrics m;
  std::vector<std::string> lines;
  trusted_proxies_options proxies;
  proxies.proxies = {"0.0.0.0"};
  access_log_options log;
  log.sink = [&lines](std::string_view line) { lines.emplace_back(line); };
  cors_options origins;
  origins.origins = {"https://app.example"};
  std::vector<http::middleware> around;
  around.push_back(trusted_proxies(std::move(proxies)));
  around.push_back(access_log(std::move(log)));
  around.push_back(request_metrics(m));
  around.push_back(request_ids());
  around.push_back(security_headers());
  around.push_back(allowed_hosts({"x"}));
  around.push_back(cors(std::move(origins)));
  around.push_back(rate_limit());
  around.push_back(basic_authentication({basic_auth{"ada", "secret"}}));
  around.push_back(request_timeout(std::chrono::seconds{5}));
  around.push_back(body_limit(1000));
  around.push_back(decompression());
  around.push_back(conditional_requests());
  around.push_back(compression());
  served s{compose(std::move(around), page(std::string(3000, 'x')))};
  const auto login = basic_auth{"ada", "secret"}.authorization();
  const auto answer = co_await s.ask(
      "GET /a HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nAccept-Encoding: br\r\nAuthorization: " +
      login + "\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("Content-Encoding"), "br");
  EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(answer.field("Vary"), "Accept-Encoding, Origin");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(answer.has("ETag"));
  EXPECT_TRUE(answer.has("X-Request-Id"));
  const auto again = co_await s.ask("GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\nIf-None-Match: " +
                                    answer.field("ETag") + "\r\nAuthorization: " + login + "\r\n\r\n");
  EXPECT_EQ(again.status(), 304);
  const auto stranger = co_await s.ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(stranger.status(), 401);
  CO_ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("192.0.2.1 - ada [")) << lines[0];
  EXPECT_TRUE(lines[2].starts_with("0.0.0.0 - - [")) << lines[2];
}

}  // namespace bight::http::middleware_test
