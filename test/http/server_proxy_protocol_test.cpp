// A server behind a load balancer that speaks the PROXY protocol.
#include <bight/http/server.hpp>

#include <bight/core/to_thread.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"

namespace bight::http::server_proxy_protocol_test {

using test::peer;
using test::running;
using ::testing::HasSubstr;

awaitable<server_response> whoami(server_request& request) {
  co_return server_response{
      200, request.remote_endpoint().to_string() + " " + request.connection().remote.to_string()};
}

server_options behind(std::vector<std::string> balancers) {
  server_options options;
  options.proxy_protocol_from = std::move(balancers);
  return options;
}

ASYNC_TEST(server_proxy_protocol, requests_have_the_address_of_the_client) {
  running r{whoami, behind({"127.0.0.0/8"})};
  auto p = co_await r.connect();
  co_await p.send("PROXY TCP4 192.0.2.7 198.51.100.1 49152 80\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.body, "192.0.2.7:49152 192.0.2.7:49152");
  co_await p.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // one header for all requests
  const auto again = co_await p.read_message();
  EXPECT_EQ(again.body, "192.0.2.7:49152 192.0.2.7:49152");
}

ASYNC_TEST(server_proxy_protocol, of_others_is_a_bad_request) {
  running r{whoami, behind({"192.0.2.1"})};
  auto p = co_await r.connect();
  co_await p.send("PROXY TCP4 192.0.2.7 198.51.100.1 49152 80\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.status(), 400);
}

ASYNC_TEST(server_proxy_protocol, connections_beyond_the_limit_of_a_client_are_closed) {
  auto options = behind({"127.0.0.1"});
  options.limits.max_connections_per_client = 1;
  running r{whoami, options};
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  auto one = co_await r.connect();
  co_await one.send("PROXY TCP4 192.0.2.7 198.51.100.1 1 80\r\n" + request);
  const auto answer = co_await one.read_message();
  EXPECT_EQ(answer.status(), 200);
  auto two = co_await r.connect();
  co_await two.send("PROXY TCP4 192.0.2.7 198.51.100.1 2 80\r\n" + request);
  const auto nothing = co_await two.read_to_end();
  EXPECT_EQ(nothing, "");
  EXPECT_EQ(r.server.rejected_connections(), 1U);
  auto other = co_await r.connect();
  co_await other.send("PROXY TCP4 192.0.2.8 198.51.100.1 1 80\r\n" + request);
  const auto fine = co_await other.read_message();
  EXPECT_EQ(fine.status(), 200);
}

class curl_program {
 public:
  static std::string missing() { return test::missing_program("curl"); }
};
class server_proxy_protocol_curl : public test::with_peers<curl_program> {};

awaitable<std::string> ask_with_curl(std::vector<std::string> arguments) {
  std::vector<std::string> all{"curl",      "--disable", "--silent",   "--show-error",
                               "--noproxy", "",          "--max-time", "10"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  auto job = [all] { return test::run(all); };
  const auto result = co_await to_thread(std::move(job));
  co_return result.out + result.err;
}

// curl puts its own address into the header.
ASYNC_TEST_F(server_proxy_protocol_curl, sends_a_header_before_http) {
  running r{whoami, behind({"127.0.0.1"})};
  std::vector<std::string> arguments{"--haproxy-protocol", r.url()};
  const auto text = co_await ask_with_curl(std::move(arguments));
  EXPECT_THAT(text, HasSubstr("127.0.0.1:"));
  std::vector<std::string> without{r.url()};
  const auto refused = co_await ask_with_curl(std::move(without));
  EXPECT_THAT(refused, HasSubstr("curl: ("));  // closed without an answer
}

ASYNC_TEST_F(server_proxy_protocol_curl, sends_a_header_before_tls) {
  if (test::certificates::available()) {
    auto& made = test::certificates::instance();
    const auto identity = made.good();
    auto options = behind({"127.0.0.1"});
    options.tls.emplace(net::tls_server_options{identity.file, identity.key});
    running r{whoami, options};
    std::vector<std::string> arguments{"--haproxy-protocol", "--cacert", made.authority(),
                                       "https://" + r.where().to_string()};
    const auto text = co_await ask_with_curl(std::move(arguments));
    EXPECT_THAT(text, HasSubstr("127.0.0.1:"));
  }
}

// In front of a server of ours; `how`: the options with which it connects to it.
class haproxy : public test::peer_server {
 public:
  static std::string missing() { return test::missing_program("haproxy"); }
  haproxy(const std::string& mode, const net::endpoint& server, const std::string& how) {
    const std::string text = "defaults\n  mode " + mode +
                             "\n  timeout connect 10s\n  timeout client 10s\n  timeout server 10s\n"
                             "listen front\n  bind " +
                             authority() + "\n  server bight " + server.to_string() + " " + how + "\n";
    start({"haproxy", "-db", "-f", folder().write("haproxy.cfg", text)});
  }
};
class server_proxy_protocol_haproxy : public test::with_peers<haproxy, curl_program> {};

// "192.0.2.7:49152 " of the client, which tells its own port.
std::string client_of(std::string_view answer) {
  return std::string{answer.substr(0, answer.find(' '))} + " " +
         std::string{answer.substr(answer.rfind('|') + 1)};
}

ASYNC_TEST_F(server_proxy_protocol_haproxy, tells_the_client_in_both_versions) {
  running r{whoami, behind({"127.0.0.1"})};
  for (const std::string mode : {"tcp", "http"}) {
    for (const std::string how : {"send-proxy", "send-proxy-v2"}) {
      const haproxy front{mode, r.where(), how};
      std::vector<std::string> arguments{"--write-out", "|127.0.0.1:%{local_port}", front.url()};
      const auto text = co_await ask_with_curl(std::move(arguments));
      const auto both = client_of(text);
      EXPECT_EQ(both.substr(0, both.find(' ')), both.substr(both.find(' ') + 1))
          << mode << ' ' << how << text;
    }
  }
}

ASYNC_TEST_F(server_proxy_protocol_haproxy, tells_the_client_before_tls) {
  if (!test::certificates::available()) co_return;
  auto& made = test::certificates::instance();
  const auto identity = made.good();
  auto options = behind({"127.0.0.1"});
  options.tls.emplace(net::tls_server_options{identity.file, identity.key});
  running r{whoami, options};
  const haproxy front{"tcp", r.where(), "send-proxy-v2"};
  std::vector<std::string> arguments{"--cacert", made.authority(), "--write-out", "|127.0.0.1:%{local_port}",
                                     front.url("/", "https")};
  const auto text = co_await ask_with_curl(std::move(arguments));
  const auto both = client_of(text);
  EXPECT_EQ(both.substr(0, both.find(' ')), both.substr(both.find(' ') + 1)) << text;
}

}  // namespace bight::http::server_proxy_protocol_test
