// What a handler learns of its request.
#include <bight/http/server_request.hpp>

#include <bight/testing/async_test.hpp>
#include <string>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::server_request_test {

using test::served;

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

}  // namespace bight::http::server_request_test
