// A TLS session without I/O, whole and split at every byte.
#include "net/tls/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <vector>

#include "support/tls_peer.hpp"

namespace bight::net::tls::session_test {

using boost::system::system_error;
using test::certificates;
using ::testing::HasSubstr;
using tls_test::server_engine;

class tls_session : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
    context_.reset(SSL_CTX_new(TLS_client_method()));
    ASSERT_EQ(
        SSL_CTX_load_verify_locations(context_.get(), certificates::instance().authority().c_str(), nullptr),
        1);
  }
  client_settings settings(bool verify = true) const {
    client_settings s;
    s.context = context_.get();
    s.verify = verify;
    return s;
  }

 private:
  context_ptr context_;
};

void feed(session& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = to.input_room();
    const auto n = std::min(room.size(), bytes.size());
    std::copy_n(std::as_bytes(std::span(bytes)).begin(), n, room.begin());
    to.received(n);
    bytes.remove_prefix(n);
  }
}

std::string take_output(session& from) {
  std::string all(reinterpret_cast<const char*>(from.output().data()), from.output().size());
  from.output().clear();
  return all;
}

// Plays both sides to the end, handing over `step` bytes at a time.
void shake_hands(session& client, server_engine& server, std::size_t step) {
  want next = want::input;
  while (true) {
    if (next != want::nothing) next = client.handshake();
    const auto there = take_output(client);
    for (std::size_t i = 0; i < there.size(); i += step) {
      server.feed(std::string_view(there).substr(i, step));
      server.handshake();
    }
    const auto back = server.take_output();
    if (there.empty() && back.empty()) break;
    for (std::size_t i = 0; i < back.size(); i += step) {
      feed(client, std::string_view(back).substr(i, step));
      if (next != want::nothing) next = client.handshake();
    }
  }
  ASSERT_EQ(next, want::nothing) << "nobody has anything to say";
}

std::string read_all(session& from) {
  std::string all;
  std::string piece(1000, '\0');
  while (true) {
    std::size_t size = 0;
    if (from.read(std::as_writable_bytes(std::span(piece)), size) != want::nothing) return all;
    all.append(piece, 0, size);
  }
}

TEST_F(tls_session, may_be_split_at_every_byte) {
  for (const std::size_t step : {1U, 2U, 7U, 1'000'000U}) {
    server_engine server{certificates::instance().good()};
    session client{settings(), "localhost", {}};
    ASSERT_NO_FATAL_FAILURE(shake_hands(client, server, step));
    EXPECT_EQ(server.server_name(), "localhost");

    std::size_t size = 0;
    EXPECT_EQ(client.write(std::as_bytes(std::span(std::string_view("request"))), size), want::nothing);
    EXPECT_EQ(size, 7U);
    const auto there = take_output(client);
    std::string request;
    for (std::size_t i = 0; i < there.size(); i += step) {
      server.feed(std::string_view(there).substr(i, step));
      request += server.read();
    }
    EXPECT_EQ(request, "request");

    server.write("answer");
    server.say_goodbye();
    const auto back = server.take_output();
    std::string answer;
    for (std::size_t i = 0; i < back.size(); i += step) {
      feed(client, std::string_view(back).substr(i, step));
      answer += read_all(client);
    }
    EXPECT_EQ(answer, "answer");
    std::byte one;
    EXPECT_EQ(client.read(std::span(&one, 1), size), want::closed);
  }
}

TEST_F(tls_session, input_that_ends_early_is_truncation_and_not_the_end) {
  server_engine server{certificates::instance().good()};
  session client{settings(), "localhost", {}};
  shake_hands(client, server, 1'000'000);
  server.write("half of the ans");
  feed(client, server.take_output());
  EXPECT_EQ(read_all(client), "half of the ans");
  client.received_end();
  for (int i = 0; i != 2; ++i) {
    try {
      read_all(client);
      ADD_FAILURE() << "a truncated stream ended well";
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), errc::tls_truncated);
      EXPECT_THAT(e.what(), HasSubstr("localhost"));
    }
  }
}

TEST_F(tls_session, a_record_that_was_changed_on_the_way_is_refused) {
  server_engine server{certificates::instance().good()};
  session client{settings(), "localhost", {}};
  shake_hands(client, server, 1'000'000);
  EXPECT_EQ(read_all(client), "");
  server.write("answer");
  auto bytes = server.take_output();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  feed(client, bytes);
  try {
    read_all(client);
    ADD_FAILURE() << "a forged record was read";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::tls_protocol); }
}

TEST_F(tls_session, readable_looks_through_records_that_hold_no_data) {
  server_engine server{certificates::instance().good()};
  SSL_CTX_set_num_tickets(server.context(), 0);
  session client{settings(), "localhost", {}};
  shake_hands(client, server, 1'000'000);
  EXPECT_FALSE(client.readable());
  server.write_ticket();
  const auto ticket = server.take_output();
  ASSERT_FALSE(ticket.empty());
  feed(client, ticket);
  EXPECT_FALSE(client.readable());  // a session ticket is nothing to read

  server.write("x");
  const auto record = server.take_output();
  feed(client, std::string_view(record).substr(0, 3));
  EXPECT_FALSE(client.readable());  // nor is a part of a record
  feed(client, std::string_view(record).substr(3));
  EXPECT_TRUE(client.readable());
  EXPECT_TRUE(client.readable());  // and looking takes nothing
  EXPECT_EQ(read_all(client), "x");
  EXPECT_FALSE(client.readable());
  server.say_goodbye();
  feed(client, server.take_output());
  EXPECT_TRUE(client.readable());
}

TEST_F(tls_session, large_data_is_encrypted_record_by_record) {
  server_engine server{certificates::instance().good()};
  session client{settings(), "localhost", {}};
  shake_hands(client, server, 1'000'000);
  const std::string data(100'000, 'x');
  std::string_view rest = data;
  std::string received;
  while (!rest.empty()) {
    std::size_t size = 0;
    ASSERT_EQ(client.write(std::as_bytes(std::span(rest)), size), want::nothing);
    ASSERT_GT(size, 0U);
    rest.remove_prefix(size);
    server.feed(take_output(client));
    for (auto piece = server.read(); !piece.empty(); piece = server.read()) received += piece;
  }
  EXPECT_EQ(received, data);
}

TEST_F(tls_session, checks_the_name_as_rfc_9525_says) {
  auto& all = certificates::instance();
  const auto outcome = [&](const test::certificate& identity,
                           const std::string& host) -> boost::system::error_code {
    server_engine server{identity};
    try {
      session client{settings(), host, {}};
      shake_hands(client, server, 1'000'000);
      return {};
    } catch (const system_error& e) {
      EXPECT_THAT(e.what(), HasSubstr(host));
      return e.code();
    }
  };
  for (const auto* host : {"localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1"})
    EXPECT_EQ(outcome(all.good(), host), boost::system::error_code{}) << host;
  for (const auto* host : {"localhos", "a.localhost", "127.0.0.2", "::2", "example.com"})
    EXPECT_EQ(outcome(all.good(), host), errc::certificate_name) << host;

  EXPECT_EQ(outcome(all.wildcard(), "www.test.example"), boost::system::error_code{});
  for (const auto* host : {"test.example", "a.www.test.example", "partial.part.example"})
    EXPECT_EQ(outcome(all.wildcard(), host), errc::certificate_name) << host;

  EXPECT_EQ(outcome(all.common_name_only(), "localhost"), errc::certificate_name);
}

// To OpenSSL an empty name means that every name will do.
TEST_F(tls_session, refuses_a_host_that_cannot_be_verified) {
  using namespace std::string_literals;
  for (const auto& host : {""s, "."s, "local\0host"s, "\0"s, std::string(300, 'a')}) {
    for (const bool verify : {true, false}) {
      try {
        const session client{settings(verify), host, {}};
        ADD_FAILURE() << "accepted: " << host;
      } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::invalid_host_name); }
    }
  }
}

TEST_F(tls_session, sends_the_name_without_its_dot_and_no_literal) {
  for (const auto& [host, sent] : {std::pair{"localhost.", "localhost"}, {"127.0.0.1", ""}, {"::1", ""}}) {
    server_engine server{certificates::instance().good()};
    session client{settings(), host, {}};
    shake_hands(client, server, 1'000'000);
    EXPECT_EQ(server.server_name(), sent);
  }
}

TEST_F(tls_session, agrees_on_a_protocol) {
  server_engine server{certificates::instance().good()};
  server.supported_protocol = "http/1.1";
  session client{settings(), "localhost", {"h2", "http/1.1"}};
  EXPECT_EQ(client.protocol(), "");
  shake_hands(client, server, 1'000'000);
  EXPECT_EQ(client.protocol(), "http/1.1");
}

TEST_F(tls_session, refuses_protocol_names_that_cannot_be_sent) {
  for (const auto& name : {std::string{}, std::string(256, 'x')}) {
    try {
      const session client{settings(), "localhost", {name}};
      ADD_FAILURE() << "accepted: " << name;
    } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::tls_configuration); }
  }
}

// The verdict on the certificate is not why a handshake fails when nobody asked for a verdict.
TEST_F(tls_session, without_verification_a_failure_is_not_blamed_on_the_certificate) {
  server_engine server{certificates::instance().self_signed()};
  SSL_CTX_set_max_proto_version(server.context(), TLS1_2_VERSION);
  SSL_CTX_set_verify(server.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  session client{settings(false), "localhost", {}};
  static_cast<void>(client.handshake());
  server.feed(take_output(client));
  server.handshake();
  feed(client, server.take_output());
  static_cast<void>(client.handshake());
  server.feed(take_output(client));
  EXPECT_THROW(server.handshake(), std::runtime_error);
  feed(client, server.take_output());
  try {
    static_cast<void>(client.handshake());
    ADD_FAILURE() << "the server asked for a certificate that the client does not have";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::tls_handshake) << e.what(); }
}

}  // namespace bight::net::tls::session_test
