// The three kinds of body, and whose a file is.
#include <bight/http/server_response.hpp>

#include <fcntl.h>
#include <unistd.h>
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
  EXPECT_EQ(std::get<std::string>(r.body()), "");
}

TEST(server_response, a_file_body_owns_its_descriptor) {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  {
    file_body one{fd, 1, 2};
    file_body two{std::move(one)};
    EXPECT_EQ(two.descriptor(), fd);
    EXPECT_EQ(two.offset(), 1U);
    EXPECT_EQ(two.count(), 2U);
    const server_response r{200, std::move(two)};
    EXPECT_EQ(std::get<file_body>(r.body()).descriptor(), fd);
  }
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

ASYNC_TEST(server_response, a_file_body_takes_an_opened_file) {
  served s{[](server_request&) -> awaitable<server_response> {
    auto f = co_await fs::open("/proc/self/cmdline");
    file_body whole{std::move(f), 1, 4};
    file_body body{-1, 0, 0};
    body = std::move(whole);
    co_return server_response{200, std::move(body)};
  }};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.field("Content-Length"), "4");
  EXPECT_EQ(answer.body.size(), 4U);
}

ASYNC_TEST(server_response, a_body_can_be_written_as_it_is_made) {
  served s{[](server_request&) -> awaitable<server_response> {
    body_source source = [](body_writer& out) -> awaitable<void> {
      co_await out.write("one ");
      co_await out.write("");
      co_await out.write("two");
    };
    co_return server_response{200, std::move(source)};
  }};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(answer.body, "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n");
}

}  // namespace bight::http::server_response_test
