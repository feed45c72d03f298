// netrc: what is found for a host, and errors with their line.
#include <bight/http/netrc.hpp>

#include <bight/fs/temporary.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <string>

namespace bight::http::netrc_test {

using boost::system::system_error;

std::string found(const netrc& file, std::string_view host, std::string_view user = {}) {
  const auto who = file.find(host, user);
  return who ? who->user() + '/' + who->password() : "none";
}

TEST(netrc, finds_the_login_of_a_host) {
  const auto file = netrc::parse(
      "machine example.com login ann password secret\n"
      "machine other.org\n\tlogin bob\n\tpassword \"with space \\\"q\\\"\"\n"
      "machine example.com login second password x\n");
  EXPECT_EQ(found(file, "example.com"), "ann/secret");
  EXPECT_EQ(found(file, "EXAMPLE.com"), "ann/secret");
  EXPECT_EQ(found(file, "example.com", "second"), "second/x");
  EXPECT_EQ(found(file, "other.org"), "bob/with space \"q\"");
  EXPECT_EQ(found(file, "www.example.com"), "none");
  EXPECT_EQ(found(file, "example.com", "nobody"), "none");
  EXPECT_EQ(found(netrc::parse(""), "a"), "none");
}

TEST(netrc, default_is_for_all_other_hosts) {
  const auto file = netrc::parse("default login d password p machine a login b password c");
  EXPECT_EQ(found(file, "a"), "b/c");
  EXPECT_EQ(found(file, "z"), "d/p");
}

TEST(netrc, comments_macros_and_accounts_are_skipped) {
  const auto file = netrc::parse(
      "# machine a login x password y\nmachine a # comment\nlogin ann account acc password #not-a-comment\n"
      "macdef init\nmachine b login in macro\n\nmachine c login after password m\nmacdef last\nrubbish");
  EXPECT_EQ(found(file, "a"), "ann/#not-a-comment");
  EXPECT_EQ(found(file, "b"), "none");
  EXPECT_EQ(found(file, "c"), "after/m");
}

TEST(netrc, errors_name_the_line_and_no_value) {
  const auto error_of = [](std::string_view text) -> std::string {
    try {
      static_cast<void>(netrc::parse(text));
    } catch (const system_error& e) { return e.code() == errc::malformed_file ? e.what() : "other"; }
    return "none";
  };
  EXPECT_NE(error_of("\nlogin a").find("line 2: 'login' without a machine"), std::string::npos);
  EXPECT_NE(error_of("machine a\npassword").find("line 2: no value of 'password'"), std::string::npos);
  EXPECT_NE(error_of("machine a\npassword \"x\ny\"").find("line 2: unterminated"), std::string::npos);
  const auto unknown = error_of("machine a password my secret");
  EXPECT_NE(unknown.find("line 1: unknown keyword"), std::string::npos);
  EXPECT_EQ(unknown.find("secret"), std::string::npos);
}

TEST(netrc, path_comes_from_the_environment) {
  const auto path_of = [](const char* netrc_value, const char* home) {
    return netrc::default_path(
        [=](const char* name) { return std::string_view{name} == "NETRC" ? netrc_value : home; });
  };
  EXPECT_EQ(path_of("/etc/netrc", "/home/ann"), "/etc/netrc");
  EXPECT_EQ(path_of(nullptr, "/home/ann"), "/home/ann/.netrc");
  EXPECT_FALSE(path_of("", nullptr));
}

ASYNC_TEST(netrc, is_loaded_from_a_file) {
  const auto folder = co_await fs::make_temporary_directory();
  const auto path = folder.path() / "netrc";
  co_await fs::write_file(path, std::string_view{"machine a login b password c"});
  const auto file = co_await netrc::load(path);
  EXPECT_EQ(found(file, "a"), "b/c");
  co_await fs::write_file(path, std::string_view{"rubbish"});
  std::string error;
  try {
    const auto broken = co_await netrc::load(path);
  } catch (const system_error& e) { error = e.what(); }
  EXPECT_NE(error.find("/netrc, line 1"), error.npos) << error;
}

}  // namespace bight::http::netrc_test
