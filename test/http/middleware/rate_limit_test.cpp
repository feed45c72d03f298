// Whose requests are counted together, and what happens beyond the limit.
#include <bight/http/middleware/rate_limit.hpp>

#include <bight/core/sleep.hpp>
#include <bight/http/middleware/trusted_proxies.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

#include "support/http_middleware.hpp"

namespace bight::http::rate_limit_test {

using namespace std::chrono_literals;
using test::around;
using test::field;
using test::page;

rate_limit_options two_per_minute() {
  rate_limit_options o;
  o.requests = 2;
  o.period = 60s;
  return o;
}

// Requests that are not made over a connection come from 0.0.0.0.
middleware from_anywhere() {
  trusted_proxies_options o;
  o.proxies = {"0.0.0.0"};
  return trusted_proxies(std::move(o));
}

awaitable<int> ask(handler& all, std::string client) {
  headers fields{{"X-Forwarded-For", client}};
  server_request request{method::get, "/", fields};
  const auto response = co_await all(request);
  co_return response.status().code();
}

ASYNC_TEST(rate_limit, refuses_with_429_and_retry_after) {
  auto all = around(rate_limit(two_per_minute()), page("x"));
  server_request request{method::get, "/"};
  const auto first = co_await all(request);
  const auto second = co_await all(request);
  const auto third = co_await all(request);
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(second.status(), 200);
  EXPECT_EQ(third.status(), 429);
  EXPECT_EQ(field(third, "Retry-After"), "30");
  co_await sleep(29500ms);
  const auto early = co_await all(request);
  EXPECT_EQ(early.status(), 429);
  EXPECT_EQ(field(early, "Retry-After"), "1") << "rounded up";
  co_await sleep(500ms);
  const auto later = co_await all(request);
  EXPECT_EQ(later.status(), 200) << "one token has come, and refused requests cost nothing";
  const auto again = co_await all(request);
  EXPECT_EQ(again.status(), 429);
  co_await sleep(1h);
  for (const int wanted : {200, 200, 429}) {
    const auto response = co_await all(request);
    EXPECT_EQ(response.status(), wanted) << "no more than the burst accumulates";
  }
}

ASYNC_TEST(rate_limit, counts_each_address_and_each_subnet_of_ipv6) {
  auto all = around(from_anywhere(), rate_limit(two_per_minute()), page("x"));
  for (const std::string client : {"192.0.2.1", "192.0.2.1"}) {
    const auto code = co_await ask(all, client);
    EXPECT_EQ(code, 200);
  }
  const auto mapped = co_await ask(all, "::ffff:192.0.2.1");
  EXPECT_EQ(mapped, 429) << "the same address";
  const auto neighbour = co_await ask(all, "192.0.2.2");
  EXPECT_EQ(neighbour, 200);
  for (const std::string client : {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2"}) {
    const auto code = co_await ask(all, client);
    EXPECT_EQ(code, 200);
  }
  const auto same_subnet = co_await ask(all, "2001:db8:0:1::3");
  EXPECT_EQ(same_subnet, 429);
  const auto other_subnet = co_await ask(all, "2001:db8:0:2::1");
  EXPECT_EQ(other_subnet, 200);
}

ASYNC_TEST(rate_limit, counts_by_a_key) {
  auto options = two_per_minute();
  options.burst = 1;
  options.key = [](const server_request& r) { return std::string{r.headers().get("X-Key").value_or("")}; };
  auto all = around(rate_limit(std::move(options)), page("x"));
  const auto with_key = [&all](std::string key) -> awaitable<int> {
    headers fields;
    if (!key.empty()) fields.set("X-Key", key);
    server_request request{method::get, "/", fields};
    const auto response = co_await all(request);
    co_return response.status().code();
  };
  const auto a = co_await with_key("a");
  const auto a_again = co_await with_key("a");
  const auto b = co_await with_key("b");
  EXPECT_EQ(a, 200);
  EXPECT_EQ(a_again, 429);
  EXPECT_EQ(b, 200);
  for (int i = 0; i != 5; ++i) {
    const auto none = co_await with_key("");
    EXPECT_EQ(none, 200) << "not limited";
  }
}

ASYNC_TEST(rate_limit, forgets_the_least_recently_used_key) {
  auto options = two_per_minute();
  options.burst = 1;
  options.max_keys = 2;
  auto all = around(from_anywhere(), rate_limit(std::move(options)), page("x"));
  const auto a = co_await ask(all, "192.0.2.1");
  const auto b = co_await ask(all, "192.0.2.2");
  const auto a_again = co_await ask(all, "192.0.2.1");
  const auto c = co_await ask(all, "192.0.2.3");
  EXPECT_EQ(a, 200);
  EXPECT_EQ(b, 200);
  EXPECT_EQ(a_again, 429);
  EXPECT_EQ(c, 200);
  const auto a_kept = co_await ask(all, "192.0.2.1");
  EXPECT_EQ(a_kept, 429);
  const auto b_forgotten = co_await ask(all, "192.0.2.2");
  EXPECT_EQ(b_forgotten, 200);
}

TEST(rate_limit, refuses_options_that_make_no_sense) {
  for (auto change :
       {+[](rate_limit_options& o) { o.requests = 0; }, +[](rate_limit_options& o) { o.max_keys = 0; },
        +[](rate_limit_options& o) { o.period = 0s; },
        +[](rate_limit_options& o) { o.period = std::chrono::hours{24 * 400}; }}) {
    rate_limit_options options;
    change(options);
    EXPECT_THROW(rate_limit(std::move(options)), std::invalid_argument);
  }
}

}  // namespace bight::http::rate_limit_test
