// Tests in a network in memory and virtual time: backends that are slow, fail, or die.
#define GATEWAY_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>

using ::testing::HasSubstr;

namespace {

// A backend: answers with its name, after `delay`, with status `code`.
struct service {
  explicit service(std::string its_name) : name(std::move(its_name)) {}
  std::string name;
  bool healthy = true;
  int code = 200;
  std::chrono::milliseconds delay{0};
  int requests = 0;

  bight::awaitable<http::server_response> answer(http::server_request& r) {
    ++requests;
    auto body = co_await r.text();
    co_await bight::sleep(delay);
    co_return http::server_response{code, name + ' ' + std::string{r.target()} + ' ' + body};
  }
};

// Serves until the test ends.
bight::awaitable<void> serve(std::shared_ptr<service> s, net::listener listener) {
  http::router site;
  site.get("/health", [s] { return http::server_response{s->healthy ? 200 : 503}; });
  site.any("/{path:path}", [s](http::server_request& r) { return s->answer(r); });
  http::server server{std::move(site)};
  co_await server.serve(std::move(listener));
}

settings two_backends() {
  settings s;
  s.backends = {http::url{"http://10.0.0.1:80/"}, http::url{"http://10.0.0.2:80/"}};
  return s;
}

// A gateway between a client and two backends.
struct world {
  bight::testing::fake_network network;
  net::network_scope inside = network.use();
  service& one = start("one", "10.0.0.1:80");
  service& two = start("two", "10.0.0.2:80");
  std::shared_ptr<gateway> proxy;
  http::router site;
  explicit world(settings s = two_backends())
      : proxy(std::make_shared<gateway>(std::move(s), http::client{})), site(make_site(proxy)) {}

  static service& start(std::string name, const char* address) {
    const auto s = std::make_shared<service>(std::move(name));
    net::listener listener{net::endpoint::parse(address).value()};
    bight::spawn(serve, s, std::move(listener)).detach();
    return *s;  // as long as its task
  }

  bight::awaitable<std::string> ask(http::method m, std::string target, std::string body = {}) {
    http::server_request request{m, std::move(target), {}, http::body{std::move(body)}};
    auto response = co_await site(request);
    auto text = co_await response.body().collect();
    co_return std::to_string(response.status().code()) + ' ' + text;
  }
};

}  // namespace

ASYNC_TEST(gateway, spreads_requests_over_its_backends) {
  world w;
  for (int i = 0; i != 10; ++i) {
    const auto answer = co_await w.ask(http::method::get, "/a?b=c");
    EXPECT_THAT(answer, HasSubstr("/a?b=c"));
  }
  EXPECT_EQ(w.one.requests, 5);
  EXPECT_EQ(w.two.requests, 5);
}

ASYNC_TEST(gateway, passes_bodies_on) {
  world w;
  const auto answer = co_await w.ask(http::method::post, "/orders", std::string(100'000, 'x'));
  EXPECT_THAT(answer, HasSubstr(std::string(100'000, 'x')));
}

ASYNC_TEST(gateway, a_slow_read_is_tried_elsewhere) {
  world w;
  w.one.delay = w.two.delay = 10s;
  const auto start = bight::clock::now();
  auto slow = bight::spawn([&] { return w.ask(http::method::get, "/"); });
  co_await bight::sleep(100ms);
  (w.one.requests != 0 ? w.two : w.one).delay = 0ms;
  const auto answer = co_await slow;
  EXPECT_EQ(bight::clock::now() - start, 200ms);
  EXPECT_EQ(w.proxy->status().hedged, 1U);
}

ASYNC_TEST(gateway, a_failed_read_is_retried_elsewhere_and_a_write_is_not) {
  world w;
  w.one.code = 503;
  w.two.code = 503;
  const auto failed = co_await w.ask(http::method::get, "/");
  EXPECT_THAT(failed, HasSubstr("503"));
  EXPECT_EQ(w.one.requests + w.two.requests, 2);
  w.one.code = 200;
  const auto written = co_await w.ask(http::method::post, "/", "x");
  EXPECT_EQ(w.one.requests + w.two.requests, 3);
}

ASYNC_TEST(gateway, an_unhealthy_backend_gets_nothing_until_it_recovers) {
  world w;
  w.one.healthy = false;
  auto checks = bight::spawn([&] { return w.proxy->check_health(); });
  co_await bight::sleep(3s);
  for (int i = 0; i != 4; ++i) co_await w.ask(http::method::get, "/");
  EXPECT_EQ(w.one.requests, 0);
  w.one.healthy = true;
  co_await bight::sleep(3s);
  for (int i = 0; i != 4; ++i) co_await w.ask(http::method::get, "/");
  EXPECT_EQ(w.one.requests, 2);
  checks.cancel();
}

ASYNC_TEST(gateway, a_dead_backend_is_a_502_for_writes_and_another_one_for_reads) {
  auto s = two_backends();
  s.hedge_after = 1h;
  world w{s};
  w.network.unreachable("10.0.0.1");
  int bad = 0;
  for (int i = 0; i != 4; ++i) {
    const auto answer = co_await w.ask(http::method::post, "/", "x");
    if (answer.starts_with("502")) ++bad;
  }
  EXPECT_EQ(bad, 2);
  const auto read = co_await w.ask(http::method::get, "/");
  EXPECT_THAT(read, HasSubstr("200 two"));
}

ASYNC_TEST(gateway, beyond_its_limit_requests_are_refused) {
  auto s = two_backends();
  s.max_in_progress = 1;
  world w{s};
  w.one.delay = w.two.delay = 1s;
  auto slow = bight::spawn([&] { return w.ask(http::method::post, "/"); });
  co_await bight::sleep(10ms);
  const auto refused = co_await w.ask(http::method::get, "/");
  EXPECT_THAT(refused, HasSubstr("503"));
  EXPECT_EQ(w.proxy->status().refused, 1U);
  co_await slow;
}
