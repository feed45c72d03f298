// What a websocket does with its connection, in virtual time: messages, pings, limits, and every way to end.
#include <bight/http/websocket.hpp>

#include <algorithm>
#include <bight/core/as_result.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "websocket/raw_peer.hpp"

namespace bight::http::websocket_test {

using namespace std::chrono_literals;
using ws::raw_peer;

struct both {
  both(const websocket_options& of_client = {}, const websocket_options& of_server = {},
       std::size_t capacity = 64 * 1024) {
    auto [a, b] = net::memory_pipe({.capacity = capacity});
    client = make_websocket(std::move(a), websocket_side::client, of_client);
    server = make_websocket(std::move(b), websocket_side::server, of_server);
  }
  websocket client;
  websocket server;
};

/// A websocket of a server, and a client by hand.
struct by_hand {
  explicit by_hand(const websocket_options& options = {}, std::size_t capacity = 64 * 1024)
      : by_hand(net::memory_pipe({.capacity = capacity}), options) {}
  raw_peer peer;
  websocket socket;

 private:
  by_hand(std::pair<net::stream, net::stream> ends, const websocket_options& options)
      : peer(std::move(ends.first), ws::side::client),
        socket(make_websocket(std::move(ends.second), websocket_side::server, options)) {}
};

awaitable<void> echo_all(websocket& socket) {
  auto message = co_await socket.receive();
  while (message) {
    co_await socket.send(*message);
    message = co_await socket.receive();
  }
}

// "nothing", "text:...", or the close code and the reason of the error.
awaitable<std::string> outcome(websocket& socket) {
  try {
    const auto message = co_await socket.receive();
    if (!message) co_return "nothing";
    co_return (message->is_text() ? "text:" : "binary:") + message->data;
  } catch (const websocket_closed& e) { co_return std::to_string(e.close_code()) + " " + e.reason(); }
}

awaitable<std::string> why_lost(websocket& socket) {
  try {
    co_await socket.receive();
  } catch (const websocket_closed& e) { co_return e.what(); }
  co_return "not lost";
}

template <class Error, class Work>
awaitable<bool> throws(Work work) {
  try {
    co_await std::move(work);
  } catch (const Error&) { co_return true; }
  co_return false;
}

ASYNC_TEST(websocket, messages_go_both_ways) {
  both pair;
  auto session = spawn(echo_all, std::ref(pair.server));
  co_await pair.client.send("hello");
  const auto text = co_await outcome(pair.client);
  EXPECT_EQ(text, "text:hello");
  const std::string bytes{"\xff\x00\x01", 3};
  co_await pair.client.send(std::as_bytes(std::span{bytes}));
  const auto binary = co_await outcome(pair.client);
  EXPECT_EQ(binary, "binary:" + bytes);
  co_await pair.client.send("");
  const auto empty = co_await outcome(pair.client);
  EXPECT_EQ(empty, "text:");
  co_await pair.client.close();
  co_await session;
  EXPECT_EQ(pair.client.close_code(), 1000);
  EXPECT_EQ(pair.server.close_code(), 1000);
}

ASYNC_TEST(websocket, large_messages_go_through_small_buffers) {
  both pair({}, {}, 1000);
  auto session = spawn(echo_all, std::ref(pair.server));
  std::string large(3'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 7) large[i] = static_cast<char>('a' + i % 26);
  auto sending = spawn([&] { return pair.client.send(large); });
  const auto back = co_await outcome(pair.client);
  EXPECT_TRUE(back == "text:" + large);
  co_await sending;
  co_await pair.client.close();
  co_await session;
}

ASYNC_TEST(websocket, sends_are_in_the_order_of_the_calls) {
  both pair({}, {}, 100);
  std::vector<task<void>> sending;
  for (int i = 0; i != 20; ++i)
    sending.push_back(spawn([&pair, text = std::to_string(i) + std::string(200, '.')]() -> awaitable<void> {
      co_await pair.client.send(text);
    }));
  for (int i = 0; i != 20; ++i) {
    const auto text = co_await outcome(pair.server);
    EXPECT_EQ(text, "text:" + std::to_string(i) + std::string(200, '.'));
  }
  for (auto& one : sending) co_await one;
}

ASYNC_TEST(websocket, one_receive_at_a_time) {
  both pair;
  auto first = spawn([&] { return outcome(pair.client); });
  co_await yield();
  const bool refused = co_await throws<std::logic_error>(pair.client.receive());
  EXPECT_TRUE(refused);
  co_await pair.server.send("for the first");
  const auto text = co_await first;
  EXPECT_EQ(text, "text:for the first");
}

ASYNC_TEST(websocket, a_cancelled_receive_takes_nothing) {
  both pair;
  for (int i = 0; i != 3; ++i) {
    auto waiting = spawn([&] { return outcome(pair.client); });
    co_await yield();
    waiting.cancel();
    co_await waiting.wait();
  }
  co_await pair.server.send("still here");
  const auto text = co_await outcome(pair.client);
  EXPECT_EQ(text, "text:still here");
}

ASYNC_TEST(websocket, clean_ends_are_no_errors) {
  for (const unsigned code : {1000U, 1001U}) {
    both pair;
    auto closing = spawn([&] { return pair.server.close(static_cast<std::uint16_t>(code), "bye"); });
    const auto end = co_await outcome(pair.client);
    EXPECT_EQ(end, "nothing");
    EXPECT_EQ(pair.client.close_code(), code);
    EXPECT_EQ(pair.client.close_reason(), "bye");
    co_await closing;
    const auto again = co_await outcome(pair.client);
    EXPECT_EQ(again, "nothing");
    EXPECT_FALSE(pair.client.is_open());
  }
  by_hand pair;
  co_await pair.peer.write_frame(0x88, "");
  const auto end = co_await outcome(pair.socket);
  EXPECT_EQ(end, "nothing");
  EXPECT_EQ(pair.socket.close_code(), 1005);
  const auto answer = co_await pair.peer.next();
  EXPECT_EQ(answer, "close:1005 ");
  const auto eof = co_await pair.peer.next();
  EXPECT_EQ(eof, "end");
}

ASYNC_TEST(websocket, other_ends_are_errors_with_code_and_reason) {
  for (const unsigned code : {1002U, 1008U, 1011U, 3000U, 4999U}) {
    both pair;
    auto closing = spawn([&] { return pair.server.close(static_cast<std::uint16_t>(code), "no way"); });
    const auto end = co_await outcome(pair.client);
    EXPECT_EQ(end, std::to_string(code) + " no way");
    co_await closing;
  }
}

ASYNC_TEST(websocket, messages_before_the_close_are_received) {
  both pair;
  co_await pair.server.send("one");
  co_await pair.server.send("two");
  co_await pair.server.close();
  const auto one = co_await outcome(pair.client);
  const auto two = co_await outcome(pair.client);
  const auto end = co_await outcome(pair.client);
  EXPECT_EQ(one + " " + two + " " + end, "text:one text:two nothing");
}

ASYNC_TEST(websocket, nothing_is_sent_after_the_close) {
  both pair;
  co_await pair.server.close(4000, "over");
  co_await yield();
  for (auto* const side : {&pair.server, &pair.client}) {
    const auto sent = co_await as_result(side->send("late"));
    EXPECT_EQ(sent.error(), make_error_code(errc::websocket_closed));
    const auto pinged = co_await as_result(side->ping());
    EXPECT_TRUE(pinged.has_error());
    co_await side->close();  // nothing left to do
  }
}

ASYNC_TEST(websocket, both_sides_close_at_once) {
  both pair;
  auto one = spawn([&] { return pair.client.close(4001, "client"); });
  auto other = spawn([&] { return pair.server.close(4002, "server"); });
  co_await one;
  co_await other;
  EXPECT_EQ(pair.client.close_code(), 4002);
  EXPECT_EQ(pair.server.close_code(), 4001);
}

ASYNC_TEST(websocket, what_is_wrong_with_an_argument) {
  both pair;
  const std::vector<std::string> texts{"\xff", "cut short \xc3"};
  for (const auto& text : texts) {
    const bool refused = co_await throws<std::invalid_argument>(pair.client.send(text));
    EXPECT_TRUE(refused);
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2000U, 5000U}) {
    const bool refused =
        co_await throws<std::invalid_argument>(pair.client.close(static_cast<std::uint16_t>(code)));
    EXPECT_TRUE(refused);
  }
  const std::vector<std::string> reasons{std::string(124, 'r'), "\xff"};
  for (const auto& reason : reasons) {
    const bool refused = co_await throws<std::invalid_argument>(pair.client.close(1000, reason));
    EXPECT_TRUE(refused);
  }
  const bool refused = co_await throws<std::invalid_argument>(pair.client.ping(std::string(126, 'p')));
  EXPECT_TRUE(refused);
  EXPECT_TRUE(pair.client.is_open());
  co_await pair.client.close(1000, std::string(123, 'r'));
  EXPECT_EQ(pair.server.close_reason().size(), 123U);
}

ASYNC_TEST(websocket, pings_are_answered_while_nobody_receives) {
  by_hand pair;
  for (const std::string payload : {"", "one", "two"}) {
    co_await pair.peer.write_frame(0x89, payload);
    const auto answer = co_await pair.peer.next();
    EXPECT_EQ(answer, "pong:" + payload);
  }
  both two;
  const auto took = co_await two.client.ping();
  EXPECT_EQ(took, 0ns);
  EXPECT_EQ(two.client.latency(), 0ns);
}

ASYNC_TEST(websocket, a_ping_measures_the_round_trip) {
  by_hand pair;
  auto first = spawn([&] { return pair.socket.ping("a"); });
  auto second = spawn([&] { return pair.socket.ping("b"); });
  const auto a = co_await pair.peer.next();
  const auto b = co_await pair.peer.next();
  EXPECT_EQ(a + " " + b, "ping:a ping:b");
  co_await sleep(30ms);
  co_await pair.peer.write_frame(0x8a, "unasked");
  co_await pair.peer.write_frame(0x8a, "b");  // stands for both (RFC 6455 section 5.5.3)
  const auto took = co_await second;
  const auto took_first = co_await first;
  EXPECT_EQ(took, 30ms);
  EXPECT_EQ(took_first, 30ms);
  EXPECT_EQ(pair.socket.latency(), 30ms);
}

ASYNC_TEST(websocket, a_ping_fails_with_its_connection) {
  by_hand pair;
  auto pinging = spawn([&] { return pair.socket.ping(); });
  co_await yield();
  pair.peer.stream().abort();
  co_await pinging.wait();
  EXPECT_TRUE(pinging.exception());
}

// A slow receiver: what is sent to it waits at the sender, and nothing grows.
ASYNC_TEST(websocket, a_full_queue_stops_the_reading) {
  websocket_options small;
  small.max_queue = 4;
  both pair({}, small, 1000);
  int sent = 0;
  auto sending = spawn([&]() -> awaitable<void> {
    const std::string text(300, 'x');
    for (; sent != 100; ++sent) co_await pair.client.send(text);
  });
  co_await sleep(1s);
  EXPECT_EQ(pair.server.queued(), 4U);
  EXPECT_LT(sent, 12);
  for (int i = 0; i != 100; ++i) {
    const auto message = co_await pair.server.receive();
    EXPECT_TRUE(message);
    EXPECT_LE(pair.server.queued(), 4U);
  }
  co_await sending;
}

// All connections of a thread receive what is large into one buffer.
ASYNC_TEST(websocket, what_waits_for_room_in_the_queue_stays_what_it_is) {
  websocket_options small;
  small.max_queue = 1;
  constexpr int count = 20;
  std::vector<both> pairs(4);
  for (auto& p : pairs) p = both{{}, small, 1U << 20U};
  const auto text = [](std::size_t pair, int number) {
    return std::string(6000, static_cast<char>('a' + pair)) + std::to_string(number);
  };
  for (int i = 0; i != count; ++i)
    for (std::size_t p = 0; p != pairs.size(); ++p) co_await pairs[p].client.send(text(p, i));
  for (int i = 0; i != count; ++i) {
    for (std::size_t p = 0; p != pairs.size(); ++p) {
      const auto message = co_await pairs[p].server.receive();
      if (!message) throw std::runtime_error{"ended"};
      EXPECT_EQ(message->data, text(p, i));
    }
  }
}

ASYNC_TEST(websocket, bytes_in_the_queue_count_too) {
  websocket_options small;
  small.max_queue_bytes = 1000;
  both pair({}, small, 1000);
  auto sending = spawn([&]() -> awaitable<void> {
    const std::string text(600, 'x');
    for (int i = 0; i != 20; ++i) co_await pair.client.send(text);
  });
  co_await sleep(1s);
  EXPECT_EQ(pair.server.queued(), 2U);
  for (int i = 0; i != 20; ++i) {
    const auto message = co_await pair.server.receive();
    EXPECT_TRUE(message);
  }
  co_await sending;
}

// A pong that lies unread behind messages is not missing.
ASYNC_TEST(websocket, the_pong_deadline_rests_while_nothing_is_read) {
  websocket_options small;
  small.max_queue = 1;
  small.ping_interval = 10s;
  small.pong_timeout = 5s;
  websocket_options patient;  // the server reads no pings meanwhile
  patient.ping_interval = forever;
  both pair(patient, small);
  for (int i = 0; i != 5; ++i) co_await pair.client.send("wait");
  co_await sleep(10min);
  for (int i = 0; i != 5; ++i) {
    const auto text = co_await outcome(pair.server);
    EXPECT_EQ(text, "text:wait");
    co_await sleep(1min);
  }
  EXPECT_TRUE(pair.server.is_open());
  co_await pair.server.close();
}

ASYNC_TEST(websocket, idle_connections_are_kept_alive) {
  websocket_options options;
  options.ping_interval = 10s;
  by_hand pair{options};
  for (int i = 0; i != 3; ++i) {
    const auto began = clock::now();
    const auto ping = co_await pair.peer.next();
    EXPECT_TRUE(ping.starts_with("ping:"));
    EXPECT_EQ(clock::now() - began, 10s);
    co_await pair.peer.write_frame(0x8a, ping.substr(5));
    co_await yield();
    EXPECT_EQ(pair.socket.latency(), 0ns);
  }
  EXPECT_TRUE(pair.socket.is_open());
}

ASYNC_TEST(websocket, a_peer_that_has_vanished_is_noticed) {
  websocket_options options;
  options.ping_interval = 10s;
  options.pong_timeout = 5s;
  by_hand pair{options};
  const auto began = clock::now();
  const auto why = co_await why_lost(pair.socket);
  EXPECT_EQ(clock::now() - began, 15s);
  EXPECT_THAT(why, ::testing::HasSubstr("no answer to a ping in time"));
  EXPECT_EQ(pair.socket.close_code(), 1006);
}

ASYNC_TEST(websocket, a_connection_that_ends_without_a_close_is_lost) {
  {
    by_hand pair;
    co_await pair.peer.stream().shutdown_write();  // half-open
    const auto why = co_await why_lost(pair.socket);
    EXPECT_THAT(why, ::testing::HasSubstr("without a Close frame"));
    const auto sent = co_await as_result(pair.socket.send("anybody?"));
    EXPECT_EQ(sent.error(), make_error_code(errc::websocket_lost));
    EXPECT_EQ(sent.error(), transient);
  }
  {
    by_hand pair;
    co_await pair.peer.write(ws::frame(0x81, "whole") + ws::frame(0x81, "in part").substr(0, 9));
    pair.peer.stream().abort();
    const auto first = co_await outcome(pair.socket);
    EXPECT_EQ(first, "text:whole");
    const auto second = co_await outcome(pair.socket);
    EXPECT_EQ(second, "1006 ");
  }
}

ASYNC_TEST(websocket, a_peer_that_does_not_answer_a_close_has_a_deadline) {
  websocket_options options;
  options.close_timeout = 3s;
  by_hand pair{options};
  const auto began = clock::now();
  co_await pair.socket.close(1000, "bye");
  EXPECT_EQ(clock::now() - began, 3s);
  const auto close = co_await pair.peer.next();
  EXPECT_EQ(close, "close:1000 bye");
  const auto end = co_await outcome(pair.socket);
  EXPECT_EQ(end, "1006 ");
}

// The peer reads nothing at all: also what is being sent must not delay the end.
ASYNC_TEST(websocket, a_close_behind_a_send_that_is_stuck_has_a_deadline) {
  websocket_options options;
  options.close_timeout = 3s;
  by_hand pair{options, 100};
  const std::string large(10000, 'x');
  auto stuck = spawn([&] { return pair.socket.send(large); });
  auto behind = spawn([&] { return pair.socket.send("behind"); });
  co_await sleep(1s);
  const auto began = clock::now();
  co_await pair.socket.close();
  EXPECT_EQ(clock::now() - began, 3s);
  co_await stuck.wait();
  co_await behind.wait();
  EXPECT_TRUE(stuck.exception());
  EXPECT_TRUE(behind.exception());
}

ASYNC_TEST(websocket, messages_that_arrive_while_closing_are_dropped) {
  by_hand pair;
  auto closing = spawn([&] { return pair.socket.close(); });
  const auto close = co_await pair.peer.next();
  EXPECT_EQ(close, "close:1000 ");
  for (int i = 0; i != 100; ++i) co_await pair.peer.write_frame(0x81, "too late");
  co_await pair.peer.write_close(1000);
  co_await closing;
  EXPECT_EQ(pair.socket.queued(), 0U);
  const auto end = co_await outcome(pair.socket);
  EXPECT_EQ(end, "nothing");
}

// A full queue must not keep the peer's answer from being read.
ASYNC_TEST(websocket, a_close_gets_through_a_full_queue) {
  websocket_options small;
  small.max_queue = 1;
  both pair({}, small);
  for (int i = 0; i != 5; ++i) co_await pair.client.send("unread");
  co_await sleep(1s);
  const auto began = clock::now();
  co_await pair.server.close();
  EXPECT_EQ(clock::now() - began, 0s);
  EXPECT_EQ(pair.server.close_code(), 1000);
}

// What came before a violation is received, and may be answered; then the peer is told.
ASYNC_TEST(websocket, a_violation_is_refused_after_what_came_before_it) {
  by_hand pair;
  auto session = spawn(echo_all, std::ref(pair.socket));
  co_await pair.peer.write(ws::frame(0x81, "one") + ws::frame(0x81, "two") + ws::frame(0x83, "?") +
                           ws::frame(0x89, "ping"));
  std::string said;
  for (int i = 0; i != 4; ++i) said += co_await pair.peer.next() + "\n";
  EXPECT_EQ(said, "text:one\ntext:two\nclose:1002 reserved opcode\nend\n");
  co_await session.wait();
  EXPECT_TRUE(session.exception());
  EXPECT_EQ(pair.socket.close_code(), 1002);
}

ASYNC_TEST(websocket, a_violation_is_refused_also_if_nobody_receives) {
  websocket_options options;
  options.close_timeout = 4s;
  by_hand pair{options};
  co_await pair.peer.write(ws::frame(0x81, "unread") + ws::frame(0xf1, "?"));
  const auto began = clock::now();
  const auto close = co_await pair.peer.next();
  EXPECT_EQ(close, "close:1002 reserved bits are set");
  EXPECT_EQ(clock::now() - began, 4s);
  const auto first = co_await outcome(pair.socket);
  EXPECT_EQ(first, "text:unread");
  const auto end = co_await outcome(pair.socket);
  EXPECT_EQ(end, "1002 ");
}

ASYNC_TEST(websocket, limits_are_refused_with_1009) {
  websocket_options options;
  options.max_message = 100;
  by_hand pair{options};
  auto waiting = spawn([&] { return why_lost(pair.socket); });
  co_await pair.peer.write_frame(0x81, std::string(101, 'x'));
  const auto close = co_await pair.peer.next();
  EXPECT_EQ(close, "close:1009 message too large");
  const auto why = co_await waiting;
  EXPECT_THAT(why, ::testing::HasSubstr("limit 100"));
}

ASYNC_TEST(websocket, text_that_is_not_utf8_is_refused_at_once) {
  by_hand pair;
  auto waiting = spawn([&] { return outcome(pair.socket); });
  co_await pair.peer.write(ws::frame(0x01, "begins well \xff and is not complete"));
  const auto close = co_await pair.peer.next();
  EXPECT_EQ(close, "close:1007 text is not UTF-8");
  const auto end = co_await waiting;
  EXPECT_EQ(end, "1007 ");
}

// A peer that sends pings and reads no answers: they are dropped once there are many.
ASYNC_TEST(websocket, answers_to_pings_do_not_pile_up) {
  by_hand pair{{}, 1000};
  const std::string payload(100, 'p');
  constexpr int count = 10000;
  for (int i = 0; i != count; ++i) co_await pair.peer.write_frame(0x89, payload);
  co_await pair.peer.write_close(1000);
  int pongs = 0;
  std::string last;
  while (true) {
    last = co_await pair.peer.next();
    if (!last.starts_with("pong:")) break;
    ++pongs;
  }
  EXPECT_EQ(last, "close:1000 ");
  EXPECT_GT(pongs, 100);
  EXPECT_LT(pongs, 400);
}

// Always has more, at once, until it is aborted.
class endless_pings final : public net::stream_backend {
 public:
  explicit endless_pings(std::shared_ptr<int> answers) noexcept : answers_(std::move(answers)) {}
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    return [](std::size_t n) -> awaitable<std::size_t> { co_return n; }(fill(buffer));
  }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override { return fill(buffer); }
  awaitable<void> write(net::const_buffers) override { co_return; }
  std::size_t try_write(net::const_buffers data) override {
    ++*answers_;
    return data.size();
  }
  awaitable<void> shutdown_write() override { co_return; }
  awaitable<void> close() override { co_return; }
  void abort() noexcept override { aborted_ = true; }
  bool readable() noexcept override { return true; }

 private:
  std::size_t fill(std::span<std::byte> buffer) {
    if (aborted_) return 0;
    const auto ping = ws::frame(0x89, "");
    for (auto& b : buffer) b = static_cast<std::byte>(ping[at_++ % ping.size()]);
    return buffer.size();
  }
  std::shared_ptr<int> answers_;  // the connection ends after the test
  std::size_t at_ = 0;
  bool aborted_ = false;
};

// A peer that sends pings without end must not keep the loop from others: each answer is a system call.
ASYNC_TEST(websocket, a_flood_of_pings_leaves_turns_to_other_tasks) {
  const auto answers = std::make_shared<int>(0);
  auto flooded =
      make_websocket(net::stream{std::make_unique<endless_pings>(answers)}, websocket_side::server);
  int most = 0;
  for (int i = 0; i != 200; ++i) {
    const int before = *answers;
    co_await yield();
    most = std::max(most, *answers - before);
  }
  EXPECT_GT(*answers, 1000);
  EXPECT_LE(most, 100);
  flooded.abort();
}

// All connections of a thread read large messages into one buffer: nothing may wait while it is in use, also
// not for its turn.
TEST(websocket, connections_do_not_mix_up_what_they_receive) {
  run_options options;
  options.loop.clock = clock_mode::virtual_;
  options.loop.yield_at_every_await = true;
  const auto talk = [](char letter) -> awaitable<void> {
    by_hand pair{{}, 1 << 20};
    const std::string text(200'000, letter);
    auto writing = spawn([&]() -> awaitable<void> {
      for (int i = 0; i != 5; ++i) co_await pair.peer.write_frame(0x81, text);
    });
    for (int i = 0; i != 5; ++i) {
      const auto message = co_await pair.socket.receive();
      EXPECT_TRUE(message && message->data == text);
    }
    co_await writing;
  };
  bight::run(options, [&]() -> awaitable<void> { co_await gather(talk('a'), talk('b'), talk('c')); });
}

ASYNC_TEST(websocket, a_cancelled_send_is_sent_whole_or_not_at_all) {
  by_hand pair{{}, 100};
  const std::string large(10000, 'x');
  auto begun = spawn([&] { return pair.socket.send(large); });
  co_await yield();
  auto not_begun = spawn([&] { return pair.socket.send("never"); });
  auto after = spawn([&] { return pair.socket.send("after"); });
  co_await yield();
  begun.cancel();
  not_begun.cancel();
  co_await begun.wait();
  co_await not_begun.wait();
  EXPECT_TRUE(begun.cancelled());
  EXPECT_TRUE(not_begun.cancelled());
  const auto first = co_await pair.peer.next();
  EXPECT_TRUE(first == "text:" + large);
  const auto second = co_await pair.peer.next();
  EXPECT_EQ(second, "text:after");
  co_await after;
}

ASYNC_TEST(websocket, a_cancelled_close_goes_on) {
  by_hand pair;
  auto closing = spawn([&] { return pair.socket.close(1000, "bye"); });
  co_await yield();
  closing.cancel();
  co_await closing.wait();
  const auto close = co_await pair.peer.next();
  EXPECT_EQ(close, "close:1000 bye");
  co_await pair.peer.write_close(1000);
  const auto end = co_await outcome(pair.socket);
  EXPECT_EQ(end, "nothing");
}

ASYNC_TEST(websocket, a_destroyed_one_drops_its_connection) {
  both pair;
  pair.client = websocket{};
  const auto end = co_await outcome(pair.server);
  EXPECT_EQ(end, "1006 ");
  EXPECT_FALSE(pair.client.valid());
}

ASYNC_TEST(websocket, abort_ends_everything_at_once) {
  both pair;
  auto waiting = spawn([&] { return outcome(pair.client); });
  co_await yield();
  pair.client.abort();
  const auto mine = co_await waiting;
  EXPECT_EQ(mine, "1006 ");
  const auto theirs = co_await outcome(pair.server);
  EXPECT_EQ(theirs, "1006 ");
}

}  // namespace bight::http::websocket_test
