// tls_accept: the server's side of TLS, against our own client and the openssl program.
#include <bight/net/tls.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/faults.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/openssl_client.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::net::tls_accept_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::certificates;
using test::error_of;
using test::openssl_client;
using test::read_all;
using test::read_exactly;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace sys = boost::system::errc;

class accepting_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

const std::vector<std::string> h2{"h2"};
const std::vector<std::string> http1{"http/1.1"};
const std::vector<std::string> h2_and_http1{"h2", "http/1.1"};
const std::vector<std::string> http1_and_h2{"http/1.1", "h2"};

tls_server_context context_for(const test::certificate& identity, std::vector<std::string> protocols = {}) {
  tls_server_options options{identity.file, identity.key};
  options.protocols = std::move(protocols);
  return tls_server_context{options};
}
tls_server_context good_context(std::vector<std::string> protocols = {}) {
  return context_for(certificates::instance().good(), std::move(protocols));
}
tls_client_context trusting() {
  return tls_client_context::from_ca_file(certificates::instance().authority());
}

// Both ends of a TLS connection over `transport`.
awaitable<std::pair<stream, stream>> secured(std::pair<stream, stream> transport, tls_server_context context,
                                             std::vector<std::string> offer = {}) {
  auto [client, server] =
      co_await gather(tls_connect(std::move(transport.first), "localhost", trusting(), std::move(offer)),
                      tls_accept(std::move(transport.second), std::move(context)));
  co_return std::pair<stream, stream>(std::move(client), std::move(server));
}

ASYNC_TEST_F(accepting_tls, carries_bytes_both_ways) {
  for (const auto make : test::every_transport) {
    auto transport = co_await make();
    auto [client, server] = co_await secured(std::move(transport), good_context());
    const auto there = test::pattern(3'000'000, 1);
    const auto back = test::pattern(2'000'000, 2);
    auto [a, b, at_server, at_client] =
        co_await gather(test::write_and_finish(client, there), test::write_and_finish(server, back),
                        read_all(server), read_all(client));
    EXPECT_TRUE(at_server == there);
    EXPECT_TRUE(at_client == back);
    co_await server.close();
    co_await client.close();
  }
}

ASYNC_TEST_F(accepting_tls, small_pieces_arrive_in_order) {
  auto [client, server] = co_await secured(memory_pipe(), good_context());
  const auto text = test::pattern(200'000);
  std::vector<std::span<const std::byte>> pieces;
  const auto bytes = std::as_bytes(std::span{text});
  for (std::size_t begin = 0, i = 0; begin != text.size(); ++i) {
    const auto size = std::min<std::size_t>(i % 40 == 0 ? 20'000 : i % 90, text.size() - begin);
    pieces.push_back(bytes.subspan(begin, size));
    begin += size;
  }
  auto send = [&]() -> awaitable<void> {
    co_await server.write(pieces);
    co_await server.close();
  };
  auto [sent, all] = co_await gather(send(), read_all(client));
  EXPECT_TRUE(all == text);
}

ASYNC_TEST_F(accepting_tls, both_sides_know_the_connection) {
  const memory_pipe_options options{.first = endpoint::parse("192.0.2.1:50000").value(),
                                    .second = endpoint::parse("192.0.2.2:443").value()};
  auto [client, server] = co_await secured(memory_pipe(options), good_context(h2_and_http1), http1);
  EXPECT_EQ(client.protocol(), "http/1.1");
  EXPECT_EQ(server.protocol(), "http/1.1");

  const auto at_server = server.connection();
  EXPECT_TRUE(at_server.encrypted());
  EXPECT_EQ(at_server.local, options.second);
  EXPECT_EQ(at_server.remote, options.first);
  EXPECT_EQ(at_server.protocol, "http/1.1");
  EXPECT_EQ(at_server.tls_version, "TLSv1.3");
  EXPECT_THAT(at_server.cipher, StartsWith("TLS_"));
  EXPECT_FALSE(at_server.certificate);  // it does not ask for one

  const auto at_client = client.connection();
  EXPECT_EQ(at_client.remote, options.second);
  EXPECT_EQ(at_client.cipher, at_server.cipher);
  EXPECT_TRUE(at_client.certificate);
  const auto certificate = at_client.certificate.value_or(peer_certificate{});
  EXPECT_EQ(certificate.subject, "CN=localhost");
  EXPECT_EQ(certificate.issuer, "CN=authority of a test");
  EXPECT_EQ(certificate.pem, test::read_file(certificates::instance().good().file));
}

ASYNC_TEST(stream_connection, of_a_stream_without_tls_is_its_endpoints) {
  auto [client, server] = co_await test::tcp_pair();
  const auto info = client.connection();
  EXPECT_FALSE(info.encrypted());
  EXPECT_EQ(info.local, server.remote_endpoint());
  EXPECT_EQ(info.remote, server.local_endpoint());
  EXPECT_EQ(info.protocol, "");
  EXPECT_EQ(info.cipher, "");
  EXPECT_FALSE(info.certificate);
}

ASYNC_TEST_F(accepting_tls, the_servers_preference_decides) {
  auto [client, server] = co_await secured(memory_pipe(), good_context(h2_and_http1), http1_and_h2);
  EXPECT_EQ(client.protocol(), "h2");
  EXPECT_EQ(server.protocol(), "h2");
}

ASYNC_TEST_F(accepting_tls, a_client_that_offers_no_protocol_is_served) {
  auto [client, server] = co_await secured(memory_pipe(), good_context(h2));
  EXPECT_EQ(client.protocol(), "");
  auto [other, plain] = co_await secured(memory_pipe(), good_context(), h2);
  EXPECT_EQ(other.protocol(), "");
}

// What both sides throw when the handshake fails.
class failures {
 public:
  std::string client;
  std::string server;
  boost::system::error_code code;  // the server's
};

awaitable<failures> failed_handshake(std::pair<stream, stream> transport, tls_server_context context,
                                     tls_client_context trust, std::vector<std::string> offer = {}) {
  failures both;
  auto connect = [&]() -> awaitable<void> {
    const auto e = co_await error_of(
        tls_connect(std::move(transport.first), "localhost", std::move(trust), std::move(offer)));
    both.client = e.what();
  };
  auto accept = [&]() -> awaitable<void> {
    const auto e = co_await error_of(tls_accept(std::move(transport.second), std::move(context)));
    both.server = e.what();
    both.code = e.code();
  };
  co_await gather(connect(), accept());
  co_return both;
}

ASYNC_TEST_F(accepting_tls, no_common_protocol_is_an_error_at_both_ends) {
  const auto both = co_await failed_handshake(memory_pipe(), good_context(h2), trusting(), http1);
  EXPECT_EQ(both.code, errc::tls_handshake);
  EXPECT_THAT(both.server, HasSubstr("none of the protocols that the client offers is spoken here"));
  EXPECT_THAT(both.client, HasSubstr("no application protocol"));
}

ASYNC_TEST_F(accepting_tls, a_client_that_does_not_trust_the_certificate_says_so) {
  const auto context = context_for(certificates::instance().self_signed());
  auto serve = [&](stream s) -> awaitable<std::string> {
    // In TLS 1.3 the client's verdict comes after the server's last word.
    try {
      auto secure = co_await tls_accept(std::move(s), context);
      static_cast<void>(co_await test::read_once(secure));
    } catch (const system_error& e) { co_return e.what(); }
    co_return "no error";
  };
  auto [near, far] = memory_pipe();
  auto [client, at_server] =
      co_await gather(error_of(tls_connect(std::move(near), "localhost", trusting())), serve(std::move(far)));
  EXPECT_EQ(client.code(), errc::certificate_invalid);
  EXPECT_THAT(at_server, HasSubstr("unknown ca"));
}

// Bytes that are no TLS, and what the server says.
awaitable<system_error> refusal_of(std::string_view bytes) {
  const memory_pipe_options options{.first = endpoint::parse("192.0.2.1:50000").value()};
  auto [client, server] = memory_pipe(options);
  co_await client.write(bytes);
  co_await client.shutdown_write();
  co_return co_await error_of(tls_accept(std::move(server), good_context()));
}

ASYNC_TEST_F(accepting_tls, http_without_tls_is_told) {
  for (const std::string_view request :
       {"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "POST / HTTP/1.1\r\n\r\n",
        "CONNECT example.org:443 HTTP/1.1\r\n\r\n"}) {
    const auto error = co_await refusal_of(request);
    EXPECT_EQ(error.code(), errc::tls_handshake);
    EXPECT_THAT(error.what(), StartsWith("192.0.2.1:50000: the client speaks HTTP without TLS"));
  }
}

ASYNC_TEST_F(accepting_tls, what_is_no_tls_is_told) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x01\xff\xff nonsense", "\x80\x80\x80\x80\x80\x80"}) {
    const auto error = co_await refusal_of(bytes);
    EXPECT_EQ(error.code(), errc::tls_handshake) << bytes;
  }
}

ASYNC_TEST_F(accepting_tls, a_connection_that_ends_at_once_is_told) {
  const auto error = co_await refusal_of("");
  EXPECT_EQ(error.code(), errc::tls_handshake);
  EXPECT_THAT(error.what(),
              HasSubstr("192.0.2.1:50000: the client closed the connection during the handshake"));
}

ASYNC_TEST_F(accepting_tls, a_handshake_that_is_cut_off_anywhere_fails_at_both_ends) {
  // In the client's first message, and in its last one, after which the client itself believes in the
  // connection.
  for (const std::uint64_t n : {0U, 1U, 4U, 5U, 6U, 50U, 200U, 270U, 300U}) {
    auto [client, server] = memory_pipe();
    testing::faults script;
    script.writing.end_at(n);
    client = testing::with_faults(std::move(client), script);
    auto connecting = spawn(tls_connect, std::move(client), "localhost", trusting(),
                            std::vector<std::string>(), std::string());
    const auto error = co_await error_of(tls_accept(std::move(server), good_context()));
    EXPECT_EQ(error.code(), errc::tls_handshake) << n;
    EXPECT_THAT(error.what(), HasSubstr("the client closed the connection during the handshake")) << n;
    co_await connecting.wait();
    static_cast<void>(connecting.exception());
  }
  for (const std::uint64_t n : {0U, 1U, 5U, 100U, 500U}) {
    auto [client, server] = memory_pipe();
    testing::faults script;
    script.writing.end_at(n);
    server = testing::with_faults(std::move(server), script);
    const auto error =
        co_await error_of(secured(std::pair(std::move(client), std::move(server)), good_context()));
    EXPECT_THAT(error.what(), HasSubstr("the server closed the connection during the handshake")) << n;
  }
}

ASYNC_TEST_F(accepting_tls, a_handshake_in_single_bytes_succeeds) {
  auto [client, server] = memory_pipe();
  testing::faults script;
  script.reading.split_every(1);
  script.writing.split_every(1);
  client = testing::with_faults(std::move(client), script);
  auto [a, b] = co_await secured(std::pair(std::move(client), std::move(server)), good_context());
  co_await a.write("ping");
  const auto ping = co_await read_exactly(b, 4);
  EXPECT_EQ(ping, "ping");
}

ASYNC_TEST_F(accepting_tls, a_client_that_says_nothing_is_given_up_by_a_limit) {
  auto [client, server] = memory_pipe();
  const auto error = co_await error_of(wait_for(tls_accept(std::move(server), good_context()), 10s));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
  const auto end = co_await read_all(client);  // the connection was closed
  EXPECT_EQ(end, "");
}

ASYNC_TEST_F(accepting_tls, cancelled_at_any_await_it_closes_the_connection) {
  for (int turns = 0; turns != 12; ++turns) {
    auto [near, far] = co_await test::tcp_pair();
    auto accepting = spawn(tls_accept, std::move(far), good_context());
    auto connecting = spawn(tls_connect, std::move(near), "localhost", trusting(), std::vector<std::string>(),
                            std::string());
    for (int i = 0; i != turns; ++i) co_await yield();
    accepting.cancel();
    co_await accepting.wait();
    co_await connecting.wait();  // ends, one way or the other
    static_cast<void>(connecting.exception());
    EXPECT_TRUE(accepting.done());
  }
}

ASYNC_TEST_F(accepting_tls, an_end_without_a_goodbye_is_an_error) {
  auto [client, server] = co_await secured(memory_pipe(), good_context());
  co_await client.write("cut");
  client = stream{};
  const auto cut = co_await read_exactly(server, 3);
  EXPECT_EQ(cut, "cut");
  const auto error = co_await error_of(read_all(server));
  EXPECT_EQ(error.code(), errc::tls_truncated);
}

// ---- files ---------------------------------------------------------------------------------------

std::string configuration_error(const std::string& certificate, const std::string& key,
                                std::vector<std::string> protocols = {}) {
  try {
    tls_server_options options{certificate, key};
    options.protocols = std::move(protocols);
    const tls_server_context context{options};
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), errc::tls_configuration);
    return e.what();
  }
  return "no error";
}

TEST(tls_server_context, names_the_file_that_is_wrong) {
  if (!certificates::available()) GTEST_SKIP() << "no openssl program";
  const test::scratch_folder folder;
  const auto good = certificates::instance().good();
  const auto text = folder.write("text", "no PEM at all\n");
  const auto missing = folder.file("missing");
  const auto other_key = folder.file("other.key");
  const auto locked_key = folder.file("locked.key");
  test::run_program({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-out", other_key});
  test::run_program(
      {"openssl", "pkey", "-in", good.key, "-aes128", "-passout", "pass:secret", "-out", locked_key});

  EXPECT_THAT(configuration_error(missing, good.key), HasSubstr("certificate " + missing + ": No such file"));
  EXPECT_THAT(configuration_error(good.file, missing), HasSubstr("key " + missing + ": No such file"));
  EXPECT_THAT(configuration_error(text, good.key), HasSubstr("certificate " + text + ": no start line"));
  EXPECT_THAT(configuration_error(good.file, text), HasSubstr("key " + text + ": "));
  EXPECT_THAT(configuration_error(good.file, locked_key), HasSubstr("key " + locked_key + ": "));
  EXPECT_THAT(configuration_error(good.file, other_key), HasSubstr("key " + other_key));
  EXPECT_THAT(configuration_error(good.file, other_key), HasSubstr("key values mismatch"));
  EXPECT_THAT(configuration_error(good.file, good.key, {""}), HasSubstr("1 to 255 bytes"));
}

// ---- the openssl program -------------------------------------------------------------------------

// Accepts one connection, answers one line, and closes.
awaitable<connection_info> answer_one(listener& l, tls_server_context context) {
  auto secure = co_await tls_accept(co_await l.accept(), std::move(context));
  reader in{secure};
  const auto line = co_await in.read_line();
  co_await secure.write("you said " + line.value_or("nothing") + "\n");
  auto info = secure.connection();
  co_await secure.close();
  co_return info;
}

ASYNC_TEST_F(accepting_tls, the_openssl_program_verifies_and_talks) {
  listener l{endpoint{ip_address::loopback(), 0}};
  const std::vector<std::string> arguments{"-alpn", "http/1.1", "-servername", "localhost"};
  auto [said, info] = co_await gather(openssl_client(l.local_endpoint(), arguments, "hello\n"),
                                      answer_one(l, good_context(h2_and_http1)));
  EXPECT_THAT(said, HasSubstr("Verification: OK"));
  EXPECT_THAT(said, HasSubstr("ALPN protocol: http/1.1"));
  EXPECT_THAT(said, HasSubstr("TLSv1.3"));
  EXPECT_THAT(said, HasSubstr("you said hello"));
  EXPECT_EQ(info.protocol, "http/1.1");
  EXPECT_EQ(info.tls_version, "TLSv1.3");
}

ASYNC_TEST_F(accepting_tls, the_openssl_program_talks_tls_1_2) {
  listener l{endpoint{ip_address::loopback(), 0}};
  const std::vector<std::string> arguments{"-tls1_2"};
  auto [said, info] = co_await gather(openssl_client(l.local_endpoint(), arguments, "hello\n"),
                                      answer_one(l, good_context()));
  EXPECT_THAT(said, HasSubstr("you said hello"));
  EXPECT_EQ(info.tls_version, "TLSv1.2");
}

ASYNC_TEST_F(accepting_tls, the_whole_chain_is_sent) {
  const test::scratch_folder folder;
  const auto good = certificates::instance().good();
  const auto chain = folder.write(
      "chain.pem", test::read_file(good.file) + test::read_file(certificates::instance().authority()));
  const test::certificate identity{chain, good.key};
  listener l{endpoint{ip_address::loopback(), 0}};
  const std::vector<std::string> arguments{"-showcerts"};
  auto [said, info] = co_await gather(openssl_client(l.local_endpoint(), arguments, "hello\n"),
                                      answer_one(l, context_for(identity)));
  std::size_t shown = 0;
  for (auto at = said.find("BEGIN CERTIFICATE"); at != said.npos; at = said.find("BEGIN CERTIFICATE", at + 1))
    ++shown;
  EXPECT_GE(shown, 2U);
}

ASYNC_TEST_F(accepting_tls, older_versions_are_refused) {
  listener l{endpoint{ip_address::loopback(), 0}};
  // Level 0, or the client itself would refuse.
  const std::vector<std::string> arguments{"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"};
  auto accept = [&]() -> awaitable<system_error> {
    auto s = co_await l.accept();
    co_return co_await error_of(tls_accept(std::move(s), good_context()));
  };
  auto [said, error] = co_await gather(openssl_client(l.local_endpoint(), arguments, "hello\n"), accept());
  EXPECT_EQ(error.code(), errc::tls_handshake);
  EXPECT_THAT(error.what(), HasSubstr("no TLS version that both sides allow"));
}

}  // namespace bight::net::tls_accept_test
