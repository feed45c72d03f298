// "Expect: 100-continue" (RFC 9110 10.1.1), and requests that are not read.
#include <bight/http/client.hpp>

#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/server.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <utility>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_expect_test {

using namespace std::chrono_literals;
using test::peer;
using test::scripted_server;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t large = 1U << 20U;

ASYNC_TEST(client_expect, the_body_follows_the_permission) {
  std::string head;
  std::size_t size = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    head = co_await p.read_until("\r\n\r\n");
    co_await p.send("HTTP/1.1 103 Early Hints\r\n\r\n");
    co_await p.send("HTTP/1.1 100 Continue\r\n\r\n");
    const auto body = co_await p.take_bytes(large);
    size = body.size();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }};
  client c;
  auto answer = co_await c.put(server.url()).bytes(std::string(large, 'x'));
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "ok");
  EXPECT_THAT(head, HasSubstr("Expect: 100-continue\r\n"));
  EXPECT_EQ(size, large);
}

ASYNC_TEST(client_expect, a_refusal_saves_the_body_and_the_connection_is_not_reused) {
  std::size_t connections = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    ++connections;
    static_cast<void>(co_await p.read_until("\r\n\r\n"));
    co_await p.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    const auto more = co_await p.read_to_end();
    EXPECT_EQ(more, "");
  }};
  client c;
  for (int i = 0; i != 2; ++i) {
    auto answer = co_await c.put(server.url()).bytes(std::string(large, 'x'));
    EXPECT_EQ(answer.status(), 401);
    EXPECT_EQ(c.connections(), 0U);
  }
  EXPECT_EQ(connections, 2U);
}

ASYNC_TEST(client_expect, a_server_that_says_nothing_gets_the_body_after_a_second) {
  scripted_server server{[&](peer& p) -> awaitable<void> {
    static_cast<void>(co_await p.read_until("\r\n\r\n"));
    static_cast<void>(co_await p.take_bytes(4));
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  client c;
  const auto start = clock::now();
  auto answer = co_await c.put(server.url()).bytes("body").expect_continue(true);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_GE(clock::now() - start, 1s);
  EXPECT_LT(clock::now() - start, 5s);
}

ASYNC_TEST(client_expect, is_for_large_bodies_or_if_asked_for) {
  auto server = scripted_server::answering([](const test::raw_message& r) {
    return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Expect: " + std::string{r.field("Expect")} + "\r\n\r\n";
  });
  client c;
  auto small = co_await c.put(server->url()).bytes("x");
  EXPECT_EQ(small.headers().get("X-Expect"), "");
  auto get = co_await c.get(server->url()).expect_continue(true);
  EXPECT_EQ(get.headers().get("X-Expect"), "");
}

ASYNC_TEST(client_expect, our_server_grants_it) {
  test::running r{[](server_request& request) -> awaitable<server_response> {
    request.max_body(10 * large);
    const auto text = co_await request.text();
    co_return server_response{200, std::to_string(text.size())};
  }};
  client c;
  const auto start = clock::now();
  for (int i = 0; i != 3; ++i) {
    auto answer = co_await c.put(r.url()).bytes(std::string(2 * large, 'x'));
    const auto text = co_await answer.text();
    EXPECT_EQ(text, std::to_string(2 * large));
  }
  EXPECT_LT(clock::now() - start, 900ms);
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST(client_expect, is_dropped_when_the_server_does_not_know_it) {
  auto server = scripted_server::answering([](const test::raw_message& r) -> std::string {
    if (r.has("Expect"))
      return "HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  });
  client c;
  auto answer = co_await c.put(server->url()).bytes("body").expect_continue(true);
  EXPECT_EQ(answer.status(), 200);
}

ASYNC_TEST(client_write, a_server_that_reads_nothing_ends_at_the_write_timeout) {
  event done;
  scripted_server server{[&](peer&) -> awaitable<void> { co_await done.wait(); }};
  client_options options;
  options.timeouts.write = 200ms;
  client c{std::move(options)};
  const auto e =
      co_await test::error_of(c.put(server.url()).bytes(std::string(50'000'000, 'x')).expect_continue(false));
  EXPECT_EQ(e.code(), make_error_code(bight::errc::timed_out));
  EXPECT_THAT(e.what(), HasSubstr("timed out after 200 ms: sending the request (timeouts.write)"));
  done.set();
}

}  // namespace bight::http::client_expect_test
