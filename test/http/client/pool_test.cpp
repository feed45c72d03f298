// How long the pool keeps connections, what it says when time is up, what it counts, and its timelines. All
// in virtual time.
#include "http/client/pool.hpp"

#include <bight/core/as_result.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/net/error.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::detail::pool_test {

using namespace std::chrono_literals;
using test::certificates;
using test::error_of;
using test::ok;
using test::peer;
using test::scripted_server;
using ::testing::HasSubstr;

class client_pool_limits : public ::testing::Test {
 public:
  testing::fake_network network;
};

awaitable<std::string> fetch(client c, std::string where) {
  auto r = co_await c.get(where);
  co_return co_await r.text();
}

ASYNC_TEST_F(client_pool_limits, keep_alive_of_the_server_counts_a_second_less) {
  const auto inside = network.use();
  for (const auto* value : {"timeout=3", "timeout=3, max=100", "max=5, Timeout=3"}) {
    auto server = scripted_server::always(ok("x", "Keep-Alive: " + std::string{value} + "\r\n"));
    client c;
    co_await fetch(c, server->url());
    co_await sleep(1999ms);
    co_await fetch(c, server->url());
    EXPECT_EQ(server->accepted(), 1U) << value;
    co_await sleep(2s);
    EXPECT_EQ(c.idle_connections(), 0U) << value;
    EXPECT_EQ(c.metrics().connections.closed_idle, 1U);
    co_await fetch(c, server->url());
    EXPECT_EQ(server->accepted(), 2U) << value;
  }
}

ASYNC_TEST_F(client_pool_limits, a_keep_alive_too_short_to_be_used_closes_the_connection) {
  const auto inside = network.use();
  for (const auto* value : {"timeout=0", "timeout=1"}) {
    auto server = scripted_server::always(ok("x", "Keep-Alive: " + std::string{value} + "\r\n"));
    client c;
    co_await fetch(c, server->url());
    EXPECT_EQ(c.connections(), 0U) << value;
  }
}

ASYNC_TEST_F(client_pool_limits, a_keep_alive_that_is_longer_or_nonsense_changes_nothing) {
  const auto inside = network.use();
  for (const auto* value :
       {"timeout=3600", "timeout=99999999999999999999", "timeout=x", "timeout", "", "max=1"}) {
    auto server = scripted_server::always(ok("x", "Keep-Alive: " + std::string{value} + "\r\n"));
    client c;
    co_await fetch(c, server->url());
    co_await sleep(3999ms);
    EXPECT_EQ(c.idle_connections(), 1U) << value;
    co_await sleep(1ms);
    EXPECT_EQ(c.idle_connections(), 0U) << value;
  }
}

ASYNC_TEST_F(client_pool_limits, connections_have_a_maximum_age) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.max_connection_age = 10s;
  client c{options};
  for (int i = 0; i != 4; ++i) {  // at 0, 3, 6 and 9 s
    co_await fetch(c, server->url());
    co_await sleep(3s);
  }
  EXPECT_EQ(server->accepted(), 1U);
  EXPECT_EQ(c.metrics().connections.closed_age, 1U);  // closed at 10 s, when it was idle
  co_await fetch(c, server->url());
  EXPECT_EQ(server->accepted(), 2U);
}

ASYNC_TEST_F(client_pool_limits, connections_have_a_maximum_number_of_uses) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.max_connection_uses = 3;
  client c{options};
  for (int i = 0; i != 7; ++i) co_await fetch(c, server->url());
  EXPECT_EQ(server->accepted(), 3U);
  EXPECT_EQ(c.metrics().connections.closed_uses, 2U);
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST_F(client_pool_limits, counts_what_becomes_of_connections) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("x"));
  auto closing = scripted_server::once(ok("x", "Connection: close\r\n"));
  client_options options;
  options.limits.max_connections = 1;
  client c{options};
  co_await fetch(c, server->url());
  co_await fetch(c, server->url());
  auto m = c.metrics().connections;
  EXPECT_EQ(m.open, 1U);
  EXPECT_EQ(m.idle, 1U);
  EXPECT_EQ(m.created, 1U);
  EXPECT_EQ(m.reused, 1U);
  co_await fetch(c, closing->url());
  co_await as_result(fetch(c, "http://192.0.2.1/"));  // nobody listens
  co_await fetch(c, server->url());
  network.reset_connections();
  co_await fetch(c, server->url());
  c.close_idle();
  m = c.metrics().connections;
  EXPECT_EQ(m.open, 0U);
  EXPECT_EQ(m.idle, 0U);
  EXPECT_EQ(m.created, 4U);
  EXPECT_EQ(m.failed, 1U);
  EXPECT_EQ(m.closed_for_room, 1U);
  EXPECT_EQ(m.closed_after_use, 1U);
  EXPECT_EQ(m.closed_by_peer, 1U);
  EXPECT_EQ(m.closed_by_client, 1U);
}

// Waits and limits.

ASYNC_TEST_F(client_pool_limits, a_wait_that_is_too_long_says_for_what_and_how_many_wait) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("x"));
  for (const bool of_host : {true, false}) {
    client_options options;
    options.timeouts.pool = 1500ms;
    (of_host ? options.limits.max_connections_per_host : options.limits.max_connections) = 1;
    client c{options};
    auto holder = co_await c.get(server->url());
    const auto start = clock::now();
    auto patient = spawn([&]() -> awaitable<void> {
      request r{url{server->url()}};
      client_timeouts t;
      t.pool = 1h;
      r.set_timeouts(t);
      auto answer = co_await c.send(std::move(r));
    });
    const auto look = [&]() -> awaitable<pool_metrics> {
      co_await sleep(1s);
      co_return c.metrics().connections;
    };
    auto [e, m] = co_await gather(error_of(c.get(server->url())), look());
    EXPECT_EQ(m.waiting, 2U);
    EXPECT_EQ(clock::now() - start, 1500ms);
    EXPECT_EQ(e.code(), bight::errc::timed_out);
    EXPECT_THAT(e.what(), HasSubstr("timed out after 1.5 s: waiting for a free connection (limit 1 " +
                                    std::string{of_host ? "per host" : "in total"} + "; 1 more waiting)"));
    EXPECT_THAT(e.what(), HasSubstr("timeouts.pool"));
    patient.cancel();
    co_await patient.wait();
    EXPECT_EQ(c.metrics().connections.waiting, 0U);
  }
}

ASYNC_TEST_F(client_pool_limits, the_two_waits_share_one_timeout) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("x"));
  auto other = scripted_server::always(ok("x"));
  network.black_hole("192.0.2.66");
  client_options options;
  options.limits.max_connections = 2;
  options.limits.max_connections_per_host = 1;
  options.timeouts.pool = 10s;
  client c{options};
  std::optional<response> holds_host = co_await c.get(server->url());
  auto holds_total = co_await c.get(other->url());
  const auto start = clock::now();
  auto waiting = spawn([&]() -> awaitable<void> {
    const auto e = co_await error_of(c.get(server->url()));
    EXPECT_EQ(e.code(), bight::errc::timed_out);
    EXPECT_EQ(clock::now() - start, 10s);
  });
  auto taking = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    auto third = co_await c.get("http://192.0.2.66/");  // gets the place in total that becomes free
  });
  co_await sleep(6s);
  holds_host.reset();
  co_await waiting;
  taking.cancel();
  co_await taking.wait();
}

ASYNC_TEST_F(client_pool_limits, waiters_are_served_in_order_and_newcomers_do_not_overtake) {
  const auto inside = network.use();
  auto server = scripted_server::answering([](const test::raw_message& m) { return ok(m.start_line()); });
  client_options options;
  options.limits.max_connections_per_host = 1;
  client c{options};
  auto holder = co_await c.get(server->url());
  std::vector<std::string> order;
  std::vector<task<void>> all;
  const auto one = [&](std::string path) -> awaitable<void> {
    const auto text = co_await fetch(c, server->url(path));
    order.push_back(path);
  };
  for (const auto* path : {"/1", "/2", "/3"}) all.push_back(spawn(one, std::string{path}));
  co_await testing::settle();
  co_await holder.text();  // the connection is idle now, and promised
  all.push_back(spawn(eager(one), std::string{"/4"}));
  for (auto& t : all) co_await t;
  EXPECT_EQ(order, (std::vector<std::string>{"/1", "/2", "/3", "/4"}));
}

ASYNC_TEST_F(client_pool_limits, each_step_of_connecting_has_a_timeout_that_is_named) {
  testing::fake_network slow{testing::fake_network_options{.lookup_delay = 1h}};
  {
    const auto inside = slow.use();
    client_options options;
    options.timeouts.dns = 2s;
    const auto e = co_await error_of(client{options}.get("http://example.org/"));
    EXPECT_EQ(e.code(), bight::errc::timed_out);
    EXPECT_THAT(
        e.what(),
        HasSubstr("http://example.org/: timed out after 2 s: name lookup of example.org (timeouts.dns)"));
    options.timeouts.dns = forever;
    options.timeouts.connect = 3s;
    const auto f = co_await error_of(client{options}.get("http://example.org/"));
    EXPECT_THAT(f.what(), HasSubstr("timed out after 3 s: name lookup of example.org (timeouts.connect)"));
  }
  const auto inside = network.use();
  network.add_host("example.org", {"192.0.2.1", "2001:db8::1"});
  network.black_hole("192.0.2.1");
  network.black_hole("2001:db8::1");
  client_options options;
  options.timeouts.connect = 250ms;
  const auto e = co_await error_of(client{options}.get("http://example.org/"));
  EXPECT_THAT(e.what(), HasSubstr("timed out after 250 ms: connecting to example.org:80 (timeouts.connect)"));
  options.timeouts.connect = 1min;
  options.timeouts.total = 5s;
  const auto f = co_await error_of(client{options}.get("http://example.org/"));
  EXPECT_THAT(f.what(), HasSubstr("timed out after 5 s: connecting to example.org:80 (timeouts.total)"));
  scripted_server silent{[](peer& p) -> awaitable<void> { co_await p.read_to_end(); }};
  options = {};
  options.timeouts.tls = 1s;
  const auto g = co_await error_of(client{options}.get("https://" + silent.authority() + "/"));
  EXPECT_THAT(g.what(),
              HasSubstr("timed out after 1 s: TLS handshake with " + silent.authority() + " (timeouts.tls)"));
}

// Timelines.

ASYNC_TEST_F(client_pool_limits, a_new_connection_has_a_timeline) {
  testing::fake_network timed{testing::fake_network_options{.lookup_delay = 20ms, .connect_delay = 30ms}};
  const auto inside = timed.use();
  timed.add_host("example.org", {"2001:db8::1", "127.0.0.1"});
  auto server = scripted_server::always(ok("x"));
  const auto p = std::make_shared<pool>(client_options{}, net::resolver{});
  const url where{"http://example.org:" + std::to_string(server->port()) + "/"};
  const client_timeouts timeouts;
  const auto start = clock::now();
  auto l = co_await p->acquire(where, false, false, timeouts, clock::time_point::max());
  CO_ASSERT_TRUE(l.timeline());
  const auto t = *l.timeline();
  EXPECT_FALSE(t.reused);
  EXPECT_FALSE(t.queue_start);
  EXPECT_EQ(t.network.lookup_start, start);
  EXPECT_EQ(t.network.lookup_end, start + 20ms);
  CO_ASSERT_EQ(t.network.attempts.size(), 2U);
  EXPECT_EQ(t.network.attempts[0].end, start + 50ms);
  EXPECT_TRUE(t.network.attempts[0].error);
  EXPECT_EQ(t.network.attempts[1].end, start + 80ms);
  EXPECT_FALSE(t.network.attempts[1].error);
  EXPECT_FALSE(t.tls_start);
  l->begin_request();
  l.give_back();
  auto again = p->try_acquire(where, false);
  CO_ASSERT_TRUE(again);
  EXPECT_FALSE(again.timeline());
}

ASYNC_TEST_F(client_pool_limits, a_reused_connection_that_was_waited_for_has_one_too) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.max_connections_per_host = 1;
  const auto p = std::make_shared<pool>(options, net::resolver{});
  const url where{server->url()};
  const client_timeouts timeouts;
  auto first = co_await p->acquire(where, false, false, timeouts, clock::time_point::max());
  const auto start = clock::now();
  const auto give_back = [&]() -> awaitable<void> {
    co_await sleep(3s);
    first.give_back();
  };
  auto acquiring = p->acquire(where, false, false, timeouts, clock::time_point::max());
  auto [second, given] = co_await gather(std::move(acquiring), give_back());
  CO_ASSERT_TRUE(second.timeline());
  EXPECT_TRUE(second.timeline()->reused);
  EXPECT_EQ(second.timeline()->queue_start, start);
  EXPECT_EQ(second.timeline()->queue_end, start + 3s);
}

ASYNC_TEST_F(client_pool_limits, tls_sessions_are_resumed_and_the_timeline_says_so) {
  if (!certificates::available()) co_return;
  const auto inside = network.use();
  const auto good = certificates::instance().good();
  const net::tls_server_context identity{net::tls_server_options{good.file, good.key}};
  scripted_server server{[&](peer& p) -> awaitable<void> {
    auto s = co_await net::tls_accept(std::move(p.stream()), identity);
    peer inner{std::move(s)};
    co_await inner.send("hello");
    co_await inner.read_to_end();
  }};
  client_options options;
  options.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
  const auto p = std::make_shared<pool>(options, net::resolver{});
  const url where{"https://localhost:" + std::to_string(server.port()) + "/"};
  const client_timeouts timeouts;
  for (int i = 0; i != 3; ++i) {
    auto l = co_await p->acquire(where, false, true, timeouts, clock::time_point::max());
    EXPECT_TRUE(l.timeline()->tls_end);
    EXPECT_EQ(l.timeline()->resumed, i != 0);
    co_await l->receive();  // the tickets come before the greeting
    EXPECT_EQ(l->pending(), "hello");
  }
}

}  // namespace bight::http::detail::pool_test
