// A server that speaks TLS, and what its handlers see of it.
#include <bight/http/server.hpp>

#include <bight/core/task.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <utility>

#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::server_tls_test {

using namespace std::chrono_literals;
using test::certificates;

class server_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

server_options secure() {
  const auto identity = certificates::instance().good();
  server_options options;
  options.tls = net::tls_server_context{net::tls_server_options{identity.file, identity.key}};
  return options;
}

ASYNC_TEST_F(server_tls, answers_our_client_and_shows_what_was_agreed_on) {
  const auto options = secure();
  test::running r{[](server_request& request) -> awaitable<server_response> {
                    const auto about = request.connection();
                    co_return server_response{200, about.tls_version + (about.encrypted() ? " yes" : " no")};
                  },
                  options};
  client_options trusting;
  trusting.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
  client c{trusting};
  for (int i = 0; i != 2; ++i) {
    auto answer = co_await c.get("https://localhost:" + std::to_string(r.where().port()) + "/");
    const auto text = co_await answer.text();
    EXPECT_EQ(text, "TLSv1.3 yes");
  }
  EXPECT_EQ(c.connections(), 1U) << "it is kept";
}

ASYNC_TEST_F(server_tls, a_client_that_speaks_plain_http_is_turned_away_and_others_go_on) {
  const test::log_capture log;
  const auto options = secure();
  test::running r{test::echo, options};
  auto p = co_await r.connect();
  co_await p.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  static_cast<void>(co_await p.read_to_end());
  client_options trusting;
  trusting.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
  client c{trusting};
  auto answer = co_await c.get("https://localhost:" + std::to_string(r.where().port()) + "/x");
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "GET /x");
}

ASYNC_TEST_F(server_tls, a_client_that_never_shakes_hands_is_closed) {
  const test::log_capture log;
  auto options = secure();
  options.limits.tls_timeout = 7s;
  test::served s{test::echo, options};
  const auto began = clock::now();
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 7s);
}

}  // namespace bight::http::server_tls_test
