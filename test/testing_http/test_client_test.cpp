#include <bight/testing_http/test_client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/router.hpp>
#include <bight/http/set_cookie.hpp>
#include <bight/net/network.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/certificates.hpp"
#include "support/ends.hpp"

namespace bight::test_client_test {

using namespace std::chrono_literals;
using bight::testing::test_client;
using bight::testing::test_client_options;
using ::testing::HasSubstr;
using ::testing::StartsWith;

http::server_response echo(http::server_request& r) {
  std::string text{r.method().name()};
  text.append(" ").append(r.target()).append(" ").append(r.authority());
  return http::server_response{200, text};
}

awaitable<http::server_response> fails(http::server_request&) {
  co_await yield();
  throw std::runtime_error("no such table");
}

ASYNC_TEST(test_client, sends_a_request_through_the_server) {
  test_client client{echo};
  auto response = co_await client.get("/items?page=2");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "GET /items?page=2 testserver");
  EXPECT_EQ(response.headers().get("Server"), "bight");
  EXPECT_TRUE(response.headers().contains("Date"));
  EXPECT_EQ(client.server().requests(), 1U);
}

ASYNC_TEST(test_client, takes_a_router_a_handler_and_a_plain_function) {
  http::router site;
  site.get("/items/{id:int}", [](http::server_request& r) { return "item " + std::string{r.param("id")}; });
  test_client of_router{std::move(site)};
  auto item = co_await of_router.get("/items/7");
  const auto text = co_await item.text();
  EXPECT_EQ(text, "item 7");
  auto missing = co_await of_router.get("/items/x");
  EXPECT_EQ(missing.status(), 404);

  test_client of_handler{http::handler{fails}};
  const auto failed = co_await test::end_of([&]() -> awaitable<void> { co_await of_handler.get("/"); });
  EXPECT_THAT(failed, HasSubstr("no such table"));
  test_client of_text{[] { return "hello"; }};
  auto hello = co_await of_text.get("/");
  EXPECT_EQ(hello.status(), 200);
}

ASYNC_TEST(test_client, keeps_cookies_and_follows_redirects) {
  http::router site;
  site.post("/login", [](http::server_request&) {
    auto response = http::redirect_to("/me");
    response.set_cookie(http::set_cookie{"user", "ann"});
    return response;
  });
  site.get("/me", [](http::server_request& r) { return std::string{r.cookie("user").value_or("nobody")}; });
  test_client client{std::move(site)};
  auto response = co_await client.post("/login");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "ann");
  EXPECT_EQ(response.history().size(), 1U);
}

ASYNC_TEST(test_client, reaches_the_server_by_every_host_name_and_port) {
  test_client client{echo};
  auto response = co_await client.get("http://shop.example:8080/x");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "GET /x shop.example:8080");
}

ASYNC_TEST(test_client, reuses_its_connection) {
  test_client client{[](http::server_request& r) { return r.remote_endpoint().to_string(); }};
  auto first = co_await client.get("/");
  const auto a = co_await first.text();
  auto second = co_await client.get("/");
  const auto b = co_await second.text();
  EXPECT_EQ(a, b);
  EXPECT_EQ(client.server().connections(), 1U);
  EXPECT_EQ(client.connections(), 1U);
}

ASYNC_TEST(test_client, shows_handlers_the_address_that_was_chosen) {
  test_client_options options;
  options.client_address = *net::ip_address::parse("203.0.113.9");
  test_client client{[](http::server_request& r) { return r.remote_endpoint().address().to_string(); },
                     std::move(options)};
  auto response = co_await client.get("/");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "203.0.113.9");
}

ASYNC_TEST(test_client, applies_the_limits_and_timeouts_of_the_server) {
  test_client_options options;
  options.server.limits.max_body = 4;
  test_client client{[](http::server_request& r) { return r.text(); }, std::move(options)};
  auto refused = co_await client.post("/").text("12345");
  EXPECT_EQ(refused.status(), 413);

  const auto start = clock::now();
  auto slow = co_await client.connect();
  co_await slow.write("GET / HTTP/1.1\r\n");
  net::reader in{slow};
  const auto answer = co_await in.read_line();
  EXPECT_THAT(answer.value_or(""), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(clock::now() - start, 10s);
}

ASYNC_TEST(test_client, throws_what_the_handler_throws) {
  test_client client{fails};
  const auto end = co_await test::end_of([&]() -> awaitable<void> { co_await client.get("/"); });
  EXPECT_THAT(end, HasSubstr("no such table"));
}

ASYNC_TEST(test_client, returns_the_500_if_asked_to) {
  test_client_options options;
  options.throw_handler_errors = false;
  test_client client{fails, std::move(options)};
  auto response = co_await client.get("/");
  EXPECT_EQ(response.status(), 500);
}

ASYNC_TEST(test_client, throws_the_error_of_the_call_that_it_belongs_to) {
  http::router site;
  site.get("/bad", fails);
  site.get("/good", [] { return "fine"; });
  site.get("/own", [] { return http::server_response{500}; });
  site.get("/problem", []() -> http::server_response { throw http::problem{404, "none"}; });
  test_client client{std::move(site)};
  auto bad = [&]() -> awaitable<void> { co_await client.get("/bad"); };
  auto status_of = [&](std::string path) -> awaitable<int> {
    auto response = co_await client.get(path);
    co_return response.status().code();
  };
  auto [end, good, own, problem] =
      co_await gather(test::end_of(bad), status_of("/good"), status_of("/own"), status_of("/problem"));
  EXPECT_THAT(end, HasSubstr("no such table"));
  EXPECT_EQ(good, 200);
  EXPECT_EQ(own, 500);
  EXPECT_EQ(problem, 404);
}

ASYNC_TEST(test_client, passes_upgrades_through) {
  test_client client{[](http::server_request& r) {
    return http::upgrade(r, "echo", {}, [](net::stream s) -> awaitable<void> {
      char byte = 0;
      while (true) {
        const auto n = co_await s.read_some(std::as_writable_bytes(std::span{&byte, 1}));
        if (n == 0) break;
        co_await s.write(std::string_view{&byte, 1});
      }
      co_await s.close();
    });
  }};
  auto response = co_await client.get("/").header("Connection", "upgrade").header("Upgrade", "echo");
  CO_ASSERT_EQ(response.status(), 101);
  auto stream = http::take_stream(std::move(response));
  co_await stream.write("ping");
  co_await stream.shutdown_write();
  const auto answer = co_await read_all(stream);
  EXPECT_EQ(answer, "ping");
}

ASYNC_TEST(test_client, stop_waits_for_handlers_and_for_work_after_the_response) {
  bool done = false;
  event entered;
  http::router site;
  site.get("/work", [&](http::server_request& r) {
    r.run_after_response([&]() -> awaitable<void> {
      co_await sleep(5s);
      done = true;
    });
    return "started";
  });
  site.get("/slow", [&]() -> awaitable<std::string> {
    entered.set();
    co_await sleep(3s);
    co_return "slow";
  });
  test_client client{std::move(site)};
  co_await client.get("/work");
  auto slow = spawn([&]() -> awaitable<int> {
    auto response = co_await client.get("/slow");
    co_return response.status().code();
  });
  co_await entered.wait();
  EXPECT_FALSE(done);
  co_await client.stop();
  EXPECT_TRUE(done);
  EXPECT_TRUE(slow.done());
  EXPECT_EQ(slow.result(), 200);
  EXPECT_EQ(client.server().connections(), 0U);
  const auto late = co_await as_result(client.get("/work"));
  CO_ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error(), boost::system::errc::connection_refused);
}

ASYNC_TEST(test_client, stop_cancels_handlers_after_the_grace_period) {
  bool ended = false;
  event entered;
  test_client client{[&]() -> awaitable<void> {
    struct at_end {
      bool& flag;
      ~at_end() { flag = true; }
    } const mark{ended};
    entered.set();
    co_await sleep(1h);
  }};
  auto asking = spawn([&]() -> awaitable<void> { co_await client.get("/"); });
  co_await entered.wait();
  const auto start = clock::now();
  co_await client.stop(2s);
  EXPECT_EQ(clock::now() - start, 2s);
  EXPECT_TRUE(ended);
  const auto cut = co_await as_result(std::move(asking));
  EXPECT_TRUE(cut.has_error());
}

ASYNC_TEST(test_client, its_end_cancels_handlers) {
  bool ended = false;
  event entered;
  std::optional<test_client> client;
  client.emplace([&]() -> awaitable<void> {
    struct at_end {
      bool& flag;
      ~at_end() { flag = true; }
    } const mark{ended};
    entered.set();
    co_await sleep(1h);
  });
  http::client copy = *client;
  auto asking = spawn([copy]() mutable -> awaitable<void> { co_await copy.get("/"); });
  co_await entered.wait();
  client.reset();
  const auto cut = co_await as_result(std::move(asking));
  EXPECT_TRUE(cut.has_error());
  EXPECT_TRUE(ended);
}

ASYNC_TEST(test_client, handlers_use_the_network_in_which_it_was_made) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.add_host("backend.example", {"192.0.2.7"});
  net::listener listener{*net::endpoint::parse("192.0.2.7:80")};
  http::server backend{[](http::server_request&) -> awaitable<http::server_response> {
    co_return http::server_response{200, "from the backend"};
  }};
  auto serving = spawn([&backend, l = std::move(listener)]() mutable { return backend.serve(std::move(l)); });
  test_client client{[]() -> awaitable<std::string> {
    http::client c;
    auto response = co_await c.get("http://backend.example/");
    co_return co_await response.text();
  }};
  auto response = co_await client.get("/");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "from the backend");
  EXPECT_EQ(network.connects("192.0.2.7:80"), 1U);
  co_await client.stop();
  serving.cancel();
  co_await serving.wait();
}

ASYNC_TEST(test_client, its_network_leads_other_clients_to_the_server) {
  test_client client{echo};
  const net::network_scope inside{client.network()};
  http::client other;
  auto response = co_await other.get("http://anywhere.example/");
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(client.server().requests(), 1U);
}

class test_client_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

ASYNC_TEST_F(test_client_tls, of_a_server_with_tls_speaks_https) {
  const auto identity = test::certificates::instance().good();
  test_client_options options;
  options.server.tls = net::tls_server_context{net::tls_server_options{identity.file, identity.key}};
  options.client.tls = net::tls_client_context::from_ca_file(test::certificates::instance().authority());
  options.client.base_url = http::url{"https://localhost/"};
  test_client client{[](http::server_request& r) { return r.connection().tls_version; }, std::move(options)};
  auto response = co_await client.get("/");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "TLSv1.3");
}

class outside_of_a_loop : public ::testing::Test {
 protected:
  test_client client{[] { return "hello"; }};
};

ASYNC_TEST_F(outside_of_a_loop, a_client_can_be_made_and_destroyed) {
  auto response = co_await this->client.get("/");
  EXPECT_EQ(response.status(), 200);
}

}  // namespace bight::test_client_test
