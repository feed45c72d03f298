// accept_proxied, and servers behind load balancers.
#include <bight/net/proxy_protocol.hpp>

#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/server.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/ends.hpp"
#include "support/sockets.hpp"

namespace bight::net::proxy_protocol_test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using boost::system::system_error;
using test::error_of;
using test::read_all;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string v1 = "PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\r\n";
const std::string v2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\7\xc6\x33\x64\1\xc0\0\1\xbb"s;

endpoint at(std::string_view text) { return endpoint::parse(text).value(); }

std::pair<stream, stream> pipe_from(std::string_view client) {
  memory_pipe_options options;
  options.first = at(client);
  options.second = at("198.51.100.9:80");
  return memory_pipe(options);
}

ASYNC_TEST(proxy_protocol, the_stream_has_the_clients_address_and_what_follows) {
  for (const auto& header : {v1, v2}) {
    auto ends = pipe_from("10.0.0.1:1234");
    co_await ends.first.write(header + "hello");
    co_await ends.first.shutdown_write();
    auto s = co_await accept_proxied(std::move(ends.second));
    EXPECT_EQ(s.remote_endpoint(), at("192.0.2.7:49152"));
    EXPECT_EQ(s.local_endpoint(), at("198.51.100.1:443"));
    const auto info = s.connection();
    EXPECT_EQ(info.remote, at("192.0.2.7:49152"));
    EXPECT_EQ(info.local, at("198.51.100.1:443"));
    const auto rest = co_await read_all(s);
    EXPECT_EQ(rest, "hello");
    co_await s.write("good bye");
    co_await s.close();
    const auto answer = co_await read_all(ends.first);
    EXPECT_EQ(answer, "good bye");
  }
}

ASYNC_TEST(proxy_protocol, a_health_check_has_its_own_address) {
  auto ends = pipe_from("10.0.0.1:1234");
  co_await ends.first.write("PROXY UNKNOWN\r\n");
  auto s = co_await accept_proxied(std::move(ends.second));
  EXPECT_EQ(s.remote_endpoint(), at("10.0.0.1:1234"));
}

ASYNC_TEST(proxy_protocol, no_header_and_half_of_one_are_errors_that_name_the_peer) {
  auto none = pipe_from("10.0.0.1:1234");
  co_await none.first.write("GET / HTTP/1.1\r\n\r\n");
  const auto a = co_await error_of(accept_proxied(std::move(none.second)));
  EXPECT_EQ(a.code(), errc::proxy_protocol);
  EXPECT_THAT(a.what(), HasSubstr("10.0.0.1:1234: it sent no PROXY protocol header"));
  auto half = pipe_from("10.0.0.1:1234");
  co_await half.first.write("PROXY TCP4 192.0.2.7");
  co_await half.first.shutdown_write();
  const auto b = co_await error_of(accept_proxied(std::move(half.second)));
  EXPECT_EQ(b.code(), errc::proxy_protocol);
  EXPECT_THAT(b.what(), HasSubstr("closed the connection before the end"));
}

// Records clients, and reads what they send.
struct recording {
  std::vector<std::string> clients;
  std::vector<std::string> errors;

  server::handler handler() {
    return [this](stream s) -> awaitable<void> {
      clients.push_back(s.remote_endpoint().to_string());
      const auto text = co_await read_all(s);
      clients.back() += " " + text;
    };
  }
  server_options options(std::vector<std::string> balancers) {
    server_options o;
    o.proxy_protocol_from = std::move(balancers);
    o.on_error = [this](const std::exception_ptr& error, const endpoint& client) {
      errors.push_back(client.to_string() + ": " + test::text_of(error));
    };
    return o;
  }
};

awaitable<void> visit(server& s, std::string_view from, std::string text) {
  auto ends = pipe_from(from);
  co_await ends.first.write(text);
  co_await ends.first.shutdown_write();
  co_await s.serve_connection(std::move(ends.second));
}

ASYNC_TEST(proxy_protocol, a_server_reads_headers_of_listed_peers_only) {
  recording r;
  server s{r.handler(), r.options({"10.0.0.0/8", "fd00::1"})};
  co_await visit(s, "10.1.2.3:1", v1 + "a");
  co_await visit(s, "[fd00::1]:1", v2 + "b");
  co_await visit(s, "203.0.113.9:1", v1 + "c");  // whoever sends one may claim any address
  co_await visit(s, "[fd00::2]:1", "d");
  EXPECT_THAT(r.clients, ElementsAre("192.0.2.7:49152 a", "192.0.2.7:49152 b", "203.0.113.9:1 " + v1 + "c",
                                     "[fd00::2]:1 d"));
  co_await visit(s, "10.1.2.3:1", "GET / HTTP/1.1");
  EXPECT_EQ(r.clients.size(), 4U);
  EXPECT_THAT(r.errors, ElementsAre(HasSubstr("10.1.2.3:1: it sent no PROXY protocol header")));
}

ASYNC_TEST(proxy_protocol, unix_means_unix_domain_sockets) {
  recording r;
  server s{r.handler(), r.options({"unix"})};
  co_await visit(s, "unix:@balancer", v1 + "a");
  co_await visit(s, "10.1.2.3:1", "b");
  EXPECT_THAT(r.clients, ElementsAre("192.0.2.7:49152 a", "10.1.2.3:1 b"));
}

ASYNC_TEST(proxy_protocol, a_header_that_does_not_come_ends_the_connection) {
  recording r;
  auto options = r.options({"10.0.0.0/8"});
  options.proxy_protocol_timeout = 3s;
  server s{r.handler(), options};
  auto ends = pipe_from("10.0.0.1:1234");
  co_await ends.first.write("PROXY TCP4 ");
  const auto began = clock::now();
  co_await s.serve_connection(std::move(ends.second));
  EXPECT_EQ(clock::now() - began, 3s);
  EXPECT_THAT(r.errors, ElementsAre(HasSubstr("has not come in time")));
  EXPECT_TRUE(r.clients.empty());
}

TEST(proxy_protocol_options, name_the_entry_that_is_no_address) {
  server_options options;
  options.proxy_protocol_from = {"10.0.0.0/8", "balancer.example"};
  try {
    const server s{[](stream) -> awaitable<void> { co_return; }, options};
    ADD_FAILURE() << "no error";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), errc::invalid_address);
    EXPECT_THAT(e.what(), HasSubstr("'balancer.example'"));
  }
}

class proxied_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

ASYNC_TEST_F(proxied_tls, has_the_header_before_the_handshake) {
  auto& made = test::certificates::instance();
  const auto identity = made.good();
  const auto trusted = tls_client_context::from_ca_file(made.authority());
  recording r;
  auto options = r.options({"10.0.0.0/8"});
  options.tls.emplace(tls_server_options{identity.file, identity.key});
  server s{r.handler(), options};
  auto ends = pipe_from("10.0.0.1:1234");
  auto serving = spawn([&] { return s.serve_connection(std::move(ends.second)); });
  co_await ends.first.write(v2);
  auto secure = co_await tls_connect(std::move(ends.first), "localhost", trusted);
  co_await secure.write("secret");
  co_await secure.shutdown_write();
  co_await serving;
  EXPECT_THAT(r.clients, ElementsAre("192.0.2.7:49152 secret"));
  EXPECT_THAT(r.errors, ElementsAre());
}

// ---- connections per client

ASYNC_TEST(connections_per_client, beyond_the_limit_are_closed_and_counted) {
  recording r;
  auto options = r.options({});
  options.max_connections_per_client = 2;
  server s{r.handler(), options};
  std::vector<stream> clients;
  std::vector<task<void>> serving;
  const auto open = [&](std::string_view from) {
    auto ends = pipe_from(from);
    clients.push_back(std::move(ends.first));
    serving.push_back(spawn([](server& here, stream mine) { return here.serve_connection(std::move(mine)); },
                            std::ref(s), std::move(ends.second)));
  };
  for (const auto* const from : {"192.0.2.1:1", "192.0.2.1:2", "[2001:db8:1:2::1]:1",
                                 "[2001:db8:1:2:ffff::2]:1", "192.0.2.2:1", "[2001:db8:1:3::1]:1"})
    open(from);
  co_await testing::settle();
  EXPECT_EQ(s.connections(), 6U);
  EXPECT_EQ(s.rejected_connections(), 0U);
  for (const auto* const from : {"192.0.2.1:3", "[2001:db8:1:2::3]:1", "[::ffff:192.0.2.1]:4"}) {
    open(from);
    const auto nothing = co_await read_all(clients.back());
    EXPECT_EQ(nothing, "");
  }
  EXPECT_EQ(s.rejected_connections(), 3U);
  EXPECT_THAT(r.errors.front(), HasSubstr("192.0.2.1:3: too many connections"));
  co_await clients.front().close();  // which makes room for another one
  co_await serving.front();
  open("192.0.2.1:5");
  co_await testing::settle();
  EXPECT_EQ(s.connections(), 6U);
  EXPECT_EQ(s.rejected_connections(), 3U);
  s.stop(0s);
  for (auto& each : serving) co_await each.wait();
}

ASYNC_TEST(connections_per_client, count_those_behind_a_load_balancer_by_their_own_address) {
  recording r;
  auto options = r.options({"10.0.0.1"});
  options.max_connections_per_client = 1;
  server s{r.handler(), options};
  std::vector<stream> clients;
  std::vector<task<void>> serving;
  for (const auto* const client : {"192.0.2.1", "192.0.2.2", "192.0.2.1"}) {
    auto ends = pipe_from("10.0.0.1:1");
    clients.push_back(std::move(ends.first));
    serving.push_back(spawn([](server& here, stream mine) { return here.serve_connection(std::move(mine)); },
                            std::ref(s), std::move(ends.second)));
    co_await clients.back().write("PROXY TCP4 " + std::string{client} + " 198.51.100.1 1 443\r\n");
  }
  co_await testing::settle();
  EXPECT_EQ(s.connections(), 2U);
  EXPECT_EQ(s.rejected_connections(), 1U);
  EXPECT_THAT(r.errors, ElementsAre(HasSubstr("192.0.2.1:1: too many connections")));
  s.stop(0s);
  for (auto& each : serving) co_await each.wait();
}

ASYNC_TEST(connections_per_client, on_unix_domain_sockets_are_not_limited) {
  recording r;
  auto options = r.options({});
  options.max_connections_per_client = 1;
  server s{r.handler(), options};
  auto first = pipe_from("unix:@a");
  auto serving = spawn([&] { return s.serve_connection(std::move(first.second)); });
  co_await testing::settle();
  co_await visit(s, "unix:@a", "second");
  EXPECT_EQ(s.rejected_connections(), 0U);
  s.stop(0s);
  co_await serving.wait();
}

}  // namespace bight::net::proxy_protocol_test
