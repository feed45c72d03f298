// tls_server_context: certificates by server name, reload, and certificates of clients.
#include <bight/net/tls.hpp>

#include <atomic>
#include <bight/core/clock.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/server.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/openssl_client.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::net::tls_server_test {

using boost::system::system_error;
using test::certificates;
using test::error_of;
using test::openssl_client;
using test::read_exactly;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class tls_server : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};
using tls_server_names = tls_server;
using tls_server_reload = tls_server;
using tls_server_clients = tls_server;

tls_server_options options_for(const test::certificate& identity) {
  return tls_server_options{identity.file, identity.key};
}
tls_certificate as_option(const test::certificate& identity, std::vector<std::string> names = {}) {
  return tls_certificate{identity.file, identity.key, std::move(names)};
}

// For localhost by default, for *.test.example, and for other.example.
tls_server_options three_certificates() {
  auto& all = certificates::instance();
  auto options = options_for(all.good());
  options.certificates.push_back(as_option(all.wildcard()));
  options.certificates.push_back(as_option(all.other_name()));
  return options;
}

tls_client_context trusting() {
  return tls_client_context::from_ca_file(certificates::instance().authority());
}

// Both ends of a TLS connection.
class ends {
 public:
  stream client;
  stream server;
};

awaitable<ends> secured(std::string host, tls_server_context context, tls_client_context trust,
                        std::vector<std::string> offer = {}) {
  auto [near, far] = memory_pipe();
  auto [client, server] =
      co_await gather(tls_connect(std::move(near), host, std::move(trust), std::move(offer)),
                      tls_accept(std::move(far), std::move(context)));
  // Takes the session tickets along.
  co_await server.write("ready");
  const auto ready = co_await read_exactly(client, 5);
  EXPECT_EQ(ready, "ready");
  ends both;
  both.client = std::move(client);
  both.server = std::move(server);
  co_return both;
}

std::string subject_at(const stream& s) {
  const auto certificate = s.connection().certificate;
  return certificate ? certificate->subject : "none";
}

// What both sides say when the handshake fails. With TLS 1.3 the client may hear of it when it reads.
class failures {
 public:
  std::string client = "no error";
  std::string server = "no error";
  boost::system::error_code code;  // the server's
};

awaitable<failures> refused(std::pair<stream, stream> transport, std::string host, tls_server_context context,
                            tls_client_context trust) {
  failures both;
  auto connect = [&]() -> awaitable<void> {
    try {
      auto client = co_await tls_connect(std::move(transport.first), host, trust);
      co_await client.write(test::pattern(40'000));  // a request that nobody will read
      static_cast<void>(co_await test::read_once(client));
    } catch (const system_error& e) { both.client = e.what(); }
  };
  auto accept = [&]() -> awaitable<void> {
    try {
      auto server = co_await tls_accept(std::move(transport.second), context);
      co_await server.close();
    } catch (const system_error& e) {
      both.server = e.what();
      both.code = e.code();
    }
  };
  co_await gather(connect(), accept());
  co_return both;
}

std::string configuration_error(const tls_server_options& options) {
  try {
    const tls_server_context context{options};
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), errc::tls_configuration);
    return e.what();
  }
  return "no error";
}

// ---- server names --------------------------------------------------------------------------------

ASYNC_TEST_F(tls_server_names, select_the_certificate) {
  const tls_server_context context{three_certificates()};
  const std::pair<const char*, const char*> table[] = {{"localhost", "CN=localhost"},
                                                       {"other.example", "CN=other.example"},
                                                       {"a.test.example", "CN=wildcard"},
                                                       {"b.test.example", "CN=wildcard"}};
  for (const auto& [host, subject] : table) {
    const std::string name = host;
    auto both = co_await secured(name, context, trusting());  // which verifies the name
    EXPECT_EQ(subject_at(both.client), subject);
    EXPECT_EQ(both.server.connection().server_name, host);
    EXPECT_EQ(both.client.connection().server_name, host);
  }
}

ASYNC_TEST_F(tls_server_names, are_compared_without_case_and_final_dot) {
  const tls_server_context context{three_certificates()};
  auto both = co_await secured("Other.EXAMPLE.", context, trusting());
  EXPECT_EQ(subject_at(both.client), "CN=other.example");
  EXPECT_EQ(both.server.connection().server_name, "other.example");
}

ASYNC_TEST_F(tls_server_names, that_nobody_has_get_the_default_certificate) {
  const tls_server_context context{three_certificates()};
  // A wildcard stands for one label; "part*" is not one.
  for (const auto* host : {"unknown.example", "a.b.test.example", "test.example", "part1.part.example"}) {
    const std::string name = host;
    auto both = co_await secured(name, context, tls_client_context::insecure());
    EXPECT_EQ(subject_at(both.client), "CN=localhost") << host;
    EXPECT_EQ(both.server.connection().server_name, host);
  }
}

ASYNC_TEST_F(tls_server_names, are_not_sent_for_an_address) {
  const tls_server_context context{three_certificates()};
  auto both = co_await secured("127.0.0.1", context, trusting());
  EXPECT_EQ(subject_at(both.client), "CN=localhost");
  EXPECT_EQ(both.server.connection().server_name, "");
}

ASYNC_TEST_F(tls_server_names, given_replace_those_of_the_certificate) {
  auto& all = certificates::instance();
  auto options = options_for(all.good());
  options.certificates.push_back(as_option(all.other_name(), {"www.Given.example", "*.given.test"}));
  options.certificates.push_back(as_option(all.common_name_only(), {"common.example"}));
  const tls_server_context context{options};
  const std::pair<const char*, const char*> table[] = {{"www.given.example", "CN=other.example"},
                                                       {"x.given.test", "CN=other.example"},
                                                       {"common.example", "CN=localhost"},
                                                       {"other.example", "CN=localhost"}};
  for (const auto& [host, subject] : table) {
    const std::string name = host;
    auto both = co_await secured(name, context, tls_client_context::insecure());
    EXPECT_EQ(subject_at(both.client), subject) << host;
  }
}

ASYNC_TEST_F(tls_server_names, exact_ones_go_before_wildcards_and_the_first_certificate_before_others) {
  auto& all = certificates::instance();
  auto options = options_for(all.good());
  options.certificates.push_back(as_option(all.wildcard()));
  options.certificates.push_back(as_option(all.other_name(), {"special.test.example", "localhost"}));
  const tls_server_context context{options};
  auto exact = co_await secured("special.test.example", context, tls_client_context::insecure());
  EXPECT_EQ(subject_at(exact.client), "CN=other.example");
  auto first = co_await secured("localhost", context, tls_client_context::insecure());
  EXPECT_EQ(subject_at(first.client), "CN=localhost");
}

ASYNC_TEST_F(tls_server_names, without_a_default_the_first_certificate_is_it) {
  auto options = three_certificates();
  options.certificate_file.clear();
  options.key_file.clear();
  const tls_server_context context{options};
  auto both = co_await secured("unknown.example", context, tls_client_context::insecure());
  EXPECT_EQ(subject_at(both.client), "CN=wildcard");
}

ASYNC_TEST_F(tls_server_names, that_nobody_has_are_refused_if_asked_for) {
  auto options = three_certificates();
  options.refuse_unknown_names = true;
  const tls_server_context context{options};
  auto known = co_await secured("a.test.example", context, trusting());
  EXPECT_EQ(subject_at(known.client), "CN=wildcard");

  const auto unknown =
      co_await refused(memory_pipe(), "unknown.example", context, tls_client_context::insecure());
  EXPECT_EQ(unknown.code, errc::tls_handshake);
  EXPECT_THAT(unknown.server, HasSubstr("there is no certificate for unknown.example"));
  EXPECT_THAT(unknown.client, HasSubstr("unrecognized name"));
  const auto none = co_await refused(memory_pipe(), "127.0.0.1", context, tls_client_context::insecure());
  EXPECT_EQ(none.code, errc::tls_handshake);
  EXPECT_THAT(none.server, HasSubstr("the client sent no server name"));
  EXPECT_THAT(none.client, HasSubstr("unrecognized name"));
}

ASYNC_TEST_F(tls_server_names, and_protocols_are_negotiated_together) {
  auto options = three_certificates();
  options.protocols = {"h2", "http/1.1"};
  const tls_server_context context{options};
  const std::vector<std::string> offer{"http/1.1"};
  auto both = co_await secured("other.example", context, trusting(), offer);
  EXPECT_EQ(both.server.protocol(), "http/1.1");
  EXPECT_EQ(both.client.protocol(), "http/1.1");
}

ASYNC_TEST_F(tls_server_names, are_known_in_resumed_sessions) {
  const tls_server_context context{three_certificates()};
  const auto trust = trusting();
  for (int i = 0; i != 3; ++i) {
    auto both = co_await secured("other.example", context, trust);
    EXPECT_EQ(both.server.connection().resumed, i != 0);
    EXPECT_EQ(both.server.connection().server_name, "other.example");
    EXPECT_EQ(subject_at(both.client), "CN=other.example");
    both.client.abort();
  }
}

TEST_F(tls_server_names, that_are_wrong_are_told) {
  auto& all = certificates::instance();
  for (const std::string name : {"", "*", "*.", "a b", "part*.example", "*.*.example", "a..b", ".a"}) {
    auto options = options_for(all.good());
    options.certificates.push_back(as_option(all.other_name(), {name}));
    EXPECT_THAT(configuration_error(options),
                AllOf(HasSubstr("server name \"" + name + '"'), HasSubstr(all.other_name().file)));
  }
  auto nameless = options_for(all.good());
  nameless.certificates.push_back(as_option(all.common_name_only()));
  EXPECT_THAT(configuration_error(nameless),
              AllOf(HasSubstr(all.common_name_only().file), HasSubstr("no names are given")));
  auto missing = options_for(all.good());
  missing.certificates.emplace_back("/nowhere/chain.pem", "/nowhere/key.pem");
  EXPECT_THAT(configuration_error(missing), HasSubstr("certificate /nowhere/chain.pem: No such file"));
  EXPECT_THAT(configuration_error(tls_server_options{}), HasSubstr("certificate "));
}

TEST_F(tls_server, takes_the_key_from_the_file_of_the_certificate) {
  const test::scratch_folder folder;
  const auto good = certificates::instance().good();
  tls_server_options options;
  options.certificate_file = folder.write("both.pem", test::read_file(good.file) + test::read_file(good.key));
  EXPECT_EQ(configuration_error(options), "no error");
}

// ---- reload --------------------------------------------------------------------------------------

ASYNC_TEST_F(tls_server_reload, changes_the_certificate_of_new_connections_only) {
  auto& all = certificates::instance();
  tls_server_context context{options_for(all.good())};
  const auto copy = context;
  auto before = co_await secured("localhost", copy, tls_client_context::insecure());
  context.reload(options_for(all.other_name()));
  auto after = co_await secured("localhost", copy, tls_client_context::insecure());
  EXPECT_EQ(subject_at(after.client), "CN=other.example");

  EXPECT_EQ(subject_at(before.client), "CN=localhost");
  co_await before.client.write("still");
  const auto there = co_await read_exactly(before.server, 5);
  EXPECT_EQ(there, "still");
  co_await before.server.write("here");
  const auto back = co_await read_exactly(before.client, 4);
  EXPECT_EQ(back, "here");
}

ASYNC_TEST_F(tls_server_reload, leaves_a_handshake_in_progress_alone) {
  auto& all = certificates::instance();
  auto options = three_certificates();
  options.protocols = {"http/1.1"};
  tls_server_context context{options};
  auto [near, far] = memory_pipe();
  auto accepting = spawn(tls_accept, std::move(far), context);
  for (int i = 0; i != 5; ++i) co_await yield();  // it waits for the client
  context.reload(options_for(all.good()));
  const std::vector<std::string> offer{"http/1.1"};
  auto client = co_await tls_connect(std::move(near), "other.example", trusting(), offer);
  auto server = co_await std::move(accepting);
  EXPECT_EQ(subject_at(client), "CN=other.example");
  EXPECT_EQ(server.protocol(), "http/1.1");
}

ASYNC_TEST_F(tls_server_reload, that_fails_changes_nothing) {
  auto& all = certificates::instance();
  const test::scratch_folder folder;
  tls_server_context context{options_for(all.good())};
  auto options = options_for(all.other_name());
  options.certificates.emplace_back(folder.write("bad.pem", "no PEM\n"), all.good().key);
  try {
    context.reload(options);
    ADD_FAILURE() << "no error";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), errc::tls_configuration);
    EXPECT_THAT(e.what(), HasSubstr("certificate " + folder.file("bad.pem") + ": no start line"));
  }
  auto both = co_await secured("localhost", context, trusting());
  EXPECT_EQ(subject_at(both.client), "CN=localhost");
}

ASYNC_TEST_F(tls_server_reload, reads_the_files_again) {
  auto& all = certificates::instance();
  const test::scratch_folder folder;
  tls_server_options options;
  options.certificate_file = folder.write("chain.pem", test::read_file(all.good().file));
  options.key_file = all.good().key;
  tls_server_context context{options};
  folder.write("chain.pem", test::read_file(all.other_name().file));
  auto before = co_await secured("localhost", context, trusting());
  context.reload(options);
  auto after = co_await secured("other.example", context, trusting());
  EXPECT_EQ(subject_at(after.client), "CN=other.example");
}

ASYNC_TEST_F(tls_server_reload, ends_the_sessions_of_before_without_an_error) {
  const auto options = options_for(certificates::instance().good());
  tls_server_context context{options};
  const auto trust = trusting();
  const bool resumed[] = {false, true, false, true};
  for (int i = 0; i != 4; ++i) {
    if (i == 2) context.reload(options);
    auto both = co_await secured("localhost", context, trust);
    EXPECT_EQ(both.server.connection().resumed, resumed[i]) << i;
    both.client.abort();
  }
}

ASYNC_TEST_F(tls_server_reload, may_come_from_another_thread) {
  auto& all = certificates::instance();
  const auto one = three_certificates();
  auto two = options_for(all.good());
  two.certificates.push_back(as_option(all.other_name()));
  tls_server_context context{one};
  std::atomic<bool> enough{false};
  std::thread reloading([&, copy = context]() mutable {
    while (!enough) {
      copy.reload(two);
      copy.reload(one);
    }
  });
  const auto trust = trusting();
  for (int i = 0; i != 40; ++i) {
    auto both = co_await secured("other.example", context, trust);
    EXPECT_EQ(subject_at(both.client), "CN=other.example");
    both.client.abort();
  }
  enough = true;
  reloading.join();
}

ASYNC_TEST_F(tls_server_reload, under_load_loses_no_connection) {
  auto& all = certificates::instance();
  const auto one = three_certificates();
  auto two = options_for(all.good());
  two.certificates.push_back(as_option(all.other_name()));
  tls_server_context context{one};
  server_options options;
  options.tls = context;
  int errors = 0;
  options.on_error = [&errors](const std::exception_ptr&, const endpoint&) { ++errors; };
  server echo{[](stream s) -> awaitable<void> {
                const auto all_of_it = co_await test::read_all(s);
                co_await s.write(all_of_it);
                co_await s.close();
              },
              options};
  listener l{endpoint{ip_address::loopback(), 0}};
  const auto where = l.local_endpoint();
  auto serving = spawn([&] { return echo.serve(std::move(l)); });
  const auto trust = trusting();
  int answers = 0;
  auto ask_often = [&]() -> awaitable<void> {
    for (int i = 0; i != 20; ++i) {
      auto plain = co_await connect(where);
      auto s = co_await tls_connect(std::move(plain), "other.example", trust);
      co_await s.write("hello");
      context.reload(i % 2 == 0 ? two : one);  // others are amid their handshakes and answers
      co_await s.shutdown_write();
      const auto answer = co_await test::read_all(s);
      if (answer == "hello") ++answers;
      co_await s.close();
    }
  };
  co_await gather(ask_often(), ask_often(), ask_often(), ask_often());
  EXPECT_EQ(answers, 80);
  EXPECT_EQ(errors, 0);
  echo.stop();
  co_await std::move(serving);
}

// ---- certificates of clients ---------------------------------------------------------------------

tls_server_options mutual(tls_client_certificates when = tls_client_certificates::required) {
  auto options = three_certificates();
  options.client_certificates = when;
  options.client_ca_file = certificates::instance().authority();
  return options;
}

tls_client_context client_with(const test::certificate& identity) {
  tls_client_options options;
  options.ca_file = certificates::instance().authority();
  options.certificate_file = identity.file;
  options.key_file = identity.key;
  return tls_client_context{options};
}

ASYNC_TEST_F(tls_server_clients, with_a_certificate_are_known_by_it) {
  const auto client = certificates::instance().client();
  for (const auto when : {tls_client_certificates::required, tls_client_certificates::optional}) {
    const tls_server_context context{mutual(when)};
    for (const auto* host : {"localhost", "other.example"}) {
      const std::string name = host;
      auto both = co_await secured(name, context, client_with(client));
      const auto shown = both.server.connection().certificate.value_or(peer_certificate{});
      EXPECT_EQ(shown.subject, "CN=a client");
      EXPECT_EQ(shown.issuer, "CN=authority of a test");
      EXPECT_EQ(shown.pem, test::read_file(client.file));
    }
  }
}

ASYNC_TEST_F(tls_server_clients, keep_their_certificate_in_resumed_sessions) {
  const tls_server_context context{mutual()};
  const auto known = client_with(certificates::instance().client());
  for (const auto* host : {"localhost", "other.example"}) {
    const std::string name = host;
    for (int i = 0; i != 3; ++i) {
      auto both = co_await secured(name, context, known);
      EXPECT_EQ(both.server.connection().resumed, i != 0);
      EXPECT_EQ(subject_at(both.server), "CN=a client");
      both.client.abort();
    }
  }
}

ASYNC_TEST_F(tls_server_clients, without_a_certificate_are_refused_if_it_is_required) {
  const tls_server_context context{mutual()};
  for (const auto* host : {"localhost", "other.example"}) {
    for (const auto make : test::every_transport) {
      const std::string name = host;
      auto transport = co_await make();
      const auto both = co_await refused(std::move(transport), name, context, trusting());
      EXPECT_EQ(both.code, errc::tls_handshake);
      EXPECT_THAT(both.server, HasSubstr("the client sent no certificate, and one is required"));
      EXPECT_THAT(both.client, HasSubstr("certificate required"));
    }
  }
}

ASYNC_TEST_F(tls_server_clients, without_a_certificate_are_served_if_it_is_optional) {
  const tls_server_context context{mutual(tls_client_certificates::optional)};
  auto both = co_await secured("localhost", context, trusting());
  EXPECT_EQ(subject_at(both.server), "none");
}

ASYNC_TEST_F(tls_server_clients, with_a_bad_certificate_are_told_why) {
  auto& all = certificates::instance();
  struct bad {
    test::certificate identity;
    const char* reason;
    const char* alert;
  };
  const bad table[] = {{all.expired(), "the certificate expired on", "certificate expired"},
                       {all.not_yet_valid(), "the certificate is not yet valid", "bad certificate"},
                       {all.unknown_authority(), "issued by an unknown authority, CN=stranger", "unknown ca"},
                       {all.self_signed(), "the certificate is self-signed", "unknown ca"},
                       {all.server_only(), "does not permit its use by a client", "unsupported certificate"}};
  for (const auto when : {tls_client_certificates::required, tls_client_certificates::optional}) {
    const tls_server_context context{mutual(when)};
    for (const auto& row : table) {
      for (const auto make : test::every_transport) {
        auto transport = co_await make();
        const auto both =
            co_await refused(std::move(transport), "other.example", context, client_with(row.identity));
        EXPECT_EQ(both.code, errc::certificate_invalid);
        EXPECT_THAT(both.server, HasSubstr(row.reason));
        EXPECT_THAT(both.server, HasSubstr("(the client's certificate: CN=localhost)"));
        EXPECT_THAT(both.client, HasSubstr(row.alert));
      }
    }
  }
}

ASYNC_TEST_F(tls_server_clients, are_trusted_by_the_text_of_an_authority) {
  auto& all = certificates::instance();
  auto options = mutual();
  options.client_ca_file.clear();
  options.client_ca_pem = test::read_file(all.authority());
  const tls_server_context context{options};
  auto both = co_await secured("localhost", context, client_with(all.client()));
  EXPECT_EQ(subject_at(both.server), "CN=a client");

  options.client_ca_pem = test::read_file(all.self_signed().file);
  const tls_server_context other{options};
  const auto stranger = co_await refused(memory_pipe(), "localhost", other, client_with(all.client()));
  EXPECT_EQ(stranger.code, errc::certificate_invalid);
}

ASYNC_TEST_F(tls_server_clients, are_held_to_the_rules_of_a_reload_at_once) {
  tls_server_context context{mutual(tls_client_certificates::optional)};
  const auto anonymous = trusting();
  auto before = co_await secured("localhost", context, anonymous);
  before.client.abort();
  context.reload(mutual(tls_client_certificates::required));
  const auto both = co_await refused(memory_pipe(), "localhost", context, anonymous);  // has a session
  EXPECT_THAT(both.server, HasSubstr("the client sent no certificate"));
}

ASYNC_TEST_F(tls_server_clients, that_do_not_hang_up_are_heard_out_for_a_second) {
  const tls_server_context context{mutual()};
  auto [near, far] = memory_pipe();
  co_await near.write("GET / HTTP/1.1\r\n\r\n");
  const auto before = clock::now();
  const auto error = co_await error_of(tls_accept(std::move(far), context));
  EXPECT_THAT(error.what(), HasSubstr("the client speaks HTTP without TLS"));
  EXPECT_EQ(clock::now() - before, std::chrono::seconds{1});
}

TEST_F(tls_server_clients, need_an_authority) {
  auto& all = certificates::instance();
  auto none = mutual();
  none.client_ca_file.clear();
  EXPECT_THAT(configuration_error(none), HasSubstr("client_ca_file"));
  auto forgotten = mutual(tls_client_certificates::none);
  EXPECT_THAT(configuration_error(forgotten), HasSubstr("client_certificates is none"));
  auto missing = mutual();
  missing.client_ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(configuration_error(missing), HasSubstr("certificates /nowhere/ca.pem: No such file"));
  auto key = mutual();
  key.client_ca_file = all.good().key;
  EXPECT_THAT(configuration_error(key), HasSubstr("no certificates in " + all.good().key));
  auto text = mutual();
  text.client_ca_pem = "nothing";
  EXPECT_THAT(configuration_error(text), HasSubstr("no certificates in client_ca_pem"));
}

// ---- the openssl program -------------------------------------------------------------------------

// What both sides know of a connection over which s_client sends a line.
class meeting {
 public:
  std::string said;      // by s_client
  connection_info info;  // of the server
  std::string error;     // of the server
};

awaitable<meeting> meet_openssl(tls_server_context context, std::vector<std::string> arguments) {
  meeting met;
  listener l{endpoint{ip_address::loopback(), 0}};
  auto serve = [&]() -> awaitable<void> {
    try {
      auto secure = co_await tls_accept(co_await l.accept(), context);
      reader in{secure};
      static_cast<void>(co_await in.read_line());
      co_await secure.write("you are heard\n");
      met.info = secure.connection();
      co_await secure.close();
    } catch (const system_error& e) { met.error = e.what(); }
  };
  auto [said, served] = co_await gather(openssl_client(l.local_endpoint(), arguments, "hello\n"), serve());
  met.said = std::move(said);
  co_return met;
}

ASYNC_TEST_F(tls_server, serves_the_openssl_program_by_name_with_every_version) {
  const tls_server_context context{three_certificates()};
  for (const auto* version : {"-tls1_2", "-tls1_3"}) {
    const std::vector<std::string> arguments{version, "-servername", "a.test.example"};
    const auto met = co_await meet_openssl(context, arguments);
    EXPECT_THAT(met.said, AllOf(HasSubstr("subject=CN = wildcard"), HasSubstr("you are heard")));
    EXPECT_EQ(met.info.server_name, "a.test.example");
  }
  const std::vector<std::string> no_name{"-noservername"};
  const auto met = co_await meet_openssl(context, no_name);
  EXPECT_THAT(met.said, HasSubstr("subject=CN = localhost"));
  EXPECT_EQ(met.info.server_name, "");
  const std::vector<std::string> nonsense{"-servername", "a b\x01.example"};
  const auto odd = co_await meet_openssl(context, nonsense);
  EXPECT_THAT(odd.said, HasSubstr("subject=CN = localhost"));
  EXPECT_EQ(odd.info.server_name, "");
}

ASYNC_TEST_F(tls_server, resumes_sessions_of_tls_1_2_with_name_and_certificate) {
  const test::scratch_folder folder;
  const auto client = certificates::instance().client();
  for (const auto* ticket : {"-legacy_server_connect", "-no_ticket"}) {  // the first one changes nothing
    const tls_server_context context{mutual()};
    std::vector<std::string> arguments{
        "-tls1_2",   ticket, "-servername", "other.example", "-cert",
        client.file, "-key", client.key,    "-sess_out",     folder.file("session")};
    const auto first = co_await meet_openssl(context, arguments);
    EXPECT_THAT(first.said, HasSubstr("New, TLSv1.2"));
    arguments.back() = folder.file("other");
    arguments.insert(arguments.end(), {"-sess_in", folder.file("session")});
    const auto second = co_await meet_openssl(context, arguments);
    EXPECT_THAT(second.said, HasSubstr("Reused, TLSv1.2")) << ticket;
    EXPECT_TRUE(second.info.resumed);
    EXPECT_EQ(second.info.server_name, "other.example");
    EXPECT_EQ(second.info.certificate.value_or(peer_certificate{}).subject, "CN=a client");
  }
}

ASYNC_TEST_F(tls_server, refuses_versions_below_the_minimum) {
  auto options = three_certificates();
  options.min_version = tls_version::tls_1_3;
  const tls_server_context context{options};
  const std::vector<std::string> old{"-tls1_2", "-servername", "other.example"};
  const auto met = co_await meet_openssl(context, old);
  EXPECT_THAT(met.error, HasSubstr("no TLS version that both sides allow"));
  EXPECT_THAT(met.said, HasSubstr("alert protocol version"));
  const std::vector<std::string> current{"-servername", "other.example"};
  const auto good = co_await meet_openssl(context, current);
  EXPECT_EQ(good.info.tls_version, "TLSv1.3");
}

ASYNC_TEST_F(tls_server_clients, of_openssl_are_asked_and_refused_with_every_version) {
  const tls_server_context context{mutual()};
  const auto client = certificates::instance().client();
  for (const auto* version : {"-tls1_2", "-tls1_3"}) {
    const std::vector<std::string> known{version, "-cert", client.file, "-key", client.key};
    const auto met = co_await meet_openssl(context, known);
    EXPECT_THAT(met.said, HasSubstr("Acceptable client certificate CA names\nCN = authority of a test"));
    EXPECT_THAT(met.said, HasSubstr("you are heard"));
    EXPECT_EQ(met.info.certificate.value_or(peer_certificate{}).subject, "CN=a client");

    const std::vector<std::string> unknown{version};
    const auto refused = co_await meet_openssl(context, unknown);
    EXPECT_THAT(refused.error, HasSubstr("the client sent no certificate, and one is required"));
    EXPECT_THAT(refused.said, Not(HasSubstr("you are heard")));
    EXPECT_THAT(refused.said, HasSubstr(version == std::string_view{"-tls1_3"} ? "alert certificate required"
                                                                               : "alert handshake failure"));
  }
}

ASYNC_TEST_F(tls_server_clients, are_not_sent_their_own_authority_as_the_servers) {
  const tls_server_context context{mutual(tls_client_certificates::optional)};
  const std::vector<std::string> arguments{"-showcerts"};
  const auto met = co_await meet_openssl(context, arguments);
  const auto first = met.said.find("BEGIN CERTIFICATE");
  const auto second = met.said.find("s:CN = authority of a test");
  EXPECT_NE(first, met.said.npos);
  EXPECT_EQ(second, met.said.npos);
}

}  // namespace bight::net::tls_server_test
