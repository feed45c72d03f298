// Request bodies with a content coding.
#include <bight/http/middleware/decompression.hpp>

#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>

#include "support/content_codings.hpp"
#include "support/http_middleware.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::decompression_test {

using test::around;
using test::field;

std::string gzip(std::string_view text) { return test::encoded("gzip", text); }

handler echo_text() {
  return [](server_request& r) -> awaitable<server_response> {
    EXPECT_EQ(r.headers().get("Content-Encoding").value_or("none"), "none");
    EXPECT_EQ(r.headers().get("Content-Length").value_or("none"), "none");
    EXPECT_EQ(r.body_size(), std::nullopt);
    auto text = co_await r.text();
    co_return server_response{200, std::move(text)};
  };
}

awaitable<server_response> send(handler& all, std::string coding, std::string bytes) {
  headers fields{{"Content-Encoding", coding}, {"X-Other", "kept"}};
  server_request request{method::post, "/", fields, body{std::move(bytes)}};
  co_return co_await all(request);
}

ASYNC_TEST(decompression, decodes_while_the_body_is_read) {
  const std::string text(100'000, 'x');
  auto all = around(decompression(), echo_text());
  for (const std::string coding : {"gzip", "GZIP", "x-gzip", "br", "zstd"}) {
    const auto response = co_await send(all, coding, test::encoded(coding, text));
    EXPECT_EQ(response.status(), 200) << coding;
    EXPECT_EQ(*response.body().text(), text) << coding;
  }
}

ASYNC_TEST(decompression, leaves_other_requests_alone) {
  auto all = around(decompression(), test::echo);
  headers identity{{"Content-Encoding", "identity"}};
  server_request request{method::post, "/", identity, "plain"};
  const auto response = co_await all(request);
  EXPECT_EQ(*response.body().text(), "POST / plain");
  server_request bare{method::get, "/"};
  const auto none = co_await all(bare);
  EXPECT_EQ(*none.body().text(), "GET /");
}

ASYNC_TEST(decompression, answers_415_with_what_is_supported) {
  auto all = around(decompression(), test::echo);
  for (const std::string coding : {"compress", "gzip, gzip", "nonsense"}) {
    const auto response = co_await send(all, coding, "x");
    EXPECT_EQ(response.status(), 415) << coding;
    EXPECT_EQ(field(response, "Accept-Encoding"), "gzip, deflate, br, zstd");
  }
}

ASYNC_TEST(decompression, answers_400_to_bodies_that_are_malformed_or_cut_off) {
  auto all = around(decompression(), echo_text());
  const auto whole = gzip("hello");
  for (const auto& bytes : {std::string{"hello"}, whole.substr(0, whole.size() - 1)}) {
    const auto response = co_await send(all, "gzip", bytes);
    EXPECT_EQ(response.status(), 400);
  }
}

ASYNC_TEST(decompression, answers_413_beyond_a_limit) {
  decompression_options options;
  options.max_size = 1000;
  auto all = around(decompression(options), echo_text());
  const auto fits = co_await send(all, "gzip", gzip(std::string(1000, 'x')));
  EXPECT_EQ(fits.status(), 200);
  const auto large = co_await send(all, "gzip", gzip(std::string(1001, 'x')));
  EXPECT_EQ(large.status(), 413);
  decompression_options narrow;
  narrow.max_ratio = 50;
  auto strict = around(decompression(narrow), echo_text());
  const auto bomb = co_await send(strict, "gzip", gzip(std::string(5'000'000, 'x')));
  EXPECT_EQ(bomb.status(), 413) << "a ratio of 1000";
}

ASYNC_TEST(decompression, has_the_limit_that_the_handler_sets) {
  auto all = around(decompression(), [](server_request& r) -> awaitable<server_response> {
    r.max_body(100);
    auto text = co_await r.text();
    co_return server_response{200, std::move(text)};
  });
  const auto response = co_await send(all, "gzip", gzip(std::string(101, 'x')));
  EXPECT_EQ(response.status(), 413);
}

ASYNC_TEST(decompression, works_over_a_connection_in_small_pieces) {
  const test::log_capture log;
  test::served s{around(decompression(), echo_text())};
  const auto bytes = gzip("the decoded text");
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: " +
                  std::to_string(bytes.size()) + "\r\n\r\n");
  for (const char c : bytes) co_await s.send(std::string(1, c));
  const auto answer = co_await s.answer();
  EXPECT_EQ(answer.body, "the decoded text");
  const auto next =
      co_await s.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(next.status(), 400) << "the connection is kept after the first, and closed after this";
  EXPECT_EQ(next.field("Connection"), "close");
  EXPECT_TRUE(log.lines().empty());
}

ASYNC_TEST(decompression, passes_other_errors_on) {
  auto all = around(decompression(), [](server_request&) -> awaitable<server_response> {
    throw std::runtime_error{"other"};
    co_return server_response{};
  });
  std::string what;
  try {
    static_cast<void>(co_await send(all, "gzip", gzip("x")));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "other");
}

}  // namespace bight::http::decompression_test
