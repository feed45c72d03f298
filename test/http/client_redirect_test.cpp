// What a client makes of 3xx responses (RFC 9110 15.4; Fetch standard, HTTP-redirect fetch).
#include <bight/http/client.hpp>

#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_redirect_test {

using namespace std::chrono_literals;
using test::ok;
using test::peer;
using test::raw_message;
using test::scripted_server;
using ::testing::HasSubstr;
using ::testing::Not;

std::string redirect(int code, std::string_view location, std::string_view body = {}) {
  return "HTTP/1.1 " + std::to_string(code) + " Moved\r\nLocation: " + std::string{location} +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string path_of(const raw_message& m) {
  const auto line = m.start_line();
  const auto from = line.find(' ') + 1;
  return line.substr(from, line.find(' ', from) - from);
}

// Redirects the paths of `to`, and tells the others what it was asked.
std::unique_ptr<scripted_server> redirecting(int code, std::map<std::string, std::string> to) {
  return scripted_server::answering([code, to = std::move(to)](const raw_message& m) {
    const auto found = to.find(path_of(m));
    if (found != to.end()) return redirect(code, found->second);
    return ok(m.start_line());
  });
}

ASYNC_TEST(client_redirect, is_followed_on_the_same_connection) {
  auto server = redirecting(302, {{"/a", "/b"}, {"/b", "/c"}});
  client c;
  auto r = co_await c.get(server->url("/a"));
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.url().href(), server->url("/c"));
  CO_ASSERT_EQ(r.history().size(), 2U);
  EXPECT_EQ(r.history()[0].url.href(), server->url("/a"));
  EXPECT_EQ(r.history()[1].url.href(), server->url("/b"));
  const auto text = co_await r.text();
  EXPECT_EQ(text, "GET /c HTTP/1.1");
  EXPECT_EQ(server->accepted(), 1U);
}

struct method_rule {
  int code;
  method asked;
  std::string_view then;
  bool body_kept;
};

ASYNC_TEST(client_redirect, method_and_body_follow_the_rules_of_the_status) {
  const std::vector<method_rule> rules = {
      {301, method::post, "GET", false},      {302, method::post, "GET", false},
      {303, method::post, "GET", false},      {307, method::post, "POST", true},
      {308, method::post, "POST", true},      {301, method::put, "PUT", true},
      {302, method::put, "PUT", true},        {303, method::put, "GET", false},
      {307, method::put, "PUT", true},        {303, method::delete_, "GET", false},
      {302, method::delete_, "DELETE", true}, {301, method::get, "GET", true}};
  client c;
  for (const auto& rule : rules) {
    auto server = redirecting(rule.code, {{"/from", "/to"}});
    request r{rule.asked, url{server->url("/from")}};
    r.set_body("data");
    r.headers().set("Content-Type", "text/plain");
    r.headers().set("Content-Language", "en");
    r.headers().set("Content-Length", "4");
    r.headers().set("X-Other", "stays");
    auto answer = co_await c.send(r);
    const auto text = co_await answer.text();
    const auto what = std::to_string(rule.code) + " " + std::string{rule.asked.name()};
    EXPECT_EQ(text, std::string{rule.then} + " /to HTTP/1.1") << what;
    CO_ASSERT_EQ(server->requests().size(), 2U);
    const auto& second = server->requests()[1];
    EXPECT_EQ(second.body, rule.body_kept ? "data" : "") << what;
    EXPECT_EQ(second.has("Content-Type"), rule.body_kept) << what;
    EXPECT_EQ(second.has("Content-Language"), rule.body_kept) << what;
    EXPECT_EQ(second.has("Content-Length"), rule.body_kept) << what;
    EXPECT_EQ(second.field("X-Other"), "stays") << what;
  }
}

ASYNC_TEST(client_redirect, head_stays_head) {
  client c;
  for (const int code : {301, 302, 303, 307, 308}) {
    auto server = scripted_server::answering([code](const raw_message& m) {
      return path_of(m) == "/from" ? redirect(code, "/to")
                                   : std::string{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"};
    });
    auto r = co_await c.send(request(method::head, url(server->url("/from"))));
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(server->requests().at(1).start_line(), "HEAD /to HTTP/1.1") << code;
  }
}

ASYNC_TEST(client_redirect, other_statuses_and_a_missing_location_are_responses) {
  client c;
  for (const int code : {300, 304, 305, 306, 399}) {
    auto server = redirecting(code, {{"/from", "/to"}});
    auto r = co_await c.get(server->url("/from"));
    EXPECT_EQ(r.status(), code);
    EXPECT_TRUE(r.history().empty());
  }
  auto bare = scripted_server::always("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
  auto r = co_await c.get(bare->url());
  EXPECT_EQ(r.status(), 302);
}

ASYNC_TEST(client_redirect, an_empty_location_is_no_redirect) {
  client c;
  for (const char* value : {"", " ", "\t"}) {
    auto server = redirecting(302, {{"/a", value}});
    auto r = co_await c.get(server->url("/a"));
    EXPECT_EQ(r.status(), 302);
    EXPECT_EQ(r.url().href(), server->url("/a"));
    EXPECT_EQ(r.headers().get("Location"), "");
    EXPECT_TRUE(r.history().empty());
    EXPECT_EQ(server->requests().size(), 1U);
  }
}

ASYNC_TEST(client_redirect, location_is_resolved_against_the_url_it_came_from) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"next", "/dir/next"},          {"../up", "/up"},
      {"?q=2", "/dir/page?q=2"},      {"/abs?x", "/abs?x"},
      {"./a/../b", "/dir/b"},         {"a b", "/dir/a%20b"},
      {"//AUTHORITY/net", "/net"},    {"http://AUTHORITY/full", "/full"},
      {"/caf\xc3\xa9", "/caf%C3%A9"}, {"/caf\xe9?\xe9", "/caf%E9?%E9"}};
  client c;
  for (const auto& one : cases) {
    const auto& location = one.first;
    const auto& path = one.second;
    auto target = scripted_server::answering([&](const raw_message& m) {
      if (path_of(m) != "/dir/page?q=1") return ok("");
      std::string where = location;
      if (const auto at = where.find("AUTHORITY"); at != where.npos) where.replace(at, 9, m.field("Host"));
      return redirect(302, where);
    });
    auto r = co_await c.get(target->url("/dir/page?q=1"));
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.url().href(), target->url(path)) << location;
  }
}

ASYNC_TEST(client_redirect, a_fragment_is_inherited_unless_there_is_a_new_one) {
  auto server = redirecting(302, {{"/a", "/b"}, {"/c", "/d#new"}});
  client c;
  auto inherited = co_await c.get(server->url("/a#old"));
  EXPECT_EQ(inherited.url().href(), server->url("/b#old"));
  auto replaced = co_await c.get(server->url("/c#old"));
  EXPECT_EQ(replaced.url().href(), server->url("/d#new"));
}

ASYNC_TEST(client_redirect, credentials_stay_with_their_origin) {
  auto other = scripted_server::always(ok(""));
  auto server = scripted_server::answering([&](const raw_message& m) {
    if (path_of(m) == "/away") return redirect(307, other->url("/there"));
    if (path_of(m) == "/near") return redirect(307, "/here");
    return ok("");
  });
  client_options options;
  options.default_headers.set("X-Default", "kept");
  client c{options};
  for (const char* path : {"/near", "/away"}) {
    request r{url{server->url(path)}};
    r.headers().set("Authorization", "Bearer secret");
    r.headers().set("Cookie", "id=secret");
    r.headers().set("Proxy-Authorization", "Basic secret");
    r.headers().set("Host", server->authority());
    r.headers().set("X-Own", "kept");
    co_await c.send(r);
  }
  CO_ASSERT_EQ(server->requests().size(), 3U);
  EXPECT_EQ(server->requests()[1].field("Authorization"), "Bearer secret");
  EXPECT_EQ(server->requests()[1].field("Cookie"), "id=secret");
  CO_ASSERT_EQ(other->requests().size(), 1U);
  const auto& foreign = other->requests()[0];
  EXPECT_THAT(foreign.head, Not(HasSubstr("secret")));
  EXPECT_EQ(foreign.field("Host"), other->authority());
  EXPECT_EQ(foreign.field("X-Own"), "kept");
  EXPECT_EQ(foreign.field("X-Default"), "kept");
}

ASYNC_TEST(client_redirect, default_credentials_do_not_leave_their_origin_either) {
  auto other = scripted_server::always(ok(""));
  auto server =
      scripted_server::answering([&](const raw_message&) { return redirect(302, other->url("/there")); });
  client_options options;
  options.default_headers.set("Authorization", "Bearer secret");
  options.default_headers.set("cookie", "id=secret");
  client c{options};
  co_await c.get(server->url());
  EXPECT_EQ(server->requests().at(0).field("Authorization"), "Bearer secret");
  CO_ASSERT_EQ(other->requests().size(), 1U);
  EXPECT_THAT(other->requests()[0].head, Not(HasSubstr("secret")));
  EXPECT_EQ(other->requests()[0].field("User-Agent"), "bight/0.1");
  co_await c.get(other->url());  // asked for directly, it is their origin
  EXPECT_EQ(other->requests().at(1).field("Authorization"), "Bearer secret");
}

// RFC 7617, and https://fetch.spec.whatwg.org/#http-network-or-cache-fetch.
ASYNC_TEST(client_redirect, user_and_password_of_the_url_go_to_its_origin_only) {
  auto other = scripted_server::always(ok(""));
  std::string own;
  auto server = scripted_server::answering([&](const raw_message& m) {
    if (path_of(m) == "/near") return redirect(307, "/here");
    if (path_of(m) == "/full") return redirect(307, "http://" + own + "/here");
    if (path_of(m) == "/away") return redirect(307, other->url("/there"));
    return ok("");
  });
  own = server->authority();
  client_options options;
  options.default_headers.set("Authorization", "Bearer of-every-day");
  client c{options};
  for (const char* path : {"/near", "/full", "/away"})
    co_await c.get("http://Aladdin:open%20sesame@" + own + path);
  CO_ASSERT_EQ(server->requests().size(), 5U);
  for (const auto& m : server->requests()) {
    EXPECT_EQ(m.field("Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") << m.head;
    EXPECT_EQ(m.count("Authorization"), 1U);
    EXPECT_EQ(m.field("Host"), own);
    EXPECT_THAT(m.start_line(), Not(HasSubstr("sesame")));
  }
  CO_ASSERT_EQ(other->requests().size(), 1U);
  EXPECT_FALSE(other->requests()[0].has("Authorization"));
}

ASYNC_TEST(client_redirect, a_request_with_authorization_of_its_own_keeps_that) {
  auto server = scripted_server::always(ok(""));
  client c;
  request r{url{"http://user:pw@" + server->authority() + "/"}};
  r.headers().set("Authorization", "Bearer token");
  co_await c.send(r);
  CO_ASSERT_EQ(server->requests().size(), 1U);
  EXPECT_EQ(server->requests()[0].field("Authorization"), "Bearer token");
  EXPECT_EQ(server->requests()[0].count("Authorization"), 1U);
}

ASYNC_TEST(client_redirect, credentials_of_a_url_are_decoded_before_they_are_encoded) {
  auto server = scripted_server::always(ok(""));
  const std::vector<std::pair<std::string, std::string>> cases = {{"a@", "YTo="},
                                                                  {":b@", "OmI="},
                                                                  {"a:b@", "YTpi"},
                                                                  {"ab:cd@", "YWI6Y2Q="},
                                                                  {"a:%40%3A%2f@", "YTpAOi8="},
                                                                  {"%C3%BC:%ff@", "w7w6/w=="},
                                                                  {"a:b%@", "YTpiJQ=="},
                                                                  {"@", ""},
                                                                  {":@", ""}};
  client c;
  for (const auto& one : cases) {
    co_await c.get("http://" + one.first + server->authority() + "/");
    const auto& m = server->requests().back();
    EXPECT_EQ(m.field("Authorization"), one.second.empty() ? "" : "Basic " + one.second) << one.first;
  }
}

ASYNC_TEST(client_redirect, no_message_shows_a_password) {
  auto server = redirecting(302, {{"/loop", "/loop"},
                                  {"/bad", "http://other:swordfish@[/"},
                                  {"/ftp", "ftp://other:swordfish@localhost/"},
                                  {"/garbled", "http://other:sword/fish@h h/"}});
  auto broken = scripted_server::once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx");
  auto missing = scripted_server::always("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  auto garbage = scripted_server::once("nonsense\r\n\r\n");
  const auto with_password = [](const std::string& authority) { return "http://me:swordfish@" + authority; };
  const auto read = [](client c, std::string where) -> awaitable<void> {
    auto r = co_await c.get(where);
    co_await r.text();
    r.raise_for_status();
  };
  client_options options;
  options.timeouts.connect = 1s;
  client c{options};
  const std::vector<std::string> urls = {
      with_password(server->authority()) + "/loop",
      with_password(server->authority()) + "/bad",
      with_password(server->authority()) + "/ftp",
      with_password(server->authority()) + "/garbled",
      with_password(broken->authority()) + "/",
      with_password(missing->authority()) + "/",
      with_password(garbage->authority()) + "/",
      with_password("127.0.0.1:" + std::to_string(test::closed_port())) + "/"};
  for (const auto& where : urls) {
    const auto e = co_await test::error_of(read(c, where));
    EXPECT_THAT(e.what(), HasSubstr("http://me:***@")) << where;
    EXPECT_THAT(e.what(), Not(HasSubstr("fish"))) << where;
  }
  const auto unparsed = co_await test::error_of(read(c, "http://me:sword/fish@h/"));
  EXPECT_THAT(unparsed.what(), HasSubstr("http://me:***@h/"));
  const auto scheme = co_await test::error_of(read(c, "ftp://me:swordfish@h/"));
  EXPECT_THAT(scheme.what(), HasSubstr("ftp://me:***@h/"));
}

ASYNC_TEST(client_redirect, user_and_password_in_location_become_no_credentials) {
  auto other = scripted_server::always(ok(""));
  auto server = scripted_server::answering(
      [&](const raw_message&) { return redirect(302, "http://user:secret@" + other->authority() + "/"); });
  client c;
  co_await c.get(server->url());
  EXPECT_THAT(other->requests().at(0).head, Not(HasSubstr("secret")));
  EXPECT_FALSE(other->requests().at(0).has("Authorization"));
}

ASYNC_TEST(client_redirect, a_loop_ends_at_the_limit_that_the_error_names) {
  auto server = redirecting(302, {{"/a", "/b"}, {"/b", "/a"}});
  client_options options;
  options.limits.max_redirects = 4;
  client c{options};
  const auto e = co_await test::error_of(c.get(server->url("/a")));
  EXPECT_EQ(e.code(), errc::too_many_redirects);
  EXPECT_THAT(e.what(), HasSubstr(server->url("/a")));
  EXPECT_THAT(e.what(), HasSubstr("limit 4"));
  EXPECT_EQ(server->requests().size(), 5U);
  EXPECT_EQ(c.connections(), c.idle_connections());
}

ASYNC_TEST(client_redirect, as_many_as_the_limit_are_followed) {
  auto server = redirecting(302, {{"/0", "/1"}, {"/1", "/2"}, {"/2", "/3"}});
  client_options options;
  options.limits.max_redirects = 3;
  client c{options};
  auto r = co_await c.get(server->url("/0"));
  EXPECT_EQ(r.status(), 200);
  options.limits.max_redirects = 2;
  client stricter{options};
  const auto e = co_await test::error_of(stricter.get(server->url("/0")));
  EXPECT_EQ(e.code(), errc::too_many_redirects);
}

ASYNC_TEST(client_redirect, a_limit_of_zero_follows_none) {
  auto server = redirecting(302, {{"/a", "/b"}});
  client_options options;
  options.limits.max_redirects = 0;
  client c{options};
  auto r = co_await c.get(server->url("/a"));
  EXPECT_EQ(r.status(), 302);
  EXPECT_EQ(r.headers().get("Location"), "/b");
  EXPECT_EQ(server->requests().size(), 1U);
}

ASYNC_TEST(client_redirect, to_another_scheme_is_an_error_that_names_both_urls) {
  client c;
  for (const char* to : {"ftp://localhost/x", "file:///etc/passwd", "javascript:alert(1)", "data:,x"}) {
    auto server = redirecting(302, {{"/a", to}});
    const auto e = co_await test::error_of(c.get(server->url("/a")));
    EXPECT_EQ(e.code(), errc::unsupported_scheme) << to;
    EXPECT_THAT(e.what(), HasSubstr(server->url("/a")));
    EXPECT_THAT(e.what(), HasSubstr(to));
  }
}

ASYNC_TEST(client_redirect, to_no_url_at_all_is_an_error_that_quotes_it) {
  auto server = redirecting(302, {{"/a", "http://["}});
  client c;
  const auto e = co_await test::error_of(c.get(server->url("/a")));
  EXPECT_EQ(e.code(), errc::invalid_url);
  EXPECT_THAT(e.what(), HasSubstr("http://["));
  EXPECT_EQ(c.connections(), c.idle_connections());
}

ASYNC_TEST(client_redirect, a_small_body_is_read_and_a_large_one_costs_the_connection) {
  client c;
  for (const std::size_t size : {1000U, 1'000'000U}) {
    auto server = scripted_server::answering([size](const raw_message& m) {
      return path_of(m) == "/a" ? redirect(302, "/b", std::string(size, 'x')) : ok("");
    });
    auto r = co_await c.get(server->url("/a"));
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(server->accepted(), size == 1000U ? 1U : 2U);
  }
}

ASYNC_TEST(client_redirect, a_body_that_breaks_or_never_comes_does_not_matter) {
  client c;
  for (const bool hang_up : {true, false}) {
    scripted_server server{[hang_up](peer& p) -> awaitable<void> {
      const auto request = co_await p.read_message();
      if (path_of(request) == "/b") {
        co_await p.send(ok("there"));
        co_return;
      }
      co_await p.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 10\r\n\r\nhal");
      if (!hang_up) co_await p.read_message();
    }};
    const auto began = clock::now();
    auto r = co_await c.get(server.url("/a"));
    const auto text = co_await r.text();
    EXPECT_EQ(text, "there");
    EXPECT_LT(clock::now() - began, 5s);
    EXPECT_EQ(server.accepted(), 2U);
  }
}

ASYNC_TEST(client_redirect, a_retry_on_a_dead_connection_works_in_the_middle_of_it) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    const auto request = co_await p.read_message();
    const auto answer = path_of(request) == "/a" ? redirect(302, "/b") : ok("there");
    co_await p.send(answer);
    co_await p.read_message();  // and no answer
  }};
  client c;
  auto r = co_await c.get(server.url("/a"));
  const auto text = co_await r.text();
  EXPECT_EQ(text, "there");
  EXPECT_EQ(server.accepted(), 2U);
}

}  // namespace bight::http::client_redirect_test
