// The client and httpbin under gunicorn.
#include <bight/http/client.hpp>

#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/task_group.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/peers.hpp"
#include "support/sockets.hpp"

namespace bight::http::peers_httpbin_test {

using namespace std::chrono_literals;
using test::get;
using test::httpbin;
using test::send;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class peers_httpbin : public test::with_peers<httpbin> {
 public:
  static std::string at(std::string_view path) { return httpbin::instance().url(path); }
};

// The URL of a path with a user name and a password.
std::string with_login(std::string_view login, std::string_view path) {
  return std::string{"http://"}
      .append(login)
      .append("@")
      .append(httpbin::instance().authority())
      .append(path);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// JSON in which that member has a value that begins so.
::testing::Matcher<std::string> member(const std::string& name, const std::string& value) {
  return ::testing::AnyOf(HasSubstr(quoted(name) + ':' + value), HasSubstr(quoted(name) + ": " + value));
}

ASYNC_TEST_F(peers_httpbin, get_sends_the_query_and_the_default_headers) {
  client c;
  const auto r = co_await get(c, at("/get?name=a%20b&name=%C3%A4"));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.at("Content-Type"), "application/json");
  EXPECT_THAT(r.at("Server"), StartsWith("gunicorn"));
  EXPECT_THAT(r.text, HasSubstr(R"("a b")"));
  EXPECT_THAT(r.text, HasSubstr(R"("\u00e4")"));
  EXPECT_THAT(r.text, member("Host", quoted(httpbin::instance().authority())));
  EXPECT_THAT(r.text, member("User-Agent", R"("bight/)"));
  EXPECT_THAT(r.text, member("Accept-Encoding", R"("gzip, deflate)"));
}

ASYNC_TEST_F(peers_httpbin, headers_arrive_as_they_were_set) {
  client c;
  headers fields;
  fields.set("X-Plain", "value");
  fields.set("X-Empty", "");
  fields.set("User-Agent", "somebody/1");
  fields.append("X-Twice", "1");
  fields.append("X-Twice", "2");
  const auto r = co_await get(c, at("/headers"), fields);
  EXPECT_THAT(r.text, member("X-Plain", R"("value")"));
  EXPECT_THAT(r.text, member("X-Empty", R"("")"));
  EXPECT_THAT(r.text, member("X-Twice", R"("1,2")"));
  EXPECT_THAT(r.text, AllOf(HasSubstr("somebody/1"), Not(HasSubstr("bight/"))));
}

ASYNC_TEST_F(peers_httpbin, headers_of_a_response_are_read) {
  client c;
  const auto r = co_await get(c, at("/response-headers?X-One=1&X-Two=a&X-Two=b"));
  EXPECT_EQ(r.at("X-One"), "1");
  std::vector<std::string> both;
  for (const auto value : r.fields.get_all("x-two")) both.emplace_back(value);
  EXPECT_THAT(both, ::testing::ElementsAre("a", "b"));
}

ASYNC_TEST_F(peers_httpbin, status_codes_are_returned) {
  client c;
  for (const int code : {200, 201, 202, 204, 304, 400, 403, 404, 405, 410, 418, 429, 500, 502, 503}) {
    const auto r = co_await get(c, at("/status/" + std::to_string(code)));
    EXPECT_EQ(r.status, code);
  }
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_httpbin, methods_carry_bodies) {
  client c;
  const auto post = co_await send(c, method::post, at("/post"), "name=value");
  EXPECT_THAT(post.text, member("data", R"("name=value")"));
  EXPECT_THAT(post.text, member("Content-Length", R"("10")"));
  const auto put = co_await send(c, method::put, at("/put"), "{\"a\": [1, 2]}");
  EXPECT_THAT(put.text, member("json", "{"));
  const auto patch = co_await send(c, method::patch, at("/patch"), "text");
  EXPECT_THAT(patch.text, member("data", R"("text")"));
  const auto removed = co_await send(c, method::delete_, at("/delete"));
  EXPECT_EQ(removed.status, 200);
  const auto wrong = co_await send(c, method::post, at("/get"), "text");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_THAT(wrong.at("Allow"), HasSubstr("GET"));
  const auto head = co_await send(c, method::head, at("/get"));
  EXPECT_EQ(head.text, "");
  EXPECT_NE(head.at("Content-Length"), "0");
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_httpbin, a_large_body_comes_back) {
  client c;
  const std::string text(300'000, 't');
  const auto r = co_await send(c, method::post, at("/anything"), text);
  EXPECT_THAT(r.text.size(), ::testing::Gt(text.size()));
  EXPECT_TRUE(r.text.find(text) != r.text.npos);
}

awaitable<void> write_pieces(body_writer& w) {
  for (int i = 0; i != 5; ++i) {
    const auto piece = "piece " + std::to_string(i) + ';';
    co_await w.write(piece);
  }
}

ASYNC_TEST_F(peers_httpbin, a_body_of_unknown_size_is_sent_in_chunks) {
  client c;
  request r{method::post, url{at("/post")}};
  r.set_body(body::produce(write_pieces));
  auto got = co_await c.send(std::move(r));
  const auto all = co_await test::finish(std::move(got));
  EXPECT_THAT(all.text, member("Transfer-Encoding", R"("chunked")"));
  EXPECT_THAT(all.text, member("data", R"("piece 0;piece 1;piece 2;piece 3;piece 4;")"));
}

ASYNC_TEST_F(peers_httpbin, relative_and_absolute_redirects_are_followed) {
  client c;
  for (const std::string_view path : {"/redirect/3", "/relative-redirect/3", "/absolute-redirect/3"}) {
    auto r = co_await c.get(at(path));
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.url().href(), at("/get"));
    EXPECT_EQ(r.history().size(), 3U);
    const auto text = co_await r.text();
    EXPECT_THAT(text, member("url", quoted(at("/get"))));
  }
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_httpbin, a_redirect_keeps_or_changes_the_method_by_its_status) {
  client c;
  for (const int code : {301, 302, 303}) {
    const auto path = "/redirect-to?url=%2Fanything&status_code=" + std::to_string(code);
    const auto r = co_await send(c, method::post, at(path), "text");
    EXPECT_THAT(r.text, member("method", R"("GET")")) << code;
    EXPECT_THAT(r.text, member("data", R"("")")) << code;
  }
  for (const int code : {307, 308}) {
    const auto path = "/redirect-to?url=%2Fanything&status_code=" + std::to_string(code);
    const auto r = co_await send(c, method::post, at(path), "text");
    EXPECT_THAT(r.text, member("method", R"("POST")")) << code;
    EXPECT_THAT(r.text, member("data", R"("text")")) << code;
  }
}

ASYNC_TEST_F(peers_httpbin, too_many_redirects_are_an_error) {
  client c;
  const auto error = co_await test::error_of(c.get(at("/redirect/11")));
  EXPECT_EQ(error.code(), errc::too_many_redirects);
  const auto most = co_await get(c, at("/redirect/10"));
  EXPECT_EQ(most.status, 200);
}

ASYNC_TEST_F(peers_httpbin, gzip_and_deflate_are_undone) {
  client c;
  const auto zipped = co_await get(c, at("/gzip"));
  EXPECT_EQ(zipped.at("Content-Encoding"), "gzip");
  EXPECT_THAT(zipped.text, member("gzipped", "true"));
  const auto deflated = co_await get(c, at("/deflate"));
  EXPECT_EQ(deflated.at("Content-Encoding"), "deflate");
  EXPECT_THAT(deflated.text, member("deflated", "true"));
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_httpbin, an_image_arrives_unchanged) {
  client c;
  const auto image = co_await get(c, at("/image/png"));
  EXPECT_THAT(image.text, StartsWith("\x89PNG\r\n"));
  EXPECT_EQ(image.at("Content-Length"), std::to_string(image.text.size()));
}

// It sends a byte at a time with pauses between them.
ASYNC_TEST_F(peers_httpbin, a_body_that_drips_is_read_as_it_comes) {
  client c;
  auto r = co_await c.get(at("/drip?duration=0.2&numbytes=5&delay=0"));
  EXPECT_EQ(r.size_hint(), 5U);
  std::string text;
  int pieces = 0;
  while (true) {
    const auto piece = co_await r.read_piece();
    if (piece.empty()) break;
    text.append(piece);
    ++pieces;
  }
  EXPECT_EQ(text, "*****");
  EXPECT_GT(pieces, 1);
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST_F(peers_httpbin, a_pause_in_the_body_beyond_the_timeout_is_an_error) {
  client_options options;
  options.timeouts.read = 50ms;
  client c{options};
  auto r = co_await c.get(at("/drip?duration=5&numbytes=2&delay=0"));
  const auto first = co_await r.read_piece();
  EXPECT_EQ(first, "*");
  bool timed_out = false;
  try {
    static_cast<void>(co_await r.text());
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST_F(peers_httpbin, a_late_response_is_a_timeout) {
  client_options options;
  options.timeouts.first_byte = 50ms;
  client c{options};
  bool timed_out = false;
  try {
    static_cast<void>(co_await c.get(at("/delay/1")));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST_F(peers_httpbin, ranges_are_parts_of_the_whole) {
  client c;
  const auto whole = co_await get(c, at("/range/1024"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.text.size(), 1024U);
  EXPECT_THAT(whole.text, StartsWith("abcdefghijklmnopqrstuvwxyzabc"));
  headers fields;
  fields.set("Range", "bytes=26-51");
  const auto part = co_await get(c, at("/range/1024"), fields);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.at("Content-Range"), "bytes 26-51/1024");
  EXPECT_EQ(part.text, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(part.at("ETag"), whole.at("ETag"));
  fields.set("Range", "bytes=1024-");
  const auto beyond = co_await get(c, at("/range/1024"), fields);
  EXPECT_EQ(beyond.status, 416);
}

ASYNC_TEST_F(peers_httpbin, a_stream_of_lines_is_chunked) {
  client c;
  const auto r = co_await get(c, at("/stream/20"));
  EXPECT_EQ(r.at("Transfer-Encoding"), "chunked");
  EXPECT_EQ(std::count(r.text.begin(), r.text.end(), '\n'), 20);
  EXPECT_THAT(r.text, member("id", "19"));
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST_F(peers_httpbin, the_same_bytes_come_whole_and_in_chunks_of_any_size) {
  client c;
  const auto whole = co_await get(c, at("/bytes/5000?seed=7"));
  EXPECT_EQ(whole.text.size(), 5000U);
  const auto again = co_await get(c, at("/bytes/5000?seed=7"));
  EXPECT_TRUE(whole.text == again.text);
  const auto large = co_await get(c, at("/stream-bytes/5000?seed=7"));
  for (const int size : {7, 1000, 4999}) {
    const auto r = co_await get(c, at("/stream-bytes/5000?seed=7&chunk_size=" + std::to_string(size)));
    EXPECT_EQ(r.at("Transfer-Encoding"), "chunked");
    EXPECT_TRUE(r.text == large.text) << size;
  }
}

ASYNC_TEST_F(peers_httpbin, the_login_of_a_url_is_basic_authentication) {
  client c;
  const auto right =
      co_await get(c, with_login("some%20user:p%40ss%3Aword", "/basic-auth/some%20user/p%40ss%3Aword"));
  EXPECT_EQ(right.status, 200);
  EXPECT_THAT(right.text, member("authenticated", "true"));
  const auto wrong = co_await get(c, with_login("user:other", "/basic-auth/user/password"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.at("WWW-Authenticate"), "Basic realm=\"Fake Realm\"");
  const auto none = co_await get(c, at("/basic-auth/user/password"));
  EXPECT_EQ(none.status, 401);
  const auto hidden = co_await get(c, with_login("user:password", "/hidden-basic-auth/user/password"));
  EXPECT_EQ(hidden.status, 200);
  const auto bearer = co_await get(c, at("/bearer"));
  EXPECT_EQ(bearer.status, 401);
}

ASYNC_TEST_F(peers_httpbin, what_has_not_changed_is_304) {
  client c;
  headers fields;
  fields.set("If-None-Match", "\"tag\"");
  const auto same = co_await get(c, at("/etag/tag"), fields);
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.text, "");
  const auto other = co_await get(c, at("/etag/another"), fields);
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.at("ETag"), "another");  // without the quotes that it should have
}

awaitable<void> get_delayed(client& c, int& done) {
  const auto r = co_await get(c, peers_httpbin::at("/delay/0.1"));
  if (r.status == 200) ++done;
}

ASYNC_TEST_F(peers_httpbin, many_slow_requests_wait_at_the_same_time) {
  client c;
  int done = 0;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 12; ++i) group.spawn(get_delayed, std::ref(c), std::ref(done)).detach();
    co_return;
  });
  EXPECT_EQ(done, 12);
  EXPECT_EQ(c.connections(), 12U);
}

}  // namespace bight::http::peers_httpbin_test
