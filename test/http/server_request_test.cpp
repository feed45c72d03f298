// What a handler learns of its request.
#include <bight/http/server_request.hpp>

#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/problem.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::server_request_test {

using namespace std::chrono_literals;
using test::served;

// The status and detail of the problem that `work` throws.
template <class T>
awaitable<std::string> problem_of(awaitable<T> work) {
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const problem& p) { co_return p.what(); }
  co_return "none";
}

headers with(std::string_view name, std::string_view value) {
  headers fields;
  fields.set(name, value);
  return fields;
}

ASYNC_TEST(server_request, shows_the_parts_of_the_head) {
  std::string seen;
  served s{[&](server_request& r) -> awaitable<server_response> {
    seen = std::string{r.method().name()} + '|' + std::string{r.path()} + '|' + std::string{r.query()} + '|' +
           std::string{r.authority()} + '|' + std::string{r.headers().get("x-a").value_or("none")};
    co_return server_response{204};
  }};
  const auto head = "PUT http://other:81/a%20b?c=d&e HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\r\n";
  co_await s.send(head);
  const auto answer = co_await s.answer(true);
  EXPECT_EQ(answer.start_line(), "HTTP/1.1 204 No Content");
  EXPECT_EQ(seen, "PUT|/a%20b|c=d&e|other:81|1");
}

ASYNC_TEST(server_request, gives_the_body_in_pieces_and_whole) {
  std::string pieces;
  served s{[&](server_request& r) -> awaitable<server_response> {
    EXPECT_EQ(r.body_size(), 5U);
    while (true) {
      const auto piece = co_await r.read_piece();
      if (piece.empty()) break;
      pieces += piece;
    }
    const auto rest = co_await r.text();
    EXPECT_EQ(rest, "");
    co_return server_response{200, "ok"};
  }};
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  co_await s.send("cde");
  const auto answer = co_await s.answer();
  EXPECT_EQ(answer.body, "ok");
  EXPECT_EQ(pieces, "abcde");
}

ASYNC_TEST(server_request, an_asterisk_is_a_path) {
  served s{[](server_request& r) -> awaitable<server_response> {
    co_return server_response{200, std::string{r.path()}};
  }};
  const auto answer = co_await s.ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.body, "*");
}

TEST(server_request, query_params_are_decoded_and_limited) {
  server_request request{method::get, "/?a=1%202&b=x+y&a=3&c"};
  const auto& query = request.query_params();
  EXPECT_EQ(query.get("a"), "1 2");
  EXPECT_EQ(query.get_all("a").size(), 2U);
  EXPECT_EQ(query.get("b"), "x y");
  EXPECT_EQ(query.get("c"), "");
  EXPECT_EQ(&request.query_params(), &query) << "parsed once";
  std::string many = "/?";
  for (int i = 0; i != 1001; ++i) many += "a&";
  server_request flood{method::get, many};
  EXPECT_THROW(static_cast<void>(flood.query_params()), problem);
  server_request none{method::get, "/"};
  EXPECT_TRUE(none.query_params().empty());
}

ASYNC_TEST(server_request, reads_a_form_once) {
  server_request request{method::post, "/",
                         with("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
                         "name=Ann+Lee&city=K%C3%B6ln&bad=%ff"};
  const auto& form = co_await request.form();
  EXPECT_EQ(form.get("name"), "Ann Lee");
  EXPECT_EQ(form.get("city"), "K\xc3\xb6ln");
  EXPECT_EQ(form.get("bad"), "\xef\xbf\xbd");
  const auto& again = co_await request.form();
  EXPECT_EQ(&again, &form);
}

ASYNC_TEST(server_request, a_form_of_another_type_or_with_too_many_fields_is_a_problem) {
  server_request json{method::post, "/", with("Content-Type", "application/json"), "{}"};
  const auto type = co_await problem_of(json.form());
  EXPECT_EQ(type,
            "415 Unsupported Media Type: expected a form (application/x-www-form-urlencoded), not "
            "'application/json'");
  std::string many;
  for (int i = 0; i != 1001; ++i) many += "a=b&";
  server_request flood{method::post, "/", with("Content-Type", "application/x-www-form-urlencoded"), many};
  const auto fields = co_await problem_of(flood.form());
  EXPECT_EQ(fields, "400 Bad Request: the form has more than 1000 fields");
}

TEST(server_request, cookies_are_found_by_name) {
  headers fields;
  fields.append("Cookie", "a=1; b=\"x y\";c = 3 ;a=2;; nameless; d=e=f");
  fields.append("Cookie", "g=h");
  server_request request{method::get, "/", fields};
  EXPECT_EQ(request.cookie("a"), "1") << "the first";
  EXPECT_EQ(request.cookie("b"), "\"x y\"") << "as sent";
  EXPECT_EQ(request.cookie("c"), "3");
  EXPECT_EQ(request.cookie("d"), "e=f");
  EXPECT_EQ(request.cookie("g"), "h");
  EXPECT_EQ(request.cookie("A"), std::nullopt);
  EXPECT_EQ(request.cookie(""), "nameless");
  EXPECT_EQ(request.cookies().size(), 7U);
}

TEST(server_request, a_parameter_that_is_set_again_has_the_new_value) {
  server_request request{method::get, "/"};
  request.set_param("a", "1");
  request.set_param("b", "");
  request.set_param("a", "22");
  EXPECT_EQ(request.param<int>("a"), 22);
  EXPECT_EQ(request.param<std::string>("b"), "");
  EXPECT_EQ(request.subpath(), "/");
  EXPECT_EQ(request.route(), "");
}

const std::string get_root = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

ASYNC_TEST(run_after_response, runs_when_the_response_has_been_sent_beside_later_requests) {
  event gate;
  int done = 0;
  served s{[&](server_request& r) -> awaitable<server_response> {
    r.run_after_response([&]() -> awaitable<void> {
      co_await gate.wait();
      ++done;
    });
    co_return server_response{200, "ok"};
  }};
  const auto first = co_await s.ask(get_root);
  EXPECT_EQ(first.body, "ok");
  const auto second = co_await s.ask(get_root);
  EXPECT_EQ(second.body, "ok");
  EXPECT_EQ(done, 0);
  s.client.close();
  co_await sleep(1s);
  EXPECT_FALSE(s.serving.done()) << "the connection ends with its work";
  gate.set();
  co_await s.serving;
  EXPECT_EQ(done, 2);
}

ASYNC_TEST(run_after_response, a_graceful_stop_waits_for_it) {
  int done = 0;
  served s{[&](server_request& r) -> awaitable<server_response> {
    r.run_after_response([&]() -> awaitable<void> {
      co_await sleep(10s);
      ++done;
    });
    co_return server_response{200, "ok"};
  }};
  static_cast<void>(co_await s.ask(get_root));
  s.server.stop(30s);
  const auto began = clock::now();
  co_await s.serving;
  EXPECT_EQ(done, 1);
  EXPECT_EQ(clock::now() - began, 10s);
}

ASYNC_TEST(run_after_response, is_cancelled_after_the_grace) {
  bool cancelled = false;
  served s{[&](server_request& r) -> awaitable<server_response> {
    r.run_after_response([&]() -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        cancelled = true;
        throw;
      }
    });
    co_return server_response{200, "ok"};
  }};
  static_cast<void>(co_await s.ask(get_root));
  s.server.stop(5s);
  const auto began = clock::now();
  co_await s.serving;
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(clock::now() - began, 5s);
}

ASYNC_TEST(run_after_response, a_cancelled_server_cancels_it_and_waits) {
  bool ended = false;
  served s{[&](server_request& r) -> awaitable<server_response> {
    r.run_after_response([&]() -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) { ended = true; }
      if (ended) co_await sleep(3s);  // cleans up
    });
    co_return server_response{200, "ok"};
  }};
  static_cast<void>(co_await s.ask(get_root));
  co_await sleep(1s);
  const auto began = clock::now();
  s.serving.cancel();
  co_await s.serving.wait();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(s.serving.cancelled());
  EXPECT_EQ(clock::now() - began, 3s);
}

ASYNC_TEST(run_after_response, an_error_is_logged) {
  const test::log_capture logged;
  served s{[&](server_request& r) -> awaitable<server_response> {
    r.run_after_response([]() -> awaitable<void> {
      throw std::runtime_error{"no mail server"};
      co_return;
    });
    co_return server_response{200, "ok"};
  }};
  static_cast<void>(co_await s.ask(get_root));
  co_await sleep(1s);
  const auto again = co_await s.ask(get_root);
  EXPECT_EQ(again.body, "ok");
  co_await sleep(1s);
  EXPECT_EQ(logged.lines().size(), 2U);
  for (const auto& line : logged.lines()) EXPECT_NE(line.find("no mail server"), line.npos) << line;
}

}  // namespace bight::http::server_request_test
