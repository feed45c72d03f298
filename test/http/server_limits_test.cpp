// What a server takes from one client: sizes, and how they are refused.
#include <bight/http/server.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::server_limits_test {

using namespace std::chrono_literals;
using test::echo;
using test::running;
using test::served;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

server_options with(server_limits limits) {
  server_options options;
  options.limits = limits;
  return options;
}

// Reads no body, and remembers what was asked.
class deaf {
 public:
  handler answer() {
    return [this](server_request& request) -> awaitable<server_response> {
      asked.emplace_back(request.path());
      co_return server_response{200, "deaf"};
    };
  }
  std::vector<std::string> asked;
};

// A refusal ends the connection: what follows on it is not looked at.
awaitable<void> expect_refused(served& s, std::string bytes, int status) {
  const auto began = clock::now();
  const auto r = co_await s.ask(bytes + get_hello);
  EXPECT_EQ(r.status(), status);
  EXPECT_EQ(r.field("Connection"), "close");
  EXPECT_EQ(r.field("Content-Type"), "text/plain; charset=utf-8");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_EQ(clock::now() - began, 0s) << "the client is told at once";
}

// GET with a head of so many bytes.
std::string head_of(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  return start + std::string(size - start.size() - 4, 'a') + "\r\n\r\n";
}

ASYNC_TEST(server_limits, a_head_may_have_16_kib) {
  served s{echo};
  for (int i = 0; i != 2; ++i) {
    const auto r = co_await s.ask(head_of(16 * 1024));
    EXPECT_EQ(r.status(), 200);
  }
  co_await expect_refused(s, head_of(16 * 1024 + 1), 431);
  EXPECT_EQ(s.server.requests(), 2U);
}

ASYNC_TEST(server_limits, a_head_has_the_limit_of_the_options) {
  server_limits limits;
  limits.max_head = 100;
  served s{echo, with(limits)};
  const auto fits = co_await s.ask(head_of(100));
  EXPECT_EQ(fits.status(), 200);
  co_await expect_refused(s, head_of(101), 431);
  served large{echo, with({.max_head = 100'000})};
  const auto r = co_await large.ask(head_of(100'000));
  EXPECT_EQ(r.status(), 200);
}

ASYNC_TEST(server_limits, a_head_that_never_ends_is_refused_at_the_limit) {
  served s{echo};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i != 20; ++i) co_await s.send("A: " + std::string(1000, 'a') + "\r\n");
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 431);
  EXPECT_THAT(r.body, HasSubstr("16384"));
}

ASYNC_TEST(server_limits, a_head_may_have_100_field_lines) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  std::string fields;
  for (int i = 0; i != 99; ++i) fields += "A: b\r\n";
  served s{echo};
  const auto fits = co_await s.ask(start + fields + "\r\n");
  EXPECT_EQ(fits.status(), 200);
  co_await expect_refused(s, start + fields + "A: b\r\n\r\n", 431);
}

ASYNC_TEST(server_limits, a_target_may_have_8_kib) {
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n";
  };
  served s{echo};
  const auto fits = co_await s.ask(target(8192));
  EXPECT_EQ(fits.status(), 200);
  co_await expect_refused(s, target(8193), 414);
}

ASYNC_TEST(server_limits, a_target_that_fills_the_head_is_still_too_long) {
  served s{echo};
  co_await expect_refused(s, "GET /" + std::string(20'000, 'a'), 414);
}

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /up HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}
const std::string chunked = "Transfer-Encoding: chunked\r\n";

ASYNC_TEST(server_limits, a_body_by_length_has_a_limit) {
  served s{echo, with({.max_body = 10})};
  const auto fits = co_await s.ask(post("Content-Length: 10\r\n", "0123456789"));
  EXPECT_EQ(fits.body, "POST /up 0123456789");
  co_await expect_refused(s, post("Content-Length: 11\r\n", "0123456789a"), 413);
  EXPECT_EQ(s.server.requests(), 2U);
}

ASYNC_TEST(server_limits, a_body_by_length_is_refused_before_it_has_come) {
  served s{echo};
  const auto r = co_await s.ask(post("Content-Length: 16777217\r\n"));
  EXPECT_EQ(r.status(), 413);
  EXPECT_THAT(r.body, HasSubstr("16777216"));
}

ASYNC_TEST(server_limits, a_body_in_chunks_has_a_limit_over_all_of_them) {
  served s{echo, with({.max_body = 10})};
  const auto fits = co_await s.ask(post(chunked, "6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n"));
  EXPECT_EQ(fits.body, "POST /up 0123456789");
  co_await expect_refused(s, post(chunked, "6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n"), 413);
}

ASYNC_TEST(server_limits, one_chunk_that_is_too_large_is_refused_by_its_size_line) {
  served s{echo, with({.max_body = 10})};
  const auto r = co_await s.ask(post(chunked, "7fffffffffffffff\r\n"));
  EXPECT_EQ(r.status(), 413);
}

ASYNC_TEST(server_limits, a_handler_that_catches_the_refusal_answers_as_it_likes) {
  served s{[](server_request& request) -> awaitable<server_response> {
             std::string why;
             try {
               co_await request.text();
             } catch (const boost::system::system_error& e) {
               why = e.code() == errc::body_too_large ? "too large" : e.what();
             }
             co_return server_response{422, why};
           },
           with({.max_body = 10})};
  const auto r = co_await s.ask(post("Content-Length: 11\r\n", "0123456789a") + get_hello);
  EXPECT_EQ(r.status(), 422);
  EXPECT_EQ(r.body, "too large");
  EXPECT_EQ(r.field("Connection"), "close");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
}

const std::string expecting = "Expect: 100-continue\r\n";

ASYNC_TEST(server_continue, is_sent_when_the_handler_wants_the_body) {
  served s{echo};
  const auto interim = co_await s.ask(post(expecting + "Content-Length: 3\r\n"));
  EXPECT_EQ(interim.head, "HTTP/1.1 100 Continue\r\n\r\n");
  const auto r = co_await s.ask("abc");
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(r.body, "POST /up abc");
  const auto again = co_await s.ask(get_hello);
  EXPECT_EQ(again.body, "GET /hello");
}

ASYNC_TEST(server_continue, is_sent_once_and_for_chunks_too) {
  served s{echo};
  const auto interim = co_await s.ask(post(expecting + chunked));
  EXPECT_EQ(interim.head, "HTTP/1.1 100 Continue\r\n\r\n");
  co_await s.send("1\r\na\r\n");
  co_await sleep(1s);
  const auto r = co_await s.ask("1\r\nb\r\n0\r\n\r\n");
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(r.body, "POST /up ab");
}

ASYNC_TEST(server_continue, is_not_sent_to_a_client_that_has_not_waited) {
  served s{echo};
  const auto r = co_await s.ask(post(expecting + "Content-Length: 3\r\n", "abc"));
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(r.body, "POST /up abc");
}

ASYNC_TEST(server_continue, is_not_sent_in_http_1_0) {
  served s{echo};
  co_await s.send("POST /up HTTP/1.0\r\n" + expecting + "Content-Length: 3\r\n\r\n");
  co_await sleep(1s);
  const auto r = co_await s.ask("abc");
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(r.body, "POST /up abc");
}

ASYNC_TEST(server_continue, a_body_that_is_too_large_is_refused_instead) {
  served s{echo, with({.max_body = 10})};
  const auto interim = co_await s.ask(post(expecting + "Content-Length: 10\r\n"));
  EXPECT_EQ(interim.status(), 100);
  const auto fits = co_await s.ask("0123456789");
  EXPECT_EQ(fits.body, "POST /up 0123456789");
  // The client sends nothing but the head: it waits.
  const auto refused = co_await s.ask(post(expecting + "Content-Length: 11\r\n"));
  EXPECT_EQ(refused.status(), 413);
  EXPECT_EQ(refused.field("Connection"), "close");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
}

ASYNC_TEST(server_continue, a_handler_that_does_not_read_gets_no_body_and_the_connection_ends) {
  deaf d;
  served s{d.answer()};
  const auto r = co_await s.ask(post(expecting + "Content-Length: 3\r\n"));
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(r.field("Connection"), "close");
  // The client may send it all the same (RFC 9110 10.1.1): nobody takes it for a request.
  const auto rest = co_await s.ask_all("abc" + get_hello);
  EXPECT_EQ(rest, "");
  EXPECT_THAT(d.asked, ElementsAre("/up"));
}

ASYNC_TEST(server_continue, other_expectations_are_passed_over) {
  served s{echo};
  const auto r = co_await s.ask(post("Expect: 200-maybe\r\nContent-Length: 3\r\n", "abc"));
  EXPECT_EQ(r.start_line(), "HTTP/1.1 200 OK");
}

ASYNC_TEST(server_refusals, have_the_status_that_says_why) {
  struct row {
    std::string request;
    int status;
  };
  const std::vector<row> rows{
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400},
      {post("Content-Length: x\r\n"), 400},
      {post("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/0.9\r\n\r\n", 505},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.request);
    deaf d;
    served s{d.answer()};
    co_await expect_refused(s, r.request, r.status);
    EXPECT_THAT(d.asked, IsEmpty());
  }
}

ASYNC_TEST(server_refusals, come_behind_the_answers_to_what_was_asked_before) {
  served s{echo};
  co_await s.send(get_hello + "nonsense\r\n\r\n");
  const auto first = co_await s.answer();
  EXPECT_EQ(first.status(), 200);
  const auto second = co_await s.answer();
  EXPECT_EQ(second.status(), 400);
}

ASYNC_TEST(server_refusals, reach_a_client_that_goes_on_sending) {
  const net::memory_pipe_options small{.capacity = 1000};
  served s{echo, {}, small};
  co_await s.send("nonsense\r\n\r\n" + std::string(200'000, 'x'));
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 400);
}

ASYNC_TEST(server_unread_body, is_dropped_if_it_is_little_and_the_connection_kept) {
  deaf d;
  served s{d.answer()};
  const auto r = co_await s.ask(post("Content-Length: 65536\r\n", std::string(65536, 'b')) + get_hello);
  EXPECT_EQ(r.body, "deaf");
  EXPECT_FALSE(r.has("Connection"));
  const auto second = co_await s.answer();
  EXPECT_EQ(second.body, "deaf");
  EXPECT_THAT(d.asked, ElementsAre("/up", "/hello"));
}

ASYNC_TEST(server_unread_body, ends_the_connection_if_it_is_much) {
  deaf d;
  served s{d.answer()};
  co_await s.send(post("Content-Length: 65537\r\n", std::string(65537, 'b')) + get_hello);
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, "deaf");
  EXPECT_EQ(r.field("Connection"), "close");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_THAT(d.asked, ElementsAre("/up"));
}

ASYNC_TEST(server_unread_body, counts_from_what_the_handler_has_read) {
  served s{[](server_request& request) -> awaitable<server_response> {
    std::size_t size = 0;
    while (size < 100'000) {
      const auto piece = co_await request.read_piece();
      size += piece.size();
    }
    co_return server_response{200, "enough"};
  }};
  co_await s.send(post("Content-Length: 150000\r\n", std::string(150'000, 'b')));
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, "enough");
  EXPECT_FALSE(r.has("Connection"));
}

ASYNC_TEST(server_unread_body, in_chunks_ends_the_connection) {
  deaf d;
  served s{d.answer()};
  const auto r = co_await s.ask(post(chunked, "1\r\na\r\n0\r\n\r\n") + get_hello);
  EXPECT_EQ(r.body, "deaf");
  EXPECT_EQ(r.field("Connection"), "close");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_THAT(d.asked, ElementsAre("/up"));
}

// Over TCP: a close with unread bytes would reset the connection, and the answer would be lost.
ASYNC_TEST(server_unread_body, does_not_cost_the_client_its_answer) {
  deaf d;
  running r{d.answer()};
  for (int i = 0; i != 20; ++i) {
    auto p = co_await r.connect();
    co_await p.send(post("Content-Length: 500000\r\n", std::string(500'000, 'b')));
    const auto answer = co_await p.read_message();
    EXPECT_EQ(answer.body, "deaf");
    const auto rest = co_await p.read_to_end();
    EXPECT_EQ(rest, "");
  }
}

// Many clients read nothing before they have sent all.
ASYNC_TEST(server_unread_body, is_taken_from_a_client_that_goes_on_sending) {
  deaf d;
  served s{d.answer()};
  co_await s.send(post("Content-Length: 20000000\r\n", std::string(10'000'000, 'b')));
  for (int i = 0; i != 10; ++i) {
    co_await sleep(900ms);
    co_await s.send(std::string(1'000'000, 'b'));
  }
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, "deaf");
  co_await s.serving;
}

ASYNC_TEST(server_unread_body, is_taken_for_ten_seconds_at_most) {
  deaf d;
  served s{d.answer()};
  const auto began = clock::now();
  co_await s.send(post("Content-Length: 20000000\r\n"));
  bool heard = true;
  while (heard) {
    co_await sleep(300ms);
    try {
      co_await s.send("b");
    } catch (const boost::system::system_error&) { heard = false; }
  }
  EXPECT_EQ(clock::now() - began, 10200ms) << "the first one after ten seconds";
  co_await s.serving;
}

ASYNC_TEST(server_unread_body, is_taken_for_a_second_at_most_while_the_server_stops) {
  deaf d;
  served s{d.answer()};
  const auto began = clock::now();
  co_await s.send(post("Content-Length: 20000000\r\n"));
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, "deaf");
  s.server.stop();
  co_await sleep(900ms);
  co_await s.send("b");
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 1s);
}

ASYNC_TEST(server_unread_body, is_taken_for_a_second_at_most) {
  deaf d;
  served s{d.answer()};
  const auto began = clock::now();
  const auto r = co_await s.ask(post("Content-Length: 500000\r\n"));
  EXPECT_EQ(r.field("Connection"), "close");
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 1s);
  EXPECT_EQ(s.server.connections(), 0U);
}

ASYNC_TEST(server_connections, one_at_a_time_is_a_limit_too) {
  running r{echo, with({.max_connections = 1})};
  auto first = co_await r.connect();
  auto second = co_await r.connect();
  co_await second.send(get_hello);
  co_await first.send(get_hello);
  const auto a = co_await first.read_message();
  EXPECT_EQ(a.status(), 200);
  EXPECT_EQ(r.server.connections(), 1U);
  EXPECT_EQ(r.server.requests(), 1U);
  first.close();
  const auto b = co_await second.read_message();
  EXPECT_EQ(b.status(), 200);
  EXPECT_EQ(r.server.connections(), 1U);
}

}  // namespace bight::http::server_limits_test
