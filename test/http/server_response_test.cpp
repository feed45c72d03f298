// The three kinds of body, and whose a file is.
#include <bight/http/server_response.hpp>

#include <bight/fs/file.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <utility>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::server_response_test {

using test::served;

TEST(server_response, is_empty_200_at_first) {
  const server_response r;
  EXPECT_EQ(r.status(), 200);
  EXPECT_TRUE(r.headers().empty());
  EXPECT_TRUE(r.body().empty());
}

TEST(server_response, can_be_changed_after_the_fact) {
  server_response r{200, "page"};
  r.set_status(404);
  r.set_body("nothing here");
  r.headers().set("X-Name", "value");
  EXPECT_EQ(r.status(), 404);
  ASSERT_TRUE(r.body().text());
  EXPECT_EQ(*r.body().text(), "nothing here");
}

ASYNC_TEST(server_response, a_body_can_be_a_range_of_an_opened_file) {
  served s{[](server_request&) -> awaitable<server_response> {
    auto f = co_await fs::open("/proc/self/cmdline");
    co_return server_response{200, body::file(std::move(f), 1, 4)};
  }};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.field("Content-Length"), "4");
  EXPECT_EQ(answer.body.size(), 4U);
}

ASYNC_TEST(server_response, a_body_can_be_written_as_it_is_made) {
  served s{[](server_request&) -> awaitable<server_response> {
    body_producer source = [](body_writer& out) -> awaitable<void> {
      co_await out.write("one ");
      co_await out.write("");
      co_await out.write("two");
    };
    co_return server_response{200, body::produce(std::move(source))};
  }};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(answer.body, "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n");
}

}  // namespace bight::http::server_response_test
