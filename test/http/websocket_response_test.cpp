// The server's handshake, and how sessions end, in virtual time.
#include <bight/http/websocket_response.hpp>

#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/router.hpp>
#include <bight/http/server.hpp>
#include <bight/http/websocket_error.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/http_served.hpp"
#include "support/log_capture.hpp"
#include "websocket/raw_peer.hpp"

namespace bight::http::websocket_response_test {

using namespace std::chrono_literals;
using test::served;

constexpr std::string_view usual =
    "Host: example.org\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string request_with(std::string_view more = {}) {
  return std::string{"GET /chat HTTP/1.1\r\n"}.append(usual).append(more).append("\r\n");
}

awaitable<void> echo_session(websocket& socket) {
  auto message = co_await socket.receive();
  while (message) {
    co_await socket.send(*message);
    message = co_await socket.receive();
  }
}

handler opens(websocket_server_options options = {}, awaitable<void> (*session)(websocket&) = echo_session) {
  return [options, session](server_request& request) -> awaitable<server_response> {
    co_return websocket_response(request, session, options);
  };
}

// The answer's status, and its head.
awaitable<test::raw_message> ask(std::string head, const websocket_server_options& options = {}) {
  served s{opens(options)};
  co_return co_await s.ask(std::move(head));
}

ASYNC_TEST(websocket_response, the_example_of_the_rfc) {
  auto answer = co_await ask(request_with());
  EXPECT_EQ(answer.start_line(), "HTTP/1.1 101 Switching Protocols");
  EXPECT_EQ(answer.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(answer.field("Upgrade"), "websocket");
  EXPECT_EQ(answer.field("Connection"), "Upgrade");
  EXPECT_FALSE(answer.has("Sec-WebSocket-Protocol"));
  EXPECT_FALSE(answer.has("Sec-WebSocket-Extensions"));
}

ASYNC_TEST(websocket_response, what_is_no_request_for_a_websocket) {
  const auto without = [](std::string_view field) {
    auto head = request_with();
    const auto at = head.find(field);
    head.erase(at, head.find("\r\n", at) + 2 - at);
    return head;
  };
  const auto replaced = [](std::string_view from, std::string_view to) {
    auto head = request_with();
    head.replace(head.find(from), from.size(), to);
    return head;
  };
  struct expectation {
    std::string head;
    int status;
  };
  const std::vector<expectation> all{
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426},
      {without("Upgrade: "), 426},
      {without("Connection: "), 426},
      {without("Sec-WebSocket-Version"), 426},
      {replaced("Version: 13", "Version: 8"), 426},
      {replaced("Version: 13", "Version: 130"), 426},
      {replaced("Upgrade: websocket", "Upgrade: h2c"), 426},
      {without("Sec-WebSocket-Key"), 400},
      {replaced("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"), 400},
      {replaced("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400},
      {request_with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400},  // twice
      {replaced("GET", "POST"), 400},
      {request_with("Sec-WebSocket-Protocol: a b\r\n"), 400},
      {request_with("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n"), 400},
      {replaced("Upgrade: websocket", "Upgrade: WebSocket"), 101},
      {replaced("Connection: keep-alive, Upgrade", "connection: upgrade"), 101},
  };
  for (const auto& one : all) {
    const auto answer = co_await ask(one.head);
    EXPECT_EQ(answer.status(), one.status) << one.head;
    if (one.status == 426) {
      EXPECT_EQ(answer.field("Sec-WebSocket-Version"), "13");
      EXPECT_EQ(answer.field("Upgrade"), "websocket");
    }
  }
}

ASYNC_TEST(websocket_response, origins) {
  const auto status_for = [](std::string origin, websocket_server_options options) -> awaitable<int> {
    const auto answer = co_await ask(request_with("Origin: " + origin + "\r\n"), options);
    co_return answer.status();
  };
  websocket_server_options own;
  const auto same = co_await status_for("https://example.org", own);
  const auto other = co_await status_for("https://evil.org", own);
  const auto null = co_await status_for("null", own);
  EXPECT_EQ(same, 101);
  EXPECT_EQ(other, 403);
  EXPECT_EQ(null, 403);
  websocket_server_options list;
  list.origins = {"https://app.example.org"};
  const auto listed = co_await status_for("https://app.example.org", list);
  const auto not_listed = co_await status_for("https://example.org", list);
  EXPECT_EQ(listed, 101);
  EXPECT_EQ(not_listed, 403);
  const auto none = co_await ask(request_with(), list);
  EXPECT_EQ(none.status(), 101);
  const auto two =
      co_await ask(request_with("Origin: https://example.org\r\nOrigin: https://evil.org\r\n"), own);
  EXPECT_EQ(two.status(), 403);
  websocket_server_options any;
  any.any_origin = true;
  const auto anybody = co_await status_for("https://evil.org", any);
  EXPECT_EQ(anybody, 101);
}

ASYNC_TEST(websocket_response, subprotocol_and_headers) {
  websocket_server_options options;
  options.subprotocols = {"v2", "v1"};
  options.headers.set("X-Served-By", "bight");
  const auto some =
      co_await ask(request_with("Sec-WebSocket-Protocol: v0, v1\r\nSec-WebSocket-Protocol: v2\r\n"), options);
  EXPECT_EQ(some.status(), 101);
  EXPECT_EQ(some.field("Sec-WebSocket-Protocol"), "v1");
  EXPECT_EQ(some.field("X-Served-By"), "bight");
  const auto none = co_await ask(request_with("Sec-WebSocket-Protocol: v0\r\n"), options);
  EXPECT_EQ(none.status(), 101);
  EXPECT_FALSE(none.has("Sec-WebSocket-Protocol"));
}

ASYNC_TEST(websocket_response, compression_only_if_both_want_it) {
  const auto offer = request_with("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
  const auto off = co_await ask(offer);
  EXPECT_FALSE(off.has("Sec-WebSocket-Extensions"));
  websocket_server_options options;
  options.deflate.emplace();
  const auto on = co_await ask(offer, options);
  EXPECT_EQ(on.field("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  const auto not_offered = co_await ask(request_with(), options);
  EXPECT_FALSE(not_offered.has("Sec-WebSocket-Extensions"));
}

// A served WebSocket, whose client is by hand.
struct session_of {
  explicit session_of(awaitable<void> (*session)(websocket&)) : s(opens({}, session)) {}
  awaitable<void> open() {
    const auto answer = co_await s.ask(request_with());
    EXPECT_EQ(answer.status(), 101);
    peer.emplace(std::move(s.client.stream()), ws::side::client);
  }
  served s;
  std::optional<ws::raw_peer> peer;
};

ASYNC_TEST(websocket_response, frames_may_follow_the_request_at_once) {
  session_of one{echo_session};
  co_await one.s.send(request_with() + ws::frame(0x81, "early"));
  const auto answer = co_await one.s.answer();
  EXPECT_EQ(answer.status(), 101);
  one.peer.emplace(std::move(one.s.client.stream()), ws::side::client);
  const auto text = co_await one.peer->next();
  EXPECT_EQ(text, "text:early");
}

ASYNC_TEST(websocket_response, a_session_that_returns_closes_with_1000) {
  session_of one{[](websocket& socket) -> awaitable<void> {
    co_await sleep(1s);
    co_await socket.send("hello");
  }};
  co_await one.open();
  const auto text = co_await one.peer->next();
  EXPECT_EQ(text, "text:hello");
  const auto close = co_await one.peer->next();
  EXPECT_EQ(close, "close:1000 ");
  co_await one.peer->write_close(1000);
  const auto end = co_await one.peer->next();
  EXPECT_EQ(end, "end");
  co_await one.s.serving;
}

ASYNC_TEST(websocket_response, a_session_that_fails_closes_with_1011) {
  test::log_capture log;
  session_of one{[](websocket&) -> awaitable<void> {
    co_await yield();
    throw std::runtime_error("no database");
  }};
  co_await one.open();
  const auto close = co_await one.peer->next();
  EXPECT_EQ(close, "close:1011 ");
  co_await one.peer->write_close(1011);
  co_await one.s.serving;
  EXPECT_THAT(log.lines(), ::testing::Contains(::testing::HasSubstr("no database")));
}

ASYNC_TEST(websocket_response, a_peer_that_goes_is_no_failure_of_the_session) {
  test::log_capture log;
  session_of one{echo_session};
  co_await one.open();
  one.peer->stream().abort();
  co_await one.s.serving;
  EXPECT_THAT(log.lines(), ::testing::IsEmpty());
}

// A session that relays to another WebSocket: the end of that one is not the end of this connection.
ASYNC_TEST(websocket_response, the_end_of_another_websocket_is_a_failure) {
  test::log_capture log;
  session_of one{[](websocket&) -> awaitable<void> {
    co_await yield();
    throw websocket_closed{1006, {}, "the upstream is gone"};
  }};
  co_await one.open();
  const auto close = co_await one.peer->next();
  EXPECT_EQ(close, "close:1011 ");
  co_await one.peer->write_close(1011);
  co_await one.s.serving;
  EXPECT_THAT(log.lines(), ::testing::Contains(::testing::HasSubstr("the upstream is gone")));
}

ASYNC_TEST(websocket_response, stop_closes_with_1001) {
  session_of one{echo_session};
  co_await one.open();
  const auto began = clock::now();
  one.s.server.stop();
  const auto close = co_await one.peer->next();
  EXPECT_EQ(close, "close:1001 the server is shutting down");
  co_await one.peer->write_close(1001);
  const auto end = co_await one.peer->next();
  EXPECT_EQ(end, "end");
  one.peer->stream().abort();
  co_await one.s.serving;
  EXPECT_EQ(clock::now() - began, 0s);
}

ASYNC_TEST(websocket_response, stop_does_not_wait_for_a_client_that_does_not_answer) {
  session_of one{echo_session};
  co_await one.open();
  const auto began = clock::now();
  one.s.server.stop();
  co_await one.s.serving;
  EXPECT_EQ(clock::now() - began, 10s);  // close_timeout
}

ASYNC_TEST(websocket_response, a_session_that_ignores_the_end_is_cancelled_after_the_grace) {
  session_of one{[](websocket&) -> awaitable<void> { co_await sleep(24h); }};
  co_await one.open();
  const auto began = clock::now();
  one.s.server.stop(20s);
  const auto close = co_await one.peer->next();
  EXPECT_EQ(close, "close:1001 the server is shutting down");
  co_await one.s.serving.wait();
  EXPECT_EQ(clock::now() - began, 20s);
}

ASYNC_TEST(websocket_response, works_from_a_route_behind_middleware) {
  router routes;
  routes.get("/chat", opens());
  int seen = 0;
  std::vector<middleware> around;
  around.push_back([&](server_request& request, next call) -> awaitable<server_response> {
    ++seen;
    co_return co_await call(request);
  });
  served s{compose(std::move(around), std::move(routes))};
  const auto answer = co_await s.ask(request_with());
  EXPECT_EQ(answer.status(), 101);
  EXPECT_EQ(seen, 1);
}

}  // namespace bight::http::websocket_response_test
