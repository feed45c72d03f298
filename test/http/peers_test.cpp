// The servers and proxies of others, as curl sees them: they work as the tests of the client expect.
#include "support/proxies.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "support/nginx.hpp"
#include "support/openssl_server.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::http::peers_test {

using test::apache;
using test::certificates;
using test::microsocks;
using test::nginx;
using test::proxy_access;
using test::stunnel;
using test::tinyproxy;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class curl {
 public:
  static std::string missing() { return test::missing_program("curl"); }
};

// The response of curl, head and body, to these arguments; its proxies are those that it is told.
test::program_result ask(std::vector<std::string> arguments) {
  std::vector<std::string> command{"curl",         "--disable", "--silent",
                                   "--show-error", "--include", "--raw",
                                   "--noproxy",    "",          "--max-time",
                                   "10",           "--cacert",  certificates::instance().authority()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return test::run(command);
}

std::string login() { return std::string{test::peer_user}.append(":").append(test::peer_password); }

class peers_apache_curl : public test::with_peers<apache, curl> {};

TEST_F(peers_apache_curl, lets_in_by_basic_and_digest) {
  const apache server;
  server.put("hello", "hello");
  const auto basic = ask({"--user", login(), server.url("/basic/hello")});
  EXPECT_THAT(basic.out, AllOf(StartsWith("HTTP/1.1 200"), EndsWith("hello"))) << basic.err << server.log();
  const auto digest = ask({"--digest", "--user", login(), server.url("/digest/hello")});
  EXPECT_THAT(digest.out, AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("HTTP/1.1 200"), EndsWith("hello")))
      << digest.err << server.log();
  const auto wrong = ask({"--digest", "--user", "user:other", server.url("/digest/hello")});
  EXPECT_THAT(wrong.out, Not(HasSubstr("HTTP/1.1 200")));
}

TEST_F(peers_apache_curl, sends_brotli) {
  test::apache_options options;
  options.server = "AddOutputFilterByType BROTLI_COMPRESS text/plain\n";
  const apache server{options};
  server.put("file.txt", std::string(10'000, 'x'));
  const auto r = ask({"--header", "Accept-Encoding: br", server.url("/file.txt")});
  EXPECT_THAT(r.out, HasSubstr("Content-Encoding: br\r\n")) << r.err << server.log();
  EXPECT_LT(r.out.size(), 1000U);
}

class peers_zstd : public test::with_peers<test::zstd_server, curl> {};

TEST_F(peers_zstd, sends_zstd_in_one_frame_or_more_whole_or_cut) {
  constexpr std::string_view magic{"\x28\xb5\x2f\xfd"};
  const test::zstd_server server;
  server.put("file", test::pattern(100'000));
  const auto body = [&](std::string_view query) {
    const auto r = ask({server.url(std::string{"/file"}.append(query))});
    EXPECT_THAT(r.out, HasSubstr("Content-Encoding: zstd\r\n")) << r.err;
    return r.out.substr(r.out.find("\r\n\r\n") + 4);
  };
  const auto one = body("");
  EXPECT_THAT(one, StartsWith(magic));
  EXPECT_GT(one.size(), 100'000U);
  const auto two = body("?frames=2");
  EXPECT_NE(two.find(magic, 1), two.npos);
  EXPECT_EQ(body("?cut=10"), one.substr(0, one.size() - 10));
  EXPECT_THAT(body("?chunked=1"), StartsWith("3e8\r\n" + std::string{magic}));
  // The exponent of the window is in the upper five bits, less 10 (RFC 8878 3.1.1.1.2).
  const auto wide = body("?window=24");
  EXPECT_EQ(static_cast<unsigned char>(wide.at(5)) >> 3U, 24U - 10U);
}

class peers_proxy : public test::with_peers<nginx, curl, tinyproxy> {
 protected:
  void SetUp() override {
    with_peers::SetUp();
    if (IsSkipped()) return;
    server_.emplace();
    server_->put("hello", "hello");
  }
  std::string target() const { return server_->url("/hello"); }
  std::optional<nginx> server_;
};

TEST_F(peers_proxy, tinyproxy_forwards) {
  const tinyproxy proxy;
  const auto r = ask({"--proxy", proxy.url(), target()});
  EXPECT_THAT(r.out, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Via: 1.1 tinyproxy"), EndsWith("hello")))
      << r.err;
  EXPECT_THAT(proxy.log(), HasSubstr(": GET " + target() + " HTTP/1.1"));
}

TEST_F(peers_proxy, tinyproxy_tunnels) {
  const tinyproxy proxy;
  const auto r = ask({"--proxytunnel", "--proxy", proxy.url(), target()});
  EXPECT_THAT(r.out, AllOf(HasSubstr("HTTP/1.1 200 OK"), EndsWith("hello"))) << r.err;
  EXPECT_THAT(proxy.log(), HasSubstr(": CONNECT " + server_->authority() + " HTTP/1.1"));
}

TEST_F(peers_proxy, tinyproxy_asks_for_a_password) {
  const tinyproxy proxy{proxy_access::password};
  const auto none = ask({"--proxy", proxy.url(), target()});
  EXPECT_THAT(none.out, AllOf(HasSubstr(" 407 "), HasSubstr("Proxy-Authenticate: Basic realm=")));
  const auto right = ask({"--proxy", proxy.url(), "--proxy-user", login(), target()});
  EXPECT_THAT(right.out, AllOf(StartsWith("HTTP/1.1 200"), EndsWith("hello"))) << right.err;
  const auto tunnel = ask({"--proxytunnel", "--proxy", proxy.url(), target()});
  EXPECT_THAT(tunnel.out, HasSubstr(" 407 "));
}

class peers_stunnel : public test::with_peers<stunnel, tinyproxy, nginx, curl> {};

TEST_F(peers_stunnel, takes_tls_for_a_proxy) {
  const nginx server;
  server.put("hello", "hello");
  const tinyproxy proxy;
  const stunnel outside{proxy.port()};
  const auto where = "https://localhost:" + std::to_string(outside.port());
  const auto forwarded =
      ask({"--proxy-cacert", certificates::instance().authority(), "--proxy", where, server.url("/hello")});
  EXPECT_THAT(forwarded.out, AllOf(HasSubstr("Via: 1.1 tinyproxy"), EndsWith("hello")))
      << forwarded.err << outside.log();
  const auto strange = ask({"--proxy-capath", "/nowhere", "--proxy", where, server.url("/hello")});
  EXPECT_EQ(strange.status, 60) << strange.err;  // the certificate cannot be verified
}

class peers_socks : public test::with_peers<microsocks, nginx, curl> {};

TEST_F(peers_socks, microsocks_connects) {
  const nginx server;
  server.put("hello", "hello");
  microsocks proxy;
  const auto by_address = ask({"--proxy", proxy.url("", "socks5"), server.url("/hello")});
  EXPECT_THAT(by_address.out, AllOf(StartsWith("HTTP/1.1 200"), EndsWith("hello"))) << by_address.err;
  proxy.wait_for_connection_to(server.authority());
  const auto name = "localhost:" + std::to_string(server.port());
  const auto by_name = ask({"--proxy", proxy.url("", "socks5h"), "http://" + name + "/hello"});
  EXPECT_THAT(by_name.out, EndsWith("hello")) << by_name.err;
  proxy.wait_for_connection_to(name);
}

TEST_F(peers_socks, microsocks_asks_for_a_password) {
  const nginx server;
  server.put("hello", "hello");
  microsocks proxy{proxy_access::password};
  const auto none = ask({"--proxy", proxy.url("", "socks5"), server.url("/hello")});
  EXPECT_EQ(none.status, 97) << none.err;  // the proxy refused
  const auto wrong =
      ask({"--proxy", proxy.url("", "socks5"), "--proxy-user", "user:other", server.url("/hello")});
  EXPECT_EQ(wrong.status, 97) << wrong.err;
  const auto right = ask({"--proxy", proxy.url("", "socks5"), "--proxy-user", login(), server.url("/hello")});
  EXPECT_THAT(right.out, EndsWith("hello")) << right.err;
}

class openssl {
 public:
  static std::string missing() { return test::missing_program("openssl", "test"); }
};
class peers_openssl : public test::with_peers<openssl, curl> {};

TEST_F(peers_openssl, s_server_answers_with_a_page) {
  test::s_server server{certificates::instance().good(), {"-www"}};
  const auto good = ask({server.url()});
  EXPECT_THAT(good.out, AllOf(HasSubstr(" 200 "), HasSubstr("TLSv1.3"))) << good.err;
  test::s_server old{certificates::instance().expired(), {"-www"}};
  const auto bad = ask({old.url()});
  EXPECT_EQ(bad.status, 60) << bad.err;
}

}  // namespace bight::http::peers_test
