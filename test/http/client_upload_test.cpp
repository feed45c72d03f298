// What a client sends beyond text, and what it reads meanwhile.
#include <bight/http/client.hpp>

#include <array>
#include <bight/core/event.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/sleep.hpp>
#include <bight/fs/file.hpp>
#include <bight/http/error.hpp>
#include <bight/http/server.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_upload_test {

using namespace std::chrono_literals;
using test::ok;
using test::peer;
using test::running;
using test::scripted_server;
using ::testing::HasSubstr;

body pieces_of(std::string piece, int times, std::optional<std::uint64_t> size = {}) {
  return body::produce(
      [piece = std::move(piece), times](body_writer& out) -> awaitable<void> {
        for (int i = 0; i != times; ++i) co_await out.write(piece);
      },
      size);
}

awaitable<server_response> count(server_request& request) {
  const auto text = co_await request.text();
  std::string answer = std::to_string(text.size());
  if (request.body_size()) answer += " of " + std::to_string(*request.body_size());
  if (const auto checksum = request.trailers().get("Checksum")) answer.append(" checksum ").append(*checksum);
  co_return server_response{200, answer};
}

ASYNC_TEST(client_upload, of_unknown_size_is_chunked_and_of_known_size_is_not) {
  running r{count};
  client c;
  for (int i = 0; i != 3; ++i) {
    request unknown{method::post, url{r.url()}};
    unknown.set_body(pieces_of("12345", 1000));
    auto first = co_await c.send(std::move(unknown));
    const auto one = co_await first.text();
    EXPECT_EQ(one, "5000");
    request known{method::post, url{r.url()}};
    known.set_body(pieces_of("12345", 1000, 5000));
    auto second = co_await c.send(std::move(known));
    const auto two = co_await second.text();
    EXPECT_EQ(two, "5000 of 5000");
  }
  EXPECT_EQ(c.connections(), 1U) << "one connection for all of them";
}

ASYNC_TEST(client_upload, ends_with_trailers) {
  running r{count};
  client c;
  request upload{method::post, url{r.url()}};
  upload.set_body(body::produce([](body_writer& out) -> awaitable<void> {
    co_await out.write("data");
    headers fields;
    fields.set("Checksum", "42");
    out.trailers(fields);
  }));
  auto answer = co_await c.send(std::move(upload));
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "4 checksum 42");
}

ASYNC_TEST(client_upload, that_fails_gives_its_own_error_and_closes_the_connection) {
  running r{count};
  client c;
  request upload{method::post, url{r.url()}};
  upload.set_body(body::produce([](body_writer& out) -> awaitable<void> {
    co_await out.write("data");
    throw std::runtime_error{"the disk has gone"};
  }));
  std::string what;
  try {
    static_cast<void>(co_await c.send(std::move(upload)));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "the disk has gone");
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client_upload, of_the_wrong_size_is_an_error) {
  running r{count};
  client c;
  for (const std::uint64_t size : {4999U, 5001U}) {
    request upload{method::post, url{r.url()}};
    upload.set_body(pieces_of("12345", 1000, size));
    const auto e = co_await test::error_of(c.send(std::move(upload)));
    EXPECT_EQ(e.code(), errc::bad_framing);
    EXPECT_THAT(e.what(), HasSubstr(std::to_string(size) + " bytes"));
  }
}

// A server that refuses at the head and reads nothing more: its answer must come through at once.
ASYNC_TEST(client_upload, an_early_refusal_is_returned_while_the_body_is_still_being_sent) {
  event done;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    static_cast<void>(co_await p.read_until("\r\n\r\n"));
    co_await p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large");
    co_await done.wait();
  }};
  client c;
  const auto began = clock::now();
  request text{method::post, url{server.url()}};
  text.set_body(std::string(50'000'000, 'x'));
  auto refused = co_await c.send(text);
  EXPECT_EQ(refused.status(), 413);
  const auto why = co_await refused.text();
  EXPECT_EQ(why, "too large");
  request stream{method::post, url{server.url()}};
  stream.set_body(pieces_of(std::string(100'000, 'x'), 500));
  auto again = co_await c.send(std::move(stream));
  EXPECT_EQ(again.status(), 413);
  static_cast<void>(co_await again.text());
  EXPECT_LT(clock::now() - began, 10s);
  done.set();
  EXPECT_EQ(c.connections(), 0U) << "a body that was not sent to its end leaves no connection to keep";
}

// It answers and closes: the connection breaks before the answer has been read.
ASYNC_TEST(client_upload, a_refusal_that_closes_is_returned_whatever_the_body_is) {
  testing::fake_network network;
  const auto inside = network.use();
  network.on_connection([](testing::fake_connection& c) { c.client.reading.delay_at(0, 1s); });
  const scripted_server server{[](peer& p) -> awaitable<void> {
    static_cast<void>(co_await p.read_until("\r\n\r\n"));
    co_await p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large");
  }};
  const test::scratch_folder folder;
  constexpr std::size_t size = 1'000'000;
  const auto path = folder.write("large", std::string(size, 'x'));
  client c;
  for (const bool as_file : {false, true}) {
    request upload{method::post, url{server.url()}};
    upload.set_body(std::string(size, 'x'));
    if (as_file) {
      auto opened = co_await fs::open(path);
      upload.set_body(body::file(std::move(opened), 0, size));
    }
    upload.set_expect_continue(false);
    auto refused = co_await c.send(std::move(upload));
    EXPECT_EQ(refused.status(), 413);
    const auto why = co_await refused.text();
    EXPECT_EQ(why, "too large");
  }
}

// As node's req.pipe(res): it reads only as fast as its answer is read.
ASYNC_TEST(client_upload, of_20_mb_through_an_echo_does_not_deadlock) {
  running r{[](server_request& request) -> awaitable<server_response> {
    request.max_body(100'000'000);
    co_return server_response{200, body::produce([&request](body_writer& out) -> awaitable<void> {
                                while (true) {
                                  const auto piece = co_await request.read_piece();
                                  if (piece.empty()) co_return;
                                  co_await out.write(piece);
                                }
                              })};
  }};
  client c;
  request upload{method::post, url{r.url()}};
  upload.set_body(std::string(20'000'000, 'x'));
  auto answer = co_await c.send(upload);
  std::size_t size = 0;
  while (true) {
    const auto piece = co_await answer.read_piece();
    if (piece.empty()) break;
    size += piece.size();
  }
  EXPECT_EQ(size, 20'000'000U);
}

ASYNC_TEST(client_upload, is_cancelled_with_the_response) {
  bool ended = false;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    static_cast<void>(co_await p.read_until("\r\n\r\n"));
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
    co_await sleep(1h);
  }};
  client c;
  {
    request upload{method::post, url{server.url()}};
    upload.set_body(body::produce([&ended](body_writer& out) -> awaitable<void> {
      struct at_end {
        bool* flag;
        ~at_end() { *flag = true; }
      } const mark{&ended};
      const std::string piece(100'000, 'x');
      while (true) co_await out.write(piece);
    }));
    auto answer = co_await c.send(std::move(upload));
    EXPECT_EQ(answer.status(), 200);
    EXPECT_FALSE(ended);
  }
  co_await test::until([&] { return ended; });
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client_upload, is_sent_again_after_a_redirect_if_it_can_be) {
  auto server = scripted_server::answering([](const test::raw_message& r) {
    if (r.start_line().find("/start") != std::string::npos)
      return std::string{"HTTP/1.1 307 Temporary Redirect\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n"};
    return ok(r.body);
  });
  client c;
  request can{method::post, url{server->url("/start")}};
  can.set_body(body::again([] { return pieces_of("ab", 2, 4); }));
  auto answer = co_await c.send(std::move(can));
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "abab");
  request cannot{method::post, url{server->url("/start")}};
  cannot.set_body(pieces_of("ab", 2, 4));
  const auto e = co_await test::error_of(c.send(std::move(cannot)));
  EXPECT_EQ(e.code(), errc::body_not_replayable);
  EXPECT_THAT(e.what(), HasSubstr("/end"));
}

// The copy that followed the redirect must not take along what makes the body again.
ASYNC_TEST(client_upload, is_sent_again_by_a_retry_behind_a_redirect) {
  int at_the_end = 0;
  auto server = scripted_server::answering([&](const test::raw_message& r) {
    if (r.start_line().find("/start") != std::string::npos)
      return std::string{"HTTP/1.1 307 Temporary Redirect\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n"};
    if (++at_the_end == 1)
      return std::string{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"};
    return ok(r.body);
  });
  client_options options;
  retry_policy policy;
  policy.attempts(2).backoff(1ms, 1ms);
  options.retries = policy;
  client c{std::move(options)};
  request upload{method::put, url{server->url("/start")}};
  upload.set_body(body::again([] { return pieces_of("ab", 2, 4); }));
  auto answer = co_await c.send(upload);
  EXPECT_EQ(answer.status(), 200);
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "abab");
  auto once_more = co_await c.send(upload);
  EXPECT_EQ(once_more.status(), 200);
}

ASYNC_TEST(client_upload, is_sent_again_by_middleware) {
  auto server = scripted_server::answering([](const test::raw_message& r) { return ok(r.body); });
  client c;
  c.add_middleware([](request& r, client_next next) -> awaitable<response> {
    auto first = co_await next(r);
    static_cast<void>(co_await first.text());
    co_return co_await next(r);
  });
  request can{method::post, url{server->url()}};
  can.set_body(body::again([] { return pieces_of("ab", 2, 4); }));
  auto answer = co_await c.send(std::move(can));
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "abab");
  request cannot{method::post, url{server->url()}};
  cannot.set_body(pieces_of("ab", 2, 4));
  const auto e = co_await test::error_of(c.send(std::move(cannot)));
  EXPECT_EQ(e.code(), errc::body_not_replayable);
}

ASYNC_TEST(take_stream, goes_on_after_101_with_what_came_behind_the_head) {
  running r{[](server_request& request) -> awaitable<server_response> {
    co_return upgrade(request, "echo", {}, [](net::stream s) -> awaitable<void> {
      co_await s.write("hello ");
      std::array<std::byte, 100> buffer;
      while (true) {
        const auto n = co_await s.read_some(buffer);
        if (n == 0) co_return;
        co_await s.write(std::span<const std::byte>{buffer}.first(n));
      }
    });
  }};
  client c;
  request r1{url{r.url()}};
  r1.headers().set("Connection", "Upgrade");
  r1.headers().set("Upgrade", "echo");
  auto answer = co_await c.send(std::move(r1));
  EXPECT_EQ(answer.status(), 101);
  peer p{take_stream(std::move(answer))};
  const auto hello = co_await p.read_until("hello ");
  EXPECT_EQ(hello, "hello ");
  co_await p.send("world");
  const auto world = co_await p.read_until("world");
  EXPECT_EQ(world, "world");
  EXPECT_EQ(c.connections(), 0U) << "it is not the client's any more";
}

ASYNC_TEST(take_stream, of_an_ordinary_response_is_an_error) {
  auto server = scripted_server::always(ok("x"));
  client c;
  auto answer = co_await c.get(server->url());
  EXPECT_THROW(static_cast<void>(take_stream(std::move(answer))), std::invalid_argument);
}

}  // namespace bight::http::client_upload_test
