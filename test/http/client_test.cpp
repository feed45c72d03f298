// What a client sends, what it returns, and how it says what went wrong.
#include <bight/http/client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/run.hpp>
#include <bight/http/error.hpp>
#include <bight/http/server.hpp>
#include <bight/testing/async_test.hpp>
#include <optional>
#include <string>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_test {

using test::ok;
using test::raw_message;
using test::scripted_server;
using ::testing::HasSubstr;
using ::testing::Not;

ASYNC_TEST(client, get_returns_status_headers_url_and_body) {
  auto server = scripted_server::always(ok("hello", "X-Name: value\r\n"));
  client c;
  auto r = co_await c.get(server->url("/path?q=1#part"));
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.headers().get("x-name"), "value");
  EXPECT_EQ(r.url().href(), server->url("/path?q=1#part"));
  EXPECT_TRUE(r.history().empty());
  EXPECT_EQ(r.size_hint(), 5U);
  EXPECT_FALSE(r.deviates());
  const auto text = co_await r.text();
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(r.received(), 5U);
}

ASYNC_TEST(client, sends_the_usual_headers_in_an_origin_form_request) {
  auto server = scripted_server::always(ok(""));
  client c;
  co_await c.get(server->url("/a%20b?q=1#fragment"));
  CO_ASSERT_EQ(server->requests().size(), 1U);
  const auto& sent = server->requests()[0];
  EXPECT_EQ(sent.start_line(), "GET /a%20b?q=1 HTTP/1.1");
  EXPECT_EQ(sent.field("Host"), server->authority());
  EXPECT_EQ(sent.field("User-Agent"), "bight/0.1");
  EXPECT_EQ(sent.field("Accept"), "*/*");
  EXPECT_EQ(sent.field("Accept-Encoding"), "gzip, deflate, br, zstd");
  EXPECT_FALSE(sent.has("Content-Length"));
  EXPECT_THAT(sent.head, Not(HasSubstr("fragment")));
}

ASYNC_TEST(client, credentials_of_the_url_are_sent_as_basic_and_not_as_part_of_host) {
  auto server = scripted_server::always(ok(""));
  client c;
  co_await c.get("http://user:secret@" + server->authority() + "/");
  CO_ASSERT_EQ(server->requests().size(), 1U);
  EXPECT_EQ(server->requests()[0].field("Host"), server->authority());
  EXPECT_THAT(server->requests()[0].head, Not(HasSubstr("secret")));
  EXPECT_EQ(server->requests()[0].field("Authorization"), "Basic dXNlcjpzZWNyZXQ=");
  EXPECT_EQ(server->requests()[0].field("User-Agent"), "bight/0.1");
}

ASYNC_TEST(client, proxy_credentials_of_a_request_do_not_reach_a_server) {
  auto server = scripted_server::always(ok(""));
  client c;
  co_await c.get(server->url()).header("Proxy-Authorization", "Basic secret");
  EXPECT_FALSE(server->requests().at(0).has("Proxy-Authorization"));
}

ASYNC_TEST(client, headers_of_the_request_replace_the_defaults) {
  auto server = scripted_server::always(ok(""));
  client_options options;
  options.user_agent = "mine/1";
  options.default_headers.set("X-Default", "one");
  options.default_headers.set("Accept", "text/html");
  client c{options};
  request r{url{server->url()}};
  r.headers().set("x-default", "two");
  r.headers().set("Host", "elsewhere");
  co_await c.send(r);
  co_await c.get(server->url());
  CO_ASSERT_EQ(server->requests().size(), 2U);
  const auto& own = server->requests()[0];
  EXPECT_EQ(own.field("x-default"), "two");
  EXPECT_FALSE(own.has("X-Default"));
  EXPECT_EQ(own.field("Host"), "elsewhere");
  EXPECT_EQ(own.count("Host:"), 1U);
  EXPECT_EQ(own.field("Accept"), "text/html");
  EXPECT_EQ(own.field("User-Agent"), "mine/1");
  const auto& plain = server->requests()[1];
  EXPECT_EQ(plain.field("X-Default"), "one");
  EXPECT_EQ(plain.field("Accept"), "text/html");
  EXPECT_EQ(plain.count("Accept:"), 1U);
}

ASYNC_TEST(client, without_decode_it_asks_for_no_coding_and_undoes_none) {
  auto server = scripted_server::always(ok("raw bytes", "Content-Encoding: gzip\r\n"));
  client_options options;
  options.decode = false;
  client c{options};
  auto r = co_await c.get(server->url());
  const auto text = co_await r.text();
  EXPECT_EQ(text, "raw bytes");
  EXPECT_FALSE(server->requests().at(0).has("Accept-Encoding"));
}

// A part of a compressed body could not be decoded.
ASYNC_TEST(client, a_range_is_asked_for_without_codings) {
  auto server = scripted_server::always(ok(""));
  client c;
  co_await c.get(server->url()).header("Range", "bytes=0-9");
  co_await c.get(server->url()).header("Range", "bytes=0-9").header("Accept-Encoding", "br");
  client_options options;
  options.default_headers.set("Accept-Encoding", "gzip");
  client own{options};
  co_await own.get(server->url()).header("Range", "bytes=0-9");
  CO_ASSERT_EQ(server->requests().size(), 3U);
  EXPECT_EQ(server->requests()[0].field("Accept-Encoding"), "identity");
  EXPECT_EQ(server->requests()[1].field("Accept-Encoding"), "br");
  EXPECT_EQ(server->requests()[2].field("Accept-Encoding"), "gzip");
}

ASYNC_TEST(client, head_says_how_long_the_body_would_be) {
  auto plain = scripted_server::always("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
  auto coded =
      scripted_server::always("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n");
  client c;
  auto r = co_await c.head(plain->url());
  EXPECT_EQ(r.size_hint(), 1234U);
  const auto text = co_await r.text();
  EXPECT_EQ(text, "");
  const auto of_coded = co_await c.head(coded->url());
  EXPECT_EQ(of_coded.size_hint(), 0U);
}

ASYNC_TEST(client, post_sends_the_body_with_its_length) {
  auto server = scripted_server::always(ok("done"));
  client c;
  request r{method::post, url{server->url("/items")}};
  r.headers().set("Content-Type", "application/json");
  r.set_body(R"({"name":"bight"})");
  auto answer = co_await c.send(r);
  EXPECT_EQ(answer.status(), 200);
  CO_ASSERT_EQ(server->requests().size(), 1U);
  const auto& sent = server->requests()[0];
  EXPECT_EQ(sent.start_line(), "POST /items HTTP/1.1");
  EXPECT_EQ(sent.field("Content-Length"), "16");
  EXPECT_EQ(sent.field("Content-Type"), "application/json");
  EXPECT_EQ(sent.body, R"({"name":"bight"})");
}

ASYNC_TEST(client, a_post_without_body_says_so) {
  auto server = scripted_server::always(ok(""));
  client c;
  co_await c.send(request(method::post, url(server->url())));
  co_await c.send(request(method::delete_, url(server->url())));
  CO_ASSERT_EQ(server->requests().size(), 2U);
  EXPECT_EQ(server->requests()[0].field("Content-Length"), "0");
  EXPECT_FALSE(server->requests()[1].has("Content-Length"));
}

ASYNC_TEST(client, a_body_of_megabytes_arrives_intact) {
  const std::string big = test::pattern(3'000'000);
  auto server =
      scripted_server::answering([](const raw_message& m) { return ok(std::to_string(m.body.size())); });
  client c;
  request r{method::put, url{server->url()}};
  r.set_body(big);
  auto answer = co_await c.send(r);
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "3000000");
  EXPECT_TRUE(server->requests().at(0).body == big);
}

ASYNC_TEST(client, a_length_that_is_not_the_bodys_is_refused) {
  auto server = scripted_server::always(ok(""));
  client c;
  request r{method::post, url{server->url()}};
  r.set_body("12345");
  r.headers().set("Content-Length", "3");
  const auto wrong = co_await test::error_of(c.send(r));
  EXPECT_EQ(wrong.code(), errc::invalid_header);
  EXPECT_THAT(wrong.what(), HasSubstr("Content-Length"));
  r.headers().remove("Content-Length");
  r.headers().set("Transfer-Encoding", "chunked");
  const auto coded = co_await test::error_of(c.send(r));
  EXPECT_EQ(coded.code(), errc::invalid_header);
  EXPECT_THAT(coded.what(), HasSubstr("Transfer-Encoding"));
  r.headers().remove("Transfer-Encoding");
  r.headers().set("Content-Length", "5");
  auto right = co_await c.send(r);
  EXPECT_EQ(right.status(), 200);
  EXPECT_EQ(server->requests().size(), 1U);
}

TEST(client, default_headers_that_belong_to_one_request_are_refused) {
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding"}) {
    client_options options;
    options.default_headers.set(name, "1");
    EXPECT_THROW(client{options}, boost::system::system_error) << name;
  }
}

TEST(client, a_line_break_cannot_be_put_into_a_request) {
  request r{url{"http://localhost/a\r\nX-Injected: 1"}};
  EXPECT_EQ(r.url().request_target(), "/aX-Injected:%201");  // WHATWG: line breaks in URLs are dropped
  for (const char* value : {"a\r\nX-Injected: 1", "a\nb", "a\rb", "\r\n"})
    EXPECT_THROW(r.headers().set("X-Header", value), boost::system::system_error);
  EXPECT_THROW(r.headers().set("X-Header", std::string_view("a\0b", 3)), boost::system::system_error);
  EXPECT_THROW(r.headers().set("X-He ader", "a"), boost::system::system_error);
  EXPECT_THROW(r.headers().set("X:Y", "a"), boost::system::system_error);
  client_options options;
  options.user_agent = "a\r\nX-Injected: 1";
  EXPECT_THROW(client{options}, boost::system::system_error);
}

ASYNC_TEST(client, a_method_of_ones_own_is_sent) {
  auto server = scripted_server::always(ok(""));
  client c;
  const auto purge = method::parse("PURGE");
  CO_ASSERT_TRUE(purge);
  co_await c.send(request(*purge, url(server->url("/x"))));
  EXPECT_EQ(server->requests().at(0).start_line(), "PURGE /x HTTP/1.1");
}

ASYNC_TEST(client, a_bad_url_is_an_error_of_the_await_that_quotes_it) {
  client c;
  const auto nonsense = co_await test::error_of(c.get("no url at all"));
  EXPECT_EQ(nonsense.code(), errc::invalid_url);
  EXPECT_THAT(nonsense.what(), HasSubstr("no url at all"));
  const auto empty = co_await as_result(c.get(""));
  CO_ASSERT_TRUE(empty.has_error());
  EXPECT_EQ(empty.error(), errc::invalid_url);
}

ASYNC_TEST(client, other_schemes_are_refused_by_name) {
  client c;
  for (const char* where : {"ftp://localhost/x", "file:///etc/passwd", "data:,x", "ws://localhost/"}) {
    const auto e = co_await test::error_of(c.get(where));
    EXPECT_EQ(e.code(), errc::unsupported_scheme) << where;
    EXPECT_THAT(e.what(), HasSubstr(where));
  }
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client, a_refused_connection_names_url_and_reason) {
  client c;
  const auto where = "http://127.0.0.1:" + std::to_string(test::closed_port()) + "/page";
  const auto e = co_await test::error_of(c.get(where));
  EXPECT_EQ(e.code(), boost::system::errc::connection_refused);
  EXPECT_THAT(e.what(), HasSubstr(where));
  EXPECT_THAT(e.what(), HasSubstr("refused"));
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client, an_unknown_host_names_url_and_host) {
  client c;
  const auto e = co_await test::error_of(c.get("http://no-such-host.invalid/"));
  EXPECT_THAT(e.what(), HasSubstr("http://no-such-host.invalid/"));
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client, a_resolver_of_ones_own_is_asked) {
  auto server = scripted_server::always(ok("found"));
  client_options options;
  options.resolver.emplace();
  options.resolver->set_static("made-up.example", {net::ip_address::loopback()});
  client c{options};
  auto r = co_await c.get("http://made-up.example:" + std::to_string(server->port()) + "/");
  const auto text = co_await r.text();
  EXPECT_EQ(text, "found");
  EXPECT_EQ(server->requests().at(0).field("Host"), "made-up.example:" + std::to_string(server->port()));
}

ASYNC_TEST(client, copies_share_the_connections) {
  auto server = scripted_server::always(ok("x"));
  client first;
  client second = first;
  auto a = co_await first.get(server->url());
  co_await a.text();
  EXPECT_EQ(second.idle_connections(), 1U);
  auto b = co_await second.get(server->url());
  co_await b.text();
  EXPECT_EQ(server->accepted(), 1U);
}

ASYNC_TEST(client, speaks_with_our_server) {
  server_options options;
  server s{[](server_request& request) -> awaitable<server_response> {
             std::string body = co_await request.text();
             co_return server_response{
                 200, std::string{request.method().name()} + " " + std::string{request.path()} + " " + body};
           },
           options};
  net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
  const auto base = "http://" + listener.local_endpoint().to_string();
  auto serving = spawn([&] { return s.serve(std::move(listener)); });
  client c;
  for (int i = 0; i != 3; ++i) {
    auto r = co_await c.get(base + "/one");
    const auto text = co_await r.text();
    EXPECT_EQ(text, "GET /one ");
  }
  request post{method::post, url{base + "/two"}};
  post.set_body("payload");
  auto r = co_await c.send(post);
  const auto text = co_await r.text();
  EXPECT_EQ(text, "POST /two payload");
  EXPECT_EQ(c.connections(), 1U);
  EXPECT_EQ(s.requests(), 4U);
  s.stop();
  co_await serving;
}

TEST(client, may_be_destroyed_after_its_loop) {
  std::optional<client> c;
  std::optional<response> unread;
  run([&]() -> awaitable<void> {
    auto server = scripted_server::always(ok("some text"));
    c.emplace();
    auto r = co_await c->get(server->url());
    co_await r.text();
    EXPECT_EQ(c->idle_connections(), 1U);
    unread = co_await c->get(server->url());
  });
  EXPECT_EQ(c->idle_connections(), 0U);
  unread.reset();
  EXPECT_EQ(c->connections(), 0U);
}

TEST(client, works_on_one_loop_after_another) {
  client c;
  for (int i = 0; i != 2; ++i) {
    run([&]() -> awaitable<void> {
      auto server = scripted_server::always(ok("again"));
      auto r = co_await c.get(server->url());
      const auto text = co_await r.text();
      EXPECT_EQ(text, "again");
    });
    EXPECT_EQ(c.connections(), 0U);
  }
}

}  // namespace bight::http::client_test
