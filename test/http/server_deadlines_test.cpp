// How long a server waits for one client. Time is virtual: the moments are exact.
#include <bight/http/server.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::server_deadlines_test {

using namespace std::chrono_literals;
using test::echo;
using test::log_capture;
using test::served;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

server_options with(server_limits limits) {
  server_options options;
  options.limits = limits;
  return options;
}

// Sends the pieces, one every `pause`, until the server ends the connection or there are no more.
awaitable<void> dribble(test::peer& p, std::string piece, std::chrono::nanoseconds pause, int count) {
  try {
    for (int i = 0; i != count; ++i) {
      co_await p.send(piece);
      co_await sleep(pause);
    }
  } catch (const boost::system::system_error&) {}  // the server has closed
}

ASYNC_TEST(server_idle_time, a_client_that_says_nothing_is_closed_without_a_word) {
  served s{echo};
  const auto began = clock::now();
  const auto all = co_await s.client.read_to_end();
  EXPECT_EQ(all, "");
  EXPECT_EQ(clock::now() - began, 75s);
  co_await s.serving;
}

ASYNC_TEST(server_idle_time, begins_anew_after_each_answer) {
  served s{echo, with({.idle_timeout = 20s})};
  const auto began = clock::now();
  for (int i = 0; i != 5; ++i) {
    const auto r = co_await s.ask(get_hello);
    EXPECT_EQ(r.status(), 200) << i;
    co_await sleep(20s - 1ms);
  }
  co_await s.send(get_hello);
  const auto last = co_await s.answer();
  EXPECT_EQ(last.status(), 200);
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_EQ(clock::now() - began, 5 * (20s - 1ms) + 20s);
}

ASYNC_TEST(server_idle_time, an_empty_line_is_no_request) {
  served s{echo};
  const auto began = clock::now();
  co_await s.send("\r\n");
  const auto all = co_await s.client.read_to_end();
  EXPECT_EQ(all, "");
  EXPECT_LE(clock::now() - began, 75s);
}

ASYNC_TEST(server_idle_time, does_not_run_while_the_handler_works) {
  served s{[](server_request&) -> awaitable<server_response> {
    co_await sleep(1h);
    co_return server_response{200, "late"};
  }};
  const auto r = co_await s.ask(get_hello);
  EXPECT_EQ(r.body, "late");
}

ASYNC_TEST(server_idle_time, forever_keeps_the_connection) {
  served s{echo, with({.idle_timeout = forever})};
  co_await sleep(std::chrono::hours{1000});
  const auto r = co_await s.ask(get_hello);
  EXPECT_EQ(r.status(), 200);
}

ASYNC_TEST(server_header_time, half_a_head_is_answered_408) {
  served s{echo};
  co_await sleep(3s);
  const auto began = clock::now();
  const auto r = co_await s.ask("GET /hello HTTP/1.1\r\nHo");
  EXPECT_EQ(r.status(), 408);
  EXPECT_EQ(r.field("Connection"), "close");
  EXPECT_EQ(clock::now() - began, 10s) << "from the first byte on";
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_EQ(s.server.requests(), 0U);
  co_await s.serving;
}

ASYNC_TEST(server_header_time, a_byte_every_second_does_not_extend_it) {
  served s{echo};
  const auto began = clock::now();
  co_await s.send("GET / HTTP/1.1\r\nA: ");
  auto slow = spawn([&] { return dribble(s.client, "a", 1s, 100); });
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 408);
  EXPECT_EQ(clock::now() - began, 10s);
  co_await slow;
}

ASYNC_TEST(server_header_time, a_head_that_comes_just_in_time_is_answered) {
  served s{echo};
  for (int i = 0; i != 3; ++i) {
    co_await s.send("GET /hello HTTP/1.1\r\n");
    co_await sleep(10s - 1ms);
    const auto r = co_await s.ask("Host: x\r\n\r\n");
    EXPECT_EQ(r.body, "GET /hello") << i;
  }
}

ASYNC_TEST(server_header_time, counts_for_the_head_behind_a_request_too) {
  served s{[](server_request&) -> awaitable<server_response> {
    co_await sleep(30s);
    co_return server_response{200, "late"};
  }};
  const auto first = co_await s.ask(get_hello + "GET /half");
  EXPECT_EQ(first.body, "late");
  const auto began = clock::now();
  const auto second = co_await s.answer();
  EXPECT_EQ(second.status(), 408);
  EXPECT_EQ(clock::now() - began, 10s) << "the time of the handler before is not the client's";
}

ASYNC_TEST(server_header_time, forever_waits) {
  served s{echo, with({.header_timeout = forever})};
  co_await s.send("GET /hello HTTP/1.1\r\n");
  co_await sleep(1h);
  const auto r = co_await s.ask("Host: x\r\n\r\n");
  EXPECT_EQ(r.status(), 200);
}

std::string post(std::size_t size) {
  return "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

ASYNC_TEST(server_body_rate, a_body_that_does_not_come_is_answered_408_after_the_grace) {
  const log_capture log;
  served s{echo};
  const auto began = clock::now();
  const auto r = co_await s.ask(post(10));
  EXPECT_EQ(r.status(), 408);
  EXPECT_EQ(r.field("Connection"), "close");
  EXPECT_THAT(clock::now() - began, AllOf(Ge(5s), Le(6s)));
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_EQ(s.server.requests(), 0U);
  EXPECT_TRUE(log.lines().empty()) << log.lines().front();
}

ASYNC_TEST(server_body_rate, a_body_that_keeps_the_rate_may_take_as_long_as_it_likes) {
  served s{echo};
  const auto began = clock::now();
  co_await s.send(post(240 * 600));
  co_await dribble(s.client, std::string(240, 'b'), 1s, 600);
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.body.size(), std::string{"POST /up "}.size() + 240 * 600);
  EXPECT_EQ(clock::now() - began, 600s);
}

ASYNC_TEST(server_body_rate, a_body_below_the_rate_is_answered_408) {
  served s{echo};
  const auto began = clock::now();
  co_await s.send(post(100'000));
  auto slow = spawn([&] { return dribble(s.client, std::string(120, 'b'), 1s, 1000); });
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 408);
  // Half the rate earns half a second a second: the grace of 5 s is used up after 10 s.
  EXPECT_THAT(clock::now() - began, AllOf(Ge(10s), Le(13s)));
  slow.cancel();
}

ASYNC_TEST(server_body_rate, bytes_that_only_frame_chunks_earn_nothing) {
  served s{echo};
  const auto began = clock::now();
  co_await s.send("POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  auto slow = spawn([&] { return dribble(s.client, "1;" + std::string(240, 'e') + "\r\nb\r\n", 1s, 1000); });
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 408);
  EXPECT_LE(clock::now() - began, 7s);
  slow.cancel();
}

ASYNC_TEST(server_body_rate, counts_for_a_body_that_the_handler_does_not_read) {
  served s{[](server_request&) -> awaitable<server_response> { co_return server_response{200, "deaf"}; }};
  const auto began = clock::now();
  const auto r = co_await s.ask(post(10));
  EXPECT_EQ(r.status(), 408);
  EXPECT_THAT(clock::now() - began, AllOf(Ge(5s), Le(6s)));
}

ASYNC_TEST(server_body_rate, does_not_count_the_time_that_the_handler_takes) {
  served s{[](server_request& request) -> awaitable<server_response> {
    std::string all;
    while (true) {
      const auto piece = co_await request.read_piece();
      if (piece.empty()) co_return server_response{200, all};
      all.append(piece);
      co_await sleep(1min);
    }
  }};
  co_await s.send(post(4));
  for (const char* piece : {"a", "b", "c", "d"}) {
    co_await sleep(1s);
    co_await s.send(piece);
    co_await sleep(1min);
  }
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.body, "abcd");
}

ASYNC_TEST(server_body_rate, begins_anew_with_the_next_request) {
  served s{echo};
  for (int i = 0; i != 5; ++i) {
    co_await s.send(post(1));
    co_await sleep(4s);
    const auto r = co_await s.ask("b");
    EXPECT_EQ(r.body, "POST /up b") << i;
  }
}

ASYNC_TEST(server_body_rate, of_zero_is_no_limit) {
  served s{echo, with({.min_body_rate = 0})};
  co_await s.send(post(1));
  co_await sleep(1h);
  const auto r = co_await s.ask("b");
  EXPECT_EQ(r.body, "POST /up b");
}

ASYNC_TEST(server_body_rate, has_no_limit_when_its_grace_is_forever) {
  served s{echo, with({.body_timeout = forever})};
  co_await s.send(post(2));
  co_await sleep(1h);
  co_await s.send("b");
  co_await sleep(1h);
  const auto r = co_await s.ask("c");
  EXPECT_EQ(r.body, "POST /up bc");
}

ASYNC_TEST(server_body_rate, does_not_count_once_the_handler_has_given_up_reading) {
  std::string got;
  const auto slow = [&got](server_request& r) -> awaitable<server_response> {
    server_response response{200};
    try {
      const auto text = co_await wait_for(r.text(), 1s);
    } catch (const timeout_error&) { got = "timeout"; }
    co_await sleep(1h);
    co_return response;
  };
  served s{slow};
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nab");
  const auto answer = co_await s.answer();
  EXPECT_EQ(got, "timeout");
  EXPECT_EQ(answer.status(), 200);
}

ASYNC_TEST(server_body_rate, cancels_nothing_once_the_body_is_there) {
  served s{[](server_request& request) -> awaitable<server_response> {
    const auto body = co_await request.text();
    co_await sleep(1h);
    co_return server_response{200, body};
  }};
  co_await s.send(post(2) + "b");
  co_await sleep(1s);
  const auto r = co_await s.ask("c");
  EXPECT_EQ(r.body, "bc");
}

awaitable<server_response> megabyte(server_request&) {
  co_return server_response{200, std::string(1'000'000, 'm')};
}
constexpr net::memory_pipe_options small{.capacity = 1000};

ASYNC_TEST(server_write_stall, a_client_that_does_not_read_is_left) {
  const log_capture log;
  served s{megabyte, {}, small};
  const auto began = clock::now();
  co_await s.send(get_hello);
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 30s);
  EXPECT_EQ(s.server.connections(), 0U);
  EXPECT_TRUE(log.lines().empty()) << log.lines().front();
  const auto all = co_await s.client.read_to_end();
  EXPECT_LE(all.size(), 1000U) << "what was in the pipe, and no more";
}

ASYNC_TEST(server_write_stall, holds_for_a_body_that_is_written_as_it_is_made) {
  const log_capture log;
  bool ended = false;
  served s{[&](server_request&) -> awaitable<server_response> {
             body_producer source = [&](body_writer& out) -> awaitable<void> {
               const std::string piece(500, 'p');
               try {
                 while (true) co_await out.write(piece);
               } catch (const boost::system::system_error&) {
                 ended = true;
                 throw;
               }
             };
             co_return server_response{200, body::produce(std::move(source))};
           },
           with({.write_timeout = 7s}), small};
  const auto began = clock::now();
  co_await s.send(get_hello);
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 7s);
  EXPECT_TRUE(ended);
  EXPECT_TRUE(log.lines().empty()) << log.lines().front();
}

ASYNC_TEST(server_write_stall, holds_for_the_100_that_a_client_waits_for) {
  served s{echo, {}, {.capacity = 10}};
  const auto began = clock::now();
  auto asking = spawn([&] {
    return s.send("POST /up HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  });
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 30s);
  co_await asking;
}

// Takes 64 KiB every 29 s.
awaitable<void> expect_a_megabyte_slowly(handler h) {
  const net::memory_pipe_options pipe{.capacity = 64 * 1024};
  served s{std::move(h), {}, pipe};
  co_await s.send(get_hello);
  const auto began = clock::now();
  std::string all;
  while (all.size() < 1'000'000) {
    co_await sleep(29s);
    std::vector<std::byte> room(64 * 1024);
    const auto n = co_await s.client.stream().read_some(room);
    CO_ASSERT_NE(n, 0U);
    all.append(reinterpret_cast<const char*>(room.data()), n);
  }
  EXPECT_GE(clock::now() - began, 400s);
  EXPECT_EQ(std::count(all.begin(), all.end(), 'm'), 1'000'000);
}

ASYNC_TEST(server_write_stall, a_client_that_reads_now_and_then_gets_everything) {
  co_await expect_a_megabyte_slowly(megabyte);
}

ASYNC_TEST(server_write_stall, a_client_that_reads_now_and_then_gets_one_large_piece_too) {
  co_await expect_a_megabyte_slowly([](server_request&) -> awaitable<server_response> {
    body_producer source = [](body_writer& out) -> awaitable<void> {
      const std::string piece(1'000'000, 'm');
      co_await out.write(piece);
    };
    co_return server_response{200, body::produce(std::move(source))};
  });
}

ASYNC_TEST(server_write_stall, forever_waits) {
  served s{megabyte, with({.write_timeout = forever}), small};
  co_await s.send(get_hello);
  co_await sleep(1h);
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body.size(), 1'000'000U);
}

ASYNC_TEST(server_write_stall, does_not_run_while_the_source_thinks) {
  served s{[](server_request&) -> awaitable<server_response> {
             body_producer source = [](body_writer& out) -> awaitable<void> {
               co_await out.write("one");
               co_await sleep(1h);
               co_await out.write("two");
             };
             co_return server_response{200, body::produce(std::move(source))};
           },
           {},
           small};
  const auto r = co_await s.ask(get_hello);
  EXPECT_EQ(r.body, "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
}

ASYNC_TEST(server_write_stall, a_408_that_nobody_reads_does_not_keep_the_connection) {
  served s{echo, {}, {.capacity = 10}};
  const auto began = clock::now();
  co_await s.send("GET / HTTP");
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 11s);
}

}  // namespace bight::http::server_deadlines_test
