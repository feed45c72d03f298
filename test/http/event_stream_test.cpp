// Event streams of a server: what is sent when, and what ends them. In virtual time.
#include <bight/http/event_stream.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/middleware/compression.hpp>
#include <bight/http/router.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::event_stream_test {

using namespace std::chrono_literals;
using test::raw_message;
using test::served;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string get_events = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

// Answers each request with the events of `produce`.
template <class F>
handler events_of(F produce, event_stream_options options = {}) {
  return [produce, options](server_request& request) -> awaitable<server_response> {
    auto copy = produce;
    co_return event_stream(request, std::move(copy), options);
  };
}

// How an endless producer ended.
class endless {
 public:
  awaitable<void> operator()(event_writer& out) {
    auto s = state_;
    try {
      co_await out.send("begin");
      s->begun.set();
      co_await sleep(forever);
    } catch (const cancelled_error&) {
      s->cancelled = true;
      throw;
    }
  }
  bool cancelled() const noexcept { return state_->cancelled; }
  event& begun() const noexcept { return state_->begun; }

 private:
  struct state {
    event begun;
    bool cancelled = false;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

ASYNC_TEST(event_stream, sends_events_and_its_headers) {
  served s{events_of([](event_writer& out) -> awaitable<void> {
    co_await out.send("hello");
    const server_sent_event price{"12\n13", "price", "7"};
    co_await out.send(price);
  })};
  const auto got = co_await s.ask(get_events);
  EXPECT_EQ(got.status(), 200);
  EXPECT_EQ(got.field("Content-Type"), "text/event-stream");
  EXPECT_EQ(got.field("Cache-Control"), "no-store");
  EXPECT_EQ(got.field("X-Accel-Buffering"), "no");
  EXPECT_EQ(got.field("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(got.has("Content-Length"));
  EXPECT_THAT(got.body, HasSubstr("data: hello\n\nid: 7\nevent: price\ndata: 12\ndata: 13\n\n"));
  EXPECT_THAT(got.body, EndsWith("0\r\n\r\n"));
}

// EventSource is open once the head has come.
ASYNC_TEST(event_stream, the_head_comes_before_the_first_event) {
  served s{events_of([](event_writer& out) -> awaitable<void> {
    co_await sleep(5s);
    co_await out.send("late");
  })};
  const auto began = clock::now();
  co_await s.send(get_events);
  const auto head = co_await s.client.read_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("200 OK"));
  EXPECT_EQ(clock::now(), began);
  const auto first = co_await s.client.read_until("late\n\n");
  EXPECT_EQ(clock::now(), began + 5s);
}

ASYNC_TEST(event_stream, comments_keep_a_silent_stream_alive) {
  const event_stream_options options{.keep_alive_interval = 10s};
  served s{events_of(
      [](event_writer& out) -> awaitable<void> {
        co_await sleep(25s);
        co_await out.send("a");
        co_await sleep(9s);
        co_await out.send("b");
        co_await sleep(11s);
      },
      options)};
  const auto began = clock::now();
  co_await s.send(get_events);
  co_await s.client.read_until("\r\n\r\n");
  for (const auto at : {10s, 20s}) {
    const auto comment = co_await s.client.read_until(":\n\n\r\n");
    EXPECT_EQ(comment, "3\r\n:\n\n\r\n");
    EXPECT_EQ(clock::now(), began + at);
  }
  const auto a = co_await s.client.read_until("\n\n\r\n");
  EXPECT_EQ(a, "9\r\ndata: a\n\n\r\n");
  const auto b = co_await s.client.read_until("\n\n\r\n");  // no comment within ten seconds of an event
  EXPECT_EQ(b, "9\r\ndata: b\n\n\r\n");
  EXPECT_EQ(clock::now(), began + 34s);
  const auto rest = co_await s.client.read_until("0\r\n\r\n");
  EXPECT_EQ(rest, "3\r\n:\n\n\r\n0\r\n\r\n");
}

ASYNC_TEST(event_stream, comments_can_be_turned_off_and_sent) {
  const event_stream_options options{.keep_alive_interval = forever, .retry = 2500ms};
  served s{events_of(
      [](event_writer& out) -> awaitable<void> {
        co_await sleep(1h);
        co_await out.comment("hello");
        co_await out.retry(100ms);
      },
      options)};
  co_await s.send(get_events);
  co_await s.client.read_until("\r\n\r\n");
  const auto first = co_await s.client.read_until("\n\n\r\n");
  EXPECT_EQ(first, "d\r\nretry: 2500\n\n\r\n");
  const auto second = co_await s.client.read_until("0\r\n\r\n");
  EXPECT_THAT(second, HasSubstr(": hello\n\nretry: 100\n\n"));
}

ASYNC_TEST(event_stream, tells_the_producer_the_last_id_of_the_client) {
  std::vector<std::string> ids;
  served s{events_of([&ids](event_writer& out) -> awaitable<void> {
    ids.push_back(out.last_event_id());
    co_return;
  })};
  co_await s.ask(get_events);
  co_await s.ask("GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 41\r\n\r\n");
  co_await s.ask("GET /events HTTP/1.1\r\nHost: x\r\nlast-event-id: \xC3\xA9\xFF\r\n\r\n");
  EXPECT_THAT(ids, ElementsAre("", "41", "\xC3\xA9\xEF\xBF\xBD"));
}

ASYNC_TEST(event_stream, a_client_that_leaves_cancels_the_producer) {
  const test::log_capture log;
  const endless events;
  served s{events_of(events)};
  co_await s.send(get_events);
  co_await s.client.read_until("begin\n\n");
  const auto began = clock::now();
  s.client.close();
  co_await s.serving;
  EXPECT_TRUE(events.cancelled());
  EXPECT_EQ(clock::now(), began);
  EXPECT_THAT(log.lines(), IsEmpty());
}

ASYNC_TEST(event_stream, a_client_that_shuts_down_its_side_has_left) {
  const endless events;
  served s{events_of(events)};
  co_await s.send(get_events);
  co_await s.client.read_until("begin\n\n");
  co_await s.client.stream().shutdown_write();
  co_await s.serving;
  EXPECT_TRUE(events.cancelled());
}

ASYNC_TEST(event_stream, after_a_body_that_was_read_a_client_that_leaves_is_noticed) {
  const endless events;
  std::string question;
  served s{[&](server_request& request) -> awaitable<server_response> {
    question = co_await request.text();
    co_return event_stream(request, events);
  }};
  co_await s.send("POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwhat?");
  co_await s.client.read_until("begin\n\n");
  EXPECT_EQ(question, "what?");
  s.client.close();
  co_await s.serving;
  EXPECT_TRUE(events.cancelled());
}

ASYNC_TEST(event_stream, a_graceful_stop_ends_the_stream_at_the_end_of_an_event) {
  const endless events;
  served s{events_of(events)};
  co_await s.send(get_events);
  co_await s.client.read_until("begin\n\n\r\n");
  const auto began = clock::now();
  s.server.stop(30s);
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "0\r\n\r\n");
  s.client.close();
  co_await s.serving;
  EXPECT_TRUE(events.cancelled());
  EXPECT_LT(clock::now() - began, 2s);
}

ASYNC_TEST(event_stream, what_was_sent_before_a_graceful_stop_arrives) {
  event sent;
  served s{events_of([&sent](event_writer& out) -> awaitable<void> {
    for (int i = 0; i != 3; ++i) co_await out.send(std::to_string(i));
    sent.set();
    co_await sleep(forever);
  })};
  co_await s.send(get_events);
  co_await sent.wait();
  s.server.stop();
  const auto all = co_await s.client.read_to_end();
  EXPECT_THAT(all, HasSubstr("data: 0\n\ndata: 1\n\ndata: 2\n\n"));
  EXPECT_THAT(all, EndsWith("0\r\n\r\n"));
}

ASYNC_TEST(event_stream, does_not_begin_when_the_server_stops_before) {
  bool called = false;
  event entered;
  served s{[&](server_request& request) -> awaitable<server_response> {
    entered.set();
    co_await sleep(1s);
    co_return event_stream(request, [&called](event_writer&) -> awaitable<void> {
      called = true;
      co_return;
    });
  }};
  co_await s.send(get_events);
  co_await entered.wait();
  s.server.stop();
  const auto got = co_await s.answer();
  EXPECT_EQ(got.status(), 200);
  EXPECT_EQ(got.field("Connection"), "close");
  EXPECT_EQ(got.body, "0\r\n\r\n");
  EXPECT_FALSE(called);
}

ASYNC_TEST(event_stream, send_waits_for_a_slow_client) {
  int sent = 0;
  const event_stream_options options{.max_buffered = 1000};
  const net::memory_pipe_options pipe{.capacity = 1000};
  server_options server;
  server.limits.write_timeout = forever;
  auto produce = [&sent](event_writer& out) -> awaitable<void> {
    const std::string text(92, 'x');  // an event of 100 bytes
    while (sent != 200) {
      co_await out.send(text);
      ++sent;
    }
  };
  served s{events_of(produce, options), server, pipe};
  co_await s.send(get_events);
  co_await sleep(10s);
  // 1000 bytes in each of: the pipe, the buffer, and what is being sent
  EXPECT_GE(sent, 20);
  EXPECT_LE(sent, 31);
  const auto got = co_await s.answer();
  EXPECT_EQ(sent, 200);
}

ASYNC_TEST(event_stream, a_client_that_does_not_read_is_dropped_after_the_write_timeout) {
  const net::memory_pipe_options pipe{.capacity = 1000};
  server_options server;
  server.limits.write_timeout = 20s;
  bool cancelled = false;
  auto produce = [&cancelled](event_writer& out) -> awaitable<void> {
    const std::string text(100, 'x');
    try {
      while (true) co_await out.send(text);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
  };
  served s{events_of(produce), server, pipe};
  const auto began = clock::now();
  co_await s.send(get_events);
  co_await s.serving;
  EXPECT_TRUE(cancelled);
  EXPECT_LE(clock::now() - began, 41s);
}

ASYNC_TEST(event_stream, an_error_of_the_producer_is_logged_and_closes_the_connection) {
  const test::log_capture log;
  served s{events_of([](event_writer& out) -> awaitable<void> {
    co_await out.send("one");
    throw std::runtime_error("no more prices");
  })};
  co_await s.send(get_events);
  const auto all = co_await s.client.read_to_end();
  EXPECT_THAT(all, EndsWith("data: one\n\n\r\n"));  // and no last chunk
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("no more prices")));
}

ASYNC_TEST(event_stream, an_invalid_event_is_an_error_of_send) {
  std::optional<boost::system::error_code> error;
  served s{events_of([&error](event_writer& out) -> awaitable<void> {
    const server_sent_event bad{"x", "a\nb"};
    try {
      co_await out.send(bad);
    } catch (const boost::system::system_error& e) { error = e.code(); }
    co_await out.send("fine");
  })};
  const auto got = co_await s.ask(get_events);
  EXPECT_EQ(error, errc::invalid_event);
  EXPECT_EQ(got.body, "c\r\ndata: fine\n\n\r\n0\r\n\r\n");
}

ASYNC_TEST(event_stream, a_send_that_was_cancelled_sends_nothing) {
  const event_stream_options options{.max_buffered = 10};
  const net::memory_pipe_options pipe{.capacity = 10};
  int given_up = 0;
  auto produce = [&given_up](event_writer& out) -> awaitable<void> {
    for (int i = 0; i != 20; ++i) {
      try {
        co_await wait_for(out.send(std::to_string(i)), 1s);
      } catch (const timeout_error&) { ++given_up; }
    }
  };
  served s{events_of(produce, options), {}, pipe};
  co_await s.send(get_events);
  co_await s.client.read_until("\r\n\r\n");
  co_await sleep(10s);
  const auto got = co_await s.client.read_until("0\r\n\r\n");
  EXPECT_GT(given_up, 5);
  std::size_t events = 0;
  for (auto at = got.find("data: "); at != got.npos; at = got.find("data: ", at + 1)) ++events;
  EXPECT_EQ(events, 20U - static_cast<unsigned>(given_up));
}

ASYNC_TEST(event_stream, head_has_no_events) {
  bool called = false;
  router routes;
  routes.get("/events", [&called](server_request& request) {
    return event_stream(request, [&called](event_writer&) -> awaitable<void> {
      called = true;
      co_return;
    });
  });
  served s{std::move(routes)};
  co_await s.send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto got = co_await s.answer(true);
  EXPECT_EQ(got.field("Content-Type"), "text/event-stream");
  EXPECT_FALSE(called);
}

ASYNC_TEST(event_stream, a_request_that_came_meanwhile_is_answered_afterwards) {
  served s{events_of([](event_writer& out) -> awaitable<void> {
    co_await sleep(1s);
    co_await out.send("one");
  })};
  co_await s.send(get_events);
  co_await sleep(500ms);
  co_await s.send(get_events);
  for (int i = 0; i != 2; ++i) {
    const auto got = co_await s.answer();
    EXPECT_EQ(got.body, "b\r\ndata: one\n\n\r\n0\r\n\r\n");
  }
}

ASYNC_TEST(event_stream, http_1_0_ends_with_the_connection) {
  served s{events_of([](event_writer& out) -> awaitable<void> { co_await out.send("one"); })};
  co_await s.send("GET /events HTTP/1.0\r\n\r\n");
  const auto all = co_await s.client.read_to_end();
  EXPECT_THAT(all, EndsWith("\r\n\r\ndata: one\n\n"));
}

ASYNC_TEST(event_stream, compression_does_not_hold_events_back) {
  const endless events;
  std::vector<middleware> around;
  around.push_back(compression());
  served s{compose(std::move(around), events_of(events))};
  co_await s.send("GET /events HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  const auto head = co_await s.client.read_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Encoding: gzip"));
  const auto began = clock::now();
  const auto chunk = co_await s.client.read_until("\r\n");
  EXPECT_GT(chunk.size(), 2U);
  EXPECT_EQ(clock::now(), began);
}

TEST(event_stream, ends_cleanly_wherever_it_is_cancelled) {
  std::shared_ptr<int> alive;
  const auto body = [&alive]() -> awaitable<void> {
    alive = std::make_shared<int>(0);
    auto produce = [held = alive](event_writer& out) -> awaitable<void> {
      const auto keep = held;
      for (int i = 0; i != 3; ++i) {
        co_await out.send(std::to_string(i));
        co_await sleep(1s);
      }
    };
    server s{events_of(std::move(produce))};
    auto ends = net::memory_pipe();
    co_await ends.first.write(get_events);
    co_await ends.first.shutdown_write();
    co_await s.serve_connection(std::move(ends.second));
  };
  const auto invariant = [&alive]() -> awaitable<void> {
    EXPECT_LE(alive.use_count(), 1);
    co_return;
  };
  const auto points = testing::cancel_at_every_await(body, invariant);
  EXPECT_GT(points, 5U);
}

}  // namespace bight::http::event_stream_test
