// Sessions and ways of the client against servers and proxies of others.
#include <bight/http/client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/http/error.hpp>
#include <bight/http/json.hpp>
#include <bight/testing/async_test.hpp>
#include <optional>
#include <string>
#include <utility>

#include "support/certificates.hpp"
#include "support/nginx.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"
#include "support/proxies.hpp"
#include "support/sockets.hpp"

namespace bight::http::peers_session_test {

using test::apache;
using test::certificates;
using test::httpbin;
using test::microsocks;
using test::nginx;
using test::proxy_access;
using test::stunnel;
using test::tinyproxy;
using ::testing::HasSubstr;

std::string user() { return std::string{test::peer_user}; }
std::string password() { return std::string{test::peer_password}; }

// ---- httpbin

class peers_httpbin_session : public test::with_peers<httpbin> {
 public:
  static std::string at(std::string_view path) { return httpbin::instance().url(path); }
};

ASYNC_TEST_F(peers_httpbin_session, digest_with_md5_and_sha_256) {
  client c;
  for (const std::string algorithm : {"MD5", "SHA-256"}) {
    const auto where = at("/digest-auth/auth/ann/secret/" + algorithm);
    auto right = co_await c.get(where).digest_auth("ann", "secret");
    EXPECT_EQ(right.status(), 200) << algorithm;
    auto wrong = co_await c.get(where).digest_auth("ann", "other");
    EXPECT_EQ(wrong.status(), 401) << algorithm;
  }
}

ASYNC_TEST_F(peers_httpbin_session, basic_and_bearer) {
  client c;
  auto basic = co_await c.get(at("/basic-auth/ann/secret")).basic_auth("ann", "secret");
  EXPECT_EQ(basic.status(), 200);
  auto bearer = co_await c.get(at("/bearer")).bearer_auth("token");
  const auto body = co_await json(bearer);
  EXPECT_EQ(body.at("token").as_string(), "token");
}

ASYNC_TEST_F(peers_httpbin_session, cookies_are_kept_between_requests_and_through_redirects) {
  client_options options;
  options.cookies = cookie_jar{};
  client c{std::move(options)};
  auto set = co_await c.get(at("/cookies/set")).query("name", "value").query("other", 2);
  EXPECT_EQ(set.history().size(), 1U);
  const auto seen = co_await json(set);
  EXPECT_EQ(seen.at("cookies").at("name").as_string(), "value");
  auto gone = co_await c.get(at("/cookies/delete")).query("name", "");
  const auto left = co_await json(gone);
  EXPECT_FALSE(left.at("cookies").as_object().contains("name"));
  EXPECT_TRUE(left.at("cookies").as_object().contains("other"));
}

ASYNC_TEST_F(peers_httpbin_session, forms_files_and_json_arrive_as_they_were_meant) {
  client c;
  auto form = co_await c.post(at("/post")).form("name", "a b").form("n", 3);
  const auto fields = co_await json(form);
  EXPECT_EQ(fields.at("form").at("name").as_string(), "a b");
  auto parts = multipart{}.field("title", "holiday").part("photo", "bytes", "beach.jpg", "image/jpeg");
  auto upload = co_await c.post(at("/post")).multipart(std::move(parts));
  const auto got = co_await json(upload);
  EXPECT_EQ(got.at("form").at("title").as_string(), "holiday");
  EXPECT_EQ(got.at("files").at("photo").as_string(), "bytes");
  const std::map<std::string, int> value{{"a", 1}};
  auto sent = co_await c.post(at("/post")).json(value);
  const auto back = co_await json(sent);
  EXPECT_EQ(back.at("json").at("a").as_int64(), 1);
}

ASYNC_TEST_F(peers_httpbin_session, brotli_is_undone) {
  client c;
  auto r = co_await c.get(at("/brotli"));
  const auto body = co_await json(r);
  EXPECT_TRUE(body.at("brotli").as_bool());
}

ASYNC_TEST_F(peers_httpbin_session, temporary_statuses_are_retried_until_the_last) {
  client_options options;
  retry_policy policy;
  policy.attempts(3).backoff(std::chrono::milliseconds{1}, std::chrono::milliseconds{1});
  options.retries = policy;
  client c{std::move(options)};
  auto r = co_await c.get(at("/status/503"));
  EXPECT_EQ(r.status(), 503);
  EXPECT_EQ(c.metrics().retries, 2U);
}

// ---- Apache and zstd

class peers_apache_session : public test::with_peers<apache> {};

ASYNC_TEST_F(peers_apache_session, digest_md5) {
  const apache server;
  server.put("hello", "hello");
  client c;
  auto r = co_await c.get(server.url("/digest/hello")).digest_auth(user(), password());
  const auto text = co_await r.text();
  EXPECT_EQ(text, "hello") << server.log();
  auto again = co_await c.get(server.url("/digest/hello")).digest_auth(user(), password());
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(c.metrics().requests, 3U) << "the second request answers the challenge before it is made";
  auto wrong = co_await c.get(server.url("/digest/hello")).digest_auth(user(), "wrong");
  EXPECT_EQ(wrong.status(), 401);
}

ASYNC_TEST_F(peers_apache_session, brotli_of_a_file) {
  test::apache_options options;
  options.server = "AddOutputFilterByType BROTLI_COMPRESS text/plain\n";
  const apache server{options};
  const std::string content(10'000, 'x');
  server.put("file.txt", content);
  client c;
  auto r = co_await c.get(server.url("/file.txt")).header("Accept-Encoding", "br");
  EXPECT_EQ(r.headers().get("Content-Encoding"), "br");
  const auto text = co_await r.text();
  EXPECT_TRUE(text == content);
  EXPECT_LT(r.received(), 1000U);
}

class peers_zstd_session : public test::with_peers<test::zstd_server> {};

ASYNC_TEST_F(peers_zstd_session, zstd_in_frames_chunks_and_cut_short) {
  const test::zstd_server server;
  const auto content = test::pattern(100'000);
  server.put("file", content);
  client c;
  for (const std::string query : {"", "?frames=3", "?chunked=1", "?frames=2&chunked=1"}) {
    auto r = co_await c.get(server.url("/file" + query));
    const auto text = co_await r.bytes();
    EXPECT_TRUE(text == content) << query;
  }
  auto cut = co_await c.get(server.url("/file?cut=10"));
  const auto broken = co_await as_result(cut.bytes());
  EXPECT_FALSE(broken);
  auto wide = co_await c.get(server.url("/file?window=24"));
  const auto refused = co_await as_result(wide.bytes());
  EXPECT_FALSE(refused) << "a window beyond 8 MiB (RFC 9659)";
}

// ---- proxies

class peers_proxy_session : public test::with_peers<nginx, tinyproxy, microsocks, stunnel> {};

test::nginx_options tls() {
  test::nginx_options options;
  const auto& good = certificates::instance().good();
  options.listen = "ssl";
  options.server = "ssl_certificate " + good.file + ";\nssl_certificate_key " + good.key + ";\n";
  return options;
}

client through(const std::string& proxy) {
  client_options options;
  options.proxy = url{proxy};
  net::tls_client_options tls;
  tls.ca_file = certificates::instance().authority();
  options.tls = net::tls_client_context{tls};
  return client{std::move(options)};
}

std::string with_login(const std::string& where) {
  auto u = url{where};
  EXPECT_TRUE(u.set_username(user()));
  EXPECT_TRUE(u.set_password(password()));
  return u.href();
}

ASYNC_TEST_F(peers_proxy_session, tinyproxy_forwards_and_tunnels) {
  const nginx plain;
  plain.put("hello", "hello");
  const nginx secure{tls()};
  secure.put("hello", "hello over TLS");
  const tinyproxy proxy;
  auto c = through(proxy.url());
  auto r = co_await c.get(plain.url("/hello"));
  EXPECT_THAT(std::string{r.headers().get("Via").value_or("")}, HasSubstr("tinyproxy"));
  const auto text = co_await r.text();
  EXPECT_EQ(text, "hello");
  auto s = co_await c.get("https://localhost:" + std::to_string(secure.port()) + "/hello");
  const auto secret = co_await s.text();
  EXPECT_EQ(secret, "hello over TLS");
  EXPECT_THAT(proxy.log(), HasSubstr(": CONNECT localhost:" + std::to_string(secure.port())));
}

ASYNC_TEST_F(peers_proxy_session, tinyproxy_asks_for_a_password) {
  const nginx plain;
  plain.put("hello", "hello");
  const nginx secure{tls()};
  secure.put("hello", "hello");
  const tinyproxy proxy{proxy_access::password};
  const auto https = "https://localhost:" + std::to_string(secure.port()) + "/hello";
  auto without = through(proxy.url());
  auto asked = co_await without.get(plain.url("/hello"));
  EXPECT_EQ(asked.status(), 407);
  const auto refused = co_await as_result(without.get(https));
  EXPECT_EQ(refused.error(), make_error_code(errc::proxy_authentication));
  auto with = through(with_login(proxy.url()));
  auto r = co_await with.get(plain.url("/hello"));
  EXPECT_EQ(r.status(), 200);
  auto s = co_await with.get(https);
  EXPECT_EQ(s.status(), 200);
}

ASYNC_TEST_F(peers_proxy_session, microsocks_by_address_and_by_name_with_a_password) {
  const nginx plain;
  plain.put("hello", "hello");
  microsocks proxy{proxy_access::password};
  auto c = through(with_login(proxy.url("", "socks5")));
  auto r = co_await c.get(plain.url("/hello"));
  EXPECT_EQ(r.status(), 200);
  proxy.wait_for_connection_to(plain.authority());
  auto h = through(with_login(proxy.url("", "socks5h")));
  const auto name = "localhost:" + std::to_string(plain.port());
  auto by_name = co_await h.get("http://" + name + "/hello");
  EXPECT_EQ(by_name.status(), 200);
  proxy.wait_for_connection_to(name);
  auto none = through(proxy.url("", "socks5"));
  const auto refused = co_await as_result(none.get(plain.url("/hello")));
  EXPECT_EQ(refused.error(), make_error_code(errc::proxy_authentication));
}

ASYNC_TEST_F(peers_proxy_session, stunnel_takes_tls_to_the_proxy) {
  const nginx plain;
  plain.put("hello", "hello");
  const nginx secure{tls()};
  secure.put("hello", "hello over TLS in TLS");
  const tinyproxy proxy;
  const stunnel outside{proxy.port()};
  auto c = through("https://localhost:" + std::to_string(outside.port()) + "/");
  auto r = co_await c.get(plain.url("/hello"));
  EXPECT_EQ(r.status(), 200) << outside.log();
  auto s = co_await c.get("https://localhost:" + std::to_string(secure.port()) + "/hello");
  const auto text = co_await s.text();
  EXPECT_EQ(text, "hello over TLS in TLS");
}

}  // namespace bight::http::peers_session_test
