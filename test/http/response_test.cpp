// The bodies of responses: framing, codings, limits, and what breaks them.
#include <bight/http/response.hpp>

#include <sys/socket.h>
#include <zlib.h>

#include <bight/core/as_result.hpp>
#include <bight/core/error.hpp>
#include <bight/core/retry.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::response_test {

using namespace std::chrono_literals;
using test::ok;
using test::peer;
using test::scripted_server;
using ::testing::HasSubstr;

enum window : int { raw = -15, zlib = 15, gzip = 15 + 16 };

std::string compress(std::string_view text, window format, int level = 9) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string coded(std::string_view coding, std::string_view body) {
  std::string field{"Content-Encoding: "};
  field.append(coding).append("\r\n");
  return ok(body, field);
}

// Fetches from a server that sends `bytes` once and closes.
awaitable<std::string> fetch(client c, std::string bytes) {
  auto server = scripted_server::once(std::move(bytes));
  auto r = co_await c.get(server->url());
  co_return co_await r.bytes();
}

awaitable<boost::system::error_code> failure(client c, std::string bytes) {
  const auto e = co_await test::error_of(fetch(c, std::move(bytes)));
  EXPECT_THAT(e.what(), HasSubstr("http://127.0.0.1:"));
  EXPECT_EQ(c.connections(), c.idle_connections());
  co_return e.code();
}

ASYNC_TEST(response, a_body_ends_by_length_by_chunks_or_by_the_connection) {
  client c;
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const auto& framed :
       {head + "Content-Length: 11\r\n\r\nhello world",
        head + "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5;ext=1\r\nworld\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nB\r\nhello world\r\n0\r\nX-Trailer: 1\r\n\r\n",
        head + "\r\nhello world", std::string{"HTTP/1.0 200 OK\r\n\r\nhello world"}}) {
    const auto text = co_await fetch(c, framed);
    EXPECT_EQ(text, "hello world") << framed;
  }
}

ASYNC_TEST(response, does_not_depend_on_how_the_bytes_arrive) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  for (const std::size_t step : {1U, 2U, 3U, 7U, 50U}) {
    scripted_server server{[&](peer& p) -> awaitable<void> {
      co_await p.read_message();
      for (std::size_t from = 0; from < bytes.size(); from += step) {
        co_await p.send(bytes.substr(from, step));
        co_await yield();
      }
      co_await p.read_message();
    }};
    client c;
    auto r = co_await c.get(server.url());
    const auto text = co_await r.text();
    EXPECT_EQ(text, "hello world");
    EXPECT_EQ(c.idle_connections(), 1U);
  }
}

ASYNC_TEST(response, read_some_gives_the_pieces_and_then_nothing) {
  const auto big = test::pattern(500'000);
  auto server = scripted_server::always(ok(big));
  client c;
  auto r = co_await c.get(server->url());
  EXPECT_EQ(r.size_hint(), 500'000U);
  std::string all;
  while (true) {
    const auto piece = co_await r.read_piece();
    if (piece.empty()) break;
    all.append(piece);
  }
  EXPECT_TRUE(all == big);
  EXPECT_EQ(r.received(), 500'000U);
  const auto more = co_await r.read_piece();
  EXPECT_EQ(more, "");
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST(response, without_a_body_whatever_the_headers_say) {
  client c;
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    auto server = scripted_server::always("HTTP/1.1 " + std::string{status} +
                                          "\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n");
    for (int i = 0; i != 2; ++i) {
      auto r = co_await c.get(server->url());
      const auto text = co_await r.text();
      EXPECT_EQ(text, "") << status;
    }
    EXPECT_EQ(server->accepted(), 1U);
  }
  auto server = scripted_server::always(
      "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\nContent-Encoding: gzip\r\n\r\n");
  for (int i = 0; i != 2; ++i) {
    auto r = co_await c.send(request(method::head, url(server->url())));
    EXPECT_EQ(r.headers().get("Content-Length"), "1000000000000");
    const auto text = co_await r.text();
    EXPECT_EQ(text, "");
  }
  EXPECT_EQ(server->accepted(), 1U);
}

ASYNC_TEST(response, interim_responses_are_passed_over) {
  client c;
  const auto text = co_await fetch(
      c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok("final"));
  EXPECT_EQ(text, "final");
}

ASYNC_TEST(response, gzip_and_both_kinds_of_deflate_are_undone) {
  const auto page = test::pattern(300'000);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"gzip", compress(page, gzip)},
      {"x-gzip", compress(page, gzip)},
      {"GZIP", compress(page, gzip)},
      {"deflate", compress(page, zlib)},
      {"deflate", compress(page, raw)},
      {"identity", page},
      {"gzip, deflate", compress(compress(page, gzip), zlib)}};
  client c;
  for (const auto& body : bodies) {
    const auto text = co_await fetch(c, coded(body.first, body.second));
    EXPECT_TRUE(text == page) << body.first;
  }
}

ASYNC_TEST(response, codings_in_several_lines_are_one_list) {
  const std::string page = "hello world";
  client c;
  const auto text = co_await fetch(
      c, ok(compress(compress(page, gzip), zlib), "Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n"));
  EXPECT_EQ(text, page);
}

ASYNC_TEST(response, an_unknown_coding_is_passed_through) {
  client c;
  for (const char* coding : {"compress", "dcb", "gzip, dcb"}) {
    const auto text = co_await fetch(c, coded(coding, "coded bytes"));
    EXPECT_EQ(text, "coded bytes") << coding;
  }
}

ASYNC_TEST(response, a_coded_body_keeps_the_connection_and_tells_what_was_received) {
  const std::string page(100'000, 'x');
  const auto small = compress(page, gzip);
  auto server = scripted_server::always(coded("gzip", small));
  client c;
  auto r = co_await c.get(server->url());
  EXPECT_EQ(r.size_hint(), 0U);
  EXPECT_EQ(r.headers().get("Content-Encoding"), "gzip");
  const auto text = co_await r.text();
  EXPECT_TRUE(text == page);
  EXPECT_EQ(r.received(), small.size());
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST(response, a_decompression_bomb_is_refused) {
  const auto bomb = compress(std::string(30'000'000, '\0'), gzip);
  EXPECT_LT(bomb.size(), 40'000U);
  client c;
  const auto code = co_await failure(c, coded("gzip", bomb));
  EXPECT_EQ(code, errc::decompression_bomb);
}

ASYNC_TEST(response, a_body_over_the_limit_is_refused_declared_or_not) {
  client_options options;
  options.limits.max_body = 1000;
  client c{options};
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string body(1001, 'x');
  for (const auto& framed : {ok(body), head + "\r\n" + body,
                             head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + body + "\r\n0\r\n\r\n",
                             coded("gzip", compress(body, gzip))}) {
    const auto code = co_await failure(c, framed);
    EXPECT_EQ(code, errc::body_too_large) << framed.substr(0, 60);
  }
  const std::string exact(1000, 'x');
  for (const auto& framed : {ok(exact), head + "\r\n" + exact,
                             head + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + exact + "\r\n0\r\n\r\n",
                             coded("gzip", compress(exact, gzip))}) {
    const auto text = co_await fetch(c, framed);
    EXPECT_EQ(text, exact);
  }
}

ASYNC_TEST(response, the_error_of_a_declared_length_names_length_and_limit) {
  client_options options;
  options.limits.max_body = 1000;
  client c{options};
  auto server = scripted_server::once(ok(std::string(2000, 'x')));
  const auto e = co_await test::error_of(c.get(server->url("/big")));
  EXPECT_EQ(e.code(), errc::body_too_large);
  EXPECT_THAT(e.what(), HasSubstr(server->url("/big")));
  EXPECT_THAT(e.what(), HasSubstr("2000"));
  EXPECT_THAT(e.what(), HasSubstr("1000"));
}

ASYNC_TEST(response, bytes_that_decode_to_nothing_have_a_limit_too) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + compress("text", gzip));
    const std::string garbage(64 * 1024, 'x');
    while (true) co_await p.send(garbage);
  }};
  client_options options;
  options.limits.max_body = 1'000'000;
  client c{options};
  auto r = co_await c.get(server.url());
  const auto e = co_await test::error_of(r.text());
  EXPECT_EQ(e.code(), errc::body_too_large);
}

ASYNC_TEST(response, a_body_that_ends_too_early_is_truncated) {
  const auto page = compress(test::pattern(10'000), gzip);
  client c;
  for (const std::string& framed :
       {std::string{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"},
        std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
        std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"},
        coded("gzip", page.substr(0, page.size() / 2)), coded("deflate", compress("text", zlib).substr(0, 5)),
        std::string{"HTTP/1.1 200 OK\r\nContent-Le"}, std::string{"HTTP/1.1 200 OK\r\n"}}) {
    const auto code = co_await failure(c, framed);
    EXPECT_EQ(code, errc::truncated) << framed.substr(0, 80);
  }
}

ASYNC_TEST(response, a_reset_in_the_middle_of_a_body_names_the_url) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    while (p.buffered().empty()) co_await p.fill();
    co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    const linger hard{1, 0};
    ::setsockopt(p.stream().native_handle(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }};
  client c;
  auto r = co_await c.get(server.url("/page"));
  const auto e = co_await test::error_of(r.text());
  EXPECT_EQ(e.code(), boost::system::errc::connection_reset);
  EXPECT_THAT(e.what(), HasSubstr(server.url("/page")));
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(response, what_is_no_http_is_refused_with_rule_and_place) {
  client c;
  auto server = scripted_server::once("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  const auto e = co_await test::error_of(c.get(server->url()));
  EXPECT_EQ(e.code(), errc::malformed_start_line);
  EXPECT_THAT(e.what(), HasSubstr(server->url()));
  EXPECT_THAT(e.what(), HasSubstr("RFC 9112"));
  const std::vector<std::pair<std::string, errc>> broken = {
      {"HTTP/2 200 OK\r\n\r\n", errc::unsupported_version},
      {"HTTP/1.1 20 OK\r\n\r\n", errc::malformed_start_line},
      {"HTTP/1.1 abc OK\r\n\r\n", errc::malformed_start_line},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", errc::bad_framing},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: br, chunked\r\n\r\n0\r\n\r\n",
       errc::unsupported_transfer_coding},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", errc::malformed_chunk},
      {coded("gzip", "this is not gzip at all"), errc::bad_content_encoding},
      {"", errc::server_closed}};
  for (const auto& one : broken) {
    const auto code = co_await failure(c, one.first);
    EXPECT_EQ(code, one.second) << one.first;
  }
}

ASYNC_TEST(response, a_head_over_the_limits_is_refused_with_the_limit) {
  client_options options;
  options.limits.max_head = 1000;
  options.limits.max_headers = 10;
  client c{options};
  auto long_head = scripted_server::once(ok("", "X-Long: " + std::string(1000, 'x') + "\r\n"));
  const auto e = co_await test::error_of(c.get(long_head->url()));
  EXPECT_EQ(e.code(), errc::head_too_large);
  EXPECT_THAT(e.what(), HasSubstr("1000"));
  std::string fields;
  for (int i = 0; i != 11; ++i) fields += "X: 1\r\n";
  const auto code = co_await failure(c, ok("", fields));
  EXPECT_EQ(code, errc::too_many_headers);
}

ASYNC_TEST(response, a_head_limit_above_the_usual_buffer_works) {
  client_options options;
  options.limits.max_head = 300'000;
  client c{options};
  const auto text = co_await fetch(c, ok("body", "X-Long: " + std::string(250'000, 'x') + "\r\n"));
  EXPECT_EQ(text, "body");
}

ASYNC_TEST(response, deviations_are_understood_and_told) {
  client c;
  for (const char* bytes :
       {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
        "http/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", "ICY 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nno colon here\r\n\r\nhello"}) {
    auto server = scripted_server::once(bytes);
    auto r = co_await c.get(server->url());
    EXPECT_TRUE(r.deviates()) << bytes;
    const auto text = co_await r.text();
    EXPECT_EQ(text, "hello") << bytes;
  }
}

ASYNC_TEST(response, deviations_in_the_body_are_told_once_it_is_read) {
  client c;
  auto server = scripted_server::once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n");
  auto r = co_await c.get(server->url());
  EXPECT_FALSE(r.deviates());
  const auto text = co_await r.text();
  EXPECT_EQ(text, "hello");
  EXPECT_TRUE(r.deviates());
}

ASYNC_TEST(response, an_answer_before_the_body_was_taken_is_delivered) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    while (p.buffered().size() < 1000) co_await p.fill();
    co_await p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    co_await sleep(std::chrono::milliseconds{20});
  }};  // the end resets the connection, since most of the body was never read
  client c;
  request r{method::post, url{server.url()}};
  r.set_body(std::string(30'000'000, 'x'));
  auto answer = co_await c.send(std::move(r));
  EXPECT_EQ(answer.status(), 413);
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "big");
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(response, raise_for_status_throws_for_4xx_and_5xx) {
  client c;
  for (const int code : {200, 204, 299, 304, 399}) {
    auto server =
        scripted_server::always("HTTP/1.1 " + std::to_string(code) + " X\r\nContent-Length: 0\r\n\r\n");
    auto r = co_await c.get(server->url());
    EXPECT_NO_THROW(r.raise_for_status()) << code;
  }
  for (const int code : {400, 404, 500, 599, 600}) {
    auto server =
        scripted_server::always("HTTP/1.1 " + std::to_string(code) + " X\r\nContent-Length: 0\r\n\r\n");
    auto r = co_await c.get(server->url("/page"));
    try {
      r.raise_for_status();
      ADD_FAILURE() << code;
    } catch (const status_error& e) {
      EXPECT_EQ(e.status(), code);
      EXPECT_EQ(e.code(), code == 500 ? errc::temporary_status : errc::unexpected_status);
      EXPECT_THAT(e.what(), HasSubstr(server->url("/page")));
      EXPECT_THAT(e.what(), HasSubstr(std::to_string(code)));
    }
  }
}

TEST(response, statuses_that_may_be_gone_at_the_next_attempt_are_transient_errors) {
  for (int code = 400; code != 601; ++code) {
    const bool temporary =
        code == 408 || code == 425 || code == 429 || code == 500 || code == 502 || code == 503 || code == 504;
    const status_error e{http::status{code}, "http://h/"};
    EXPECT_EQ(e.code() == transient, temporary) << code;
    EXPECT_EQ(is_transient(std::make_exception_ptr(e)), temporary) << code;
  }
}

// Of a server that answers `status`.
awaitable<std::size_t> attempts_at(std::string status) {
  auto server = scripted_server::always("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
  client c;
  std::size_t attempts = 0;
  retry_policy policy;
  policy.attempts(4).backoff(0s, 0s);
  const auto fetch = [&]() -> awaitable<void> {
    ++attempts;
    auto r = co_await c.get(server->url());
    r.raise_for_status();
  };
  try {
    co_await retry(policy, fetch);
  } catch (const status_error&) {}
  co_return attempts;
}

ASYNC_TEST(response, retry_repeats_what_the_server_may_do_better_and_not_what_is_missing) {
  const auto missing = co_await attempts_at("404 Not Found");
  EXPECT_EQ(missing, 1U);
  const auto busy = co_await attempts_at("503 Service Unavailable");
  EXPECT_EQ(busy, 4U);
}

ASYNC_TEST(response, a_move_takes_the_body_along) {
  auto server = scripted_server::always(ok("text"));
  client c;
  auto first = co_await c.get(server->url());
  auto second = std::move(first);
  const auto text = co_await second.text();
  EXPECT_EQ(text, "text");
  auto third = co_await c.get(server->url());
  second = std::move(third);
  const auto again = co_await second.text();
  EXPECT_EQ(again, "text");
}

ASYNC_TEST(response, outlives_its_client) {
  auto server = scripted_server::always(ok("text"));
  std::optional<client> c{std::in_place};
  auto r = co_await c->get(server->url());
  c.reset();
  const auto text = co_await r.text();
  EXPECT_EQ(text, "text");
}

}  // namespace bight::http::response_test
