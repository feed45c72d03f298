// tls_connect against servers of others, over TCP: openssl s_server and nginx.
#include <bight/net/tls.hpp>

#include <sys/socket.h>

#include <bight/core/gather.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/openssl_server.hpp"
#include "support/sockets.hpp"

namespace bight::net::tls_servers_test {

using namespace std::chrono_literals;
using test::certificates;
using test::child_process;
using test::error_of;
using test::read_all;
using test::read_until;
using test::s_server;
using ::testing::HasSubstr;

tls_client_context trusting() {
  return tls_client_context::from_ca_file(certificates::instance().authority());
}

class tls_servers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

/// TEST_F whose body is a coroutine.
#define TLS_SERVER_TEST(name)                                                \
  static awaitable<void> tls_body_##name();                                  \
  TEST_F(tls_servers, name) { testing::detail::run_test(&tls_body_##name); } \
  static awaitable<void> tls_body_##name()

awaitable<stream> connect_securely(std::string host, std::uint16_t port, tls_client_context context,
                                   std::vector<std::string> protocols) {
  auto plain = co_await connect("127.0.0.1", port);
  co_return co_await tls_connect(std::move(plain), host, context, protocols);
}
awaitable<stream> connect_securely(std::string host, std::uint16_t port, tls_client_context context) {
  return connect_securely(host, port, context, {});
}

TLS_SERVER_TEST(s_server_answers) {
  s_server server{certificates::instance().good(), {"-rev"}};  // sends every line back, reversed
  auto client = co_await connect_securely("localhost", server.port(), trusting());
  co_await client.write("stressed\n");
  const auto line = co_await read_until(client, "\n");
  EXPECT_EQ(line, "desserts\n");
  EXPECT_EQ(client.remote_endpoint().port(), server.port());
  EXPECT_EQ(client.native_handle(), -1);  // whoever writes there bypasses TLS
  co_await client.close();
}

TLS_SERVER_TEST(s_server_is_known_by_address_too) {
  s_server server{certificates::instance().good(), {"-rev"}};
  auto client = co_await connect_securely("127.0.0.1", server.port(), trusting());
  co_await client.write("level\n");
  const auto line = co_await read_until(client, "\n");
  EXPECT_EQ(line, "level\n");
}

TLS_SERVER_TEST(s_server_with_a_bad_certificate_is_refused) {
  struct bad {
    test::certificate identity;
    const char* host;
    errc code;
    const char* reason;
  };
  auto& all = certificates::instance();
  const bad table[] = {{all.other_name(), "localhost", errc::certificate_name, "is for other.example"},
                       {all.expired(), "localhost", errc::certificate_invalid, "expired on"},
                       {all.not_yet_valid(), "localhost", errc::certificate_invalid, "not yet valid"},
                       {all.self_signed(), "localhost", errc::certificate_invalid, "self-signed"},
                       {all.unknown_authority(), "localhost", errc::certificate_invalid, "unknown authority"},
                       {all.wrong_key_usage(), "localhost", errc::certificate_invalid, "key usage"},
                       {all.common_name_only(), "localhost", errc::certificate_name, "common name"},
                       {all.other_address(), "127.0.0.1", errc::certificate_name, "is for 192.0.2.1"}};
  for (const auto& row : table) {
    s_server server{row.identity, {"-rev"}};
    const auto error = co_await error_of(connect_securely(row.host, server.port(), trusting()));
    EXPECT_EQ(error.code(), row.code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(row.host));
    EXPECT_THAT(error.what(), HasSubstr(row.reason));
    auto anyway = co_await connect_securely("localhost", server.port(), tls_client_context::insecure());
    co_await anyway.write("abc\n");
    const auto line = co_await read_until(anyway, "\n");
    EXPECT_EQ(line, "cba\n");
  }
}

TLS_SERVER_TEST(s_server_resumes_sessions) {
  for (const auto* version : {"-tls1_2", "-tls1_3"}) {
    s_server server{certificates::instance().good(), {"-rev", version}};
    const auto context = trusting();
    for (int i = 0; i != 3; ++i) {
      auto client = co_await connect_securely("localhost", server.port(), context);
      co_await client.write("abc\n");
      const auto line = co_await read_until(client, "\n");
      EXPECT_EQ(line, "cba\n");
      EXPECT_EQ(client.connection().resumed, i != 0) << version;
      client.abort();
    }
  }
}

TLS_SERVER_TEST(s_server_of_old_is_refused) {
  s_server server{certificates::instance().good(), {"-rev", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}};
  const auto error = co_await error_of(connect_securely("localhost", server.port(), trusting()));
  EXPECT_EQ(error.code(), errc::tls_handshake) << error.what();
}

TLS_SERVER_TEST(s_server_agrees_on_a_protocol) {
  s_server server{certificates::instance().good(), {"-rev", "-alpn", "http/1.1,h2"}};
  const std::vector<std::string> offer{"h3", "h2"};
  auto client = co_await connect_securely("localhost", server.port(), trusting(), offer);
  EXPECT_EQ(client.protocol(), "h2");
}

TLS_SERVER_TEST(s_server_that_wants_a_certificate_is_not_blamed_for_its_own) {
  s_server server{certificates::instance().self_signed(),
                  {"-rev", "-tls1_2", "-Verify", "1", "-verify_return_error"}};
  const auto error =
      co_await error_of(connect_securely("localhost", server.port(), tls_client_context::insecure()));
  EXPECT_EQ(error.code(), errc::tls_handshake) << error.what();
}

TLS_SERVER_TEST(s_server_that_is_killed_truncates) {
  auto server = std::make_unique<s_server>(certificates::instance().good(), std::vector<std::string>{"-rev"});
  auto client = co_await connect_securely("localhost", server->port(), trusting());
  co_await client.write("once\n");
  const auto line = co_await read_until(client, "\n");
  EXPECT_EQ(line, "ecno\n");
  server.reset();
  const auto error = co_await error_of(read_all(client));
  EXPECT_EQ(error.code(), errc::tls_truncated) << error.what();
}

TLS_SERVER_TEST(everything_arrives_when_the_peer_is_heard_to_the_end) {
  s_server server{certificates::instance().good(), {"-naccept", "1"}};
  auto client = co_await connect_securely("localhost", server.port(), trusting());
  // s_server prints what it receives: no more than a pipe holds, since nobody reads it meanwhile.
  const std::string much(40'000, 'x');
  co_await client.write(much);
  co_await client.write("\nthe last line\n");
  co_await client.shutdown_write();
  const auto nothing = co_await read_all(client);
  EXPECT_EQ(nothing, "");
  co_await client.close();
  EXPECT_EQ(server.process().wait_for_line("the last line"), "");
}

/// nginx with TLS, serving one file.
class nginx {
 public:
  nginx() : directory_(make_directory()), port_(test::closed_port()), process_(arguments()) {
    process_.wait_for_line("start worker process");
  }
  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;
  ~nginx() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::uint16_t port() const noexcept { return port_; }
  void put(const std::string& name, std::string_view content) const {
    std::ofstream{directory_ + '/' + name} << content;
  }

 private:
  static std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "bight-nginx-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
    std::filesystem::permissions(name, std::filesystem::perms{0755});
    return name;
  }
  std::vector<std::string> arguments() const {
    const auto identity = certificates::instance().good();
    std::ofstream{directory_ + "/nginx.conf"}
        << "daemon off; worker_processes 1; pid " << directory_ << "/pid; error_log stderr notice;\n"
        << "events {}\nhttp { access_log off;\n"
        << "client_body_temp_path " << directory_ << "/a; proxy_temp_path " << directory_ << "/b;\n"
        << "fastcgi_temp_path " << directory_ << "/c; uwsgi_temp_path " << directory_ << "/d;\n"
        << "scgi_temp_path " << directory_ << "/e;\n"
        << "server { listen 127.0.0.1:" << port_ << " ssl http2; root " << directory_ << ";\n"
        << "ssl_certificate " << identity.file << "; ssl_certificate_key " << identity.key << "; } }\n";
    return {"nginx", "-e", "stderr", "-c", directory_ + "/nginx.conf", "-p", directory_};
  }

  std::string directory_;
  std::uint16_t port_;
  child_process process_;
};

awaitable<void> fetch_from_nginx(nginx& server, const std::string& content) {
  const std::vector<std::string> offer{"http/1.1"};
  auto client = co_await connect_securely("localhost", server.port(), trusting(), offer);
  EXPECT_EQ(client.protocol(), "http/1.1");
  for (int i = 0; i != 2; ++i) {  // a connection that is used again
    EXPECT_FALSE(client.readable());
    co_await client.write("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto head = co_await read_until(client, "\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK"));
    const auto begun = head.size() - head.find("\r\n\r\n") - 4;
    const auto rest = co_await test::read_exactly(client, content.size() - begun);
    EXPECT_TRUE(head.substr(head.size() - begun) + rest == content);
  }
  EXPECT_FALSE(client.readable());  // no leftovers of the protocol: a pool would keep it
  co_await client.write("GET /file HTTP/1.0\r\n\r\n");
  const auto last = co_await read_all(client);  // ended by a goodbye
  EXPECT_EQ(last.size() - last.find("\r\n\r\n") - 4, content.size());
}

TEST_F(tls_servers, nginx_serves_a_file) {
  if (test::find_program("nginx").empty()) GTEST_SKIP() << "nginx is not installed";
  nginx server;
  const auto content = test::pattern(1'000'000);
  server.put("file", content);
  testing::run_virtual([&]() { return fetch_from_nginx(server, content); });
}

TEST_F(tls_servers, nginx_does_not_serve_tls_on_a_plain_connection) {
  if (test::find_program("nginx").empty()) GTEST_SKIP() << "nginx is not installed";
  nginx server;
  testing::run_virtual([&]() -> awaitable<void> {
    auto plain = co_await connect("127.0.0.1", server.port());
    co_await plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto answer = co_await read_all(plain);
    EXPECT_THAT(answer, HasSubstr("400"));
  });
}

}  // namespace bight::net::tls_servers_test
