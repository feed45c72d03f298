// The time limits of a client, and what a cancellation leaves behind in each phase.
#include <bight/http/client.hpp>

#include <bight/core/event.hpp>
#include <bight/core/run.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <bight/net/connect.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <string>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_timeout_test {

using namespace std::chrono_literals;
using test::ok;
using test::peer;
using test::scripted_server;
using test::until;
using ::testing::HasSubstr;

awaitable<std::string> fetch(client c, std::string where) {
  auto r = co_await c.get(where);
  co_return co_await r.text();
}

// Fetches `where`, which must time out with an error that names it.
awaitable<void> expect_timeout(client c, std::string where, std::string phase) {
  const auto began = clock::now();
  bool timed_out = false;
  try {
    co_await fetch(c, where);
  } catch (const timeout_error& e) {
    timed_out = true;
    EXPECT_THAT(e.what(), HasSubstr(where));
    EXPECT_THAT(e.what(), HasSubstr(phase));
  }
  EXPECT_TRUE(timed_out) << phase;
  EXPECT_LT(clock::now() - began, 5s);
  EXPECT_EQ(c.connections(), 0U);
}

// Reads requests and never answers.
awaitable<void> stay_silent(peer& p) {
  bool more = true;
  while (more) more = co_await p.fill();
}

ASYNC_TEST(client_timeout, connect_covers_a_tls_handshake_that_nobody_answers) {
  scripted_server server{stay_silent};
  client_options options;
  options.timeouts.connect = 20ms;
  client c{options};
  co_await expect_timeout(c, "https://127.0.0.1:" + std::to_string(server.port()) + "/",
                          "TLS handshake with 127.0.0.1:" + std::to_string(server.port()));
  co_await server.played(0);
}

ASYNC_TEST(client_timeout, connect_covers_a_backlog_that_is_full) {
  net::listener full{net::endpoint(net::ip_address::loopback(), 0), net::listen_options{.backlog = 1}};
  const auto where = full.local_endpoint();
  std::vector<net::stream> fill;
  bool room = true;
  while (room) {
    try {
      fill.push_back(co_await wait_for(net::connect(where), 20ms));
    } catch (const timeout_error&) { room = false; }
    CO_ASSERT_LT(fill.size(), 100U);
  }
  client_options options;
  options.timeouts.connect = 20ms;
  client c{options};
  co_await expect_timeout(c, "http://" + where.to_string() + "/", "connecting");
}

ASYNC_TEST(client_timeout, first_byte_limits_the_wait_for_the_head) {
  scripted_server server{stay_silent};
  client_options options;
  options.timeouts.first_byte = 20ms;
  client c{options};
  co_await expect_timeout(c, server.url("/slow"), "waiting for the response");
}

ASYNC_TEST(client_timeout, first_byte_is_not_stretched_by_a_head_that_dribbles) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\n");
    while (true) {
      co_await p.send("X-More: 1\r\n");
      co_await sleep(5ms);
    }
  }};
  client_options options;
  options.timeouts.first_byte = 50ms;
  client c{options};
  co_await expect_timeout(c, server.url("/slow"), "waiting for the response");
}

ASYNC_TEST(client_timeout, read_limits_the_wait_for_each_piece_of_the_body) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    co_await stay_silent(p);
  }};
  client_options options;
  options.timeouts.read = 20ms;
  client c{options};
  co_await expect_timeout(c, server.url("/half"), "reading the body");
}

ASYNC_TEST(client_timeout, read_starts_anew_with_each_piece) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    for (int i = 0; i != 10; ++i) {
      co_await sleep(10ms);
      co_await p.send("x");
    }
  }};
  client_options options;
  options.timeouts.read = 80ms;  // less than the whole takes
  client c{options};
  const auto text = co_await fetch(c, server.url());
  EXPECT_EQ(text, "xxxxxxxxxx");
}

ASYNC_TEST(client_timeout, total_covers_a_body_that_keeps_coming) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\n\r\n");
    while (true) {
      co_await p.send("more");
      co_await sleep(5ms);
    }
  }};
  client_options options;
  options.timeouts.total = 50ms;
  client c{options};
  co_await expect_timeout(c, server.url("/endless"), "");
}

// In real time: virtual time stands still while the two ends of a connection keep each other busy.
awaitable<void> be_redirected_for_ever() {
  auto server = scripted_server::answering([](const test::raw_message&) {
    return std::string{"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"};
  });
  client_options options;
  options.timeouts.total = 30ms;
  options.limits.max_redirects = 1'000'000'000;
  client c{options};
  bool timed_out = false;
  try {
    co_await c.get(server->url("/start"));
  } catch (const timeout_error& e) {
    timed_out = true;
    EXPECT_THAT(e.what(), HasSubstr(server->url("/again")));
  }
  EXPECT_TRUE(timed_out);
}

TEST(client_timeout, total_covers_redirects) { run(be_redirected_for_ever); }

ASYNC_TEST(client_timeout, total_covers_a_request_that_nobody_takes) {
  scripted_server server{[](peer&) -> awaitable<void> { co_await sleep(forever); }};
  client_options options;
  options.timeouts.total = 50ms;
  client c{options};
  request r{method::post, url{server.url("/upload")}};
  r.set_body(std::string(50'000'000, 'x'));
  bool timed_out = false;
  try {
    co_await c.send(std::move(r));
  } catch (const timeout_error& e) {
    timed_out = true;
    EXPECT_THAT(e.what(), HasSubstr("/upload"));
    EXPECT_THAT(e.what(), HasSubstr("sending the request"));
  }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client_timeout, forever_switches_the_limits_off) {
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.timeouts.pool = options.timeouts.connect = options.timeouts.first_byte = forever;
  options.timeouts.read = options.timeouts.total = forever;
  client c{options};
  const auto text = co_await fetch(c, server->url());
  EXPECT_EQ(text, "x");
}

ASYNC_TEST(client_timeout, after_a_failed_read_the_body_stays_failed) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    co_await stay_silent(p);
  }};
  client_options options;
  options.timeouts.read = 10ms;
  client c{options};
  auto r = co_await c.get(server.url());
  const auto piece = co_await r.read_piece();
  EXPECT_EQ(piece, "12345");
  const auto first = co_await test::error_of(r.read_piece());
  EXPECT_EQ(first.code(), bight::errc::timed_out);
  EXPECT_EQ(c.connections(), 0U);  // although the response is still there
  const auto second = co_await test::error_of(r.text());
  EXPECT_EQ(second.code(), bight::errc::timed_out);
}

// Cancels a fetch once `ready` says so. Nothing may stay open, and the client must go on working.
awaitable<void> expect_clean_cancel(client c, std::string where, std::function<bool()> ready) {
  const auto before = test::open_descriptors();
  auto fetching = spawn(fetch, c, where);
  co_await until(ready);
  fetching.cancel();
  co_await fetching.wait();
  EXPECT_TRUE(fetching.cancelled());
  EXPECT_EQ(c.connections(), 0U);
  auto healthy = scripted_server::always(ok("fine"));
  const auto text = co_await fetch(c, healthy->url());
  EXPECT_EQ(text, "fine");
  c.close_idle();
  healthy.reset();
  co_await until([&] { return test::open_descriptors() <= before; });
}

ASYNC_TEST(client_cancel, while_connecting) {
  scripted_server server{stay_silent};
  client c;
  const auto where = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  co_await expect_clean_cancel(c, where, [&] { return server.accepted() == 1; });
}

ASYNC_TEST(client_cancel, while_the_request_is_written) {
  scripted_server server{[](peer&) -> awaitable<void> { co_await sleep(forever); }};
  client c;
  auto sending = spawn([&]() -> awaitable<void> {
    request r{method::post, url{server.url()}};
    r.set_body(std::string(50'000'000, 'x'));
    co_await c.send(std::move(r));
  });
  co_await until([&] { return server.accepted() == 1; });
  sending.cancel();
  co_await sending.wait();
  EXPECT_TRUE(sending.cancelled());
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client_cancel, while_it_waits_for_the_head) {
  std::size_t asked = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    co_await p.read_message();
    ++asked;
    co_await stay_silent(p);
  }};
  client c;
  co_await expect_clean_cancel(c, server.url(), [&] { return asked == 1; });
}

ASYNC_TEST(client_cancel, while_it_reads_the_body) {
  std::size_t asked = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    ++asked;
    co_await stay_silent(p);
  }};
  client c;
  co_await expect_clean_cancel(c, server.url(), [&] { return asked == 1; });
}

ASYNC_TEST(client_cancel, of_a_read_closes_the_connection_although_the_response_lives_on) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    co_await stay_silent(p);
  }};
  client c;
  auto r = co_await c.get(server.url());
  auto reading = spawn([&]() -> awaitable<void> { co_await r.text(); });
  co_await sleep(1ms);
  reading.cancel();
  co_await reading.wait();
  EXPECT_TRUE(reading.cancelled());
  EXPECT_EQ(c.connections(), 0U);
  co_await server.played(0);
  const auto e = co_await test::error_of(r.text());  // the rest is lost, and that does not look like the end
  EXPECT_EQ(e.code(), errc::truncated);
}

ASYNC_TEST(client_cancel, while_a_redirect_is_read) {
  std::size_t asked = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 10\r\n\r\n12345");
    ++asked;
    co_await stay_silent(p);
  }};
  client c;
  co_await expect_clean_cancel(c, server.url(), [&] { return asked == 1; });
}

ASYNC_TEST(client_cancel, spares_other_requests) {
  event gate;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await gate.wait();
    co_await p.send(ok("fine"));
  }};
  client c;
  auto doomed = spawn(fetch, c, server.url("/doomed"));
  auto other = spawn(fetch, c, server.url("/other"));
  co_await until([&] { return server.accepted() == 2; });
  doomed.cancel();
  co_await doomed.wait();
  gate.set();
  const auto text = co_await other;
  EXPECT_EQ(text, "fine");
}

ASYNC_TEST(client_cancel, by_a_timeout_around_the_request_is_a_timeout) {
  scripted_server server{stay_silent};
  client c;
  bool timed_out = false;
  try {
    co_await wait_for(c.get(server.url()), 10ms);
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(c.connections(), 0U);
}

}  // namespace bight::http::client_timeout_test
