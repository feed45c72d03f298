// Messages for many receivers, of both kinds, fast and slow.
#include <bight/http/topic.hpp>

#include <bight/core/error.hpp>
#include <bight/core/race.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/event_source.hpp>
#include <bight/http/router.hpp>
#include <bight/http/server.hpp>
#include <bight/http/websocket_builder.hpp>
#include <bight/http/websocket_response.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/http_served.hpp"

namespace bight::http::topic_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// A connection in memory. A slow client does not read what does not fit into a pipe of 1000 bytes and a queue
// of one message.
class websocket_pair {
 public:
  enum class speed { fast, slow };
  explicit websocket_pair(speed s = speed::fast) : websocket_pair(s, ends(s)) {}
  websocket client;
  websocket server;

 private:
  static net::memory_pipe_options ends(speed s) {
    net::memory_pipe_options o;
    if (s == speed::slow) o.capacity = 1000;
    return o;
  }
  static websocket_options options(speed s) {
    websocket_options o;
    o.ping_interval = forever;
    if (s == speed::slow) o.max_queue = 1;
    return o;
  }
  websocket_pair(speed s, const net::memory_pipe_options& o) : websocket_pair(s, net::memory_pipe(o)) {}
  websocket_pair(speed s, std::pair<net::stream, net::stream> both)
      : client(make_websocket(std::move(both.first), websocket_side::client, options(s))),
        server(make_websocket(std::move(both.second), websocket_side::server, options(s))) {}
};

awaitable<std::vector<std::string>> receive(websocket& from, std::size_t n) {
  std::vector<std::string> out;
  while (out.size() != n) {
    auto m = co_await from.receive();
    if (!m) break;
    out.push_back(std::move(m->data));
  }
  co_return out;
}

// A topic at /ws and /events.
router routes_of(topic& t, const websocket_server_options& options = {}) {
  router all;
  all.get("/ws", [&t, options](server_request& request) {
    return websocket_response(
        request, [&t](websocket& ws) -> awaitable<void> { co_await race(t.send_to(ws), receive(ws, 1)); },
        options);
  });
  all.get("/events", [&t](server_request& request) {
    return event_stream(request, [&t](event_writer& out) { return t.send_to(out); });
  });
  return all;
}

ASYNC_TEST(topic, reaches_websockets_and_event_streams) {
  testing::fake_network network;
  const auto inside = network.use();
  topic t;
  test::running r{routes_of(t)};
  http::client client;
  auto one = co_await client.websocket(r.url("/ws"));
  auto two = co_await client.websocket(r.url("/ws"));
  event_source events{client.get(r.url("/events"))};
  auto first_event = spawn([&]() -> awaitable<std::string> {
    const auto e = co_await events.next();
    co_return e.value().type + ' ' + e.value().id + ' ' + e.value().data;
  });
  co_await test::until([&] { return t.receivers() == 3; });
  const server_sent_event message{"12\n13", "price", "7"};
  const auto receivers = co_await t.publish(message);
  EXPECT_EQ(receivers, 3U);
  for (auto* ws : {&one, &two}) {
    const auto got = co_await receive(*ws, 1);
    EXPECT_THAT(got, ElementsAre("12\n13"));
  }
  const auto event = co_await first_event;
  EXPECT_EQ(event, "price 7 12\n13");
  const auto m = t.metrics();
  EXPECT_EQ(m.published, 1U);
  EXPECT_EQ(m.sent, 3U);
  EXPECT_EQ(m.missed, 0U);
  events.close();
  for (auto* ws : {&one, &two}) co_await ws->close();
  co_await test::until([&] { return t.receivers() == 0; });
}

ASYNC_TEST(topic, binary_messages_reach_websockets_only) {
  topic t;
  websocket_pair pair;
  auto sending = spawn([&] { return t.send_to(pair.server); });
  co_await yield();
  const websocket_message bytes{std::string(3, '\0'), websocket_message::kind::binary};
  co_await t.publish(bytes);
  const auto got = co_await pair.client.receive();
  EXPECT_TRUE(got.value().is_binary());
  EXPECT_EQ(got.value().data, std::string(3, '\0'));
  t.close();
  co_await sending;
}

ASYNC_TEST(topic, closing_it_lets_receivers_finish) {
  topic t;
  websocket_pair pair;
  auto sending = spawn([&] { return t.send_to(pair.server); });
  co_await yield();
  co_await t.publish("last");
  t.close();
  co_await sending;
  EXPECT_TRUE(t.is_closed());
  const auto got = co_await receive(pair.client, 1);
  EXPECT_THAT(got, ElementsAre("last"));
  bool refused = false;
  try {
    co_await t.publish("more");
  } catch (const queue_shut_down&) { refused = true; }
  EXPECT_TRUE(refused);
}

ASYNC_TEST(topic, refuses_what_no_receiver_could_get) {
  topic t;
  EXPECT_THROW(static_cast<void>(t.publish("\xFF")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(t.publish(server_sent_event{"x", "a\nb"})), boost::system::system_error);
  EXPECT_THROW(topic{topic_options{.max_pending = 0}}, std::invalid_argument);
  co_return;
}

ASYNC_TEST(topic, a_connection_that_has_ended_ends_send_to) {
  topic t;
  websocket_pair pair;
  auto sending = spawn([&] { return t.send_to(pair.server); });
  co_await yield();
  pair.client.abort();
  for (int i = 0; i != 3; ++i) {
    co_await t.publish("x");
    co_await sleep(1s);
  }
  EXPECT_TRUE(sending.done());
  co_await sending;
  EXPECT_EQ(t.receivers(), 0U);
}

ASYNC_TEST(topic, a_slow_receiver_misses_the_oldest_messages_and_others_do_not) {
  topic t{topic_options{.max_pending = 4}};
  websocket_pair slow{websocket_pair::speed::slow};
  websocket_pair fast;
  auto a = spawn([&] { return t.send_to(slow.server); });
  auto b = spawn([&] { return t.send_to(fast.server); });
  co_await yield();
  for (int i = 0; i != 100; ++i) {
    co_await t.publish(std::string(300, 'x') + std::to_string(i));
    const auto got = co_await receive(fast.client, 1);
    EXPECT_EQ(got.size(), 1U);
  }
  auto m = t.metrics();
  EXPECT_EQ(m.missed, 0U);  // not told yet
  std::vector<std::string> got;
  for (std::string last; last != "99";) {
    auto some = co_await receive(slow.client, 1);
    last = some.at(0).substr(300);
    got.push_back(last);
  }
  m = t.metrics();
  EXPECT_EQ(m.missed + got.size(), 100U);
  EXPECT_GT(m.missed, 80U);
  EXPECT_EQ(m.disconnected, 0U);
  EXPECT_EQ(m.sent, 100 + got.size());
  t.close();
  co_await a;
  co_await b;
}

ASYNC_TEST(topic, a_slow_receiver_may_be_disconnected) {
  topic t{topic_options{.max_pending = 4, .rule = when_slow::disconnect}};
  websocket_pair slow{websocket_pair::speed::slow};
  auto sending = spawn([&] { return t.send_to(slow.server); });
  co_await yield();
  for (int i = 0; i != 100; ++i) {
    co_await t.publish(std::string(300, 'x'));
    co_await yield();
  }
  co_await sleep(2s);
  EXPECT_TRUE(sending.done());
  EXPECT_EQ(t.metrics().disconnected, 1U);
  EXPECT_EQ(t.metrics().receivers, 0U);
  EXPECT_FALSE(slow.server.is_open());
  std::optional<std::uint16_t> code;
  try {
    co_await receive(slow.client, 1000);
  } catch (const websocket_closed& e) { code = e.close_code(); }
  EXPECT_EQ(code, 1013);
}

ASYNC_TEST(topic, publish_may_wait_for_the_slowest) {
  topic t{topic_options{.max_pending = 2, .rule = when_slow::wait}};
  websocket_pair slow{websocket_pair::speed::slow};
  auto sending = spawn([&] { return t.send_to(slow.server); });
  co_await yield();
  int published = 0;
  auto publishing = spawn([&]() -> awaitable<void> {
    for (; published != 50; ++published) co_await t.publish(std::string(300, 'x'));
    t.close();
  });
  co_await sleep(10s);
  EXPECT_LT(published, 12);
  const auto got = co_await receive(slow.client, 50);
  EXPECT_EQ(got.size(), 50U);
  co_await publishing;
  co_await sending;
  EXPECT_EQ(t.metrics().missed, 0U);
}

// Compressed for all, for each, and not at all.
ASYNC_TEST(topic, reaches_connections_with_different_compression) {
  testing::fake_network network;
  const auto inside = network.use();
  topic t;
  websocket_server_options options;
  options.deflate.emplace();
  options.deflate->server_no_context_takeover = false;
  test::running r{routes_of(t, options)};
  http::client client;
  websocket_options shared;
  shared.deflate.emplace();
  auto own = shared;
  own.deflate->server_no_context_takeover = false;
  auto a = co_await client.websocket(r.url("/ws")).options(shared);
  auto b = co_await client.websocket(r.url("/ws")).options(own);
  auto c = co_await client.websocket(r.url("/ws"));
  EXPECT_TRUE(a.compresses());
  EXPECT_TRUE(b.compresses());
  EXPECT_FALSE(c.compresses());
  co_await test::until([&] { return t.receivers() == 3; });
  const std::string large(5000, 'x');
  for (const auto& text : {large, std::string{"small"}, large}) {
    co_await t.publish(text);
    for (auto* ws : {&a, &b, &c}) {
      const auto got = co_await receive(*ws, 1);
      EXPECT_THAT(got, ElementsAre(text));
    }
  }
  for (auto* ws : {&a, &b, &c}) co_await ws->close();
}

}  // namespace bight::http::topic_test
