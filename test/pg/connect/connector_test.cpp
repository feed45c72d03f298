// Connecting to a real server: transports, TLS modes, ways to authenticate, several hosts.
#include "pg/connect/connector.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing_pg/pg_cluster.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "pg/connect/first_row.hpp"
#include "support/certificates.hpp"
#include "support/fake_postgres.hpp"
#include "support/pg_messages.hpp"
#include "support/program.hpp"

namespace bight::pg::connector_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using detail::connector;
using detail::first_value;
using detail::session_ptr;
using test::certificates;
using ::testing::HasSubstr;

constexpr std::string_view where_ssl = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

class pg_connect : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = testing::pg_cluster::missing(); !why.empty()) GTEST_SKIP() << why;
    if (!certificates::available()) GTEST_SKIP() << "openssl is not installed";
  }

  static testing::pg_cluster& server() {
    static testing::pg_cluster one{cluster_options()};
    return one;
  }
  awaitable<void> async_set_up() {
    static bool made = false;
    if (std::exchange(made, true)) co_return;
    auto s = co_await connect(server().options());
    for (const char* const sql :
         {"set password_encryption = 'md5'; create role md5_user login password 'secret'",
          "create role clear_user login password 'secret'", "create role gss_user login",
          "create role plain_only login", "create role tls_only login", "create role cert_user login",
          "create role \"client\" login"})
      co_await first_value(*s, sql);
  }

  static options as(std::string user, pg::ssl_mode mode = ssl_mode::disable) {
    auto o = server().tcp_options();
    o.user = std::move(user);
    o.ssl_mode = mode;
    return o;
  }
  static awaitable<session_ptr> connect(options o) {
    auto c = std::make_shared<connector>(std::move(o));
    co_return co_await c->connect();
  }
  static awaitable<std::string> answer(options o, std::string_view sql) {
    auto s = co_await connect(std::move(o));
    co_return co_await first_value(*s, sql);
  }
  static awaitable<std::string> refusal(options o) {
    try {
      co_await connect(std::move(o));
    } catch (const system_error& e) { co_return std::string{e.what()}; }
    co_return "connected";
  }

 private:
  static testing::pg_cluster_options cluster_options() {
    const auto good = certificates::instance().good();
    testing::pg_cluster_options o;
    o.tls_certificate = good.file;
    o.tls_key = good.key;
    o.tls_client_ca = certificates::instance().authority();
    o.access = {"host all md5_user 127.0.0.1/32 md5",
                "host all clear_user 127.0.0.1/32 password",
                "host all gss_user 127.0.0.1/32 gss",
                "hostnossl all plain_only 127.0.0.1/32 trust",
                "hostssl all plain_only 127.0.0.1/32 reject",
                "hostssl all tls_only 127.0.0.1/32 trust",
                "hostnossl all tls_only 127.0.0.1/32 reject",
                "hostssl all cert_user 127.0.0.1/32 trust clientcert=verify-ca",
                "hostnossl all cert_user 127.0.0.1/32 reject"};
    return o;
  }
};

ASYNC_TEST_F(pg_connect, through_a_unix_socket) {
  const auto name = co_await answer(server().options(), "select current_user");
  EXPECT_EQ(name, "postgres");
}

ASYNC_TEST_F(pg_connect, with_scram) {
  const auto name = co_await answer(as("postgres"), "select current_user");
  EXPECT_EQ(name, "postgres");
}

ASYNC_TEST_F(pg_connect, with_scram_bound_to_tls) {
  auto o = as("postgres", ssl_mode::require);
  o.channel_binding = channel_binding::require;
  const auto ssl = co_await answer(o, where_ssl);
  EXPECT_EQ(ssl, "t");
}

ASYNC_TEST_F(pg_connect, with_md5_and_clear_text_passwords) {
  const auto md5 = co_await answer(as("md5_user"), "select current_user");
  EXPECT_EQ(md5, "md5_user");
  const auto clear = co_await answer(as("clear_user"), "select current_user");
  EXPECT_EQ(clear, "clear_user");
}

ASYNC_TEST_F(pg_connect, with_a_password_in_another_unicode_form) {
  auto s = co_await connect(server().options());
  co_await first_value(*s, "create role prepared login password 'I\u00adX \u00c5'");
  auto o = as("prepared");
  o.password = "\u2168\u00a0A\u030a";
  const auto name = co_await answer(o, "select current_user");
  EXPECT_EQ(name, "prepared");
  o.password = "IX A";
  const auto text = co_await refusal(o);
  EXPECT_THAT(text, HasSubstr("28P01"));
}

ASYNC_TEST_F(pg_connect, wrong_passwords_are_errors_of_the_server) {
  for (const char* const user : {"postgres", "md5_user", "clear_user"}) {
    auto o = as(user);
    o.password = "wrong";
    const auto text = co_await refusal(o);
    EXPECT_THAT(text, HasSubstr("password authentication failed"));
    EXPECT_THAT(text, HasSubstr("28P01"));
  }
}

ASYNC_TEST_F(pg_connect, a_missing_password_is_named) {
  auto o = as("postgres");
  o.password.reset();
  o.password_file = "/nonexistent";
  const auto text = co_await refusal(o);
  EXPECT_THAT(text, HasSubstr("asks for a password, and there is none"));
}

ASYNC_TEST_F(pg_connect, gssapi_is_refused_with_advice) {
  const auto text = co_await refusal(as("gss_user"));
  EXPECT_THAT(text, HasSubstr("GSSAPI"));
}

ASYNC_TEST_F(pg_connect, a_database_that_does_not_exist) {
  auto o = as("postgres");
  o.database = "nowhere";
  const auto text = co_await refusal(o);
  EXPECT_THAT(text, HasSubstr("3D000"));
}

ASYNC_TEST_F(pg_connect, the_password_file_is_used_unless_others_may_read_it) {
  const test::scratch_folder folder;
  auto o = as("postgres");
  o.password.reset();
  o.password_file = folder.write("pgpass", "127.0.0.1:*:*:postgres:secret\n");
  ::chmod(o.password_file.c_str(), 0644);
  const auto text = co_await refusal(o);
  EXPECT_THAT(text, HasSubstr("there is none"));
  ::chmod(o.password_file.c_str(), 0600);
  const auto name = co_await answer(o, "select current_user");
  EXPECT_EQ(name, "postgres");
}

ASYNC_TEST_F(pg_connect, files_of_the_user_that_are_out_of_reach_are_as_good_as_absent) {
  const test::scratch_folder folder;
  const auto endless = folder.path() + "/endless";
  EXPECT_EQ(::symlink(endless.c_str(), endless.c_str()), 0);
  auto o = as("postgres");
  for (const auto& file : {endless, endless + "/.pgpass", folder.path()}) {
    o.password_file = file;
    o.password = "secret";
    auto name = co_await answer(o, "select current_user");
    EXPECT_EQ(name, "postgres");
    o.password.reset();
    const auto text = co_await refusal(o);
    EXPECT_THAT(text, HasSubstr("there is none")) << file;
    auto trusted = server().options();
    trusted.password_file = file;
    name = co_await answer(trusted, "select current_user");
    EXPECT_EQ(name, "postgres");
  }
}

ASYNC_TEST_F(pg_connect, tls_by_mode) {
  struct row {
    const char* user;
    pg::ssl_mode mode;
    const char* ssl;  // or part of the error
  };
  const row rows[] = {{"postgres", ssl_mode::disable, "f"},       {"postgres", ssl_mode::allow, "f"},
                      {"postgres", ssl_mode::prefer, "t"},        {"postgres", ssl_mode::require, "t"},
                      {"plain_only", ssl_mode::prefer, "f"},      {"plain_only", ssl_mode::allow, "f"},
                      {"plain_only", ssl_mode::require, "28000"}, {"tls_only", ssl_mode::allow, "t"},
                      {"tls_only", ssl_mode::disable, "28000"}};
  for (const auto& r : rows) {
    std::string got;
    try {
      got = co_await answer(as(r.user, r.mode), where_ssl);
    } catch (const system_error& e) { got = e.what(); }
    EXPECT_THAT(got, HasSubstr(r.ssl)) << r.user << ' ' << static_cast<int>(r.mode);
  }
}

ASYNC_TEST_F(pg_connect, tls_verified) {
  auto o = as("postgres", ssl_mode::verify_full);
  o.ssl_root_cert = certificates::instance().authority();
  const auto full = co_await answer(o, where_ssl);
  EXPECT_EQ(full, "t");
  o.hosts[0] = {"other.example", server().port()};  // not in the certificate
  o.hosts[0].address = "127.0.0.1";
  const auto wrong_name = co_await refusal(o);
  EXPECT_THAT(wrong_name, HasSubstr("other.example"));
  o.ssl_mode = ssl_mode::verify_ca;
  const auto ca = co_await answer(o, where_ssl);
  EXPECT_EQ(ca, "t");
  o.ssl_root_cert = certificates::instance().self_signed().file;
  const auto unknown = co_await refusal(o);
  EXPECT_THAT(unknown, HasSubstr("certificate is not trusted"));
  o.ssl_mode = ssl_mode::require;  // with a root certificate it verifies, as libpq
  const auto required = co_await refusal(o);
  EXPECT_THAT(required, HasSubstr("certificate is not trusted"));
}

ASYNC_TEST_F(pg_connect, tls_with_a_client_certificate) {
  const auto mine = certificates::instance().client();
  auto o = as("cert_user", ssl_mode::require);
  const auto without = co_await refusal(o);
  EXPECT_THAT(without, HasSubstr("certificate"));
  o.ssl_cert = mine.file;
  o.ssl_key = mine.key;
  const auto name = co_await answer(o, "select current_user");
  EXPECT_EQ(name, "cert_user");
}

ASYNC_TEST_F(pg_connect, a_server_without_tls) {
  auto& plain = testing::pg_cluster::shared();
  auto o = plain.tcp_options();
  o.ssl_mode = ssl_mode::prefer;
  const auto ssl = co_await answer(o, where_ssl);
  EXPECT_EQ(ssl, "f");
  o.ssl_mode = ssl_mode::require;
  const auto text = co_await refusal(o);
  EXPECT_THAT(text, HasSubstr("does not offer TLS"));
}

ASYNC_TEST_F(pg_connect, several_hosts_until_one_answers) {
  auto o = as("postgres");
  o.hosts.insert(o.hosts.begin(), {"127.0.0.1", 1});
  const auto name = co_await answer(o, "select current_user");
  EXPECT_EQ(name, "postgres");
  o.hosts = {{"127.0.0.1", 1}, {"/nonexistent", 2}};
  const auto text = co_await refusal(o);
  EXPECT_THAT(text, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(text, HasSubstr("/nonexistent:2"));
  EXPECT_THAT(text, HasSubstr("no suitable host"));
}

ASYNC_TEST_F(pg_connect, a_primary_is_no_standby) {
  auto o = as("postgres");
  for (const auto wanted : {session_attributes::any, session_attributes::primary,
                            session_attributes::read_write, session_attributes::prefer_standby}) {
    o.session_attributes = wanted;
    const auto name = co_await answer(o, "select current_user");
    EXPECT_EQ(name, "postgres");
  }
  for (const auto wanted : {session_attributes::standby, session_attributes::read_only}) {
    o.session_attributes = wanted;
    const auto text = co_await refusal(o);
    EXPECT_THAT(text, HasSubstr("target_session_attrs"));
  }
}

ASYNC_TEST_F(pg_connect, a_standby_is_found) {
  testing::pg_cluster_options second;
  second.standby_of =
      "host=" + server().socket_directory() + " port=" + std::to_string(server().port()) + " user=postgres";
  testing::pg_cluster standby{second};
  auto o = server().options();
  o.hosts.push_back(standby.options().hosts.at(0));
  constexpr std::string_view question = "select pg_is_in_recovery()";
  const std::pair<session_attributes, const char*> rows[] = {
      {session_attributes::any, "f"},       {session_attributes::read_write, "f"},
      {session_attributes::primary, "f"},   {session_attributes::standby, "t"},
      {session_attributes::read_only, "t"}, {session_attributes::prefer_standby, "t"}};
  for (const auto& [wanted, recovery] : rows) {
    o.session_attributes = wanted;
    const auto got = co_await answer(o, question);
    EXPECT_EQ(got, recovery);
  }
}

ASYNC_TEST_F(pg_connect, settings_and_the_name_of_the_application) {
  auto o = as("postgres");
  o.application_name = "tests";
  o.settings = {{"search_path", "somewhere"}, {"options", "-c work_mem=5MB"}};
  auto s = co_await connect(o);
  const auto path = co_await first_value(*s, "show search_path");
  EXPECT_EQ(path, "somewhere");
  const auto name = co_await first_value(*s, "show application_name");
  EXPECT_EQ(name, "tests");
  const auto memory = co_await first_value(*s, "show work_mem");
  EXPECT_EQ(memory, "5MB");
  const auto* const version = s->parameter("server_version");
  EXPECT_NE(version, nullptr);
}

// A server of one connection, which sends `bytes` once something has come, and then says nothing.
awaitable<std::string> meet(std::string bytes, pg::ssl_mode mode) {
  net::listener l{net::endpoint{net::ip_address::loopback(), 0}};
  options o;
  o.hosts = {{"127.0.0.1", l.local_endpoint().port()}};
  o.user = "u";
  o.password = "p";
  o.ssl_mode = mode;
  o.connect_timeout = 300ms;
  std::string text;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn([&]() -> awaitable<void> {
      auto s = co_await l.accept();
      std::byte buffer[1000];
      static_cast<void>(co_await s.read_some(buffer));
      co_await s.write(bytes);
      std::size_t n = 1;
      while (n != 0) {
        try {
          n = co_await s.read_some(buffer);
        } catch (const system_error&) { n = 0; }
      }
    });
    auto c = std::make_shared<connector>(o);
    try {
      co_await c->connect();
      text = "connected";
    } catch (const system_error& e) { text = e.what(); }
  });
  co_return text;
}

ASYNC_TEST(pg_connect_hostile, servers) {
  namespace server = test::server;
  const std::pair<std::string, const char*> rows[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "may not be a PostgreSQL server"},
      {server::row({"a"}), "unexpected message"},
      {std::string("R\0\0\0\2", 5), "length under four"},
      {std::string("R\x7f\xff\xff\xff", 5), "too long"},
      {"R", "timed out (connect_timeout)"},
      {server::authentication(7), "GSSAPI"},
      {server::fatal("53300", "too many clients"), "too many clients"}};
  for (const auto& [bytes, expected] : rows) {
    const auto text = co_await meet(bytes, ssl_mode::disable);
    EXPECT_THAT(text, HasSubstr(expected));
  }
}

ASYNC_TEST(pg_connect_fake, addresses_of_a_host_are_shuffled_too) {
  testing::fake_network network;
  const auto inside = network.use();
  network.add_host("db.example", {"192.0.2.1", "192.0.2.2"});
  net::listener first{*net::endpoint::parse("192.0.2.1:5432")};
  net::listener second{*net::endpoint::parse("192.0.2.2:5432")};
  test::fake_postgres one, two;
  auto serving = spawn([&] { return one.run(first); });
  auto serving_too = spawn([&] { return two.run(second); });
  options o;
  o.hosts = {{"db.example"}};
  o.user = "u";
  o.ssl_mode = ssl_mode::disable;
  o.shuffle_hosts = true;
  for (int i = 0; i != 40; ++i) {
    auto c = std::make_shared<connector>(o);
    co_await c->connect();
  }
  EXPECT_GT(one.sessions, 0U);
  EXPECT_GT(two.sessions, 0U);
  serving.cancel();
  serving_too.cancel();
  co_await serving.wait();
  co_await serving_too.wait();
}

ASYNC_TEST(pg_connect_fake, the_question_for_the_role_has_a_limit_of_time) {
  testing::fake_network network;
  const auto inside = network.use();
  net::listener l{*net::endpoint::parse("192.0.2.1:5432")};
  test::fake_postgres peer;
  peer.answers['Q'] = "";
  auto serving = spawn([&] { return peer.run(l); });
  options o;
  o.hosts = {{"192.0.2.1"}};
  o.user = "u";
  o.ssl_mode = ssl_mode::disable;
  o.session_attributes = session_attributes::primary;
  o.connect_timeout = 3s;
  auto c = std::make_shared<connector>(o);
  const auto began = clock::now();
  std::string text;
  try {
    co_await wait_for(c->connect(), 1h);
  } catch (const std::exception& e) { text = e.what(); }
  EXPECT_THAT(text, HasSubstr("connect_timeout"));
  EXPECT_LT(clock::now() - began, 10s);
  serving.cancel();
  co_await serving.wait();
}

ASYNC_TEST(pg_connect_hostile, answers_about_tls) {
  const auto odd = co_await meet("X", ssl_mode::require);
  EXPECT_THAT(odd, HasSubstr("unexpected answer"));
  // What follows the "S" is not taken for the server's words: it goes into the handshake, which fails.
  const auto injected =
      co_await meet("S" + test::server::authentication(0) + test::server::ready(), ssl_mode::require);
  EXPECT_THAT(injected, HasSubstr("TLS"));
  const auto no = co_await meet("N", ssl_mode::verify_full);
  EXPECT_THAT(no, HasSubstr("does not offer TLS"));
}

}  // namespace bight::pg::connector_test
