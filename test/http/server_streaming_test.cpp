// Bodies in motion: who waits for whom, and what a client sees of a body that ends before its end.
#include <bight/http/server.hpp>

#include <algorithm>
#include <array>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/http/middleware/decompression.hpp>
#include <bight/http/multipart.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/content_codings.hpp"
#include "support/http_middleware.hpp"
#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::server_streaming_test {

using namespace std::chrono_literals;
using test::log_capture;
using test::served;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t pipe_size = 1000;
constexpr std::size_t much = 1'000'000;
constexpr std::size_t buffers = 64 * 1024;  // more than the server holds of a connection

// Sends pieces and counts the bytes that were taken.
class sender {
 public:
  explicit sender(served& to) : to_(&to) {}
  awaitable<void> send(std::size_t bytes) {
    const std::string piece(500, 'x');
    while (sent != bytes) {
      co_await to_->send(piece);
      sent += piece.size();
    }
  }
  std::size_t sent = 0;

 private:
  served* to_;
};

const std::string upload =
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(much) + "\r\n\r\n";

ASYNC_TEST(server_streaming, a_handler_that_does_not_read_holds_the_client_back) {
  event go_on;
  std::size_t received = 0;
  const auto answer = [&](server_request& request) -> awaitable<server_response> {
    co_await go_on.wait();
    auto piece = co_await request.read_piece();
    while (!piece.empty()) {
      received += piece.size();
      piece = co_await request.read_piece();
    }
    co_return server_response{200, std::to_string(received)};
  };
  server_options options;
  options.limits.body_timeout = forever;
  served s{answer, options, {.capacity = pipe_size}};
  co_await s.send(upload);
  sender client{s};
  const auto sending = spawn([&] { return client.send(much); });
  co_await sleep(10s);
  EXPECT_LT(client.sent, buffers);
  go_on.set();
  co_await sending;
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body, std::to_string(much));
}

ASYNC_TEST(server_streaming, a_slow_handler_reads_a_body_in_constant_memory) {
  std::size_t largest = 0;
  const auto answer = [&](server_request& request) -> awaitable<server_response> {
    auto piece = co_await request.read_piece();
    while (!piece.empty()) {
      largest = std::max(largest, piece.size());
      co_await sleep(1ms);
      piece = co_await request.read_piece();
    }
    co_return server_response{200};
  };
  served s{answer};
  co_await s.send(upload);
  sender client{s};
  const auto sending = spawn([&] { return client.send(much); });
  const auto r = co_await s.answer();
  EXPECT_EQ(r.status(), 200);
  EXPECT_LE(largest, buffers);
  co_await sending;
}

ASYNC_TEST(server_streaming, a_client_that_does_not_read_holds_the_producer_back) {
  std::size_t written = 0;
  const auto produce = [&](body_writer& out) -> awaitable<void> {
    const std::string piece(500, 'y');
    while (written != much) {
      co_await out.write(piece);
      written += piece.size();
    }
  };
  const auto answer = [&](server_request&) -> awaitable<server_response> {
    co_return server_response{200, body::produce(produce, much)};
  };
  server_options options;
  options.limits.write_timeout = forever;
  served s{answer, options, {.capacity = pipe_size}};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await sleep(10s);
  EXPECT_LE(written, 2 * pipe_size);
  const auto r = co_await s.answer();
  EXPECT_EQ(r.body.size(), much);
}

// The missing last chunk tells the client; nothing else could.
ASYNC_TEST(server_streaming, a_producer_that_throws_cuts_the_response) {
  for (const bool sized : {false, true}) {
    const log_capture log;
    const auto produce = [](body_writer& out) -> awaitable<void> {
      co_await out.write("first");
      throw std::runtime_error{"the database is gone"};
    };
    const auto answer = [&](server_request&) -> awaitable<server_response> {
      co_return server_response{
          200, body::produce(produce, sized ? std::optional<std::uint64_t>{10} : std::nullopt)};
    };
    served s{answer};
    const auto all = co_await s.ask_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(all, HasSubstr("first"));
    EXPECT_THAT(all, Not(HasSubstr("0\r\n\r\n")));
    EXPECT_EQ(log.lines().size(), 1U);
  }
}

// RFC 9110 6.5: a recipient that takes no chunks takes no trailers either.
ASYNC_TEST(server_streaming, trailers_go_only_where_chunks_go) {
  const auto produce = [](body_writer& out) -> awaitable<void> {
    co_await out.write("data");
    out.trailers(headers{{"Checksum", "42"}});
  };
  bool sized = false;
  const auto answer = [&](server_request&) -> awaitable<server_response> {
    co_return server_response{200,
                              body::produce(produce, sized ? std::optional<std::uint64_t>{4} : std::nullopt)};
  };
  served old{answer};
  const auto by_end = co_await old.ask_all("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(by_end, ::testing::EndsWith("\r\n\r\ndata"));
  sized = true;
  served s{answer};
  const auto by_length = co_await s.ask_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(by_length, ::testing::EndsWith("\r\n\r\ndata"));
}

ASYNC_TEST(server_streaming, trailers_that_are_no_fields_cut_the_response) {
  const log_capture log;
  const auto produce = [](body_writer& out) -> awaitable<void> {
    co_await out.write("data");
    out.trailers(headers{{"Content-Length", "7"}});
  };
  const auto answer = [&](server_request&) -> awaitable<server_response> {
    co_return server_response{200, body::produce(produce)};
  };
  served s{answer};
  const auto all = co_await s.ask_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(all, Not(HasSubstr("Content-Length"))) << "RFC 9110 6.5.1: framing is no trailer";
}

// RFC 8297: several, before the response, and none afterwards.
ASYNC_TEST(server_streaming, early_hints_come_before_the_response_and_never_within) {
  const auto answer = [](server_request& request) -> awaitable<server_response> {
    headers first{{"Link", "</a.css>; rel=preload"}};
    co_await request.inform(103, first);
    headers second{{"Link", "</b.css>; rel=preload"}};
    co_await request.inform(103, second);
    co_return server_response{200, body::produce([&request](body_writer& out) -> awaitable<void> {
                                co_await out.write("one ");
                                const headers late{{"Link", "</c.css>; rel=preload"}};
                                co_await request.inform(103, late);
                                co_await out.write("two");
                              })};
  };
  served s{answer};
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  co_await s.send(get + get);
  for (int i = 0; i != 2; ++i) {
    const auto a = co_await s.client.read_until("\r\n\r\n");
    EXPECT_THAT(a, HasSubstr("103 Early Hints\r\nLink: </a.css>"));
    const auto b = co_await s.client.read_until("\r\n\r\n");
    EXPECT_THAT(b, HasSubstr("103 Early Hints\r\nLink: </b.css>"));
    const auto r = co_await s.answer();
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.body, "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n");
  }
}

// A body of 2 KB that becomes 2 MB: the handler reads it as it comes, and the limit strikes on the way.
ASYNC_TEST(server_streaming, a_compressed_body_is_decoded_as_it_comes_and_capped) {
  std::size_t decoded = 0;
  const auto answer = [&](server_request& request) -> awaitable<server_response> {
    decoded = 0;
    auto piece = co_await request.read_piece();
    while (!piece.empty()) {
      decoded += piece.size();
      piece = co_await request.read_piece();
    }
    co_return server_response{200, std::to_string(decoded)};
  };
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    const auto coded = test::encoded(coding, std::string(2'000'000, 'z'));
    const auto request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: " + coding +
                         "\r\nContent-Length: " + std::to_string(coded.size()) + "\r\n\r\n";
    decompression_options options;
    options.max_size = 2'000'000;
    options.max_ratio = 1'000'000;
    served s{test::around(decompression(options), answer), {}, {.capacity = 100}};
    const auto whole = co_await s.ask(request + coded);
    EXPECT_EQ(whole.body, "2000000") << coding;
    options.max_size = 100'000;
    served small{test::around(decompression(options), answer), {}, {.capacity = 100}};
    const auto refused = co_await small.ask(request + coded);
    EXPECT_EQ(refused.status(), 413) << coding;
    EXPECT_LE(decoded, 100'000U) << coding;
  }
}

// A file of a form goes on while it comes: no part waits for the next.
ASYNC_TEST(server_streaming, parts_of_a_form_are_read_while_they_come) {
  event seen;
  const auto answer = [&](server_request& request) -> awaitable<server_response> {
    multipart_reader form{request};
    auto* part = co_await form.next();
    std::array<std::byte, 10> piece;
    std::size_t n = co_await part->read_some(piece);
    std::size_t total = n;
    seen.set();
    while (n != 0) {
      n = co_await part->read_some(piece);
      total += n;
    }
    part = co_await form.next();
    co_return server_response{200, std::to_string(total) + (part ? " more" : " end")};
  };
  served s{answer};
  co_await s.send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string part = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n12345";
  const auto chunk = [](const std::string& text) {
    std::array<char, 16> size;
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
    return std::string{size.data(), static_cast<std::size_t>(digits)} + text + "\r\n";
  };
  co_await s.send(chunk(part));
  co_await seen.wait();
  const auto r = co_await s.ask(chunk("678\r\n--B--\r\n") + "0\r\n\r\n");
  EXPECT_EQ(r.body, "8 end");
}

}  // namespace bight::http::server_streaming_test
