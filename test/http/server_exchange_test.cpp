// What a handler may do with request and response beyond answering: streams both ways, trailers,
// informational responses, upgrades, hooks, clients that go away.
#include <bight/http/server.hpp>

#include <array>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::server_exchange_test {

using namespace std::chrono_literals;
using test::log_capture;
using test::running;
using test::served;

awaitable<server_response> echo_stream(server_request& request) {
  co_return server_response{200, body::produce([&request](body_writer& out) -> awaitable<void> {
                              while (true) {
                                const auto piece = co_await request.read_piece();
                                if (piece.empty()) co_return;
                                co_await out.write(piece);
                              }
                            })};
}

ASYNC_TEST(server_stream, echoes_a_body_while_it_comes) {
  served s{echo_stream};
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  const auto head = co_await s.client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("200 OK"), head.npos);
  const auto first = co_await s.client.read_until("one\r\n");
  EXPECT_EQ(first, "3\r\none\r\n");
  co_await s.send("3\r\ntwo\r\n");
  const auto second = co_await s.client.read_until("two\r\n");
  EXPECT_EQ(second, "3\r\ntwo\r\n");
  co_await s.send("0\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  const auto end = co_await s.client.read_until("0\r\n\r\n");
  EXPECT_EQ(end, "0\r\n\r\n");
  const auto next = co_await s.answer();
  EXPECT_EQ(next.status(), 200) << "the connection is kept";
}

ASYNC_TEST(server_stream, lets_a_client_that_waits_for_100_go_on) {
  served s{echo_stream};
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  const auto go_on = co_await s.client.read_until("\r\n\r\n");
  EXPECT_EQ(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
  const auto head = co_await s.client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("200 OK"), head.npos);
  co_await s.send("abc");
  const auto rest = co_await s.client.read_until("0\r\n\r\n");
  EXPECT_EQ(rest, "3\r\nabc\r\n0\r\n\r\n");
}

ASYNC_TEST(server_stream, of_known_size_has_a_content_length) {
  served s{[](server_request&) -> awaitable<server_response> {
    co_return server_response{200, body::produce(
                                       [](body_writer& out) -> awaitable<void> {
                                         co_await out.write("one ");
                                         co_await out.write("two");
                                       },
                                       7)};
  }};
  const auto r = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(r.field("Content-Length"), "7");
  EXPECT_EQ(r.body, "one two");
}

ASYNC_TEST(server_stream, of_the_wrong_size_ends_the_connection) {
  for (const std::uint64_t size : {6U, 8U}) {
    const log_capture log;
    served s{[size](server_request&) -> awaitable<server_response> {
      co_return server_response{200,
                                body::produce([](body_writer& out) { return out.write("one two"); }, size)};
    }};
    const auto all = co_await s.ask_all("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(all.find("Content-Length: " + std::to_string(size)), all.npos);
    EXPECT_EQ(all.find("200 OK", all.find("200 OK") + 1), all.npos) << "no second response";
    EXPECT_EQ(log.lines().size(), 1U);
  }
}

ASYNC_TEST(server_stream, ends_with_trailers) {
  served s{[](server_request&) -> awaitable<server_response> {
    co_return server_response{200, body::produce([](body_writer& out) -> awaitable<void> {
                                co_await out.write("data");
                                http::headers fields;
                                fields.set("Checksum", "42");
                                out.trailers(fields);
                              })};
  }};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto all = co_await s.client.read_until("42\r\n\r\n");
  EXPECT_NE(all.find("4\r\ndata\r\n0\r\nChecksum: 42\r\n\r\n"), all.npos);
}

ASYNC_TEST(server_request, shows_trailers_after_the_body) {
  std::string seen;
  served s{[&](server_request& request) -> awaitable<server_response> {
    static_cast<void>(co_await request.text());
    seen = request.trailers().get("Checksum").value_or("none");
    co_return server_response{200};
  }};
  const auto r = co_await s.ask(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\nChecksum: "
      "42\r\n\r\n");
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(seen, "42");
}

ASYNC_TEST(server_request, shows_the_same_head_after_its_body) {
  std::string before;
  std::string after;
  const auto show = [](server_request& r) {
    std::string all{r.method().name()};
    all.append(" ").append(r.target()).append(" ").append(r.authority());
    for (const auto& f : r.headers()) all.append("\n").append(f.name).append("=").append(f.value);
    return all;
  };
  served s{[&](server_request& request) -> awaitable<server_response> {
    before = show(request);
    const auto text = co_await request.text();
    after = show(request);
    co_return server_response{200, std::to_string(text.size())};
  }};
  std::string large(200'000, 'b');
  co_await s.send(
      "POST /path?query HTTP/1.1\r\nHost: example.org\r\nX-Name: value\r\nContent-Length: 200000\r\n\r\n");
  co_await s.send(std::move(large));
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, "200000");
  EXPECT_EQ(before, "POST /path?query example.org\nHost=example.org\nX-Name=value\nContent-Length=200000");
  EXPECT_EQ(after, before);
}

ASYNC_TEST(server_request, may_have_a_body_limit_of_its_own) {
  served s{[](server_request& request) -> awaitable<server_response> {
             request.max_body(request.path() == "/upload" ? 1'000'000 : 4);
             const auto text = co_await request.text();
             co_return server_response{200, std::to_string(text.size())};
           },
           [] {
             server_options options;
             options.limits.max_body = 100;
             return options;
           }()};
  const std::string large(100'000, 'b');
  const auto upload =
      co_await s.ask("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + large);
  EXPECT_EQ(upload.body, "100000");
  const auto refused = co_await s.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345");
  EXPECT_EQ(refused.status(), 413);
}

ASYNC_TEST(server_request, sends_early_hints) {
  served s{[](server_request& request) -> awaitable<server_response> {
    http::headers hints;
    hints.set("Link", "</style.css>; rel=preload");
    co_await request.inform(103, hints);
    co_return server_response{200, "page"};
  }};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto early = co_await s.client.read_until("\r\n\r\n");
  EXPECT_EQ(early, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, "page");
  const auto old = co_await s.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.status(), 200) << "HTTP/1.0 knows no informational responses";
}

ASYNC_TEST(server_request, refuses_other_codes_as_information) {
  for (const int code : {101, 200, 404}) {
    bool refused = false;
    served s{[&](server_request& request) -> awaitable<server_response> {
      try {
        co_await request.inform(code);
      } catch (const std::invalid_argument&) { refused = true; }
      co_return server_response{200};
    }};
    const auto r = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(r.status(), 200);
    EXPECT_TRUE(refused) << code;
  }
}

ASYNC_TEST(server_request, can_close_the_connection) {
  served s{[](server_request& request) -> awaitable<server_response> {
    request.close_connection();
    co_return server_response{200, "last"};
  }};
  const auto r = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(r.field("Connection"), "close");
}

ASYNC_TEST(after_response, tells_what_was_sent) {
  std::vector<response_record> records;
  served s{[&](server_request& request) -> awaitable<server_response> {
    request.after_response([&](const response_record& r) { records.push_back(r); });
    co_await sleep(2s);
    if (request.path() == "/fails") throw std::runtime_error{"no"};
    if (request.path() == "/stream")
      co_return server_response{200, body::produce([](body_writer& out) { return out.write("12345"); })};
    co_return server_response{201, "123"};
  }};
  const log_capture log;
  co_await s.ask("GET /text HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.ask("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.ask("GET /fails HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await yield();
  EXPECT_EQ(records.size(), 3U);
  EXPECT_EQ(records.at(0).status, 201);
  EXPECT_EQ(records.at(0).bytes, 3U);
  EXPECT_EQ(records.at(0).duration, 2s);
  EXPECT_FALSE(records.at(0).error);
  EXPECT_EQ(records.at(1).bytes, 5U);
  EXPECT_EQ(records.at(2).status, 500);
  EXPECT_TRUE(records.at(2).error);
}

ASYNC_TEST(after_response, is_called_when_the_client_has_gone) {
  std::vector<response_record> records;
  served s{[&](server_request& request) -> awaitable<server_response> {
    request.after_response([&](const response_record& r) { records.push_back(r); });
    co_await sleep(2s);
    co_return server_response{200, std::string(1'000'000, 'x')};
  }};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await yield();
  s.client.stream().abort();
  co_await s.serving;
  EXPECT_EQ(records.size(), 1U);
  EXPECT_TRUE(records.at(0).error);
}

ASYNC_TEST(cancel_on_disconnect, ends_work_that_nobody_waits_for) {
  bool cancelled = false;
  std::optional<response_record> record;
  served s{[&](server_request& request) -> awaitable<server_response> {
    static_cast<void>(co_await request.text());
    request.cancel_on_disconnect();
    request.after_response([&](const response_record& r) { record = r; });
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
    co_return server_response{200};
  }};
  const auto began = clock::now();
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  co_await sleep(1s);
  co_await s.client.stream().shutdown_write();
  co_await s.serving;
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(clock::now() - began, 1s);
  EXPECT_TRUE(record.has_value() && record->error);
}

ASYNC_TEST(cancel_on_disconnect, keeps_a_request_that_comes_meanwhile) {
  served s{[](server_request& request) -> awaitable<server_response> {
    request.cancel_on_disconnect();
    co_await sleep(1s);
    co_return server_response{200, std::string{request.path()}};
  }};
  co_await s.send("GET /one HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await yield();
  co_await s.send("GET /two HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto one = co_await s.answer();
  const auto two = co_await s.answer();
  EXPECT_EQ(one.body, "/one");
  EXPECT_EQ(two.body, "/two");
}

awaitable<server_response> to_upper(server_request& request) {
  co_return upgrade(request, "upper", {}, [](net::stream s) -> awaitable<void> {
    std::array<char, 100> text;
    while (true) {
      const auto n = co_await s.read_some(std::as_writable_bytes(std::span{text}));
      if (n == 0) co_return;
      for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
      co_await s.write(std::string_view{text.data(), n});
    }
  });
}

ASYNC_TEST(upgrade, hands_the_connection_over_with_what_came_behind_the_head) {
  served s{to_upper};
  co_await s.send(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: upper\r\n\r\none\n");
  const auto head = co_await s.client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_NE(head.find("Upgrade: upper\r\n"), head.npos);
  EXPECT_NE(head.find("Connection: Upgrade\r\n"), head.npos);
  EXPECT_EQ(head.find("Content-Length"), head.npos);
  const auto one = co_await s.client.read_until("\n");
  EXPECT_EQ(one, "ONE\n");
  co_await s.send("two\n");
  const auto two = co_await s.client.read_until("\n");
  EXPECT_EQ(two, "TWO\n");
  EXPECT_EQ(s.server.connections(), 1U);
  co_await s.client.stream().shutdown_write();
  co_await s.serving;
  EXPECT_EQ(s.server.connections(), 0U);
}

ASYNC_TEST(upgrade, that_nobody_asked_for_is_426) {
  served s{to_upper};
  const auto r = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(r.status(), 426);
  EXPECT_EQ(r.field("Upgrade"), "upper");
  const auto old =
      co_await s.ask("GET / HTTP/1.0\r\nConnection: upgrade, keep-alive\r\nUpgrade: upper\r\n\r\n");
  EXPECT_EQ(old.status(), 426);
}

ASYNC_TEST(upgrade, has_no_deadlines_and_ends_after_the_grace_of_a_stop) {
  bool cancelled = false;
  served s{[&](server_request& request) -> awaitable<server_response> {
    co_return upgrade(request, "x", {}, [&](net::stream) -> awaitable<void> {
      try {
        co_await sleep(24h);
      } catch (const cancelled_error&) {
        cancelled = true;
        throw;
      }
    });
  }};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  static_cast<void>(co_await s.client.read_until("\r\n\r\n"));
  co_await sleep(1h);
  const auto began = clock::now();
  s.server.stop(5s);
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 5s);
  EXPECT_TRUE(cancelled);
}

ASYNC_TEST(server_request, says_when_the_server_is_stopping) {
  served s{[](server_request& request) -> awaitable<server_response> {
    co_return server_response{200, body::produce([&request](body_writer& out) -> awaitable<void> {
                                while (!request.stopping()) {
                                  co_await out.write("tick\n");
                                  co_await sleep(1s);
                                }
                              })};
  }};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await sleep(2500ms);
  s.server.stop();
  const auto all = co_await s.client.read_to_end();
  EXPECT_TRUE(all.ends_with("0\r\n\r\n")) << all;
}

}  // namespace bight::http::server_exchange_test
