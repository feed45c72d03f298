// Connection strings, the environment and the password file, compared with what libpq documents.
#include "pg/connect/connection_string.hpp"

#include <gtest/gtest.h>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pg/connect/service_file.hpp"
#include "support/program.hpp"

namespace bight::pg::connection_string_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using detail::find_password;
using detail::find_service;
using ::testing::HasSubstr;
using ::testing::Not;

const char* nothing(const char*) { return nullptr; }
options of(std::string_view text) { return options::parse(text, &nothing); }

std::string refusal(std::string_view text) {
  try {
    static_cast<void>(of(text));
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), errc::invalid_option);
    return e.what();
  }
  return "no error";
}

TEST(pg_options, defaults) {
  const auto o = of("");
  EXPECT_TRUE(o.hosts.empty());
  EXPECT_EQ(o.ssl_mode, ssl_mode::prefer);
  EXPECT_EQ(o.prepare, prepare_mode::cached);
  EXPECT_FALSE(o.password);
}

TEST(pg_options, of_a_url) {
  const auto o =
      of("postgresql://jo%20e:p%40ss:w%2F@db.example.org:5433/shop%3F?sslmode=verify-full&"
         "application_name=a%26b&connect_timeout=3&prepare=one_shot&statement_cache_size=7");
  ASSERT_EQ(o.hosts.size(), 1U);
  EXPECT_EQ(o.hosts[0].name, "db.example.org");
  EXPECT_EQ(o.hosts[0].port, 5433);
  EXPECT_EQ(o.user, "jo e");
  EXPECT_EQ(o.password, "p@ss:w/");
  EXPECT_EQ(o.database, "shop?");
  EXPECT_EQ(o.application_name, "a&b");
  EXPECT_EQ(o.ssl_mode, ssl_mode::verify_full);
  EXPECT_EQ(o.connect_timeout, 3s);
  EXPECT_EQ(o.prepare, prepare_mode::one_shot);
  EXPECT_EQ(o.statement_cache_size, 7U);
}

TEST(pg_options, of_urls_with_several_hosts) {
  const auto o = of("postgres://a:1,[::1]:2,%2Frun%2Fpg/db?target_session_attrs=read-write");
  ASSERT_EQ(o.hosts.size(), 3U);
  EXPECT_EQ(o.hosts[0].name, "a");
  EXPECT_EQ(o.hosts[1].name, "::1");
  EXPECT_EQ(o.hosts[1].port, 2);
  EXPECT_EQ(o.hosts[2].name, "/run/pg");
  EXPECT_EQ(o.hosts[2].port, 5432);
  EXPECT_TRUE(o.hosts[2].is_unix());
  EXPECT_EQ(o.session_attributes, session_attributes::read_write);
}

TEST(pg_options, of_urls_without_most_parts) {
  EXPECT_TRUE(of("postgresql://").hosts.empty());
  EXPECT_EQ(of("postgresql:///db").database, "db");
  EXPECT_EQ(of("postgresql://u@").user, "u");
  EXPECT_EQ(of("postgresql://?host=/run/pg&user=u").hosts.at(0).name, "/run/pg");
  EXPECT_EQ(of("postgresql://localhost").hosts.at(0).port, 5432);
}

TEST(pg_options, of_keywords) {
  const auto o =
      of(R"( host=a,b port = 1,2 user='it\'s' password='a b\'c\\' dbname=x\ y hostaddr=10.0.0.1,10.0.0.2 )");
  ASSERT_EQ(o.hosts.size(), 2U);
  EXPECT_EQ(o.hosts[1].name, "b");
  EXPECT_EQ(o.hosts[1].address, "10.0.0.2");
  EXPECT_EQ(o.hosts[1].port, 2);
  EXPECT_EQ(o.database, "x y");
  EXPECT_EQ(o.password, "a b'c\\");
}

TEST(pg_options, one_port_is_for_all_hosts) {
  const auto o = of("host=a,b port=99");
  EXPECT_EQ(o.hosts.at(0).port, 99);
  EXPECT_EQ(o.hosts.at(1).port, 99);
}

TEST(pg_options, later_keywords_win) { EXPECT_EQ(of("user=a user=b").user, "b"); }

TEST(pg_options, of_the_environment) {
  const auto environment = [](const char* name) -> const char* {
    const std::string_view n = name;
    if (n == "PGHOST") return "from.env";
    if (n == "PGPORT") return "77";
    if (n == "PGUSER") return "env_user";
    if (n == "PGPASSWORD") return "env_password";
    if (n == "PGSSLMODE") return "require";
    if (n == "PGTZ") return "Europe/Vienna";
    if (n == "PGDATABASE") return "";
    return nullptr;
  };
  const auto o = options::parse("user=mine", environment);
  EXPECT_EQ(o.hosts.at(0).name, "from.env");
  EXPECT_EQ(o.hosts.at(0).port, 77);
  EXPECT_EQ(o.user, "mine");
  EXPECT_EQ(o.password, "env_password");
  EXPECT_EQ(o.ssl_mode, ssl_mode::require);
  EXPECT_EQ(o.database, "");
  EXPECT_EQ(o.settings, (std::vector<std::pair<std::string, std::string>>{{"timezone", "Europe/Vienna"}}));
  const auto other = options::parse("host=given", environment);
  ASSERT_EQ(other.hosts.size(), 1U);
  EXPECT_EQ(other.hosts[0].name, "given");
}

TEST(pg_options, a_bad_variable_is_named_as_one) {
  const auto environment = [](const char* name) -> const char* {
    return std::string_view{name} == "PGSSLMODE" ? "sometimes" : nullptr;
  };
  try {
    static_cast<void>(options::parse("", environment));
    FAIL();
  } catch (const system_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("environment: invalid value of sslmode"));
  }
}

TEST(pg_options, refusals_name_the_keyword_and_never_a_value) {
  EXPECT_THAT(refusal("nonsense=1"), HasSubstr("unknown keyword \"nonsense\""));
  EXPECT_THAT(refusal("sslmode=perhaps"), HasSubstr("invalid value of sslmode"));
  EXPECT_THAT(refusal("host=a port=0"), HasSubstr("port"));
  EXPECT_THAT(refusal("host=a port=65536"), HasSubstr("port"));
  EXPECT_THAT(refusal("host=a,b port=1,2,3"), HasSubstr("different numbers"));
  EXPECT_THAT(refusal("host=a,b hostaddr=10.0.0.1"), HasSubstr("different numbers"));
  EXPECT_THAT(refusal("gssencmode=require"), HasSubstr("gssencmode is not supported"));
  EXPECT_THAT(refusal("user"), HasSubstr("no \"=\""));
  EXPECT_THAT(refusal("password='secret"), HasSubstr("password has no closing quote"));
  EXPECT_THAT(refusal("password='secret"), Not(HasSubstr("secret")));
  EXPECT_THAT(refusal("postgresql://u:se%zzcret@h/"), Not(HasSubstr("cret")));
  EXPECT_THAT(refusal("postgresql://u:p@[::1/db"), HasSubstr("bracket"));
  EXPECT_THAT(refusal("postgresql://h/db?sslmode"), HasSubstr("no value"));
  EXPECT_THAT(refusal("mysql://h/db"), HasSubstr("not postgresql"));
  EXPECT_THAT(refusal("postgresql:/u:secret@h/db"), HasSubstr("neither a URL"));
  EXPECT_THAT(refusal("postgresql:/u:secret@h/db"), Not(HasSubstr("secret")));
  EXPECT_THAT(refusal("postgresql://h/%00"), HasSubstr("percent-encoding"));
  EXPECT_THAT(refusal(std::string_view{"user=a\0b", 8}), HasSubstr("null byte"));
  EXPECT_THAT(refusal("connect_timeout=soon"), HasSubstr("connect_timeout"));
}

TEST(pg_options, an_empty_password_is_none) {
  EXPECT_FALSE(of("password=''").password);
  EXPECT_FALSE(of("postgresql://joe:@db/").password);
  EXPECT_EQ(of("password=a").password, "a");
}

TEST(pg_options, as_other_programs_write_them) {
  EXPECT_EQ(of("postgresql://db/shop?ssl=true").ssl_mode, ssl_mode::require);
  EXPECT_THAT(refusal("postgresql://db/shop?ssl=perhaps"), HasSubstr("unknown keyword \"ssl\""));
  EXPECT_THAT(refusal("postgresql://[]/shop"), HasSubstr("empty"));
  EXPECT_EQ(of("client_encoding=utf-8 user=a").user, "a");
}

std::string root_cert;

const char* with_root_cert(const char* name) {
  return std::string_view{name} == "PGSSLROOTCERT" ? root_cert.c_str() : nullptr;
}

TEST(pg_options, authorities_of_the_system_need_the_name_to_be_verified) {
  EXPECT_EQ(of("sslrootcert=system").ssl_mode, ssl_mode::verify_full);
  EXPECT_EQ(of("sslrootcert=ca.pem").ssl_mode, ssl_mode::prefer);
  EXPECT_EQ(of("sslrootcert=system sslmode=disable").ssl_mode, ssl_mode::disable);
  for (const std::string mode : {"allow", "prefer", "require", "verify-ca"})
    EXPECT_THAT(refusal("sslrootcert=system sslmode=" + mode), HasSubstr("use verify-full"));
  root_cert = "system";
  EXPECT_EQ(options::parse("postgresql://db?sslmode=verify-full", &with_root_cert).ssl_mode,
            ssl_mode::verify_full);
  EXPECT_EQ(options::parse("postgresql://db", &with_root_cert).ssl_mode, ssl_mode::verify_full);
}

TEST(pg_options, demands_of_security_are_never_ignored) {
  const std::pair<const char*, const char*> demands[] = {{"PGREQUIREPEER", "postgres"},
                                                         {"PGREQUIREAUTH", "scram-sha-256"},
                                                         {"PGSSLCRL", "/etc/crl.pem"},
                                                         {"PGSSLCRLDIR", "/etc/crl"},
                                                         {"PGSSLMINPROTOCOLVERSION", "TLSv1.3"}};
  for (const auto& d : demands) {
    static std::pair<const char*, const char*> demand;
    demand = d;
    const auto environment = [](const char* name) -> const char* {
      return std::string_view{name} == demand.first ? demand.second : nullptr;
    };
    EXPECT_THROW(static_cast<void>(options::parse("", environment)), system_error) << d.first;
  }
  EXPECT_THAT(refusal("ssl_min_protocol_version=TLSv1.3"), HasSubstr("not supported"));
  EXPECT_EQ(of("ssl_min_protocol_version=TLSv1.2 user=a").user, "a");
}

TEST(pg_options, no_limit_of_time_is_zero) {
  EXPECT_EQ(of("connect_timeout=0").connect_timeout, forever);
  EXPECT_EQ(of("command_timeout=5").command_timeout, 5s);
}

TEST(pg_options, a_service) {
  constexpr std::string_view file =
      "# services\n"
      "host=before.any\n"
      "[other]\nhost=other.example\n\n"
      "[shop]\r\n"
      "  host = ignored\r\n"
      "[shop2]\n"
      "host=db.example.org\n"
      "  port=5433  \n"
      "#user=nobody\n"
      "password=a=b c\n"
      "[shop2]\n"
      "user=late\n";
  auto e = find_service(file, "shop2");
  EXPECT_TRUE(e.found);
  EXPECT_EQ(e.problem, "");
  EXPECT_EQ(e.parameters,
            (detail::keywords{{"host", "db.example.org"}, {"port", "5433"}, {"password", "a=b c"}}));
  EXPECT_EQ(find_service(file, "shop").problem, "line 7: it is not keyword=value");
  EXPECT_FALSE(find_service(file, "none").found);
  EXPECT_FALSE(find_service("", "none").found);
  EXPECT_EQ(find_service("[a]\nservice=b", "a").problem, "line 2: a service in a service");
  EXPECT_THAT(find_service("[a]\nldap://x/y", "a").problem, HasSubstr("LDAP"));
  EXPECT_THAT(find_service("[a]\nsecret", "a").problem, Not(HasSubstr("secret")));
}

std::string service_folder;

const char* with_services(const char* name) {
  const std::string_view n{name};
  static std::string file;  // what it shows stays, as in the environment
  if (!file.starts_with(service_folder + '/')) file = service_folder + "/own.conf";
  if (n == "PGSERVICEFILE") return file.c_str();
  if (n == "PGSYSCONFDIR") return service_folder.c_str();
  if (n == "PGSERVICE") return "one";
  if (n == "PGUSER") return "of_the_environment";
  if (n == "PGHOST") return "host.of.the.environment";
  if (n == "PGDATABASE") return "database_of_the_environment";
  return nullptr;
}

TEST(pg_options, services_come_before_the_environment_and_after_the_connection_string) {
  const test::scratch_folder folder;
  service_folder = folder.path();
  static_cast<void>(folder.write("own.conf", "[one]\nuser=of_the_service\nhost=a,b\nport=1,2\n[bad]\nx=1\n"));
  static_cast<void>(folder.write("pg_service.conf", "[one]\nuser=nobody\n[two]\nhostaddr=10.0.0.1\n"));
  auto o = options::parse("dbname=shop", &with_services);
  EXPECT_EQ(o.user, "of_the_service");
  EXPECT_EQ(o.database, "shop");
  EXPECT_EQ(o.hosts.size(), 2U);
  o = options::parse("postgresql://me@/?service=two", &with_services);
  EXPECT_EQ(o.user, "me");
  EXPECT_EQ(o.database, "database_of_the_environment");
  EXPECT_EQ(o.hosts.at(0).address, "10.0.0.1");
  const auto problem = [](std::string_view text) {
    try {
      static_cast<void>(options::parse(text, &with_services));
    } catch (const system_error& e) { return std::string{e.what()}; }
    return std::string{"none"};
  };
  EXPECT_THAT(problem("service=three"), HasSubstr("there is no service \"three\""));
  EXPECT_THAT(problem("service=bad"), HasSubstr("service \"bad\": unknown keyword \"x\""));
  service_folder += "/none";
  EXPECT_THAT(problem("service=one"), HasSubstr("own.conf: the file cannot be read"));
}

TEST(pg_options, the_password_file) {
  constexpr std::string_view file =
      "# comment:*:*:*:no\n"
      "\n"
      "broken\n"
      "db:5432:shop:joe:one\r\n"
      "*:*:shop:\\*:star\n"
      "a\\:b:*:*:joe:with\\:colon\\\\\n"
      "*:*:*:joe:last\n";
  EXPECT_EQ(find_password(file, {"db", "5432", "shop", "joe"}), "one");
  EXPECT_EQ(find_password(file, {"db", "5433", "shop", "joe"}), "last");
  EXPECT_EQ(find_password(file, {"a:b", "1", "x", "joe"}), "with:colon\\");
  EXPECT_EQ(find_password(file, {"db", "1", "shop", "*"}), "star");
  EXPECT_FALSE(find_password(file, {"db", "1", "shop", "ann"}));
  EXPECT_FALSE(find_password("", {"db", "1", "shop", "ann"}));
}

}  // namespace bight::pg::connection_string_test
