// The options of TLS clients, and the sessions that they resume.
#include <bight/net/tls.hpp>

#include <bight/core/gather.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/sockets.hpp"
#include "support/tls_peer.hpp"

namespace bight::net::tls_client_test {

using test::certificate;
using test::certificates;
using test::error_of;
using test::read_once;
using ::testing::HasSubstr;
using ::testing::Not;
using tls_test::server;

class tls_client : public ::testing::Test {
 public:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

std::string contents(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

tls_client_options trusting_options() {
  tls_client_options options;
  options.ca_file = certificates::instance().authority();
  return options;
}

/// What came of a handshake: the stream, or the error.
struct outcome {
  outcome() {}
  stream client;
  std::optional<boost::system::system_error> error;
};

awaitable<outcome> shake_hands(server& peer, stream transport, std::string host, tls_client_context context,
                               std::string key = "key") {
  auto accept = [&]() -> awaitable<void> {
    try {
      co_await peer.accept();
    } catch (const std::exception&) {  // the client refuses
    }
  };
  auto dial = [&]() -> awaitable<outcome> {
    outcome o;
    std::vector<std::string> protocols;
    try {
      o.client = co_await tls_connect(std::move(transport), host, context, std::move(protocols), key);
    } catch (const boost::system::system_error& e) { o.error.emplace(e); }
    co_return o;
  };
  auto [result, accepted] = co_await gather(dial(), accept());
  co_return std::move(result);
}

awaitable<outcome> shake_hands(certificate identity, std::string host, tls_client_context context) {
  auto [near, far] = memory_pipe();
  server peer{std::move(far), identity};
  co_return co_await shake_hands(peer, std::move(near), host, context);
}

ASYNC_TEST_F(tls_client, trusts_certificates_given_as_text) {
  tls_client_options options;
  options.ca_pem = contents(certificates::instance().authority());
  const tls_client_context context{options};
  auto good = co_await shake_hands(certificates::instance().good(), "localhost", context);
  EXPECT_FALSE(good.error);
  auto bad = co_await shake_hands(certificates::instance().unknown_authority(), "localhost", context);
  CO_ASSERT_TRUE(bad.error);
  EXPECT_EQ(bad.error->code(), errc::certificate_invalid);
}

ASYNC_TEST_F(tls_client, trusts_file_text_and_system_together) {
  tls_client_options options;
  options.ca_pem = contents(certificates::instance().authority());
  options.ca_file = certificates::instance().self_signed().file;
  options.system_certificates = true;
  const tls_client_context context{options};
  for (const auto& identity : {certificates::instance().good(), certificates::instance().self_signed()}) {
    auto made = co_await shake_hands(identity, "localhost", context);
    EXPECT_FALSE(made.error);
  }
}

TEST_F(tls_client, options_that_cannot_be_loaded_are_named) {
  const auto expect_refused = [](const tls_client_options& options, const std::string& named) {
    try {
      const tls_client_context context{options};
      ADD_FAILURE() << named;
    } catch (const boost::system::system_error& e) {
      EXPECT_EQ(e.code(), errc::tls_configuration);
      EXPECT_THAT(e.what(), HasSubstr(named));
    }
  };
  tls_client_options options;
  options.ca_pem = "no certificate";
  expect_refused(options, "ca_pem");
  options = {};
  options.ca_pem = contents(certificates::instance().authority()) + "-----BEGIN CERTIFICATE-----\nAAAA\n";
  expect_refused(options, "ca_pem");
  options = {};
  options.ca_file = "/no/such/file";
  expect_refused(options, "/no/such/file");
  options = {};
  options.certificate_file = "/no/such/certificate";
  expect_refused(options, "/no/such/certificate");
  options = {};
  options.certificate_file = certificates::instance().client().file;
  options.key_file = "/no/such/key";
  expect_refused(options, "/no/such/key");
  for (const auto* pin :
       {"", "sha1//AAAA", "sha256//", "sha256//AAAA", "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!=",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    options = {};
    options.pins = {pin};
    expect_refused(options, "pin");
  }
}

// Each bad certificate has a reason of its own (RFC 9525; CWE-297).
ASYNC_TEST_F(tls_client, says_why_it_refuses_a_certificate) {
  struct bad {
    certificate identity;
    const char* host;
    errc code;
    const char* reason;
  };
  auto& all = certificates::instance();
  const bad table[] = {
      {all.expired(), "localhost", errc::certificate_invalid, "expired on 2000-01-02"},
      {all.not_yet_valid(), "localhost", errc::certificate_invalid, "not yet valid: it begins on 2100-01-01"},
      {all.other_name(), "localhost", errc::certificate_name,
       "the certificate is for other.example, not for localhost"},
      {all.self_signed(), "localhost", errc::certificate_invalid, "the certificate is self-signed"},
      {all.unknown_authority(), "localhost", errc::certificate_invalid,
       "issued by an unknown authority, CN=stranger"},
      {all.common_name_only(), "localhost", errc::certificate_name,
       "no alternative names, and its common name, \"localhost\", does not identify a host"},
      {all.wrong_key_usage(), "localhost", errc::certificate_invalid, "key usage"},
      {all.other_address(), "127.0.0.1", errc::certificate_name,
       "the certificate is for 192.0.2.1, not for 127.0.0.1"},
  };
  const tls_client_context context{trusting_options()};
  for (const auto& row : table) {
    auto made = co_await shake_hands(row.identity, row.host, context);
    CO_ASSERT_TRUE(made.error);
    EXPECT_EQ(made.error->code(), row.code) << row.reason;
    EXPECT_THAT(made.error->what(), HasSubstr(row.reason));
    EXPECT_THAT(made.error->what(), HasSubstr(row.host));
  }
}

std::string pin_of_the_key() {
  const auto out = certificates::instance().authority() + ".pin";
  test::run_program(
      {"sh", "-c",
       "openssl x509 -in '" + certificates::instance().good().file +
           "' -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | "
           "openssl base64 -A > '" +
           out + "'"});
  return "sha256//" + contents(out);
}

const char* const other_pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

ASYNC_TEST_F(tls_client, accepts_a_pinned_key) {
  auto options = trusting_options();
  options.pins = {other_pin, pin_of_the_key()};
  auto made = co_await shake_hands(certificates::instance().good(), "localhost", tls_client_context{options});
  EXPECT_FALSE(made.error);
}

ASYNC_TEST_F(tls_client, refuses_a_key_that_is_not_pinned_and_tells_its_pin) {
  auto options = trusting_options();
  options.pins = {other_pin};
  for (const bool skip : {false, true}) {  // pins count without verification, too
    options.insecure_skip_verify = skip;
    auto made =
        co_await shake_hands(certificates::instance().good(), "localhost", tls_client_context{options});
    CO_ASSERT_TRUE(made.error);
    EXPECT_EQ(made.error->code(), errc::certificate_not_pinned);
    EXPECT_THAT(made.error->what(), HasSubstr(pin_of_the_key()));
  }
}

ASYNC_TEST_F(tls_client, a_pin_does_not_replace_the_other_checks) {
  auto options = trusting_options();
  options.pins = {pin_of_the_key()};  // all certificates of the test have this key
  auto made =
      co_await shake_hands(certificates::instance().other_name(), "localhost", tls_client_context{options});
  CO_ASSERT_TRUE(made.error);
  EXPECT_EQ(made.error->code(), errc::certificate_name);
}

ASYNC_TEST_F(tls_client, the_host_name_need_not_be_verified) {
  auto options = trusting_options();
  options.verify_host_name = false;
  auto made =
      co_await shake_hands(certificates::instance().other_name(), "localhost", tls_client_context{options});
  EXPECT_FALSE(made.error);
  made = co_await shake_hands(certificates::instance().unknown_authority(), "localhost",
                              tls_client_context{options});
  CO_ASSERT_TRUE(made.error);
  EXPECT_EQ(made.error->code(), errc::certificate_invalid);
}

ASYNC_TEST_F(tls_client, sends_its_certificate) {
  auto options = trusting_options();
  options.certificate_file = certificates::instance().client().file;
  options.key_file = certificates::instance().client().key;
  for (const bool with : {true, false}) {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), certificates::instance().good()};
    SSL_CTX_load_verify_locations(peer.engine.context(), certificates::instance().authority().c_str(),
                                  nullptr);
    SSL_CTX_set_verify(peer.engine.context(), SSL_VERIFY_PEER, nullptr);
    const tls_client_context context{with ? options : trusting_options()};
    auto made = co_await shake_hands(peer, std::move(near), "localhost", context);
    EXPECT_FALSE(made.error);
    X509* const shown = SSL_get0_peer_certificate(peer.engine.ssl());
    EXPECT_EQ(shown != nullptr, with);
  }
}

ASYNC_TEST_F(tls_client, refuses_a_version_below_its_minimum) {
  auto options = trusting_options();
  options.min_version = tls_version::tls_1_3;
  const tls_client_context context{options};
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), certificates::instance().good()};
    SSL_CTX_set_max_proto_version(peer.engine.context(), newest);
    auto made = co_await shake_hands(peer, std::move(near), "localhost", context);
    EXPECT_EQ(made.error.has_value(), newest == TLS1_2_VERSION);
    if (made.error) { EXPECT_EQ(made.error->code(), errc::tls_handshake); }
  }
}

/// Connections to one server, one after the other, whose sessions it knows again.
class resumption {
 public:
  explicit resumption(int newest = TLS1_3_VERSION) : newest_(newest) {}

  /// Connects and reads a line, with which tickets come; whether the session was resumed.
  awaitable<bool> connect(tls_client_context context, std::string key = "key", bool polite = false,
                          std::string host = "localhost") {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), identity};
    SSL_CTX_set_max_proto_version(peer.engine.context(), newest_);
    const unsigned char id[] = "test";
    SSL_CTX_set_session_id_context(peer.engine.context(), id, sizeof id);
    unsigned char keys[80] = "all servers of this test can read the tickets of each other: one key for all";
    SSL_CTX_set_tlsext_ticket_keys(peer.engine.context(), keys, sizeof keys);
    auto made = co_await shake_hands(peer, std::move(near), host, context, key);
    if (made.error) throw *made.error;
    co_await peer.write("line");
    const auto line = co_await read_once(made.client);
    EXPECT_EQ(line, "line");
    const bool resumed = SSL_session_reused(peer.engine.ssl()) == 1;
    EXPECT_EQ(made.client.connection().resumed, resumed);
    EXPECT_TRUE(made.client.connection().certificate);
    if (polite) co_await made.client.close();
    co_return resumed;
  }
  certificate identity = certificates::instance().good();

 private:
  int newest_;
};

ASYNC_TEST_F(tls_client, resumes_the_session_of_an_earlier_connection) {
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool polite : {false, true}) {
      resumption servers{newest};
      const tls_client_context context{trusting_options()};
      const bool first = co_await servers.connect(context, "key", polite);
      EXPECT_FALSE(first);
      for (int i = 0; i != 3; ++i) {
        const bool again = co_await servers.connect(context, "key", polite);
        EXPECT_TRUE(again) << newest << ' ' << polite;
      }
    }
  }
}

ASYNC_TEST_F(tls_client, does_not_resume_for_another_key_or_in_another_context) {
  resumption servers;
  const tls_client_context context{trusting_options()};
  co_await servers.connect(context, "https://localhost:1");
  const bool other_port = co_await servers.connect(context, "https://localhost:2");
  EXPECT_FALSE(other_port);
  const bool other_host = co_await servers.connect(context, "https://localhost:1", false, "127.0.0.1");
  EXPECT_FALSE(other_host);
  // A session that was made without verification must not open one with it, nor one with other pins.
  const auto insecure = tls_client_context::insecure();
  const bool unverified = co_await servers.connect(insecure, "https://localhost:1");
  EXPECT_FALSE(unverified);
  const bool verified =
      co_await servers.connect(tls_client_context{trusting_options()}, "https://localhost:1");
  EXPECT_FALSE(verified);
}

ASYNC_TEST_F(tls_client, keeps_no_session_of_a_peer_that_it_refused) {
  resumption servers{TLS1_2_VERSION};
  auto options = trusting_options();
  options.pins = {other_pin};
  const tls_client_context context{options};
  for (int i = 0; i != 2; ++i) {
    bool refused = false;
    try {
      co_await servers.connect(context);
    } catch (const boost::system::system_error& e) { refused = e.code() == errc::certificate_not_pinned; }
    EXPECT_TRUE(refused);
  }
}

// RFC 8446 appendix C.4: a ticket that is used twice links connections.
ASYNC_TEST_F(tls_client, uses_each_ticket_of_tls_1_3_once) {
  const tls_client_context context{trusting_options()};
  resumption servers;
  co_await servers.connect(context);  // two tickets
  std::vector<bool> resumed;
  for (int i = 0; i != 3; ++i) {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), servers.identity};
    SSL_CTX_set_num_tickets(peer.engine.context(), 0);
    const unsigned char id[] = "test";
    SSL_CTX_set_session_id_context(peer.engine.context(), id, sizeof id);
    unsigned char keys[80] = "all servers of this test can read the tickets of each other: one key for all";
    SSL_CTX_set_tlsext_ticket_keys(peer.engine.context(), keys, sizeof keys);
    auto made = co_await shake_hands(peer, std::move(near), "localhost", context);
    CO_ASSERT_FALSE(made.error);
    resumed.push_back(made.client.connection().resumed);
  }
  EXPECT_EQ(resumed, (std::vector<bool>{true, true, false}));
}

ASYNC_TEST_F(tls_client, forgets_the_oldest_sessions_beyond_the_limit) {
  resumption servers{TLS1_2_VERSION};
  auto options = trusting_options();
  options.max_sessions = 2;
  const tls_client_context context{options};
  for (const auto* key : {"a", "b", "c"}) co_await servers.connect(context, key);
  const bool newest = co_await servers.connect(context, "c");
  EXPECT_TRUE(newest);
  const bool oldest = co_await servers.connect(context, "a");
  EXPECT_FALSE(oldest);
}

ASYNC_TEST_F(tls_client, resumes_nothing_if_it_is_told_so) {
  resumption servers;
  auto options = trusting_options();
  options.max_sessions = 0;
  const tls_client_context context{options};
  for (int i = 0; i != 2; ++i) {
    const bool resumed = co_await servers.connect(context);
    EXPECT_FALSE(resumed);
  }
}

}  // namespace bight::net::tls_client_test
