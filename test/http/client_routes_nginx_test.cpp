// Ways to a real nginx: a Unix domain socket, absolute-form as to a proxy, its Keep-Alive, TLS sessions.
#include <bight/http/client.hpp>

#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <string>

#include "support/certificates.hpp"
#include "support/nginx.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"

namespace bight::http::client_routes_nginx_test {

using test::certificates;
using test::nginx;
using test::nginx_options;

class client_routes_nginx : public test::with_peers<nginx> {};

nginx_options with(std::string directives) {
  nginx_options options;
  options.server = std::move(directives);
  return options;
}

awaitable<std::string> fetch(client c, std::string where) {
  auto r = co_await c.get(where);
  co_return co_await r.text();
}

TEST_F(client_routes_nginx, listens_on_a_unix_domain_socket) {
  const test::scratch_folder folder;
  const auto path = folder.file("nginx.sock");
  const nginx server{with("listen unix:" + path + ";\nlocation / { return 200 \"$host $remote_addr\"; }")};
  testing::run_virtual([&]() -> awaitable<void> {
    client_options options;
    options.unix_socket = path;
    client c{options};
    for (int i = 0; i != 2; ++i) {
      const auto text = co_await fetch(c, "http://app.internal/");
      EXPECT_EQ(text, "app.internal unix:");
    }
    EXPECT_EQ(c.metrics().connections.created, 1U);
    EXPECT_EQ(c.metrics().connections.reused, 1U);
  });
}

TEST_F(client_routes_nginx, understands_requests_as_for_a_proxy) {
  const nginx server{with("location / { return 200 \"$request $http_host $http_proxy_authorization\"; }")};
  testing::run_virtual([&]() -> awaitable<void> {
    client_options options;
    options.proxy = url{"http://user:pass@" + server.authority()};
    const auto text = co_await fetch(client{options}, "http://example.org:81/path?q");
    EXPECT_EQ(text, "GET http://example.org:81/path?q HTTP/1.1 example.org:81 Basic dXNlcjpwYXNz");
  });
}

TEST_F(client_routes_nginx, says_how_long_it_keeps_connections) {
  const nginx server{with("keepalive_timeout 75s 1s;\nlocation / { return 200 ok; }")};
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto text = co_await fetch(c, server.url());
    EXPECT_EQ(text, "ok");
    EXPECT_EQ(c.connections(), 0U);  // a second, minus one
  });
}

TEST_F(client_routes_nginx, resumes_tls_sessions) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  const auto good = certificates::instance().good();
  for (const std::string version : {"TLSv1.2", "TLSv1.3"}) {
    auto set_up = with("ssl_certificate " + good.file + "; ssl_certificate_key " + good.key +
                       ";\nssl_protocols " + version + "; ssl_session_cache shared:test:1m;\n" +
                       "location / { return 200 \"$ssl_session_reused$ssl_protocol\"; }");
    set_up.listen = "ssl";
    const nginx server{set_up};
    testing::run_virtual([&]() -> awaitable<void> {
      client_options options;
      options.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
      client c{options};
      for (int i = 0; i != 3; ++i) {
        const auto text = co_await fetch(c, server.url("/", "https"));
        EXPECT_EQ(text, (i == 0 ? "." : "r") + version);
        c.close_idle();
      }
    });
  }
}

}  // namespace bight::http::client_routes_nginx_test
