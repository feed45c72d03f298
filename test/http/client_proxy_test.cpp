// The ways to a server: HTTP proxies, tunnels, SOCKS5, Unix domain sockets, and the policy of addresses. All
// in virtual time.
#include <bight/http/client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/steps.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_proxy_test {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::certificates;
using test::error_of;
using test::ok;
using test::peer;
using test::raw_message;
using test::scripted_server;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class client_proxy : public ::testing::Test {
 public:
  testing::fake_network network;
};
class client_proxy_tls : public client_proxy {
 public:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

awaitable<std::string> fetch(client c, std::string where) {
  auto r = co_await c.get(where);
  co_return co_await r.text();
}

client_options through(const std::string& proxy) {
  client_options options;
  options.proxy = url{proxy};
  return options;
}

net::tls_client_context trusting() {
  return net::tls_client_context::from_ca_file(certificates::instance().authority());
}
net::tls_server_context identity() {
  const auto good = certificates::instance().good();
  return net::tls_server_context{net::tls_server_options{good.file, good.key}};
}

ASYNC_TEST_F(client_proxy, plain_requests_are_sent_to_it_in_absolute_form) {
  const auto inside = network.use();
  auto proxy = scripted_server::always(ok("answer"));
  client c{through("http://user:p%40ss@" + proxy->authority())};
  const auto text = co_await fetch(c, "http://me:mine@example.org:8080/path?q=1#fragment");
  EXPECT_EQ(text, "answer");
  const auto& request = proxy->requests().at(0);
  EXPECT_EQ(request.start_line(), "GET http://example.org:8080/path?q=1 HTTP/1.1");
  EXPECT_EQ(request.field("Host"), "example.org:8080");
  EXPECT_EQ(request.field("Proxy-Authorization"), "Basic dXNlcjpwQHNz");
  EXPECT_EQ(request.field("Authorization"), "Basic bWU6bWluZQ==");
  EXPECT_EQ(network.lookups(), 0U);  // the proxy asks for the name
}

ASYNC_TEST_F(client_proxy, its_connections_serve_all_plain_origins) {
  const auto inside = network.use();
  auto proxy = scripted_server::always(ok("x"));
  client c{through("http://" + proxy->authority())};
  for (const auto* where : {"http://a.example/", "http://b.example/", "http://a.example:81/"})
    co_await fetch(c, where);
  EXPECT_EQ(proxy->accepted(), 1U);
  EXPECT_FALSE(proxy->requests().at(1).has("Proxy-Authorization"));
}

ASYNC_TEST_F(client_proxy, a_407_to_a_plain_request_is_its_response) {
  const auto inside = network.use();
  auto proxy =
      scripted_server::always("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  client c{through("http://" + proxy->authority())};
  auto r = co_await c.get("http://example.org/");
  EXPECT_EQ(r.status(), 407);
}

ASYNC_TEST_F(client_proxy, is_chosen_for_each_url) {
  const auto inside = network.use();
  auto proxy = scripted_server::always(ok("proxy"));
  auto server = scripted_server::always(ok("server"));
  client_options options;
  options.proxy_for = [&](const url& where) -> std::optional<url> {
    if (where.host() == "127.0.0.1") return std::nullopt;
    return url{"http://" + proxy->authority()};
  };
  client c{options};
  const auto direct = co_await fetch(c, server->url());
  EXPECT_EQ(direct, "server");
  EXPECT_EQ(server->requests().at(0).start_line(), "GET / HTTP/1.1");
  const auto proxied = co_await fetch(c, "http://example.org/");
  EXPECT_EQ(proxied, "proxy");
  EXPECT_EQ(c.idle_connections(), 2U);
}

ASYNC_TEST_F(client_proxy, of_an_unknown_kind_is_an_error_that_names_it) {
  const auto inside = network.use();
  client c{through("ftp://user:secret@proxy.example/")};
  const auto e = co_await error_of(c.get("http://example.org/"));
  EXPECT_EQ(e.code(), errc::unsupported_scheme);
  EXPECT_THAT(e.what(), HasSubstr("ftp://user:***@proxy.example/"));
}

/// Answers CONNECT with `answer` and is then a TLS server that answers one request.
std::unique_ptr<scripted_server> tunnel(std::vector<raw_message>& seen, bool tls_to_proxy = false,
                                        std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n") {
  return std::make_unique<scripted_server>([&seen, tls_to_proxy, answer](peer& outer) -> awaitable<void> {
    auto plain = std::move(outer.stream());
    if (tls_to_proxy) plain = co_await net::tls_accept(std::move(plain), identity());
    peer p{std::move(plain)};
    seen.push_back(co_await p.read_message(true));
    co_await p.send(answer);
    auto inner = co_await net::tls_accept(std::move(p.stream()), identity());
    peer server{std::move(inner)};
    while (true) {
      auto request = co_await server.read_message();
      if (request.empty()) break;
      seen.push_back(request);
      co_await server.send(ok("secret page"));
    }
  });
}

ASYNC_TEST_F(client_proxy_tls, https_goes_through_a_tunnel_and_the_proxy_s_credentials_do_not) {
  const auto inside = network.use();
  std::vector<raw_message> seen;
  auto proxy = tunnel(seen);
  auto options = through("http://user:pass@" + proxy->authority());
  options.tls = trusting();
  client c{options};
  for (int i = 0; i != 2; ++i) {
    const auto text = co_await fetch(c, "https://localhost:8443/page");
    EXPECT_EQ(text, "secret page");
  }
  CO_ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].start_line(), "CONNECT localhost:8443 HTTP/1.1");
  EXPECT_EQ(seen[0].field("Host"), "localhost:8443");
  EXPECT_EQ(seen[0].field("Proxy-Authorization"), "Basic dXNlcjpwYXNz");
  EXPECT_EQ(seen[1].start_line(), "GET /page HTTP/1.1");
  EXPECT_FALSE(seen[1].has("Proxy-Authorization"));
  EXPECT_EQ(proxy->accepted(), 1U);
}

ASYNC_TEST_F(client_proxy_tls, is_talked_to_by_tls_if_its_url_says_so) {
  const auto inside = network.use();
  std::vector<raw_message> seen;
  auto proxy = tunnel(seen, true);
  auto options = through("https://localhost:" + std::to_string(proxy->port()));
  options.tls = trusting();
  client c{options};
  const auto text = co_await fetch(c, "https://127.0.0.1/page");  // TLS in TLS
  EXPECT_EQ(text, "secret page");
  CO_ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].start_line(), "CONNECT 127.0.0.1:443 HTTP/1.1");
}

ASYNC_TEST_F(client_proxy_tls, that_does_not_answer_the_handshake_is_named) {
  const auto inside = network.use();
  scripted_server proxy{[](peer& p) -> awaitable<void> { co_await p.read_to_end(); }};
  auto options = through("https://localhost:" + std::to_string(proxy.port()));
  options.tls = trusting();
  options.timeouts.tls = 2s;
  const auto e = co_await error_of(client{options}.get("http://example.org/"));
  EXPECT_EQ(e.code(), bight::errc::timed_out);
  EXPECT_THAT(e.what(), HasSubstr("timed out after 2 s: TLS handshake with localhost:" +
                                  std::to_string(proxy.port()) + " (timeouts.tls)"));
}

ASYNC_TEST_F(client_proxy_tls, with_a_certificate_that_is_not_trusted_is_refused) {
  const auto inside = network.use();
  std::vector<raw_message> seen;
  auto proxy = tunnel(seen, true);
  auto options = through("https://localhost:" + std::to_string(proxy->port()));
  options.tls = trusting();
  options.proxy_tls = net::tls_client_context::system();
  client c{options};
  const auto e = co_await error_of(c.get("https://127.0.0.1/page"));
  EXPECT_EQ(e.code(), net::errc::certificate_invalid);
  EXPECT_TRUE(seen.empty());
}

ASYNC_TEST_F(client_proxy_tls, plain_requests_go_over_its_tls_too) {
  const auto inside = network.use();
  std::vector<raw_message> seen;
  scripted_server proxy{[&](peer& outer) -> awaitable<void> {
    auto secure = co_await net::tls_accept(std::move(outer.stream()), identity());
    peer p{std::move(secure)};
    seen.push_back(co_await p.read_message());
    co_await p.send(ok("x"));
    co_await p.read_message();
  }};
  auto options = through("https://localhost:" + std::to_string(proxy.port()));
  options.tls = trusting();
  const auto text = co_await fetch(client{options}, "http://example.org/");
  EXPECT_EQ(text, "x");
  EXPECT_EQ(seen.at(0).start_line(), "GET http://example.org/ HTTP/1.1");
}

ASYNC_TEST_F(client_proxy_tls, the_certificate_of_the_server_counts_behind_a_tunnel) {
  const auto inside = network.use();
  std::vector<raw_message> seen;
  auto proxy = tunnel(seen);
  auto options = through("http://" + proxy->authority());
  options.tls = trusting();
  const auto e = co_await error_of(client{options}.get("https://example.org/"));
  EXPECT_EQ(e.code(), net::errc::certificate_name);
  EXPECT_THAT(e.what(), HasSubstr("example.org"));
}

ASYNC_TEST_F(client_proxy, a_tunnel_that_is_refused_says_so_with_the_status) {
  const auto inside = network.use();
  struct row {
    const char* answer;
    errc code;
    const char* text;
  };
  const row table[] = {
      {"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 9\r\n\r\nforbidden",
       errc::proxy_authentication, "status 407 Proxy Authentication Required"},
      {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", errc::proxy_refused, "status 403"},
      {"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n", errc::proxy_refused, "status 302"},
      {"HTTP/1.0 502 No\r\n\r\n", errc::proxy_unavailable, "status 502"},
      {"HTTP/1.1 504 No\r\n\r\n", errc::proxy_unavailable, "status 504"},
      {"SSH-2.0-OpenSSH\r\n\r\n", errc::proxy_protocol, ""},
      {"HTTP/1.1 200 OK\r\n", errc::proxy_protocol, "closed the connection"},
      {"", errc::proxy_protocol, "closed the connection"},
      {"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01", errc::proxy_protocol, "data before"},
  };
  for (const auto& r : table) {
    scripted_server proxy{[&](peer& p) -> awaitable<void> {
      co_await p.read_message(true);
      co_await p.send(r.answer);
      co_await p.stream().shutdown_write();
      co_await p.read_to_end();
    }};
    client c{through("http://user:secret@" + proxy.authority())};
    const auto e = co_await error_of(c.get("https://example.org/"));
    EXPECT_EQ(e.code(), r.code) << r.answer << e.what();
    EXPECT_THAT(e.what(), HasSubstr(r.text));
    EXPECT_THAT(e.what(), HasSubstr("example.org:443"));
    EXPECT_THAT(e.what(), HasSubstr("user:***@" + proxy.authority()));
    EXPECT_THAT(e.what(), Not(HasSubstr("secret")));
    EXPECT_EQ(c.connections(), 0U);
  }
}

ASYNC_TEST_F(client_proxy, a_tunnel_s_answer_may_come_byte_by_byte_and_with_interim_answers) {
  const auto inside = network.use();
  std::size_t bytes_behind = 0;
  scripted_server proxy{[&](peer& p) -> awaitable<void> {
    co_await p.read_message(true);
    for (const char c :
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\n"sv) {
      co_await p.send(std::string(1, c));
      co_await yield();
    }
    co_await p.fill();  // the client's hello
    bytes_behind = p.buffered().size();
    co_await p.stream().shutdown_write();
    co_await p.read_to_end();
  }};
  client c{through("http://" + proxy.authority())};
  const auto e = co_await error_of(c.get("https://localhost/"));
  EXPECT_EQ(e.code(), net::errc::tls_handshake);
  EXPECT_GT(bytes_behind, 100U);
}

ASYNC_TEST_F(client_proxy, the_head_of_its_answer_has_a_limit) {
  const auto inside = network.use();
  scripted_server proxy{[&](peer& p) -> awaitable<void> {
    co_await p.read_message(true);
    co_await p.send("HTTP/1.1 200 OK\r\n");
    while (true) co_await p.send("X-More: and more\r\n");
  }};
  auto options = through("http://" + proxy.authority());
  options.limits.max_head = 4096;
  const auto e = co_await error_of(client{options}.get("https://example.org/"));
  EXPECT_EQ(e.code(), errc::proxy_protocol);
}

ASYNC_TEST_F(client_proxy, that_never_answers_ends_with_the_connect_timeout) {
  const auto inside = network.use();
  scripted_server proxy{[](peer& p) -> awaitable<void> { co_await p.read_to_end(); }};
  for (const std::string scheme : {"http", "socks5h"}) {
    auto options = through(scheme + "://u:secret@" + proxy.authority());
    options.timeouts.connect = 7s;
    const auto start = clock::now();
    const auto e = co_await error_of(client{options}.get("https://example.org/"));
    EXPECT_EQ(e.code(), bight::errc::timed_out);
    EXPECT_THAT(e.what(), HasSubstr("timed out after 7 s: connecting to example.org:443 through " + scheme +
                                    "://u:***@" + proxy.authority()));
    EXPECT_THAT(e.what(), HasSubstr("timeouts.connect"));
    EXPECT_EQ(clock::now() - start, 7s);
  }
}

/// A SOCKS5 proxy that is also the server: it notes what it is told and answers requests. The first
/// `refusals` requests get `reply`.
class socks_server {
 public:
  explicit socks_server(std::string credentials = {}, char refusal = 0, std::size_t refusals = 1000)
      : told_(std::make_shared<told>()),
        server_([told = told_, credentials, refusal, refusals](peer& p) -> awaitable<void> {
          const auto hello = co_await take(p, 2);
          const auto methods = co_await take(p, static_cast<std::size_t>(hello[1]));
          told->offered.push_back(methods);
          if (credentials.empty()) {
            co_await p.send(std::string("\x05\x00", 2));
          } else {
            co_await p.send(std::string("\x05\x02", 2));
            const auto given = co_await take(p, credentials.size());
            const std::string verdict{'\x01', given == credentials ? '\0' : '\x01'};
            co_await p.send(verdict);
            if (given != credentials) co_return;
          }
          auto request = co_await take(p, 5);
          const std::size_t rest = request[3] == 1   ? 5
                                   : request[3] == 4 ? 17
                                                     : static_cast<std::size_t>(request[4]) + 2;
          request += co_await take(p, rest);
          told->requests.push_back(request);
          const char reply = told->requests.size() <= refusals ? refusal : '\0';
          co_await p.send(std::string("\x05", 1) + reply +
                          std::string("\x00\x01\x00\x00\x00\x00\x00\x00", 8));
          while (reply == 0) {
            const auto m = co_await p.read_message();
            if (m.empty()) break;
            co_await p.send(ok(m.start_line()));
          }
        }) {}
  std::string authority() const { return server_.authority(); }
  std::size_t accepted() const noexcept { return server_.accepted(); }
  const std::vector<std::string>& offered() const noexcept { return told_->offered; }
  const std::vector<std::string>& requests() const noexcept { return told_->requests; }

 private:
  struct told {  // a connection may outlive the server by a turn
    std::vector<std::string> offered;
    std::vector<std::string> requests;
  };
  static awaitable<std::string> take(peer& p, std::size_t n) {
    auto bytes = co_await p.take_bytes(n);
    if (bytes.size() != n) throw boost::system::system_error(make_error_code(errc::truncated));
    co_return bytes;
  }
  std::shared_ptr<told> told_;
  scripted_server server_;
};

ASYNC_TEST_F(client_proxy, socks5h_is_told_the_name) {
  const auto inside = network.use();
  socks_server proxy;
  client c{through("socks5h://" + proxy.authority())};
  for (int i = 0; i != 2; ++i) {
    const auto text = co_await fetch(c, "http://example.org/path");
    EXPECT_EQ(text, "GET /path HTTP/1.1");
  }
  EXPECT_THAT(proxy.offered(), ElementsAre(std::string(1, '\0')));
  EXPECT_THAT(proxy.requests(), ElementsAre("\x05\x01\x00\x03\x0b"
                                            "example.org\x00\x50"sv));
  EXPECT_EQ(network.lookups(), 0U);
  co_await fetch(c, "http://other.example/");  // a connection of its own
  EXPECT_EQ(proxy.accepted(), 2U);
}

ASYNC_TEST_F(client_proxy, socks5_is_told_the_address) {
  const auto inside = network.use();
  network.add_host("example.org", {"2001:db8::7", "192.0.2.7"});
  socks_server proxy;
  client c{through("socks5://" + proxy.authority())};
  co_await fetch(c, "http://example.org/");
  EXPECT_EQ(network.lookups("example.org"), 1U);
  EXPECT_THAT(
      proxy.requests(),
      ElementsAre(
          "\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x50"sv));
}

ASYNC_TEST_F(client_proxy, socks5_is_told_the_next_address_when_it_cannot_reach_one) {
  const auto inside = network.use();
  network.add_host("example.org", {"2001:db8::7", "192.0.2.7"});
  for (const char reply : {'\x04', '\x08'}) {  // host unreachable, address type not supported
    socks_server proxy{{}, reply, 1};
    client c{through("socks5://" + proxy.authority())};
    const auto text = co_await fetch(c, "http://example.org/");
    EXPECT_EQ(text, "GET / HTTP/1.1");
    EXPECT_EQ(proxy.accepted(), 2U);
    CO_ASSERT_EQ(proxy.requests().size(), 2U);
    EXPECT_EQ(proxy.requests()[0][3], '\x04');
    EXPECT_EQ(proxy.requests()[1], "\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x50"sv);
  }
  socks_server none{{}, '\x04'};
  const auto e =
      co_await error_of(client{through("socks5://" + none.authority())}.get("http://example.org/"));
  EXPECT_EQ(e.code(), errc::proxy_unavailable) << e.what();
  EXPECT_EQ(none.accepted(), 2U);
}

ASYNC_TEST_F(client_proxy, socks5_authenticates) {
  const auto inside = network.use();
  socks_server proxy{std::string("\x01\x04us:r\x06secret", 13)};
  client c{through("socks5h://us%3Ar:secret@" + proxy.authority())};
  const auto text = co_await fetch(c, "http://example.org/");
  EXPECT_EQ(text, "GET / HTTP/1.1");
  EXPECT_THAT(proxy.offered(), ElementsAre("\x00\x02"sv));
  const auto e = co_await error_of(
      client{through("socks5h://us%3Ar:wrong!@" + proxy.authority())}.get("http://example.org/"));
  EXPECT_EQ(e.code(), errc::proxy_authentication);
  EXPECT_THAT(e.what(), Not(HasSubstr("wrong!")));
}

ASYNC_TEST_F(client_proxy, socks5_says_why_it_refuses) {
  const auto inside = network.use();
  for (const auto& [reply, code] :
       {std::pair{'\x02', errc::proxy_refused}, std::pair{'\x04', errc::proxy_unavailable},
        std::pair{'\x05', errc::proxy_unavailable}}) {
    socks_server proxy{{}, reply};
    const auto e =
        co_await error_of(client{through("socks5h://" + proxy.authority())}.get("http://example.org/"));
    EXPECT_EQ(e.code(), code) << e.what();
    EXPECT_THAT(e.what(), HasSubstr("example.org:80"));
  }
  auto not_socks = scripted_server::once("HTTP/1.1 400 Bad Request\r\n\r\n");
  client_options options = through("socks5://" + not_socks->authority());
  options.timeouts.connect = 1s;
  const auto e = co_await error_of(client{options}.get("http://192.0.2.1/"));
  EXPECT_EQ(e.code(), bight::errc::timed_out);  // it waits for the rest of a request
}

ASYNC_TEST_F(client_proxy, socks5_credentials_that_do_not_fit_are_an_error) {
  const auto inside = network.use();
  socks_server proxy;
  const auto e =
      co_await error_of(client{through("socks5h://" + std::string(256, 'u') + "@" + proxy.authority())}.get(
          "http://example.org/"));
  EXPECT_EQ(e.code(), errc::proxy_protocol);
  EXPECT_THAT(e.what(), HasSubstr("255 bytes"));
}

ASYNC_TEST_F(client_proxy, a_unix_domain_socket_takes_the_place_of_host_and_port) {
  const auto inside = network.use();
  for (const std::string path : {"/run/app.sock", "@abstract"}) {
    net::listener l{net::endpoint::parse("unix:" + path).value()};
    auto serving = spawn([&]() -> awaitable<void> {
      auto accepted = co_await l.accept();
      peer p{std::move(accepted)};
      const auto request = co_await p.read_message();
      EXPECT_EQ(request.field("Host"), "docker");
      co_await p.send(ok("unix"));
      co_await p.read_message();
    });
    client_options options = through("http://192.0.2.1:3128");  // not used
    options.unix_socket = path;
    const auto text = co_await fetch(client{options}, "http://docker/containers/json");
    EXPECT_EQ(text, "unix");
    serving.cancel();
    co_await serving.wait();
  }
  EXPECT_EQ(network.lookups(), 0U);
  client_options options;
  options.unix_socket = "/run/other.sock";
  const auto e = co_await error_of(client{options}.get("http://docker/"));
  EXPECT_THAT(e.what(), HasSubstr("unix:/run/other.sock"));
}

// SSRF: every way to an address that is not public, also by a redirect.
ASYNC_TEST_F(client_proxy, public_only_keeps_a_client_out_of_private_networks) {
  const auto inside = network.use();
  network.add_host("innocent.example", {"10.0.0.1", "fd00::1"});
  network.add_host("public.example", {"93.184.216.34"});
  net::listener l{net::endpoint::parse("0.0.0.0:80").value()};
  auto serving = spawn([&]() -> awaitable<void> {
    while (true) {
      auto accepted = co_await l.accept();
      peer p{std::move(accepted)};
      co_await p.read_message();
      co_await p.send(
          "HTTP/1.1 302 Found\r\nLocation: http://innocent.example/\r\nContent-Length: 0\r\n\r\n");
    }
  });
  client_options options;
  options.connect_policy = net::public_only;
  client c{options};
  for (const auto* where :
       {"http://innocent.example/", "http://127.0.0.1/", "http://0x7f.1/", "http://2130706433/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/",
        "http://localhost/", "http://public.example/"}) {
    const auto e = co_await error_of(c.get(where));
    EXPECT_EQ(e.code(), net::errc::address_not_allowed) << where << ' ' << e.what();
    EXPECT_THAT(e.what(), HasSubstr("address is not allowed"));
  }
  EXPECT_EQ(network.connects(), 1U);  // to the public one, which redirected
  serving.cancel();
  co_await serving.wait();
}

ASYNC_TEST_F(client_proxy, public_only_looks_at_the_address_of_a_proxy_alone) {
  const auto inside = network.use();
  network.add_host("proxy.example", {"93.184.216.34"});
  net::listener l{net::endpoint::parse("93.184.216.34:3128").value()};
  auto serving = spawn([&]() -> awaitable<void> {
    auto accepted = co_await l.accept();
    peer p{std::move(accepted)};
    co_await p.read_message();
    co_await p.send(ok("inside"));
  });
  auto options = through("http://proxy.example:3128");
  options.connect_policy = net::public_only;
  const auto text = co_await fetch(client{options}, "http://10.0.0.1/");
  EXPECT_EQ(text, "inside");
  options.proxy = url{"http://127.0.0.1:3128"};
  const auto e = co_await error_of(client{options}.get("http://93.184.216.34/"));
  EXPECT_EQ(e.code(), net::errc::address_not_allowed);
  serving.cancel();
  co_await serving.wait();
}

ASYNC_TEST_F(client_proxy, names_may_be_mapped_to_addresses) {
  const auto inside = network.use();
  auto server = scripted_server::always(ok("mapped"));
  client_options options;
  options.resolver.emplace();
  options.resolver->set_static("example.org", server->port(), {net::ip_address::loopback()});
  const auto text =
      co_await fetch(client{options}, "http://example.org:" + std::to_string(server->port()) + "/");
  EXPECT_EQ(text, "mapped");
  EXPECT_EQ(network.lookups(), 0U);
}

// RFC 1034 3.1: the dot of the root makes no other host.
ASYNC_TEST_F(client_proxy, a_host_with_a_dot_at_its_end_shares_the_connections_of_the_host) {
  const auto inside = network.use();
  network.add_host("example.org", {"127.0.0.1"});
  auto server = scripted_server::always(ok("x"));
  client c;
  const auto port = std::to_string(server->port());
  co_await fetch(c, "http://example.org:" + port + "/");
  co_await fetch(c, "http://example.org.:" + port + "/");
  EXPECT_EQ(server->accepted(), 1U);
  EXPECT_EQ(server->requests().at(1).field("Host"), "example.org.:" + port);
}

/// A request through SOCKS5 to a host whose first address is dead.
class socks_run {
 public:
  awaitable<void> run() {
    network_.emplace();
    const auto inside = network_->use();
    network_->add_host("proxy.example", {"2001:db8::7", "127.0.0.1"});
    socks_server proxy;
    const auto authority = proxy.authority();
    auto options = through("socks5h://proxy.example" + authority.substr(authority.rfind(':')));
    client c{options};
    const auto text = co_await as_result(fetch(c, "http://example.org/"));
    if (text) { EXPECT_EQ(*text, "GET / HTTP/1.1"); }
    c.close_idle();
  }
  awaitable<void> nothing_left() const {
    co_await testing::settle();
    EXPECT_EQ(network_->open_connections(), 0U);
  }

 private:
  std::optional<testing::fake_network> network_;
};

TEST(client_proxy_faults, every_step_of_a_way_through_a_proxy_may_fail) {
  socks_run r;
  EXPECT_GT(testing::fail_at_every_step([&] { return r.run(); }, [&] { return r.nothing_left(); }), 8U);
}

TEST(client_proxy_faults, a_way_through_a_proxy_may_be_cancelled_at_every_await) {
  socks_run r;
  EXPECT_GT(testing::cancel_at_every_await([&] { return r.run(); }, [&] { return r.nothing_left(); }), 8U);
}

TEST(client_proxy_faults, a_way_through_a_proxy_may_be_shut_down_at_every_await) {
  socks_run r;
  EXPECT_GT(testing::shut_down_at_every_await([&] { return r.run(); }, [] {}), 8U);
}

}  // namespace bight::http::client_proxy_test
