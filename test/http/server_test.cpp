// What a server answers, and in which order.
#include <bight/http/server.hpp>

#include <bight/core/event.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/date.hpp>
#include <bight/http/error.hpp>
#include <bight/http/router.hpp>
#include <bight/net/connect.hpp>
#include <bight/testing/async_test.hpp>
#include <string>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"
#include "support/sockets.hpp"

namespace bight::http::server_test {

using namespace std::chrono_literals;
using test::echo;
using test::log_capture;
using test::peer;
using test::served;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

ASYNC_TEST(server, answers_a_request) {
  served s{echo};
  const auto r = co_await s.ask(get_hello);
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(r.body, "GET /hello");
  EXPECT_EQ(r.field("Content-Length"), "10");
  EXPECT_FALSE(r.has("Connection"));
  EXPECT_EQ(s.server.requests(), 1U);
  EXPECT_EQ(s.server.connections(), 1U);
}

ASYNC_TEST(server, adds_date_and_its_name) {
  served s{echo};
  const auto r = co_await s.ask(get_hello);
  EXPECT_EQ(r.field("Server"), "bight");
  EXPECT_EQ(r.count("\r\nServer:"), 1U);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto date = parse_date(r.field("Date"), now);
  CO_ASSERT_TRUE(date);
  EXPECT_THAT(now - *date, AnyOf(0s, 1s, 2s));
}

ASYNC_TEST(server, leaves_date_and_name_to_a_handler_that_sets_them) {
  server_options options;
  options.name.clear();
  served s{[](server_request&) -> awaitable<server_response> {
             server_response r{200, "x"};
             r.headers().set("Date", "then");
             r.headers().set("X-Own", "1");
             co_return r;
           },
           options};
  const auto r = co_await s.ask(get_hello);
  EXPECT_EQ(r.field("Date"), "then");
  EXPECT_EQ(r.count("\r\nDate:"), 1U);
  EXPECT_FALSE(r.has("Server"));
  EXPECT_EQ(r.field("X-Own"), "1");
}

TEST(server, a_name_that_is_no_header_value_is_refused) {
  server_options options;
  options.name = "a\r\nX-Injected: 1";
  EXPECT_THROW((server{echo, options}), boost::system::system_error);
}

ASYNC_TEST(server, keeps_the_connection_for_further_requests) {
  served s{echo};
  for (int i = 0; i != 5; ++i) {
    const auto r = co_await s.ask(get_hello);
    EXPECT_EQ(r.body, "GET /hello");
  }
  EXPECT_EQ(s.server.requests(), 5U);
  co_await s.client.stream().shutdown_write();
  co_await s.serving;
  EXPECT_EQ(s.server.connections(), 0U);
}

ASYNC_TEST(server, answers_pipelined_requests_in_order) {
  std::vector<std::string> asked;
  served s{[&](server_request& request) -> awaitable<server_response> {
    const std::string path{request.path()};
    asked.push_back(path);
    if (path == "/slow") co_await sleep(1s);
    co_return server_response{200, path};
  }};
  co_await s.send(
      "GET /slow HTTP/1.1\r\nHost: x\r\n\r\nPOST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const char* path : {"/slow", "/two", "/three"}) {
    const auto r = co_await s.answer();
    EXPECT_EQ(r.body, path);
  }
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_THAT(asked, ElementsAre("/slow", "/two", "/three"));
}

ASYNC_TEST(server, does_not_depend_on_how_a_request_arrives) {
  const std::string request =
      "\r\nPOST /a?b=c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (const std::size_t step : {1U, 2U, 5U, 30U}) {
    served s{echo};
    for (std::size_t from = 0; from < request.size(); from += step) {
      co_await s.send(request.substr(from, step));
      co_await sleep(1ms);
    }
    const auto r = co_await s.answer();
    EXPECT_EQ(r.body, "POST /a?b=c abcde");
    const auto again = co_await s.ask(get_hello);
    EXPECT_EQ(again.body, "GET /hello");
  }
}

ASYNC_TEST(server, closes_when_asked_to) {
  served s{echo};
  const auto r = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(r.field("Connection"), "close");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
}

ASYNC_TEST(server, closes_after_http_1_0_unless_asked_to_keep) {
  served closing{echo};
  const auto r = co_await closing.ask("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.field("Connection"), "close");
  const auto rest = co_await closing.client.read_to_end();
  EXPECT_EQ(rest, "");
  served keeping{echo};
  for (int i = 0; i != 2; ++i) {
    const auto kept = co_await keeping.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(kept.field("Connection"), "keep-alive");
  }
}

ASYNC_TEST(server, head_has_the_headers_of_get_and_no_body) {
  served s{[](server_request&) -> awaitable<server_response> { co_return server_response{200, "hello"}; }};
  co_await s.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = co_await s.answer(true);
  const auto get = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // would see a body that was sent
  EXPECT_EQ(get.body, "hello");
  EXPECT_EQ(head.head, get.head);
}

// RFC 9110 9.3.8: a request that comes back would show credentials to whoever made the browser send it.
ASYNC_TEST(server, does_not_send_trace_requests_back) {
  router routes;
  routes.get("/", [] { return std::string{"hello"}; });
  served s{std::move(routes)};
  const auto answer = co_await s.ask("TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n");
  EXPECT_EQ(answer.status(), 405);
  EXPECT_EQ(answer.field("Allow").find("TRACE"), std::string::npos);
  EXPECT_EQ((answer.head + answer.body).find("secret"), std::string::npos);
}

ASYNC_TEST(server, an_exception_of_the_handler_is_logged_and_answered_500) {
  const log_capture log;
  served s{[](server_request& request) -> awaitable<server_response> {
    if (request.path() == "/runtime") throw std::runtime_error("kaput");
    if (request.path() == "/system")
      throw boost::system::system_error(make_error_code(errc::truncated), "elsewhere");
    if (request.path() == "/int") throw 42;
    co_return server_response{200, "fine"};
  }};
  for (const char* path : {"/runtime", "/system", "/int"}) {
    const auto r = co_await s.ask("GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(r.status(), 500) << path;
    EXPECT_EQ(r.body.find("kaput"), r.body.npos);  // what went wrong is nobody's business
  }
  const auto fine = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(fine.body, "fine");
  CO_ASSERT_EQ(log.lines().size(), 3U);
  EXPECT_THAT(log.lines()[0], HasSubstr("kaput"));
  EXPECT_THAT(log.lines()[1], HasSubstr("elsewhere"));
}

ASYNC_TEST(server, a_cancellation_that_is_not_its_own_is_an_error_of_the_handler) {
  log_capture log;
  served s{[](server_request&) -> awaitable<server_response> {
    auto work = spawn([]() -> awaitable<void> { co_await sleep(1h); });
    work.cancel();
    co_await work;  // throws cancelled_error: of that task, not of this one
    co_return server_response{200, "x"};
  }};
  for (int i = 0; i != 2; ++i) {
    const auto r = co_await s.ask(get_hello);
    EXPECT_EQ(r.start_line(), "HTTP/1.1 500 Internal Server Error");
  }
  EXPECT_THAT(log.lines(),
              ElementsAre(HasSubstr("a handler failed: cancelled"), HasSubstr("a handler failed")));
}

ASYNC_TEST(server, a_plain_function_that_throws_before_it_returns_is_no_different) {
  const log_capture log;
  served plain{
      handler{[](server_request&) -> awaitable<server_response> { throw std::runtime_error("at once"); }}};
  const auto r = co_await plain.ask(get_hello);
  EXPECT_EQ(r.status(), 500);
  served empty{handler{}};
  const auto none = co_await empty.ask(get_hello);
  EXPECT_EQ(none.status(), 500);
  EXPECT_EQ(log.lines().size(), 2U);
}

ASYNC_TEST(server, serves_many_connections_at_a_time_over_tcp) {
  server s{[](server_request& request) -> awaitable<server_response> {
    std::string body = request.remote_endpoint().address().to_string();
    co_await yield();
    co_return server_response{200, body};
  }};
  net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
  const auto where = listener.local_endpoint();
  auto serving = spawn([&] { return s.serve(std::move(listener)); });
  std::vector<peer> peers;
  for (std::size_t i = 0; i != 50; ++i) {
    auto connection = co_await net::connect(where);
    peers.emplace_back(std::move(connection), i);
  }
  for (int round = 0; round != 3; ++round) {
    for (auto& p : peers) co_await p.send(get_hello);
    for (auto& p : peers) {
      const auto r = co_await p.read_message();
      EXPECT_EQ(r.body, "127.0.0.1");
    }
  }
  EXPECT_EQ(s.connections(), 50U);
  EXPECT_EQ(s.requests(), 150U);
  s.stop();
  co_await serving;
  EXPECT_EQ(s.connections(), 0U);
}

ASYNC_TEST(server, a_client_that_vanishes_is_no_failure) {
  const log_capture log;
  served s{[](server_request& request) -> awaitable<server_response> {
    const auto body = co_await request.text();
    co_return server_response{200, body};
  }};
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  co_await sleep(1ms);
  s.client.close();
  co_await s.serving;
  EXPECT_TRUE(log.lines().empty()) << log.lines().front();
}

ASYNC_TEST(server, cancelling_serve_closes_everything_at_once) {
  event entered;
  server s{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    co_await sleep(forever);
    co_return server_response{};
  }};
  net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
  const auto where = listener.local_endpoint();
  auto serving = spawn([&] { return s.serve(std::move(listener)); });
  auto busy_connection = co_await net::connect(where);
  peer busy{std::move(busy_connection)};
  auto idle_connection = co_await net::connect(where);
  peer idle{std::move(idle_connection)};
  co_await busy.send(get_hello);
  co_await entered.wait();
  co_await test::until([&] { return s.connections() == 2; });
  serving.cancel();
  co_await serving.wait();
  EXPECT_TRUE(serving.cancelled());
  EXPECT_EQ(s.connections(), 0U);
  const auto from_busy = co_await busy.read_to_end();
  EXPECT_EQ(from_busy, "");
  const auto from_idle = co_await idle.read_to_end();
  EXPECT_EQ(from_idle, "");
}

ASYNC_TEST(server, a_cancelled_connection_says_so_to_its_task) {
  served s{[](server_request&) -> awaitable<server_response> {
    co_await sleep(forever);
    co_return server_response{};
  }};
  co_await s.send(get_hello);
  co_await sleep(1ms);
  s.serving.cancel();
  co_await s.serving.wait();
  EXPECT_TRUE(s.serving.cancelled());
  EXPECT_EQ(s.server.connections(), 0U);
}

TEST(server, may_be_destroyed_after_its_loop) {
  std::optional<server> s;
  run([&]() -> awaitable<void> {
    s.emplace(echo);
    net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
    const auto where = listener.local_endpoint();
    spawn([&s, l = std::move(listener)]() mutable { return s->serve(std::move(l)); }).detach();
    auto connection = co_await net::connect(where);
    peer p{std::move(connection)};
    co_await p.send(get_hello);
    const auto r = co_await p.read_message();
    EXPECT_EQ(r.status(), 200);
  });
  EXPECT_EQ(s->connections(), 0U);
}

}  // namespace bight::http::server_test
