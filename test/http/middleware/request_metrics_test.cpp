// What is counted, and under which labels.
#include <bight/http/middleware/request_metrics.hpp>

#include <gmock/gmock.h>

#include <bight/core/metrics.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/router.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::request_metrics_test {

using test::around;
using test::page;
using test::served;
using ::testing::HasSubstr;
using ::testing::Not;

ASYNC_TEST(request_metrics, counts_requests_bytes_and_durations) {
  metrics m;
  const auto slow = [](server_request&) -> awaitable<server_response> {
    co_await sleep(std::chrono::milliseconds{40});
    co_return server_response{200, "hello"};
  };
  served s{around(request_metrics(m), slow)};
  co_await s.ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.ask("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto text = m.text();
  EXPECT_THAT(text, HasSubstr("http_server_requests_total{method=\"GET\",route=\"\",status=\"200\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("http_server_response_bytes_total{method=\"GET\",route=\"\",status=\"200\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("http_server_request_seconds_count{method=\"GET\",route=\"\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("http_server_request_seconds_sum{method=\"GET\",route=\"\"} 0.08\n"));
  EXPECT_THAT(text, HasSubstr("http_server_requests_in_progress 0\n"));
}

ASYNC_TEST(request_metrics, the_label_is_never_the_path) {
  metrics m;
  served s{around(request_metrics(m), page("x"))};
  for (int i = 0; i != 20; ++i)
    co_await s.ask("GET /secret" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(m.text(), Not(HasSubstr("secret")));
  EXPECT_EQ(m.series(), 4U);
}

ASYNC_TEST(request_metrics, the_label_is_the_route_that_a_router_chose) {
  metrics m;
  router routes;
  routes.get("/items/{id:int}", [] { return "item\n"; });
  served s{around(request_metrics(m), std::move(routes))};
  co_await s.ask("GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.ask("GET /items/2 HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.ask("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(m.text(), HasSubstr("{method=\"GET\",route=\"/items/{id:int}\",status=\"200\"} 2\n"));
  EXPECT_THAT(m.text(), HasSubstr("{method=\"GET\",route=\"\",status=\"404\"} 1\n"));
}

ASYNC_TEST(request_metrics, takes_the_route_from_an_option_up_to_a_limit) {
  metrics m;
  request_metrics_options options;
  options.prefix = "shop";
  options.max_routes = 2;
  options.route = [](const server_request& r) { return r.path().substr(1); };
  served s{around(request_metrics(m, std::move(options)), page("x"))};
  for (const std::string route : {"a", "b", "c", "d", "a"})
    co_await s.ask("GET /" + route + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(m.text(), HasSubstr("shop_requests_total{method=\"GET\",route=\"a\",status=\"200\"} 2\n"));
  EXPECT_THAT(m.text(), HasSubstr("shop_requests_total{method=\"GET\",route=\"b\",status=\"200\"} 1\n"));
  EXPECT_THAT(m.text(), HasSubstr("shop_requests_total{method=\"GET\",route=\"other\",status=\"200\"} 2\n"));
  EXPECT_THAT(m.text(), Not(HasSubstr("route=\"c\"")));
}

ASYNC_TEST(request_metrics, shows_requests_in_progress) {
  metrics m;
  std::string during;
  const auto look = [&](server_request&) -> awaitable<server_response> {
    during = m.text();
    co_return server_response{204};
  };
  served s{around(request_metrics(m), look)};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.answer(true);
  EXPECT_THAT(during, HasSubstr("http_server_requests_in_progress 1\n"));
  EXPECT_THAT(m.text(), HasSubstr("http_server_requests_in_progress 0\n"));
}

ASYNC_TEST(request_metrics, counts_failures_as_sent_and_extension_methods_as_other) {
  const test::log_capture quiet;
  metrics m;
  const auto failing = [](server_request&) -> awaitable<server_response> {
    throw std::runtime_error{"x"};
    co_return server_response{};
  };
  served s{around(request_metrics(m), failing)};
  co_await s.ask("BREW / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(m.text(), HasSubstr("requests_total{method=\"other\",route=\"\",status=\"500\"} 1\n"));
}

TEST(request_metrics, refuses_a_prefix_that_is_no_metric_name) {
  metrics m;
  request_metrics_options options;
  options.prefix = "my shop";
  EXPECT_THROW(request_metrics(m, std::move(options)), std::invalid_argument);
}

}  // namespace bight::http::request_metrics_test
