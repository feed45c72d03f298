// Whom requests come from, behind proxies that are trusted and clients that are not.
#include <bight/http/middleware/trusted_proxies.hpp>

#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"

namespace bight::http::trusted_proxies_test {

using test::around;

// "client host scheme"
handler who() {
  return [](server_request& r) -> awaitable<server_response> {
    std::string text = r.remote_endpoint().to_string();
    text.append(" ").append(r.authority()).append(is_secure(r) ? " https" : " http");
    co_return server_response{200, text};
  };
}

// Requests that are not made over a connection come from 0.0.0.0.
trusted_proxies_options local(forwarding_fields fields = forwarding_fields::x_forwarded) {
  trusted_proxies_options o;
  o.proxies = {"0.0.0.0", "10.0.0.0/8", "fd00::/8"};
  o.fields = fields;
  return o;
}

awaitable<std::string> ask(handler& all, headers fields) {
  fields.set("Host", "inner");
  server_request request{method::get, "/", fields};
  auto response = co_await all(request);
  co_return *response.body().text();
}

ASYNC_TEST(trusted_proxies, give_client_scheme_and_host) {
  auto all = around(trusted_proxies(local()), who());
  headers fields{{"X-Forwarded-For", "192.0.2.1"},
                 {"X-Forwarded-Proto", "HTTPS"},
                 {"X-Forwarded-Host", "www.example:8443"}};
  const auto text = co_await ask(all, fields);
  EXPECT_EQ(text, "192.0.2.1:0 www.example:8443 https");
  headers none;
  const auto nothing = co_await ask(all, none);
  EXPECT_EQ(nothing, "0.0.0.0:0 inner http");
}

ASYNC_TEST(trusted_proxies, the_client_is_the_last_that_is_not_a_proxy) {
  auto all = around(trusted_proxies(local()), who());
  struct row {
    std::string sent;
    std::string client;
  };
  const std::vector<row> rows{{"6.6.6.6, 192.0.2.1", "192.0.2.1:0"},
                              {"6.6.6.6, 192.0.2.1, 10.1.2.3", "192.0.2.1:0"},
                              {"10.6.6.6, 192.0.2.1,10.1.2.3 , fd00::1", "192.0.2.1:0"},
                              {"10.1.1.1, 10.1.1.2", "10.1.1.1:0"},
                              {"192.0.2.1:4711", "192.0.2.1:4711"},
                              {"[2001:db8::1]:4711", "[2001:db8::1]:4711"},
                              {"2001:db8::1", "[2001:db8::1]:0"},
                              {"[2001:db8::1]", "[2001:db8::1]:0"},
                              {"6.6.6.6, unknown, 10.1.2.3", "10.1.2.3:0"},
                              {"6.6.6.6, garbage", "0.0.0.0:0"},
                              {"6.6.6.6, 192.0.2.1 10.1.2.3", "0.0.0.0:0"},
                              {",,", "0.0.0.0:0"}};
  for (const auto& r : rows) {
    headers fields{{"X-Forwarded-For", r.sent}};
    const auto text = co_await ask(all, fields);
    EXPECT_EQ(text, r.client + " inner http") << r.sent;
  }
  headers lines;
  lines.append("X-Forwarded-For", "6.6.6.6");
  lines.append("X-Forwarded-For", "192.0.2.1");
  const auto text = co_await ask(all, lines);
  EXPECT_EQ(text, "192.0.2.1:0 inner http") << "several lines are one list";
}

ASYNC_TEST(trusted_proxies, take_scheme_and_host_of_the_same_hop) {
  auto all = around(trusted_proxies(local()), who());
  headers lists{{"X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.1.2.3"},
                {"X-Forwarded-Proto", "http, https, http"},
                {"X-Forwarded-Host", "evil, www.example, proxy"}};
  const auto text = co_await ask(all, lists);
  EXPECT_EQ(text, "192.0.2.1:0 www.example https");
  headers ambiguous{{"X-Forwarded-For", "192.0.2.1, 10.1.2.3, 10.1.2.4"},
                    {"X-Forwarded-Proto", "https, http"}};
  const auto neither = co_await ask(all, ambiguous);
  EXPECT_EQ(neither, "192.0.2.1:0 inner http");
}

ASYNC_TEST(trusted_proxies, ignore_values_that_are_invalid) {
  auto all = around(trusted_proxies(local()), who());
  headers fields{{"X-Forwarded-Proto", "javascript"}, {"X-Forwarded-Host", "a/b@c"}};
  const auto text = co_await ask(all, fields);
  EXPECT_EQ(text, "0.0.0.0:0 inner http");
}

ASYNC_TEST(trusted_proxies, read_forwarded) {
  auto all = around(trusted_proxies(local(forwarding_fields::forwarded)), who());
  struct row {
    std::string sent;
    std::string result;
  };
  const std::vector<row> rows{
      {"for=192.0.2.43;proto=https;host=www.example", "192.0.2.43:0 www.example https"},
      {"For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711 inner http"},
      {"for=6.6.6.6;proto=https, for=192.0.2.43, for=\"10.1.2.3\";by=1.1.1.1", "192.0.2.43:0 inner http"},
      {"for=\"192.0.2.43:80\" ; host=\"www\\.example\"", "192.0.2.43:80 www.example http"},
      {"for=6.6.6.6, for=unknown", "0.0.0.0:0 inner http"},
      {"for=6.6.6.6, for=_hidden;proto=https", "0.0.0.0:0 inner https"},
      {"for=\"6.6.6.6, for=192.0.2.43", "0.0.0.0:0 inner http"},
      {"for=\"6.6.6.6\\", "0.0.0.0:0 inner http"},
      {"for=6.6.6.6 for=192.0.2.43", "0.0.0.0:0 inner http"},
      {"for", "0.0.0.0:0 inner http"},
      {"", "0.0.0.0:0 inner http"},
      {";;for=192.0.2.43;", "192.0.2.43:0 inner http"}};
  for (const auto& r : rows) {
    headers fields;
    fields.set("Forwarded", r.sent);
    fields.set("X-Forwarded-For", "6.6.6.6");
    const auto text = co_await ask(all, fields);
    EXPECT_EQ(text, r.result) << r.sent;
  }
  headers lines;
  lines.append("Forwarded", "for=\"6.6.6.6");
  lines.append("Forwarded", "for=192.0.2.43");
  const auto text = co_await ask(all, lines);
  EXPECT_EQ(text, "192.0.2.43:0 inner http") << "what a client broke does not hide what the proxy says";
}

ASYNC_TEST(trusted_proxies, ignore_the_other_fields) {
  auto all = around(trusted_proxies(local()), who());
  headers fields{{"Forwarded", "for=6.6.6.6;proto=https;host=evil"}};
  const auto text = co_await ask(all, fields);
  EXPECT_EQ(text, "0.0.0.0:0 inner http");
}

ASYNC_TEST(trusted_proxies, believe_nobody_else) {
  net::memory_pipe_options pipe;
  pipe.first = net::endpoint::parse("6.6.6.6:1").value();
  test::served stranger{around(trusted_proxies(local()), who()), {}, pipe};
  const auto request =
      "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\r\n";
  const auto answer = co_await stranger.ask(request);
  EXPECT_EQ(answer.body, "6.6.6.6:1 inner http");
  pipe.first = net::endpoint::parse("[fd00::5]:1").value();
  test::served proxy{around(trusted_proxies(local()), who()), {}, pipe};
  const auto believed = co_await proxy.ask(request);
  EXPECT_EQ(believed.body, "192.0.2.1:0 inner https");
}

ASYNC_TEST(trusted_proxies, may_be_on_unix_sockets) {
  net::memory_pipe_options pipe;
  pipe.first = net::endpoint::unix_unnamed();
  const auto request = "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";
  test::served closed{around(trusted_proxies(), who()), {}, pipe};
  const auto refused = co_await closed.ask(request);
  EXPECT_EQ(refused.body, "unix: inner http");
  trusted_proxies_options options;
  options.proxies = {"unix"};
  test::served open{around(trusted_proxies(options), who()), {}, pipe};
  const auto believed = co_await open.ask(request);
  EXPECT_EQ(believed.body, "192.0.2.1:0 inner http");
}

ASYNC_TEST(trusted_proxies, count_once) {
  auto all = around(trusted_proxies(local()), trusted_proxies(local()), who());
  headers fields{{"X-Forwarded-For", "192.0.2.1, 10.0.0.1"}};
  const auto text = co_await ask(all, fields);
  EXPECT_EQ(text, "192.0.2.1:0 inner http");
}

TEST(trusted_proxies, refuse_what_is_no_address) {
  for (const std::string proxy :
       {"", "localhost", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/-1", "1.2.3.4/"}) {
    trusted_proxies_options options;
    options.proxies = {proxy};
    EXPECT_THROW(trusted_proxies(options), std::invalid_argument) << proxy;
  }
}

}  // namespace bight::http::trusted_proxies_test
