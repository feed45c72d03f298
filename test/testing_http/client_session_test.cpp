// What a client keeps between requests: cookies, credentials, counters; and what it shows of them.
#include <bight/http/client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/mock_http.hpp>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_session_test {

using bight::testing::mock_call;
using bight::testing::mock_http;
using test::scripted_server;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

client_options over(const mock_http& mock) {
  client_options options;
  options.transport = mock.transport();
  return options;
}

std::string sent(const mock_call& call, std::string_view name) {
  return std::string{call.headers.get(name).value_or("(none)")};
}

headers one_field(std::string_view name, std::string_view value) {
  headers fields;
  fields.append(name, value);
  return fields;
}

ASYNC_TEST(client_cookies, are_stored_and_sent_by_a_client_with_a_jar) {
  mock_http mock;
  mock.get("/login").respond(200, "", one_field("Set-Cookie", "id=7; Path=/"));
  auto& page = mock.get("/page").respond(200);
  auto options = over(mock);
  options.cookies = cookie_jar{};
  const auto jar = *options.cookies;
  client c{std::move(options)};
  co_await c.get("http://a.test/login");
  co_await c.get("http://a.test/page");
  co_await c.get("http://b.test/page");
  co_await c.get("http://a.test/page").cookie("mine", "1");
  EXPECT_EQ(sent(page.calls().at(0), "Cookie"), "id=7");
  EXPECT_EQ(sent(page.calls().at(1), "Cookie"), "(none)");
  EXPECT_EQ(sent(page.calls().at(2), "Cookie"), "mine=1; id=7");
  const url where{"http://a.test/page"};
  EXPECT_EQ(jar.get(where, "id")->value, "7");
}

ASYNC_TEST(client_cookies, of_a_redirect_are_stored_and_those_of_a_request_stay_at_their_origin) {
  mock_http mock;
  auto fields = one_field("Set-Cookie", "hop=1");
  fields.append("Location", "http://b.test/there");
  mock.get("http://a.test/").respond(302, "", fields);
  auto& there = mock.get("http://b.test/there").respond(302, "", one_field("Location", "http://a.test/end"));
  auto& end = mock.get("http://a.test/end").respond(200);
  auto options = over(mock);
  options.cookies = cookie_jar{};
  client c{std::move(options)};
  auto answer = co_await c.get("http://a.test/").cookie("mine", "secret");
  EXPECT_EQ(sent(there.calls().at(0), "Cookie"), "(none)");
  EXPECT_EQ(sent(end.calls().at(0), "Cookie"), "hop=1");
  CO_ASSERT_EQ(answer.history().size(), 2U);
  EXPECT_EQ(answer.history()[0].status, 302);
  EXPECT_EQ(answer.history()[0].headers.get("Set-Cookie"), "hop=1");
}

ASYNC_TEST(client_cookies, of_the_request_come_instead_of_those_of_that_name) {
  mock_http mock;
  auto& page = mock.get("/*").respond(200);
  auto options = over(mock);
  options.cookies = cookie_jar{};
  options.cookies->store(url{"http://a.test/"}, "id=jar");
  options.cookies->store(url{"http://a.test/"}, "other=jar");
  options.default_headers.set("Cookie", "lang=en");
  client c{std::move(options)};
  co_await c.get("http://a.test/").cookie("id", "mine");
  co_await c.get("http://a.test/");
  co_await c.get("http://b.test/");
  EXPECT_EQ(sent(page.calls().at(0), "Cookie"), "id=mine; other=jar");
  EXPECT_EQ(sent(page.calls().at(1), "Cookie"), "lang=en; id=jar; other=jar");
  EXPECT_EQ(sent(page.calls().at(2), "Cookie"), "lang=en");
}

// A login that renews the session and redirects would send its client round in circles.
ASYNC_TEST(client_cookies, of_the_request_end_where_a_redirect_sets_them) {
  mock_http mock;
  auto fields = one_field("Set-Cookie", "id=new; Path=/");
  fields.append("Location", "/end");
  mock.get("/start").respond(302, "", fields);
  auto& end = mock.get("/end").respond(200);
  auto options = over(mock);
  options.cookies = cookie_jar{};
  client c{std::move(options)};
  co_await c.get("http://a.test/start").cookie("id", "old").cookie("mine", "1");
  EXPECT_EQ(sent(end.calls().at(0), "Cookie"), "mine=1; id=new");
  client without_a_jar{over(mock)};
  co_await without_a_jar.get("http://a.test/start").cookie("id", "old");
  EXPECT_EQ(sent(end.calls().at(1), "Cookie"), "id=old");
}

ASYNC_TEST(client_cookies, without_a_jar_are_ignored) {
  mock_http mock;
  auto& page = mock.get("/").respond(200, "", one_field("Set-Cookie", "id=7"));
  client c{over(mock)};
  co_await c.get("http://a.test/");
  co_await c.get("http://a.test/");
  EXPECT_EQ(sent(page.calls().at(1), "Cookie"), "(none)");
}

ASYNC_TEST(client_auth, of_the_client_goes_to_the_origin_of_its_base_url_only) {
  mock_http mock;
  auto& all = mock.get("/*").respond(200);
  auto options = over(mock);
  options.base_url = url{"http://a.test/"};
  options.auth = bearer_auth{"token"};
  client c{std::move(options)};
  co_await c.get("x");
  co_await c.get("http://b.test/x");
  co_await c.get("x").basic_auth("ann", "pw");
  co_await c.get("x").header("Authorization", "Custom 1");
  EXPECT_EQ(sent(all.calls().at(0), "Authorization"), "Bearer token");
  EXPECT_EQ(sent(all.calls().at(1), "Authorization"), "(none)");
  EXPECT_THAT(sent(all.calls().at(2), "Authorization"), StartsWith("Basic "));
  EXPECT_EQ(sent(all.calls().at(3), "Authorization"), "Custom 1");
}

ASYNC_TEST(client_auth, does_not_follow_a_redirect_to_another_origin) {
  mock_http mock;
  mock.get("http://a.test/").respond(302, "", one_field("Location", "http://b.test/"));
  auto& other = mock.get("http://b.test/").respond(200);
  auto options = over(mock);
  options.auth = basic_auth{"ann", "secret"};
  client c{std::move(options)};
  co_await c.get("http://a.test/");
  EXPECT_EQ(sent(other.calls().at(0), "Authorization"), "(none)");
}

ASYNC_TEST(client_auth, netrc_has_a_login_for_each_host) {
  mock_http mock;
  auto& a = mock.get("http://a.test/").respond(302, "", one_field("Location", "http://b.test/"));
  auto& b = mock.get("http://b.test/").respond(302, "", one_field("Location", "http://c.test/"));
  auto& other = mock.get("http://c.test/").respond(200);
  auto options = over(mock);
  options.netrc = netrc::parse("machine a.test login ann password 1\nmachine b.test login bob password 2\n");
  client c{std::move(options)};
  co_await c.get("http://a.test/");
  EXPECT_EQ(sent(a.calls().at(0), "Authorization"), basic_auth("ann", "1").authorization());
  EXPECT_EQ(sent(b.calls().at(0), "Authorization"), basic_auth("bob", "2").authorization());
  EXPECT_EQ(sent(other.calls().at(0), "Authorization"), "(none)");
}

ASYNC_TEST(client_auth, digest_answers_a_challenge_once_and_the_next_request_at_once) {
  mock_http mock;
  auto& page = mock.post("/").respond([](const mock_call& call) {
    if (call.headers.contains("Authorization")) return response{200, call.body};
    return response{401, "", one_field("WWW-Authenticate", R"(Digest realm="r", nonce="n", qop="auth")")};
  });
  client c{over(mock)};
  auto first = co_await c.post("http://a.test/").text("body").digest_auth("ann", "pw");
  const auto text = co_await first.text();
  EXPECT_EQ(text, "body");
  EXPECT_EQ(page.call_count(), 2U);
  EXPECT_THAT(sent(page.calls().at(1), "Authorization"), HasSubstr("nc=00000001"));
  co_await c.post("http://a.test/").digest_auth("ann", "pw");
  EXPECT_EQ(page.call_count(), 3U);
  EXPECT_THAT(sent(page.calls().at(2), "Authorization"), HasSubstr("nc=00000002"));
}

ASYNC_TEST(client_auth, digest_with_a_wrong_password_ends_with_401) {
  mock_http mock;
  auto& page = mock.get("/").respond(
      401, "", one_field("WWW-Authenticate", R"(Digest realm="r", nonce="n", qop="auth")"));
  client c{over(mock)};
  auto answer = co_await c.get("http://a.test/").digest_auth("ann", "wrong");
  EXPECT_EQ(answer.status(), 401);
  EXPECT_EQ(page.call_count(), 2U);
}

ASYNC_TEST(client_hooks, see_every_request_and_response) {
  mock_http mock;
  mock.get("/a").respond(302, "", one_field("Location", "/b"));
  mock.get("/b").respond(200);
  std::vector<std::string> seen;
  auto options = over(mock);
  options.on_request = [&](const request& r) { seen.push_back("> " + std::string{r.url().path()}); };
  options.on_response = [&](const response& r) { seen.push_back("< " + std::to_string(r.status().code())); };
  client c{std::move(options)};
  co_await c.get("http://a.test/a");
  EXPECT_THAT(seen, ElementsAre("> /a", "< 302", "> /b", "< 200"));
}

ASYNC_TEST(client_metrics, count_calls_requests_redirects_retries_and_failures) {
  mock_http mock;
  mock.get("/a").respond(302, "", one_field("Location", "/b"));
  mock.get("/b").respond(503).respond(200);
  mock.get("/broken").fail(make_error_code(errc::malformed_header));
  auto options = over(mock);
  options.retries = retry_policy{};
  client c{std::move(options)};
  co_await c.get("http://a.test/a");
  const auto broken = co_await as_result(c.get("http://a.test/broken"));
  EXPECT_FALSE(broken);
  const auto m = c.metrics();
  EXPECT_EQ(m.calls, 2U);
  EXPECT_EQ(m.requests, 5U);
  EXPECT_EQ(m.redirects, 2U);
  EXPECT_EQ(m.retries, 1U);
  EXPECT_EQ(m.failed, 1U);
}

ASYNC_TEST(client_timeline, of_a_new_and_of_a_reused_connection) {
  auto server = scripted_server::always(test::ok("hello"));
  client c;
  auto first = co_await c.get(server->url());
  co_await first.bytes();
  const auto& t = first.timeline();
  CO_ASSERT_TRUE(t.connection != nullptr);
  EXPECT_FALSE(t.connection->reused);
  EXPECT_EQ(t.connection->network.attempts.size(), 1U);
  CO_ASSERT_TRUE(t.sent && t.head && t.end);
  EXPECT_LE(t.start, *t.sent);
  EXPECT_LE(*t.sent, *t.head);
  EXPECT_LE(*t.head, *t.end);
  auto second = co_await c.get(server->url());
  EXPECT_TRUE(second.timeline().connection == nullptr);
  EXPECT_EQ(c.metrics().connections.reused, 1U);
}

ASYNC_TEST(client_text, is_converted_to_utf8_and_bytes_are_not) {
  const auto answer = [](std::string body, std::string type) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\nContent-Type: " + type +
           "\r\n\r\n" + body;
  };
  auto latin = scripted_server::always(answer("caf\xe9", "text/plain; charset=iso-8859-1"));
  client c;
  auto r = co_await c.get(latin->url());
  const auto text = co_await r.text();
  EXPECT_EQ(text, "caf\xc3\xa9");
  auto again = co_await c.get(latin->url());
  const auto bytes = co_await again.bytes();
  EXPECT_EQ(bytes, "caf\xe9");
}

ASYNC_TEST(client_lines, are_yielded_without_their_ends) {
  auto server = scripted_server::always(test::ok("one\ntwo\r\nthree"));
  client c;
  auto r = co_await c.get(server->url());
  auto lines = r.lines();
  std::vector<std::string> all;
  auto line = co_await lines.next();
  while (line) {
    all.push_back(*line);
    line = co_await lines.next();
  }
  EXPECT_THAT(all, ElementsAre("one", "two", "three"));
}

class proxy_variable {
 public:
  explicit proxy_variable(const std::string& value) { ::setenv("http_proxy", value.c_str(), 1); }
  proxy_variable(const proxy_variable&) = delete;
  proxy_variable& operator=(const proxy_variable&) = delete;
  ~proxy_variable() { ::unsetenv("http_proxy"); }
};

ASYNC_TEST(client_proxy_environment, is_used_unless_told_otherwise_and_never_for_loopback) {
  auto proxy = scripted_server::always(test::ok("from the proxy"));
  const proxy_variable set{proxy->url()};
  client c;
  auto r = co_await c.get("http://far.invalid/page");
  const auto text = co_await r.bytes();
  EXPECT_EQ(text, "from the proxy");
  EXPECT_EQ(proxy->requests().at(0).start_line(), "GET http://far.invalid/page HTTP/1.1");
  auto server = scripted_server::always(test::ok("direct"));
  auto near = co_await c.get(server->url());
  const auto direct = co_await near.bytes();
  EXPECT_EQ(direct, "direct");
  client_options options;
  options.trust_environment = false;
  client alone{std::move(options)};
  const auto refused = co_await as_result(alone.get("http://far.invalid/"));
  EXPECT_FALSE(refused);
}

}  // namespace bight::http::client_session_test
