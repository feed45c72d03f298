// Start-up and authentication, without a server.
#include "pg/wire/handshake.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>

#include "pg/wire/digest.hpp"
#include "support/pg_messages.hpp"

namespace bight::pg::wire::handshake_test {

namespace server = test::server;
using ::testing::HasSubstr;
using state = handshake::state;

// RFC 7677 section 3: the user is "user", but PostgreSQL leaves the name empty, so the messages differ.
const std::string nonce = "rOprNGfwEbeRWgbNEkqO";
const std::string server_nonce = nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string salt = "W22ZaJ0SNY7soEsUEjb6gQ==";

const std::string welcome = server::authentication(0) + server::parameter("server_version", "15.18") +
                            server::key(4711, 42) + server::ready();

credentials with_password(std::string password = "pencil") {
  credentials c;
  c.user = "user";
  c.password = std::move(password);
  return c;
}

// A server that knows the password.
class scram_server {
 public:
  explicit scram_server(std::string password, std::string bound = "n,,") : bound_(std::move(bound)) {
    const auto salted = pbkdf2_sha256(password, *from_base64(salt), 4096);
    client_key_ = hmac_sha256(salted, "Client Key");
    server_key_ = hmac_sha256(salted, "Server Key");
  }
  std::string first() const { return "r=" + server_nonce + ",s=" + salt + ",i=4096"; }
  /// The proof is right; what the server answers.
  std::string check(std::string_view client_final) const {
    const auto cut = client_final.rfind(",p=");
    const auto without = client_final.substr(0, cut);
    EXPECT_EQ(without, "c=" + to_base64(bound_) + ",r=" + server_nonce);
    const auto message = ("n=,r=" + nonce + ',').append(first()).append(",").append(without);
    auto proof = from_base64(client_final.substr(cut + 3)).value_or("");
    const auto signature = hmac_sha256(sha256(client_key_), message);
    EXPECT_EQ(proof.size(), signature.size());
    for (std::size_t i = 0; i != proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    EXPECT_EQ(proof, client_key_);
    return "v=" + to_base64(hmac_sha256(server_key_, message));
  }

 private:
  std::string bound_;
  std::string client_key_;
  std::string server_key_;
};

class pg_handshake : public ::testing::Test {
 protected:
  void begin(credentials c) { shake.emplace(std::move(c), keys, nonce); }
  state feed(std::string_view bytes) {
    out.clear();
    auto rest = bytes;
    const auto s = shake->feed(rest, out);
    if (s == state::more) { EXPECT_EQ(rest, ""); }
    return s;
  }
  std::string failed_with(std::string_view bytes, errc code) {
    EXPECT_EQ(feed(bytes), state::failed);
    EXPECT_EQ(shake->failure_code(), code);
    return shake->failure();
  }

  scram_keys keys;
  std::optional<handshake> shake;
  std::string out;
};

std::string mechanisms(std::string_view names) { return server::authentication(10, names); }
const std::string both("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0", 34);
const std::string plain("SCRAM-SHA-256\0\0", 15);

TEST_F(pg_handshake, without_a_password) {
  begin(credentials{});
  EXPECT_EQ(feed(welcome), state::done);
  EXPECT_EQ(out, "");
  EXPECT_EQ(shake->pid(), 4711U);
  EXPECT_EQ(shake->key(), server::n32(42));
  EXPECT_EQ(shake->parameters().at("server_version"), "15.18");
}

TEST_F(pg_handshake, split_at_every_byte) {
  for (std::size_t n = 0; n != welcome.size(); ++n) {
    begin(credentials{});
    std::string_view first = std::string_view{welcome}.substr(0, n);
    ASSERT_EQ(shake->feed(first, out), state::more) << n;
    const std::string rest = std::string{first} + welcome.substr(n);
    std::string_view second = rest;
    EXPECT_EQ(shake->feed(second, out), state::done) << n;
    EXPECT_EQ(second, "");
  }
}

TEST_F(pg_handshake, a_password_in_clear_text) {
  begin(with_password());
  EXPECT_EQ(feed(server::authentication(3)), state::more);
  EXPECT_EQ(out, server::message('p', server::zero("pencil")));
  EXPECT_EQ(feed(welcome), state::done);
}

TEST_F(pg_handshake, md5) {
  begin(with_password());
  EXPECT_EQ(feed(server::authentication(5, "abcd")), state::more);
  // md5(md5("penciluser") || "abcd"), as `md5sum` computes it.
  EXPECT_EQ(out, server::message('p', server::zero("md5d621238dc9a10c6c869b264c13379ee7")));
}

TEST_F(pg_handshake, scram) {
  begin(with_password());
  EXPECT_EQ(feed(mechanisms(plain)), state::more);
  const std::string first = "n,,n=,r=" + nonce;
  EXPECT_EQ(out, server::message('p', server::zero("SCRAM-SHA-256") +
                                          server::n32(static_cast<std::uint32_t>(first.size())) + first));
  const scram_server peer{"pencil"};
  EXPECT_EQ(feed(server::authentication(11, peer.first())), state::more);
  const auto answer = peer.check(std::string_view{out}.substr(5));
  EXPECT_EQ(feed(server::authentication(12, answer) + welcome), state::done);
}

TEST_F(pg_handshake, scram_with_channel_binding) {
  auto c = with_password();
  c.encrypted = true;
  c.end_point = "hash of the certificate";
  begin(c);
  EXPECT_EQ(feed(mechanisms(both)), state::more);
  EXPECT_THAT(out, HasSubstr("SCRAM-SHA-256-PLUS"));
  const scram_server peer{"pencil", "p=tls-server-end-point,,hash of the certificate"};
  EXPECT_EQ(feed(server::authentication(11, peer.first())), state::more);
  const auto answer = peer.check(std::string_view{out}.substr(5));
  EXPECT_EQ(feed(server::authentication(12, answer) + welcome), state::done);
}

TEST_F(pg_handshake, a_server_that_hides_channel_binding_is_told_that_it_was_possible) {
  auto c = with_password();
  c.encrypted = true;
  c.end_point = "hash";
  begin(c);
  EXPECT_EQ(feed(mechanisms(plain)), state::more);
  EXPECT_THAT(out, HasSubstr("y,,n=,r="));
}

TEST_F(pg_handshake, a_server_that_does_not_know_the_password_is_refused) {
  begin(with_password());
  feed(mechanisms(plain));
  feed(server::authentication(11, scram_server{"pencil"}.first()));
  const auto wrong = "v=" + to_base64(std::string(32, 'x'));
  EXPECT_THAT(failed_with(server::authentication(12, wrong), errc::authentication_failed),
              HasSubstr("does not know the password"));
}

TEST_F(pg_handshake, a_server_that_skips_its_proof_is_refused) {
  begin(with_password());
  feed(mechanisms(plain));
  EXPECT_THAT(failed_with(welcome, errc::authentication_failed), HasSubstr("did not prove"));
}

TEST_F(pg_handshake, a_server_that_changes_the_method_is_refused) {
  begin(with_password());
  feed(mechanisms(plain));
  failed_with(server::authentication(3), errc::protocol_violation);
}

TEST_F(pg_handshake, malformed_scram_messages_are_refused) {
  const std::string good = scram_server{"pencil"}.first();
  for (const std::string& text :
       {std::string{}, std::string{"r=short,s=QQ==,i=4096"}, "r=" + nonce + ",s=QQ==,i=4096",
        "r=" + server_nonce + ",s=?,i=4096", "r=" + server_nonce + ",s=QQ==,i=0",
        "r=" + server_nonce + ",s=QQ==,i=-1", "r=" + server_nonce + ",s=QQ==,i=1x",
        "r=" + server_nonce + ",s=,i=1", good.substr(0, good.size() / 2),
        "r=" + server_nonce + ",s=QQ==,i=1000001"}) {
    begin(with_password());
    feed(mechanisms(plain));
    failed_with(server::authentication(11, text), errc::authentication_failed);
  }
  begin(with_password());
  failed_with(server::authentication(11, good), errc::protocol_violation);
  begin(with_password());
  failed_with(mechanisms(std::string_view{both}.substr(0, 10)), errc::protocol_violation);
}

TEST_F(pg_handshake, keys_are_derived_once_per_password) {
  for (int i = 0; i != 3; ++i) {
    begin(with_password());
    feed(mechanisms(plain));
    feed(server::authentication(11, scram_server{"pencil"}.first()));
  }
  EXPECT_EQ(keys.derivations(), 1U);
}

TEST_F(pg_handshake, channel_binding_that_is_required_allows_nothing_else) {
  for (const std::string& bytes : {welcome, server::authentication(3), server::authentication(5, "abcd"),
                                   mechanisms(plain), mechanisms(both)}) {
    auto c = with_password();
    c.use = channel_binding_use::require;
    begin(c);
    EXPECT_THAT(failed_with(bytes, errc::authentication_failed), HasSubstr("channel_binding=require"));
  }
}

TEST_F(pg_handshake, gssapi_is_refused_with_advice) {
  for (const std::uint32_t what : {2U, 7U, 9U}) {
    begin(with_password());
    EXPECT_THAT(failed_with(server::authentication(what), errc::unsupported_authentication),
                HasSubstr("scram-sha-256"));
  }
}

TEST_F(pg_handshake, a_missing_password_is_named) {
  for (const std::string& bytes :
       {server::authentication(3), server::authentication(5, "abcd"), mechanisms(plain)}) {
    begin(credentials{});
    EXPECT_THAT(failed_with(bytes, errc::authentication_failed), HasSubstr("there is none"));
  }
}

TEST_F(pg_handshake, an_error_of_the_server) {
  begin(with_password());
  EXPECT_EQ(feed(server::fatal("28P01", "password authentication failed")), state::refused);
  EXPECT_THAT(shake->refusal(), HasSubstr("28P01"));
}

TEST_F(pg_handshake, what_is_not_postgresql_is_refused) {
  begin(with_password());
  EXPECT_THAT(failed_with("HTTP/1.1 400 Bad Request\r\n\r\n", errc::protocol_violation),
              HasSubstr("may not be a PostgreSQL server"));
  begin(with_password());
  failed_with("SSH-2.0-OpenSSH_9.2", errc::protocol_violation);
}

TEST_F(pg_handshake, messages_out_of_order_are_refused) {
  for (const std::string& bytes :
       {server::ready(), server::key(1, 2), server::row({"a"}),
        server::authentication(0) + server::authentication(0),
        server::authentication(0) + server::authentication(3), server::message('R', "x"),
        server::authentication(5, "abc"), server::message('S', "x")}) {
    begin(with_password());
    failed_with(bytes, errc::protocol_violation);
  }
}

}  // namespace bight::pg::wire::handshake_test
