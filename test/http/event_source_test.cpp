// Event streams of a client: reconnection, limits and errors, over a network in memory and in virtual time.
#include <bight/http/event_source.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/event_stream.hpp>
#include <bight/http/server.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/schedule.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/sockets.hpp"

namespace bight::http::event_source_test {

using namespace std::chrono_literals;
using test::error_of;
using test::peer;
using test::raw_message;
using test::running;
using test::scripted_server;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A response whose body ends with the connection.
std::string stream_of(std::string_view events, std::string_view type = "text/event-stream") {
  std::string head{"HTTP/1.1 200 OK\r\nContent-Type: "};
  return head.append(type).append("\r\nConnection: close\r\n\r\n").append(events);
}

std::string refusal_of(std::string_view status, std::string_view fields = {}) {
  std::string head{"HTTP/1.1 "};
  return head.append(status).append("\r\nContent-Length: 0\r\n").append(fields).append("\r\n");
}

// A server that has one answer for each connection, and closes it; the last one repeats.
class answering {
 public:
  explicit answering(std::vector<std::string> answers)
      : state_(std::make_shared<state>()), server_([s = state_](peer& p) { return play(s, p); }) {
    state_->answers = std::move(answers);
  }
  std::string url() const { return server_.url("/events"); }
  const std::vector<raw_message>& requests() const noexcept { return state_->requests; }
  // When each request came, after the one before.
  std::vector<clock::duration> pauses() const {
    std::vector<clock::duration> out;
    for (std::size_t i = 1; i < state_->times.size(); ++i)
      out.push_back(state_->times[i] - state_->times[i - 1]);
    return out;
  }

 private:
  struct state {
    std::vector<std::string> answers;
    std::vector<raw_message> requests;
    std::vector<clock::time_point> times;
  };
  static awaitable<void> play(std::shared_ptr<state> s, peer& p) {
    auto request = co_await p.read_message();
    const auto n = std::min(s->requests.size(), s->answers.size() - 1);
    s->requests.push_back(std::move(request));
    s->times.push_back(clock::now());
    co_await p.send(s->answers[n]);
    co_await p.stream().shutdown_write();
    bool more = true;
    while (more) more = co_await p.fill();  // or the end would be a reset
  }
  std::shared_ptr<state> state_;
  scripted_server server_;
};

// Without the random part of delays.
event_source_options plain() {
  event_source_options o;
  o.backoff.random([] { return 0.0; });
  return o;
}

// The data of `n` events, or of all.
awaitable<std::vector<std::string>> take(event_source& events, std::size_t n = 1000) {
  std::vector<std::string> out;
  while (out.size() != n) {
    auto e = co_await events.next();
    if (!e) break;
    out.push_back(std::move(e->data));
  }
  co_return out;
}

class inside {
 public:
  testing::fake_network network;
  net::network_scope scope = network.use();
  http::client client;
};

ASYNC_TEST(event_source, receives_events) {
  inside in;
  const answering server{
      {stream_of("event: price\nid: 7\ndata: 12\n\ndata: 13\n\n"), refusal_of("204 No Content")}};
  event_source events{in.client.get(server.url()), plain()};
  const auto first = co_await events.next();
  CO_ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->type, "price");
  EXPECT_EQ(first->data, "12");
  EXPECT_EQ(first->id, "7");
  const auto second = co_await events.next();
  CO_ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->type, "message");
  EXPECT_EQ(second->id, "7");
  EXPECT_EQ(events.last_event_id(), "7");
  const auto end = co_await events.next();
  EXPECT_FALSE(end.has_value());
  const auto still = co_await events.next();
  EXPECT_FALSE(still.has_value());
}

ASYNC_TEST(event_source, asks_for_an_event_stream) {
  inside in;
  const answering server{{refusal_of("204 No Content")}};
  event_source events{in.client.get(server.url()).header("X-A", "1"), plain()};
  co_await events.next();
  CO_ASSERT_THAT(server.requests(), SizeIs(1));
  const auto& request = server.requests().front();
  EXPECT_EQ(request.field("Accept"), "text/event-stream");
  EXPECT_EQ(request.field("Cache-Control"), "no-cache");
  EXPECT_EQ(request.field("X-A"), "1");
  EXPECT_FALSE(request.has("Last-Event-ID"));
}

ASYNC_TEST(event_source, reconnects_and_continues_behind_the_last_id) {
  inside in;
  const answering server{{stream_of("id: 1\ndata: a\n\nid: 2\ndata: cut off\n"),
                          stream_of("id: 2\ndata: b\n\n"), stream_of("data: c\n\nid\ndata: d\n\n"),
                          refusal_of("204 No Content")}};
  event_source events{in.client.get(server.url()), plain()};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a", "b", "c", "d"));
  CO_ASSERT_THAT(server.requests(), SizeIs(4));
  EXPECT_EQ(server.requests()[1].field("Last-Event-ID"), "1");
  EXPECT_EQ(server.requests()[2].field("Last-Event-ID"), "2");
  EXPECT_FALSE(server.requests()[3].has("Last-Event-ID"));  // the stream has taken it back
  EXPECT_EQ(events.reconnections(), 3U);
  EXPECT_THAT(server.pauses(), ElementsAre(1s, 1s, 1s));
}

ASYNC_TEST(event_source, a_first_id_is_sent_with_the_first_request) {
  inside in;
  const answering server{{refusal_of("204 No Content")}};
  auto options = plain();
  options.last_event_id = "41";
  event_source events{in.client.get(server.url()), options};
  EXPECT_EQ(events.last_event_id(), "41");
  co_await events.next();
  EXPECT_EQ(server.requests().at(0).field("Last-Event-ID"), "41");
}

ASYNC_TEST(event_source, an_id_that_is_no_field_value_is_not_sent) {
  inside in;
  const answering server{{stream_of("id: \x01\ndata: a\n\n"), stream_of("id: \xC3\xA9\ndata: b\n\n"),
                          refusal_of("204 No Content")}};
  event_source events{in.client.get(server.url()), plain()};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a", "b"));
  EXPECT_FALSE(server.requests().at(1).has("Last-Event-ID"));
  EXPECT_EQ(server.requests().at(2).field("Last-Event-ID"), "\xC3\xA9");
}

ASYNC_TEST(event_source, retry_sets_the_delay_within_a_limit) {
  inside in;
  const answering server{{stream_of("retry: 2500\ndata: a\n\n"), stream_of("data: b\n\n"),
                          stream_of("retry: 99999999999\ndata: c\n\n"), stream_of("retry: 0\ndata: d\n\n"),
                          refusal_of("204 No Content")}};
  event_source events{in.client.get(server.url()), plain()};
  const auto got = co_await take(events);
  EXPECT_THAT(got, SizeIs(4));
  EXPECT_THAT(server.pauses(), ElementsAre(2500ms, 2500ms, 5min, 0s));
}

ASYNC_TEST(event_source, attempts_that_fail_are_spaced_by_a_growing_backoff) {
  inside in;
  const answering server{{refusal_of("503 Service Unavailable"), refusal_of("502 Bad Gateway"),
                          refusal_of("429 Too Many Requests", "Retry-After: 7\r\n"), stream_of("data: a\n\n"),
                          stream_of("data: b\n\n"), refusal_of("204 No Content")}};
  event_source_options options;
  options.backoff.random([] { return 0.999999; });
  event_source events{in.client.get(server.url()), options};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a", "b"));
  std::vector<std::chrono::milliseconds> rounded;
  for (const auto p : server.pauses()) rounded.push_back(std::chrono::round<std::chrono::milliseconds>(p));
  EXPECT_THAT(rounded, ElementsAre(1500ms, 2000ms, 9000ms, 1500ms, 1500ms));
}

ASYNC_TEST(event_source, gives_up_after_the_maximum_of_attempts) {
  inside in;
  in.network.add_host("gone.example", {"192.0.2.1"});
  auto options = plain();
  options.max_attempts = 3;
  event_source events{in.client.get("http://gone.example/"), options};
  const auto failed = co_await as_result(events.next());
  CO_ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error(), boost::system::errc::connection_refused);
  EXPECT_EQ(in.network.connects(), 3U);
  const auto after = co_await events.next();
  EXPECT_FALSE(after.has_value());
  EXPECT_EQ(in.network.connects(), 3U);
}

ASYNC_TEST(event_source, responses_without_any_byte_count_as_failures) {
  inside in;
  const answering server{{stream_of("")}};
  auto options = plain();
  options.max_attempts = 4;
  event_source events{in.client.get(server.url()), options};
  const auto e = co_await error_of(events.next());
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(e.what(), HasSubstr("4 responses in a row had no events"));
  EXPECT_THAT(server.requests(), SizeIs(4));
}

ASYNC_TEST(event_source, a_stream_that_ends_is_no_attempt_that_failed) {
  inside in;
  const answering server{{stream_of("data: a\n\n"), stream_of("data: b\n\n"), stream_of("")}};
  auto options = plain();
  options.max_attempts = 1;
  event_source events{in.client.get(server.url()), options};
  const auto a = co_await events.next();
  const auto b = co_await events.next();
  EXPECT_EQ(a->data + b->data, "ab");
  const auto e = co_await error_of(events.next());
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(server.requests(), SizeIs(3));
}

ASYNC_TEST(event_source, comments_alone_keep_it_trying) {
  inside in;
  std::vector<std::string> answers(30, stream_of(":\n\n"));
  answers.push_back(refusal_of("204 No Content"));
  const answering server{std::move(answers)};
  event_source events{in.client.get(server.url()), plain()};
  const auto got = co_await take(events);
  EXPECT_THAT(got, IsEmpty());
  EXPECT_THAT(server.requests(), SizeIs(31));
}

ASYNC_TEST(event_source, another_content_type_is_an_error) {
  inside in;
  for (const auto* const type : {"text/html", "application/json", "text/event-streams", ""}) {
    const answering server{{stream_of("data: a\n\n", type)}};
    event_source events{in.client.get(server.url()), plain()};
    const auto e = co_await error_of(events.next());
    EXPECT_EQ(e.code(), errc::not_an_event_stream) << type;
    EXPECT_THAT(e.what(), HasSubstr(type));
    EXPECT_THAT(server.requests(), SizeIs(1));
    const auto after = co_await events.next();
    EXPECT_FALSE(after.has_value());
  }
}

ASYNC_TEST(event_source, parameters_and_case_of_the_content_type_do_not_matter) {
  inside in;
  for (const auto* const type :
       {"text/event-stream; charset=utf-8", "Text/Event-Stream;", "text/event-stream;x=y"}) {
    const answering server{{stream_of("data: a\n\n", type), refusal_of("204 No Content")}};
    event_source events{in.client.get(server.url()), plain()};
    const auto got = co_await take(events);
    EXPECT_THAT(got, ElementsAre("a")) << type;
  }
}

ASYNC_TEST(event_source, a_status_that_is_not_temporary_is_an_error) {
  inside in;
  for (const auto* const status :
       {"404 Not Found", "401 Unauthorized", "206 Partial Content", "304 Not Modified"}) {
    const answering server{{refusal_of(status, "Content-Type: text/event-stream\r\n")}};
    event_source events{in.client.get(server.url()), plain()};
    std::optional<int> code;
    try {
      co_await events.next();
    } catch (const status_error& e) { code = e.status().code(); }
    EXPECT_EQ(code, std::stoi(status));
    EXPECT_THAT(server.requests(), SizeIs(1));
  }
}

ASYNC_TEST(event_source, an_invalid_url_is_an_error_of_next) {
  inside in;
  event_source events{in.client.get("http://"), plain()};
  const auto e = co_await error_of(events.next());
  EXPECT_EQ(e.code(), errc::invalid_url);
  const auto after = co_await events.next();
  EXPECT_FALSE(after.has_value());
}

ASYNC_TEST(event_source, a_post_is_sent_once) {
  inside in;
  const answering server{{stream_of("data: a\n\ndata: [DONE]\n\n")}};
  event_source events{in.client.post(server.url()).text("question"), plain()};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a", "[DONE]"));
  CO_ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(server.requests().front().start_line(), "POST /events HTTP/1.1");
  EXPECT_EQ(server.requests().front().body, "question");
}

ASYNC_TEST(event_source, a_post_that_breaks_off_is_an_error) {
  inside in;
  const answering server{
      {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
       "9\r\ndata: a\n\n\r\n"}};
  event_source events{in.client.post(server.url()).text("question"), plain()};
  const auto first = co_await take(events, 1);
  EXPECT_THAT(first, ElementsAre("a"));
  const auto e = co_await error_of(events.next());
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

ASYNC_TEST(event_source, a_post_reconnects_when_asked_to) {
  inside in;
  const answering server{
      {stream_of("id: 1\ndata: a\n\n"), stream_of("data: b\n\n"), refusal_of("204 No Content")}};
  auto options = plain();
  options.reconnect = true;
  event_source events{in.client.post(server.url()).text("question"), options};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a", "b"));
  CO_ASSERT_THAT(server.requests(), SizeIs(3));
  for (const auto& request : server.requests()) EXPECT_EQ(request.body, "question");
  EXPECT_EQ(server.requests()[1].field("Last-Event-ID"), "1");
}

ASYNC_TEST(event_source, a_get_does_not_reconnect_when_told_not_to) {
  inside in;
  const answering server{{stream_of("data: a\n\n")}};
  auto options = plain();
  options.reconnect = false;
  event_source events{in.client.get(server.url()), options};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a"));
  EXPECT_THAT(server.requests(), SizeIs(1));
}

ASYNC_TEST(event_source, reads_a_response_that_is_there) {
  inside in;
  const answering server{{stream_of("data: a\n\ndata: b\n\n")}};
  auto response = co_await in.client.post(server.url()).text("question");
  EXPECT_EQ(response.status(), 200);
  event_source events{std::move(response)};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a", "b"));
}

ASYNC_TEST(event_source, a_response_without_events_is_an_error_of_next) {
  event_source page{response{200, "hello"}};
  const auto e = co_await error_of(page.next());
  EXPECT_EQ(e.code(), errc::not_an_event_stream);
  event_source missing{response{404}};
  const auto f = co_await error_of(missing.next());
  EXPECT_EQ(f.code(), errc::unexpected_status);
}

ASYNC_TEST(event_source, an_event_beyond_the_limit_is_an_error) {
  inside in;
  const answering server{{stream_of("data: a\n\ndata: " + std::string(100, 'x') + "\n\n")}};
  auto options = plain();
  options.limits.max_event = 50;
  event_source events{in.client.get(server.url()), options};
  const auto first = co_await take(events, 1);
  EXPECT_THAT(first, ElementsAre("a"));
  const auto e = co_await error_of(events.next());
  EXPECT_EQ(e.code(), errc::event_too_large);
  EXPECT_THAT(e.what(), HasSubstr("limit 50"));
  EXPECT_THAT(server.requests(), SizeIs(1));
}

// Hours of events: neither the total timeout of the client nor its limit of bodies ends them.
ASYNC_TEST(event_source, a_stream_may_last_and_grow) {
  inside in;
  running r{[](server_request& request) -> awaitable<server_response> {
    co_return event_stream(request, [](event_writer& out) -> awaitable<void> {
      const std::string text(1024 * 1024, 'x');
      for (int i = 0; i != 80; ++i) {
        co_await out.send(text);
        co_await sleep(5min);
      }
    });
  }};
  auto options = plain();
  options.reconnect = false;
  options.limits.max_event = 2 * 1024 * 1024;
  event_source events{in.client.get(r.url()), options};
  std::size_t n = 0;
  auto e = co_await events.next();
  while (e) {
    ++n;
    e = co_await events.next();
  }
  EXPECT_EQ(n, 80U);
}

ASYNC_TEST(event_source, silence_is_a_dead_connection) {
  inside in;
  std::size_t connections = 0;
  const scripted_server server{[&connections](peer& p) -> awaitable<void> {
    ++connections;
    co_await p.read_message();
    co_await p.send(stream_of("data: a\n\n"));
    co_await sleep(forever);
  }};
  auto options = plain();
  options.idle_timeout = 30s;
  event_source events{in.client.get(server.url()), options};
  const auto began = clock::now();
  const auto got = co_await take(events, 3);
  EXPECT_EQ(connections, 3U);
  EXPECT_EQ(clock::now() - began, 62s);
}

ASYNC_TEST(event_source, timeouts_of_the_request_itself_apply) {
  inside in;
  const scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(stream_of("data: a\n\n"));
    co_await sleep(forever);
  }};
  auto options = plain();
  options.reconnect = false;
  event_source events{in.client.get(server.url()).timeout(5s), options};
  const auto first = co_await take(events, 1);
  const auto began = clock::now();
  const auto e = co_await error_of(events.next());
  EXPECT_EQ(e.code(), bight::errc::timed_out);
  EXPECT_LE(clock::now() - began, 5s);
}

ASYNC_TEST(event_source, a_cancelled_next_loses_nothing) {
  inside in;
  std::size_t connections = 0;
  const scripted_server server{[&connections](peer& p) -> awaitable<void> {
    ++connections;
    co_await p.read_message();
    co_await p.send(stream_of("data: "));
    for (int i = 0; i != 3; ++i) {
      co_await sleep(10s);
      co_await p.send(std::to_string(i) + "\n\ndata: ");
    }
    co_await sleep(forever);
  }};
  event_source events{in.client.post(server.url()), plain()};
  std::vector<std::string> got;
  int timeouts = 0;
  while (got.size() != 3) {
    try {
      const auto e = co_await wait_for(events.next(), 3s);
      got.push_back(e.value().data);
    } catch (const timeout_error&) { ++timeouts; }
  }
  EXPECT_THAT(got, ElementsAre("0", "1", "2"));
  EXPECT_GE(timeouts, 6);
  EXPECT_EQ(connections, 1U);
}

ASYNC_TEST(event_source, an_event_that_was_not_returned_does_not_count_as_the_last) {
  inside in;
  const scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(stream_of("id: 1\ndata: a\n\n"));
    co_await sleep(10s);
    co_await p.send("id: 2\ndata: b\n\n");
    co_await sleep(forever);
  }};
  event_source events{in.client.get(server.url()), plain()};
  const auto first = co_await take(events, 1);
  const auto none = co_await as_result(wait_for(events.next(), 1s));
  EXPECT_TRUE(none.has_error());
  co_await sleep(20s);
  EXPECT_EQ(events.last_event_id(), "1");
  const auto second = co_await take(events, 1);
  EXPECT_THAT(second, ElementsAre("b"));
  EXPECT_EQ(events.last_event_id(), "2");
}

ASYNC_TEST(event_source, one_next_at_a_time) {
  inside in;
  const scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await sleep(forever);
  }};
  event_source events{in.client.get(server.url()), plain()};
  auto waiting = spawn([&events]() -> awaitable<void> { static_cast<void>(co_await events.next()); });
  co_await yield();
  bool refused = false;
  try {
    co_await events.next();
  } catch (const std::logic_error&) { refused = true; }
  EXPECT_TRUE(refused);
  waiting.cancel();
  co_await waiting.wait();
}

ASYNC_TEST(event_source, closing_and_destroying_close_the_connection) {
  inside in;
  const scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(stream_of("data: a\n\n"));
    bool more = true;
    while (more) more = co_await p.fill();
  }};
  event_source closed{in.client.get(server.url()), plain()};
  auto destroyed = std::make_unique<event_source>(in.client.get(server.url()), plain());
  auto busy = std::make_unique<event_source>(in.client.get(server.url()), plain());
  co_await take(closed, 1);
  co_await take(*destroyed, 1);
  co_await take(*busy, 1);
  static_cast<void>(co_await as_result(wait_for(busy->next(), 1s)));
  EXPECT_EQ(in.client.connections(), 3U);
  closed.close();
  destroyed.reset();
  busy.reset();
  co_await sleep(1ms);
  EXPECT_EQ(in.client.connections(), 0U);
  const auto after = co_await closed.next();
  EXPECT_FALSE(after.has_value());
}

ASYNC_TEST(event_source, follows_redirects_each_time) {
  inside in;
  const answering target{{stream_of("id: 1\ndata: a\n\n"), refusal_of("204 No Content")}};
  const answering server{{refusal_of("307 Temporary Redirect", "Location: " + target.url() + "\r\n")}};
  event_source events{in.client.get(server.url()), plain()};
  const auto got = co_await take(events);
  EXPECT_THAT(got, ElementsAre("a"));
  EXPECT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(target.requests().at(1).field("Last-Event-ID"), "1");
}

// The server stops and comes back at the same address; no event is lost or repeated.
ASYNC_TEST(event_source, continues_with_another_server_after_a_graceful_stop) {
  inside in;
  const auto count_up = [](server_request& request) -> awaitable<server_response> {
    co_return event_stream(request, [](event_writer& out) -> awaitable<void> {
      const auto& last = out.last_event_id();
      for (int n = last.empty() ? 1 : std::stoi(last) + 1;; ++n) {
        const auto text = std::to_string(n);
        const server_sent_event e{text, {}, text};
        co_await out.send(e);
        co_await sleep(1s);
      }
    });
  };
  const auto where = net::endpoint::parse("192.0.2.7:80").value();
  auto first = std::make_unique<server>(count_up);
  auto serving = spawn([&]() -> awaitable<void> { co_await first->serve(net::listener(where)); });
  co_await yield();
  event_source events{in.client.get("http://192.0.2.7/"), plain()};
  auto got = co_await take(events, 5);
  first->stop();
  co_await serving;
  server second{count_up};
  auto again = spawn([&]() -> awaitable<void> { co_await second.serve(net::listener(where)); });
  const auto more = co_await take(events, 5);
  got.insert(got.end(), more.begin(), more.end());
  EXPECT_THAT(got, ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"));
  EXPECT_EQ(events.reconnections(), 1U);
  again.cancel();
  co_await again.wait();
}

ASYNC_TEST_SHUFFLED(event_source, loses_and_repeats_nothing_in_any_order_of_tasks) {
  inside in;
  const answering server{{stream_of("id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n"),
                          stream_of("id: 3\ndata: 3\n\nid: 4\n"), stream_of("id: 4\ndata: 4\n\n"),
                          refusal_of("204 No Content")}};
  event_source events{in.client.get(server.url()), plain()};
  std::vector<std::string> got;
  bool more = true;
  while (more) {
    try {
      auto e = co_await wait_for(events.next(), 100ms);
      more = e.has_value();
      if (e) got.push_back(e->data);
    } catch (const timeout_error&) {}
  }
  EXPECT_THAT(got, ElementsAre("1", "2", "3", "4"));
}

}  // namespace bight::http::event_source_test
