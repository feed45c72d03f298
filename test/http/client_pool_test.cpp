// Which connections a client keeps, reuses, waits for and gives up.
#include <bight/http/client.hpp>

#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_pool_test {

using namespace std::chrono_literals;
using test::ok;
using test::peer;
using test::raw_message;
using test::scripted_server;
using test::until;
using ::testing::HasSubstr;

awaitable<std::string> fetch(client c, std::string where) {
  auto r = co_await c.get(where);
  co_return co_await r.text();
}

std::string numbered(int i) { return std::string{"/"}.append(std::to_string(i)); }

ASYNC_TEST(client_pool, a_connection_whose_response_was_read_is_used_again) {
  auto server = scripted_server::always(ok("body"));
  client c;
  for (int i = 0; i != 5; ++i) {
    const auto text = co_await fetch(c, server->url());
    EXPECT_EQ(text, "body");
    EXPECT_EQ(c.connections(), 1U);
    EXPECT_EQ(c.idle_connections(), 1U);
  }
  EXPECT_EQ(server->accepted(), 1U);
}

ASYNC_TEST(client_pool, a_response_without_body_gives_its_connection_back_at_once) {
  auto server = scripted_server::always(ok(""));
  client c;
  auto r = co_await c.get(server->url());
  EXPECT_EQ(c.idle_connections(), 1U);
  const auto text = co_await r.text();
  EXPECT_EQ(text, "");
}

ASYNC_TEST(client_pool, a_response_dropped_unread_closes_its_connection) {
  auto server = scripted_server::always(ok("body"));
  client c;
  {
    auto r = co_await c.get(server->url());
    EXPECT_EQ(c.connections(), 1U);
    EXPECT_EQ(c.idle_connections(), 0U);
  }
  EXPECT_EQ(c.connections(), 0U);
  co_await server->played(0);  // the server sees the end
}

ASYNC_TEST(client_pool, drain_keeps_the_connection_of_a_small_rest_and_closes_that_of_a_large_one) {
  auto small = scripted_server::always(ok(std::string(1000, 'x')));
  auto large = scripted_server::always(ok(std::string(100'000, 'x')));
  client c;
  auto r = co_await c.get(small->url());
  co_await r.drain();
  EXPECT_EQ(c.idle_connections(), 1U);
  const auto rest = co_await r.text();
  EXPECT_EQ(rest, "");
  auto l = co_await c.get(large->url());
  co_await l.drain();
  EXPECT_EQ(c.connections(), 1U);  // the one to `small`
  auto bounded = co_await c.get(small->url());
  co_await bounded.drain(999);
  EXPECT_EQ(c.connections(), 0U);
  auto exact = co_await c.get(small->url());
  co_await exact.drain(1000);
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST(client_pool, the_connection_used_last_is_used_next) {
  std::vector<std::size_t> used;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    while (true) {
      auto request = co_await p.read_message();
      if (request.empty()) co_return;
      used.push_back(p.number());
      co_await p.send(ok("x"));
    }
  }};
  client c;
  auto first = co_await c.get(server.url());
  auto second = co_await c.get(server.url());
  EXPECT_EQ(c.connections(), 2U);
  co_await second.text();
  co_await first.text();  // given back last
  for (int i = 0; i != 3; ++i) co_await fetch(c, server.url());
  EXPECT_EQ(used, (std::vector<std::size_t>{0, 1, 0, 0, 0}));
}

ASYNC_TEST(client_pool, idle_connections_are_closed_when_their_time_is_up) {
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.idle_timeout = 20ms;
  client c{options};
  const auto began = clock::now();
  co_await fetch(c, server->url());
  EXPECT_EQ(c.idle_connections(), 1U);
  co_await until([&] { return c.idle_connections() == 0; });
  const auto took = clock::now() - began;
  EXPECT_GE(took, 20ms);
  EXPECT_EQ(c.connections(), 0U);
  co_await server->played(0);
  co_await fetch(c, server->url());
  EXPECT_EQ(server->accepted(), 2U);
}

ASYNC_TEST(client_pool, with_an_idle_time_of_zero_nothing_is_kept) {
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.idle_timeout = 0ns;
  client c{options};
  co_await fetch(c, server->url());
  EXPECT_EQ(c.connections(), 0U);
  co_await fetch(c, server->url());
  EXPECT_EQ(server->accepted(), 2U);
}

ASYNC_TEST(client_pool, an_idle_time_of_forever_keeps) {
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.idle_timeout = forever;
  client c{options};
  co_await fetch(c, server->url());
  co_await fetch(c, server->url());
  EXPECT_EQ(server->accepted(), 1U);
}

ASYNC_TEST(client_pool, close_idle_spares_what_is_in_use) {
  auto server = scripted_server::always(ok("x"));
  client c;
  auto in_use = co_await c.get(server->url());
  co_await fetch(c, server->url());
  EXPECT_EQ(c.connections(), 2U);
  c.close_idle();
  EXPECT_EQ(c.connections(), 1U);
  const auto text = co_await in_use.text();
  EXPECT_EQ(text, "x");
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST(client_pool, origins_differ_by_port_and_not_by_credentials_path_or_query) {
  auto one = scripted_server::always(ok("1"));
  auto two = scripted_server::always(ok("2"));
  client c;
  for (const char* path : {"/", "/a/b", "/?", "/?q", "/#", "/?#x"}) {
    co_await fetch(c, one->url(path));
    co_await fetch(c, two->url(path));
    co_await fetch(c, "http://user:pass@" + one->authority() + path);
  }
  EXPECT_EQ(one->accepted(), 1U);
  EXPECT_EQ(two->accepted(), 1U);
}

ASYNC_TEST(client_pool, a_host_gets_no_more_connections_than_its_limit_and_waiters_go_in_order) {
  event gate;
  std::size_t at_work = 0;
  std::size_t most = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    while (true) {
      auto request = co_await p.read_message();
      if (request.empty()) co_return;
      most = std::max(most, ++at_work);
      co_await gate.wait();
      --at_work;
      co_await p.send(ok(request.start_line()));
    }
  }};
  client_options options;
  options.limits.max_connections_per_host = 2;
  client c{options};
  std::vector<int> order;
  std::vector<task<void>> tasks;
  auto one = [&](int i) -> awaitable<void> {
    const auto text = co_await fetch(c, server.url(numbered(i)));
    EXPECT_EQ(text, "GET " + numbered(i) + " HTTP/1.1");
    order.push_back(i);
  };
  for (int i = 0; i != 8; ++i) tasks.push_back(spawn(one, i));
  co_await until([&] { return at_work == 2; });
  EXPECT_EQ(c.connections(), 2U);
  gate.set();
  for (auto& t : tasks) co_await t;
  EXPECT_EQ(most, 2U);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(server.accepted(), 2U);
}

ASYNC_TEST(client_pool, waiting_for_a_place_has_a_limit_of_its_own_that_names_the_url) {
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.max_connections_per_host = 1;
  options.timeouts.pool = 10ms;
  client c{options};
  auto holder = co_await c.get(server->url());
  const auto e = co_await test::error_of(c.get(server->url("/second")));
  EXPECT_EQ(e.code(), bight::errc::timed_out);
  EXPECT_THAT(e.what(), HasSubstr(server->url("/second")));
  EXPECT_THAT(e.what(), HasSubstr("waiting for a free connection"));
  co_await holder.text();
  const auto text = co_await fetch(c, server->url());
  EXPECT_EQ(text, "x");
}

ASYNC_TEST(client_pool, a_cancelled_waiter_leaves_the_line) {
  auto server = scripted_server::always(ok("x"));
  client_options options;
  options.limits.max_connections_per_host = 1;
  client c{options};
  auto holder = co_await c.get(server->url());
  auto first = spawn(fetch, c, server->url());
  auto second = spawn(fetch, c, server->url());
  co_await sleep(1ms);
  first.cancel();
  co_await first.wait();
  EXPECT_TRUE(first.cancelled());
  co_await holder.text();
  const auto text = co_await second;
  EXPECT_EQ(text, "x");
  EXPECT_EQ(server->accepted(), 1U);
}

ASYNC_TEST(client_pool, idle_connections_of_other_hosts_give_way_oldest_first) {
  auto a = scripted_server::always(ok("a"));
  auto b = scripted_server::always(ok("b"));
  auto d = scripted_server::always(ok("d"));
  client_options options;
  options.limits.max_connections = 2;
  client c{options};
  co_await fetch(c, a->url());
  co_await sleep(1ms);
  co_await fetch(c, b->url());
  EXPECT_EQ(c.idle_connections(), 2U);
  co_await fetch(c, d->url());
  EXPECT_EQ(c.connections(), 2U);
  co_await a->played(0);        // the oldest went
  co_await fetch(c, b->url());  // this one is still there
  EXPECT_EQ(b->accepted(), 1U);
  co_await fetch(c, a->url());
  EXPECT_EQ(a->accepted(), 2U);
}

ASYNC_TEST(client_pool, the_total_limit_makes_requests_to_other_hosts_wait) {
  auto a = scripted_server::always(ok("a"));
  auto b = scripted_server::always(ok("b"));
  client_options options;
  options.limits.max_connections = 1;
  client c{options};
  auto holder = co_await c.get(a->url());
  auto waiting = spawn(fetch, c, b->url());
  co_await sleep(5ms);
  EXPECT_FALSE(waiting.done());
  EXPECT_EQ(b->accepted(), 0U);
  EXPECT_EQ(c.connections(), 1U);
  co_await holder.text();
  const auto text = co_await waiting;
  EXPECT_EQ(text, "b");
  EXPECT_EQ(c.connections(), 1U);
}

// The server says keep-alive and closes after each response, as many do under load.
awaitable<void> answer_once(peer& p) {
  co_await p.read_message();
  co_await p.send(ok("one"));
}

ASYNC_TEST(client_pool, a_kept_connection_that_closed_is_noticed_before_use) {
  scripted_server server{answer_once};
  client c;
  for (std::size_t i = 0; i != 3; ++i) {
    const auto text = co_await fetch(c, server.url());
    EXPECT_EQ(text, "one");
    co_await server.played(i);  // the end of the connection is there
  }
  EXPECT_EQ(server.accepted(), 3U);
}

// A POST is not sent again: it must not begin on a connection that is known to have ended.
ASYNC_TEST(client_pool, a_post_does_not_begin_on_a_connection_that_has_just_closed) {
  scripted_server server{answer_once};
  client c;
  request post{method::post, url{server.url()}};
  post.set_body("pay");
  for (std::size_t i = 0; i != 4; ++i) {
    auto r = co_await c.send(post);
    const auto text = co_await r.text();
    EXPECT_EQ(text, "one");
    co_await server.played(i);
  }
  EXPECT_EQ(server.accepted(), 4U);
}

// Answers the first request of a connection; closes when the second one comes, without a word.
awaitable<void> answer_once_then_hang_up(peer& p) {
  co_await p.read_message();
  co_await p.send(ok("one"));
  co_await p.read_message();
}

ASYNC_TEST(client_pool, a_get_on_a_dead_connection_is_sent_again_once_on_a_fresh_one) {
  scripted_server server{answer_once_then_hang_up};
  client c;
  for (std::size_t i = 0; i != 4; ++i) {
    const auto text = co_await fetch(c, server.url());
    EXPECT_EQ(text, "one");
  }
  EXPECT_EQ(server.accepted(), 4U);
}

ASYNC_TEST(client_pool, a_reset_instead_of_an_answer_counts_as_dead_too) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(ok("one"));
    while (p.buffered().empty()) co_await p.fill();
    p.close();  // with a request unread, which the kernel answers with a reset
  }};
  client c;
  for (int i = 0; i != 3; ++i) {
    const auto text = co_await fetch(c, server.url());
    EXPECT_EQ(text, "one");
  }
  EXPECT_EQ(server.accepted(), 3U);
}

ASYNC_TEST(client_pool, a_post_on_a_dead_connection_is_not_sent_again) {
  scripted_server server{answer_once_then_hang_up};
  client c;
  co_await fetch(c, server.url());
  request post{method::post, url{server.url()}};
  post.set_body("pay");
  const auto e = co_await test::error_of(c.send(post));
  EXPECT_EQ(e.code(), errc::server_closed);
  EXPECT_THAT(e.what(), HasSubstr(server.url()));
  EXPECT_EQ(server.accepted(), 1U);
}

ASYNC_TEST(client_pool, a_fresh_connection_that_is_closed_without_an_answer_is_not_tried_again) {
  scripted_server server{[](peer& p) -> awaitable<void> { co_await p.read_message(); }};
  client c;
  const auto e = co_await test::error_of(c.get(server.url()));
  EXPECT_EQ(e.code(), errc::server_closed);
  EXPECT_EQ(server.accepted(), 1U);
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client_pool, what_died_after_the_first_byte_of_an_answer_is_not_tried_again) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(ok("one"));
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200");
  }};
  client c;
  co_await fetch(c, server.url());
  const auto e = co_await test::error_of(c.get(server.url()));
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_EQ(server.accepted(), 1U);
}

ASYNC_TEST(client_pool, bytes_behind_a_response_discard_the_connection) {
  auto server = scripted_server::always(ok("one") + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
  client c;
  for (int i = 0; i != 3; ++i) {
    const auto text = co_await fetch(c, server->url());
    EXPECT_EQ(text, "one");
    EXPECT_EQ(c.connections(), 0U);
  }
  EXPECT_EQ(server->accepted(), 3U);
}

ASYNC_TEST(client_pool, unasked_bytes_on_an_idle_connection_discard_it) {
  event speak;
  event spoken;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(ok("one"));
    if (p.number() == 0) {
      co_await speak.wait();
      co_await p.send(ok("poison"));
      spoken.set();
    }
    co_await p.read_message();
  }};
  client c;
  co_await fetch(c, server.url());
  speak.set();
  co_await spoken.wait();  // a moment after the connection was given back
  const auto text = co_await fetch(c, server.url());
  EXPECT_EQ(text, "one");
  EXPECT_EQ(server.accepted(), 2U);
  EXPECT_EQ(c.connections(), 1U);
}

// The read of an idle connection is armed: what happens on it is seen without a request.
ASYNC_TEST(client_pool, a_server_that_closes_an_idle_connection_is_noticed) {
  event close;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(ok("one"));
    co_await close.wait();
  }};
  client_options options;
  options.limits.idle_timeout = forever;
  client c{options};
  co_await fetch(c, server.url());
  EXPECT_EQ(c.idle_connections(), 1U);
  close.set();
  co_await test::until([&] { return c.connections() == 0; });
}

ASYNC_TEST(client_pool, a_connection_that_was_watched_while_idle_is_used_again) {
  auto server = scripted_server::always(ok("one"));
  client_options options;
  options.limits.idle_timeout = forever;
  client c{options};
  for (int i = 0; i != 3; ++i) {
    const auto text = co_await fetch(c, server->url());
    EXPECT_EQ(text, "one");
    co_await sleep(150ms);  // longer than a connection is idle without being watched
  }
  EXPECT_EQ(server->accepted(), 1U);
}

ASYNC_TEST(client_pool, only_responses_that_say_so_keep_their_connection) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: foo, Close\r\n\r\nx",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"}) {
    auto server = scripted_server::always(answer);
    client c;
    const auto text = co_await fetch(c, server->url());
    EXPECT_EQ(text, "x") << answer;
    EXPECT_EQ(c.connections(), 0U) << answer;
  }
  auto old =
      scripted_server::always("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx");
  client c;
  co_await fetch(c, old->url());
  EXPECT_EQ(c.idle_connections(), 1U);
}

// RFC 9112 9.6: whoever has sent "close" sends nothing more.
ASYNC_TEST(client_pool, a_request_that_says_close_ends_its_connection) {
  for (const char* value : {"close", "Close", "te, close", "keep-alive, close"}) {
    auto server = scripted_server::always(ok("x"));
    client c;
    request r{url{server->url()}};
    r.headers().set("Connection", value);
    auto answer = co_await c.send(r);
    const auto text = co_await answer.text();
    EXPECT_EQ(text, "x");
    EXPECT_EQ(c.connections(), 0U) << value;
    r.headers().set("Connection", "keep-alive");
    auto kept = co_await c.send(r);
    co_await kept.text();
    EXPECT_EQ(c.idle_connections(), 1U);
    EXPECT_EQ(server->accepted(), 2U);
  }
}

ASYNC_TEST(client_pool, close_among_the_default_headers_holds_for_every_request_that_does_not_say_otherwise) {
  auto server = scripted_server::always(ok(""));
  client_options options;
  options.default_headers.set("Connection", "close");
  client c{options};
  co_await c.get(server->url());
  EXPECT_EQ(c.connections(), 0U);
  request r{url{server->url()}};
  r.headers().set("Connection", "te");
  co_await c.send(r);
  EXPECT_EQ(server->requests().at(1).field("Connection"), "te");
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST(client_pool, many_requests_at_a_time_leave_the_books_balanced) {
  auto server = scripted_server::answering([](const raw_message& m) { return ok(m.start_line()); });
  client_options options;
  options.limits.max_connections_per_host = 7;
  client c{options};
  std::vector<awaitable<std::string>> all;
  for (int i = 0; i != 200; ++i) all.push_back(fetch(c, server->url(numbered(i))));
  const auto texts = co_await gather(std::move(all));
  for (int i = 0; i != 200; ++i)
    EXPECT_EQ(texts[static_cast<std::size_t>(i)], "GET " + numbered(i) + " HTTP/1.1");
  EXPECT_LE(server->accepted(), 7U);
  EXPECT_EQ(c.connections(), c.idle_connections());
}

}  // namespace bight::http::client_pool_test
