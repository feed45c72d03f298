// make_self_signed, and TLS servers whose certificate is in memory.
#include <bight/net/self_signed.hpp>

#include <bight/core/gather.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace bight::net::self_signed_test {

using boost::system::system_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using texts = std::vector<std::string>;

tls_server_context server_of(const tls_key_pair& own) {
  tls_server_options options;
  options.certificate_pem = own.certificate_pem;
  options.key_pem = own.key_pem;
  return tls_server_context{options};
}

tls_client_context client_that_trusts(const std::string& certificate) {
  tls_client_options options;
  options.ca_pem = certificate;
  return tls_client_context{options};
}

// The text of the client's error; empty if the handshake succeeds.
awaitable<std::string> handshake(tls_server_context server, tls_client_context client, std::string host) {
  auto [a, b] = memory_pipe();
  const auto accept = [](stream s, tls_server_context c) -> awaitable<std::string> {
    try {
      const auto secure = co_await tls_accept(std::move(s), std::move(c));
    } catch (const system_error&) {}  // the client says why
    co_return std::string{};
  };
  const auto connect = [](stream s, tls_client_context c, std::string h) -> awaitable<std::string> {
    try {
      const auto secure = co_await tls_connect(std::move(s), h, std::move(c));
    } catch (const system_error& e) { co_return e.what(); }
    co_return std::string{};
  };
  auto accepting = accept(std::move(a), std::move(server));
  auto connecting = connect(std::move(b), std::move(client), std::move(host));
  const auto both = co_await gather(std::move(accepting), std::move(connecting));
  co_return std::get<1>(both);
}

ASYNC_TEST(self_signed, is_trusted_by_clients_that_are_given_it_for_its_names_only) {
  const texts names{"localhost", "dev.example", "127.0.0.1", "::1"};
  const auto own = make_self_signed(names);
  EXPECT_THAT(own.certificate_pem, StartsWith("-----BEGIN CERTIFICATE-----"));
  EXPECT_THAT(own.key_pem, StartsWith("-----BEGIN PRIVATE KEY-----"));
  const auto server = server_of(own);
  const auto client = client_that_trusts(own.certificate_pem);
  for (const auto& name : names) {
    const auto error = co_await handshake(server, client, name);
    EXPECT_EQ(error, "") << name;
  }
  const auto other = co_await handshake(server, client, "other.example");
  EXPECT_NE(other, "");
  const auto address = co_await handshake(server, client, "127.0.0.2");
  EXPECT_NE(address, "");
}

ASYNC_TEST(self_signed, is_trusted_by_nobody_else) {
  const texts names{"localhost"};
  const auto own = make_self_signed(names);
  const auto another = make_self_signed(names);
  EXPECT_NE(own.key_pem, another.key_pem);
  const auto error =
      co_await handshake(server_of(own), client_that_trusts(another.certificate_pem), "localhost");
  EXPECT_THAT(error, HasSubstr("localhost"));
}

ASYNC_TEST(self_signed, ends) {
  const texts names{"localhost"};
  const auto old = make_self_signed(names, std::chrono::seconds{-1});
  const auto error = co_await handshake(server_of(old), client_that_trusts(old.certificate_pem), "localhost");
  EXPECT_THAT(error, HasSubstr("expired"));
}

TEST(self_signed, needs_names_that_can_be_in_a_certificate) {
  for (const texts& names : {texts{}, texts{""}, texts{"a b"}, texts{"localhost", "x,DNS:evil.example"},
                             texts{"https://x"}, texts{".x"}, texts{"[::1]"}}) {
    try {
      static_cast<void>(make_self_signed(names));
      ADD_FAILURE() << ::testing::PrintToString(names);
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), errc::tls_configuration);
      if (!names.empty()) { EXPECT_THAT(e.what(), HasSubstr("'" + names.back() + "'")); }
    }
  }
}

TEST(tls_server_options, texts_that_cannot_be_used_are_named) {
  const texts names{"localhost"};
  const auto own = make_self_signed(names);
  const auto another = make_self_signed(names);
  const auto error_of = [](const tls_server_options& o) -> std::string {
    try {
      const tls_server_context context{o};
      return "";
    } catch (const system_error& e) { return e.what(); }
  };
  tls_server_options options;
  options.certificate_pem = own.certificate_pem;
  EXPECT_THAT(error_of(options), HasSubstr("certificate_pem and key_pem belong together"));
  options.key_pem = "nonsense";
  EXPECT_THAT(error_of(options), HasSubstr("key_pem"));
  options.key_pem = another.key_pem;
  EXPECT_THAT(error_of(options), HasSubstr("key_pem"));
  options.key_pem = own.key_pem;
  EXPECT_EQ(error_of(options), "");
  options.certificate_file = "chain.pem";
  EXPECT_THAT(error_of(options), HasSubstr("both set"));
  options.certificate_file.clear();
  options.certificate_pem = "nonsense";
  EXPECT_THAT(error_of(options), HasSubstr("certificate_pem"));
}

}  // namespace bight::net::self_signed_test
