// Opening a WebSocket with a client: the handshake, proxies, redirects, cookies; and connecting again. All in
// virtual time.
#include <bight/http/websocket_builder.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/reconnecting_websocket.hpp>
#include <bight/http/server.hpp>
#include <bight/http/websocket_error.hpp>
#include <bight/http/websocket_response.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/websocket/handshake.hpp"
#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::websocket_client_test {

using namespace std::chrono_literals;
using test::certificates;
using test::peer;
using test::raw_message;
using test::running;
using test::scripted_server;

class websocket_client : public ::testing::Test {
 public:
  testing::fake_network network;
};

awaitable<void> echo_back(websocket& socket) {
  auto message = co_await socket.receive();
  while (message) {
    co_await socket.send(*message);
    message = co_await socket.receive();
  }
}

// What a server may see of a handshake.
struct seen_request {
  std::string path;
  std::string cookie;
  std::string authorization;
};

handler echoes(std::vector<seen_request>& seen, websocket_server_options options = {}) {
  return [&seen, options](server_request& request) -> awaitable<server_response> {
    const auto fields = request.headers();
    seen.push_back({std::string{request.target()}, std::string{fields.get(header_id::cookie).value_or("-")},
                    std::string{fields.get(header_id::authorization).value_or("-")}});
    co_return websocket_response(request, echo_back, options);
  };
}

std::string ws_url(const running& server, std::string_view path = "/") {
  return std::string{"ws://"}.append(server.where().to_string()).append(path);
}

template <class Work>
awaitable<std::string> refusal_of(Work work) {
  try {
    co_await std::move(work);
  } catch (const websocket_refused& e) {
    co_return std::to_string(e.status().code()) + " " + e.what();
  } catch (const boost::system::system_error& e) { co_return e.what(); }
  co_return "opened";
}

ASYNC_TEST_F(websocket_client, opens_and_talks) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  running server{echoes(seen)};
  client c;
  auto socket = co_await c.websocket(ws_url(server, "/chat#part")).query("room", 7).header("X-A", "b");
  EXPECT_EQ(seen.at(0).path, "/chat?room=7");
  co_await socket.send("hello");
  const auto answer = co_await socket.receive();
  EXPECT_EQ(answer->data, "hello");
  EXPECT_EQ(c.connections(), 0U);  // it is no connection of the pool
  co_await socket.close();
}

ASYNC_TEST_F(websocket_client, does_not_count_against_the_limits_of_the_pool) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  running server{echoes(seen)};
  client_options options;
  options.limits.max_connections = 1;
  client c{options};
  std::vector<websocket> sockets;
  for (int i = 0; i != 5; ++i) sockets.push_back(co_await c.websocket(ws_url(server)));
  for (auto& socket : sockets) {
    co_await socket.send("x");
    const auto answer = co_await socket.receive();
    EXPECT_TRUE(answer);
  }
}

ASYNC_TEST_F(websocket_client, relative_urls_and_http_schemes) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  running server{echoes(seen)};
  client_options options;
  options.base_url = url{server.url("/app/")};
  client c{options};
  auto first = co_await c.websocket("live");
  auto second = co_await c.websocket(server.url("/other"));
  EXPECT_EQ(seen.at(0).path, "/app/live");
  EXPECT_EQ(seen.at(1).path, "/other");
}

ASYNC_TEST_F(websocket_client, subprotocol_and_compression) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  websocket_server_options options;
  options.subprotocols = {"v1"};
  options.deflate.emplace();
  running server{echoes(seen, options)};
  client c;
  websocket_options mine;
  mine.deflate.emplace();
  auto socket = co_await c.websocket(ws_url(server)).subprotocol("v2").subprotocol("v1").options(mine);
  EXPECT_EQ(socket.subprotocol(), "v1");
  EXPECT_TRUE(socket.compresses());
  for (const std::size_t size : {0U, 10U, 255U, 256U, 1000U, 100000U}) {
    const std::string text(size, 'x');
    co_await socket.send(text);
    const auto answer = co_await socket.receive();
    EXPECT_TRUE(answer->data == text) << size;
  }
  auto plain = co_await c.websocket(ws_url(server));
  EXPECT_EQ(plain.subprotocol(), "");
  EXPECT_FALSE(plain.compresses());
}

ASYNC_TEST_F(websocket_client, context_takeover_on_both_sides) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  websocket_server_options options;
  options.deflate =
      websocket_deflate{.server_no_context_takeover = false, .client_no_context_takeover = false};
  running server{echoes(seen, options)};
  client c;
  websocket_options mine;
  mine.deflate = options.deflate;
  mine.deflate->client_max_window_bits = 9;
  auto socket = co_await c.websocket(ws_url(server)).options(mine);
  std::string text;
  for (int i = 0; i != 300; ++i) text += std::to_string(i * i);
  for (int i = 0; i != 5; ++i) {
    co_await socket.send(text);
    const auto answer = co_await socket.receive();
    EXPECT_TRUE(answer->data == text);
  }
}

ASYNC_TEST_F(websocket_client, a_server_that_refuses) {
  const auto inside = network.use();
  auto server = scripted_server::always("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  client c;
  const auto what = co_await refusal_of(c.websocket("ws://" + server->authority() + "/x"));
  EXPECT_THAT(what, ::testing::StartsWith("403 "));
  EXPECT_THAT(what, ::testing::HasSubstr("/x: the server answered with status 403"));
  auto busy = scripted_server::always("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  const auto later = co_await as_result(c.websocket("ws://" + busy->authority()).connect());
  EXPECT_EQ(later.error(), transient);
}

// Answers with 101 and `fields`, in which "ACCEPT" stands for the right value.
std::unique_ptr<scripted_server> switching(std::string fields) {
  return scripted_server::answering([fields](const raw_message& request) {
    auto text = "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n";
    const auto at = text.find("ACCEPT");
    if (at != text.npos) text.replace(at, 6, ws::accept_of(request.field("Sec-WebSocket-Key")));
    return text;
  });
}

ASYNC_TEST_F(websocket_client, what_is_wrong_with_an_answer) {
  const auto inside = network.use();
  struct expectation {
    std::string fields;
    std::string error;
  };
  const std::string good = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n";
  const std::vector<expectation> all{
      {good, "opened"},
      {"Upgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n", "opened"},
      {"Connection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n", "does not upgrade"},
      {"Upgrade: websocket\r\nSec-WebSocket-Accept: ACCEPT\r\n", "does not upgrade"},
      {"Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n", "does not upgrade"},
      {"Upgrade: websocket\r\nConnection: Upgrade\r\n", "wrong Sec-WebSocket-Accept"},
      {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
       "wrong Sec-WebSocket-Accept"},
      {good + "Sec-WebSocket-Protocol: chat\r\n", "opened"},
      {good + "Sec-WebSocket-Protocol: other\r\n", "subprotocol that was not offered"},
      {good + "Sec-WebSocket-Protocol: chat, chat\r\n", "subprotocol that was not offered"},
      {good + "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension that was not offered"},
      {good + "Sec-WebSocket-Extensions: x-other\r\n", "extension that was not offered"},
  };
  for (const auto& one : all) {
    auto server = switching(one.fields);
    client c;
    const auto what =
        co_await refusal_of(c.websocket("ws://" + server->authority() + "/").subprotocol("chat"));
    EXPECT_THAT(what, ::testing::HasSubstr(one.error)) << one.fields;
  }
}

ASYNC_TEST_F(websocket_client, the_request_is_that_of_the_rfc) {
  const auto inside = network.use();
  auto server = scripted_server::always("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  client c;
  websocket_options options;
  options.deflate.emplace();
  const auto first =
      co_await refusal_of(c.websocket("ws://" + server->authority() + "/a?b").options(options));
  const auto second =
      co_await refusal_of(c.websocket("ws://" + server->authority() + "/").subprotocol("x").subprotocol("y"));
  const auto& request = server->requests().at(0);
  EXPECT_EQ(request.start_line(), "GET /a?b HTTP/1.1");
  EXPECT_EQ(request.field("Upgrade"), "websocket");
  EXPECT_EQ(request.field("Connection"), "Upgrade");
  EXPECT_EQ(request.field("Sec-WebSocket-Version"), "13");
  EXPECT_TRUE(ws::is_key(request.field("Sec-WebSocket-Key")));
  EXPECT_EQ(
      request.field("Sec-WebSocket-Extensions"),
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits");
  EXPECT_FALSE(request.has("Origin"));
  EXPECT_FALSE(request.has("Sec-WebSocket-Protocol"));
  EXPECT_EQ(server->requests().at(1).field("Sec-WebSocket-Protocol"), "x, y");
  EXPECT_NE(server->requests().at(1).field("Sec-WebSocket-Key"), request.field("Sec-WebSocket-Key"));
}

ASYNC_TEST_F(websocket_client, arguments_that_are_refused) {
  client c;
  const auto header =
      co_await as_result(c.websocket("ws://x/").header("Sec-WebSocket-Key", "mine").connect());
  EXPECT_EQ(header.error(), make_error_code(errc::invalid_header));
  const auto protocol = co_await as_result(c.websocket("ws://x/").subprotocol("two words").connect());
  EXPECT_EQ(protocol.error(), make_error_code(errc::invalid_header));
  const auto scheme = co_await as_result(c.websocket("ftp://x/").connect());
  EXPECT_EQ(scheme.error(), make_error_code(errc::unsupported_scheme));
  const auto url = co_await as_result(c.websocket("nonsense").connect());
  EXPECT_EQ(url.error(), make_error_code(errc::invalid_url));
}

ASYNC_TEST_F(websocket_client, cookies_and_credentials_are_sent) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  running server{echoes(seen)};
  client_options options;
  options.cookies.emplace();
  options.cookies->set(cookie{"session", "1", "127.0.0.1"});
  client c{options};
  auto first = co_await c.websocket(ws_url(server)).basic_auth("me", "secret");
  EXPECT_EQ(seen.at(0).cookie, "session=1");
  EXPECT_EQ(seen.at(0).authorization, "Basic bWU6c2VjcmV0");
  auto second = co_await c.websocket("ws://me:secret@" + server.where().to_string() + "/");
  EXPECT_EQ(seen.at(1).authorization, "Basic bWU6c2VjcmV0");
}

// A redirect may lead to another server, but not into the user's session there.
ASYNC_TEST_F(websocket_client, redirects_to_another_origin_carry_no_cookies_and_credentials) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  running target{echoes(seen)};
  running entry{[&](server_request& request) -> awaitable<server_response> {
    seen.push_back({"entry", std::string{request.headers().get(header_id::cookie).value_or("-")},
                    std::string{request.headers().get(header_id::authorization).value_or("-")}});
    co_return redirect_to(request.path() == "/ws" ? ws_url(target, "/there") : target.url("/there"),
                          status::found);
  }};
  client_options options;
  options.cookies.emplace();
  options.cookies->set(cookie{"all", "1", "127.0.0.1"});  // cookies do not know ports
  client c{options};
  const std::vector<std::string> paths{"/ws", "/http"};
  for (const auto& path : paths) {
    seen.clear();
    auto socket = co_await c.websocket(ws_url(entry, path)).basic_auth("me", "secret").cookie("own", "2");
    EXPECT_EQ(seen.at(0).cookie, "own=2; all=1");
    EXPECT_EQ(seen.at(0).authorization, "Basic bWU6c2VjcmV0");
    EXPECT_EQ(seen.at(1).path, "/there");
    EXPECT_EQ(seen.at(1).cookie, "-");
    EXPECT_EQ(seen.at(1).authorization, "-");
    co_await socket.send("x");
    const auto answer = co_await socket.receive();
    EXPECT_EQ(answer->data, "x");
  }
}

// Forwarding proxies do not pass upgrades on: also ws needs a tunnel (RFC 6455 section 4.1).
ASYNC_TEST_F(websocket_client, goes_through_an_http_proxy_by_a_tunnel) {
  const auto inside = network.use();
  std::vector<seen_request> seen;
  running server{echoes(seen)};
  std::string connect_line;
  scripted_server proxy{[&](peer& p) -> awaitable<void> {
    const auto request = co_await p.read_message(true);
    connect_line = request.start_line();
    co_await p.send("HTTP/1.1 200 OK\r\n\r\n");
    auto behind = co_await net::connect(server.where());
    const auto pass = [](net::stream& from, net::stream& to) -> awaitable<void> {
      std::array<std::byte, 4096> buffer{};
      while (true) {
        const auto n = co_await from.read_some(buffer);
        if (n == 0) co_return co_await to.shutdown_write();
        co_await to.write(std::span<const std::byte>{buffer}.first(n));
      }
    };
    co_await gather(pass(p.stream(), behind), pass(behind, p.stream()));
  }};
  client_options options;
  options.proxy = url{"http://" + proxy.authority()};
  client c{options};
  auto socket = co_await c.websocket(ws_url(server, "/through"));
  EXPECT_EQ(connect_line, "CONNECT " + server.where().to_string() + " HTTP/1.1");
  EXPECT_EQ(seen.at(0).path, "/through");
  co_await socket.send("x");
  const auto answer = co_await socket.receive();
  EXPECT_EQ(answer->data, "x");
  co_await socket.close();
}

ASYNC_TEST_F(websocket_client, over_tls) {
  if (!certificates::available()) co_return;
  const auto inside = network.use();
  const auto good = certificates::instance().good();
  std::vector<seen_request> seen;
  server_options secure;
  secure.tls = net::tls_server_context{net::tls_server_options{good.file, good.key}};
  running server{echoes(seen), secure};
  client_options options;
  options.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
  client c{options};
  network.add_host("localhost", {"127.0.0.1"});
  auto socket = co_await c.websocket("wss://localhost:" + std::to_string(server.where().port()) + "/");
  const std::string large(300000, 'x');
  auto sending = spawn([&] { return socket.send(large); });
  const auto answer = co_await socket.receive();
  EXPECT_TRUE(answer->data == large);
  co_await sending;
  EXPECT_FALSE(socket.connection().tls_version.empty());
  co_await socket.close();
  EXPECT_EQ(socket.close_code(), 1000);
}

ASYNC_TEST_F(websocket_client, an_opening_that_takes_too_long) {
  const auto inside = network.use();
  scripted_server silent{[](peer& p) -> awaitable<void> {
    co_await p.read_message(true);
    co_await sleep(1h);
  }};
  client c;
  const auto began = clock::now();
  const auto result =
      co_await as_result(c.websocket("ws://" + silent.authority() + "/").timeout(5s).connect());
  EXPECT_EQ(result.error(), bight::errc::timed_out);
  EXPECT_EQ(clock::now() - began, 5s);
  EXPECT_EQ(c.connections(), 0U);
}

// ---- reconnecting_websocket

ASYNC_TEST_F(websocket_client, connects_again_when_the_connection_is_lost) {
  const auto inside = network.use();
  int sessions = 0;
  running server{[&](server_request& request) -> awaitable<server_response> {
    co_return websocket_response(request, [&](websocket& socket) -> awaitable<void> {
      const auto mine = ++sessions;
      const auto greeting = co_await socket.receive();
      co_await socket.send(greeting->data + " " + std::to_string(mine));
      if (mine == 1) socket.abort();
      if (mine == 2) co_await socket.close(1012, "restart");
      if (mine == 3) co_await socket.close(1000, "done");
    });
  }};
  client c;
  backoff delays{1s, 10s};
  delays.jitter(0);
  reconnecting_websocket feed{[&] { return c.websocket(ws_url(server)); }, delays};
  feed.on_connect([](websocket& socket) -> awaitable<void> { co_await socket.send("session"); });
  std::string got;
  auto message = co_await feed.receive();
  while (message) {
    got += message->data + ";";
    message = co_await feed.receive();
  }
  EXPECT_EQ(got, "session 1;session 2;session 3;");
  EXPECT_EQ(feed.connects(), 3U);
}

ASYNC_TEST_F(websocket_client, pauses_also_between_connections_that_brought_something) {
  const auto inside = network.use();
  int sessions = 0;
  running server{[&](server_request& request) -> awaitable<server_response> {
    co_return websocket_response(request, [&](websocket& socket) -> awaitable<void> {
      const bool is_last = ++sessions == 6;
      co_await socket.send("welcome");
      co_await socket.close(is_last ? 1000 : 1013, "busy");
    });
  }};
  client c;
  backoff delays{1s, 10s};
  delays.jitter(0);
  reconnecting_websocket feed{[&] { return c.websocket(ws_url(server)); }, delays};
  const auto began = clock::now();
  auto message = co_await feed.receive();
  while (message) message = co_await feed.receive();
  EXPECT_EQ(sessions, 6);
  EXPECT_GE(clock::now() - began, 5s);
  EXPECT_LT(clock::now() - began, 6s);
}

ASYNC_TEST_F(websocket_client, waits_longer_after_each_failure) {
  const auto inside = network.use();
  std::vector<clock::duration> attempts;
  const auto began = clock::now();
  client_options alone;
  alone.trust_environment = false;
  client c{alone};
  backoff delays{1s, 4s};
  delays.jitter(0);
  reconnecting_websocket feed{[&] {
                                attempts.push_back(clock::now() - began);
                                return c.websocket("ws://127.0.0.1:9/");
                              },
                              delays};
  const auto got = co_await move_on_after(12s, [&]() -> awaitable<bool> {
    co_await feed.receive();
    co_return true;
  });
  EXPECT_FALSE(got);
  EXPECT_THAT(attempts, ::testing::ElementsAre(0s, 1s, 3s, 7s, 11s));
}

ASYNC_TEST_F(websocket_client, does_not_try_again_what_will_fail_again) {
  const auto inside = network.use();
  auto server = scripted_server::always("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  client c;
  reconnecting_websocket feed{[&] { return c.websocket("ws://" + server->authority() + "/"); }};
  const auto received = co_await as_result(feed.receive());
  EXPECT_EQ(received.error(), make_error_code(errc::websocket_refused));
  EXPECT_EQ(server->requests().size(), 1U);
  const auto sent = co_await as_result(feed.send("x"));
  EXPECT_TRUE(sent.has_error());
  co_await feed.close();
  const auto end = co_await feed.receive();
  EXPECT_FALSE(end);
}

}  // namespace bight::http::websocket_client_test
