// bight-ws: lines in, messages out, how it ends, and what it says.
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/certificates.hpp"
#include "support/websocket_site.hpp"

namespace bight::test::ws_test {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> ws_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BIGHT_WS_PROGRAM);
  return arguments;
}

program_result ws(std::vector<std::string> arguments) { return run(ws_command(std::move(arguments))); }

// With `input` on stdin, from a pipe. The arguments have no quotes.
program_result ws_with_input(const std::string& input, const std::string& arguments) {
  return run({"sh", "-c", "printf '" + input + "' | " BIGHT_WS_PROGRAM " " + arguments});
}

TEST(ws, help_teaches_every_option_and_the_exit_statuses) {
  const auto r = ws({"--help"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const auto* const text :
       {"URL",         "--binary", "--no-input",    "--messages", "--wait",        "--ping",
        "--verbose",   "--header", "--subprotocol", "--compress", "--user",        "--timeout",
        "--insecure",  "--cacert", "--proxy",       "--no-proxy", "--unix-socket", "--version",
        "Exit status", "130",      "143",           "Examples"})
    EXPECT_THAT(r.out, HasSubstr(text));
}

TEST(ws, version_is_one_line) {
  const auto r = ws({"--version"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, ContainsRegex("^bight-ws [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST(ws, wrong_usage_is_one_line_that_names_it_and_a_hint) {
  struct wrong {
    std::vector<std::string> arguments;
    std::string names;
  };
  const wrong cases[] = {
      {{}, "URL"},
      {{"--nonsense"}, "--nonsense"},
      {{"--nonsense", "ws://localhost/"}, "--nonsense"},
      {{"--hedaer", "A: b", "ws://localhost/"}, "unknown option --hedaer; did you mean --header?"},
      {{"--key", "x", "ws://localhost/"}, "--cert"},
      {{"http://localhost/"}, "http://localhost/"},
      {{"ws://"}, "ws://"},
      {{"ws://localhost/", "ws://other/"}, "ws://other/"},
      {{"--header", "no colon", "ws://localhost/"}, "no colon"},
      {{"--subprotocol", "a b", "ws://localhost/"}, "a b"},
      {{"--wait", "soon", "ws://localhost/"}, "soon"},
      {{"--ping", "0s", "ws://localhost/"}, "--ping"},
      {{"--timeout", "0s", "ws://localhost/"}, "--timeout"},
      {{"--messages", "-1", "ws://localhost/"}, "-1"},
      {{"--user", "me", "ws://localhost/"}, "--user"},
      {{"--proxy", "http://x/", "--no-proxy", "ws://localhost/"}, "--no-proxy"},
  };
  for (const auto& c : cases) {
    const auto r = ws(c.arguments);
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    EXPECT_THAT(r.errors(), SizeIs(2));
    EXPECT_THAT(r.err, HasSubstr(c.names));
    EXPECT_THAT(r.err, HasSubstr("--help"));
  }
}

TEST(ws, sends_lines_and_prints_messages) {
  const websocket_site site;
  const auto r = ws_with_input("one\\ntwo\\n\\nthree", site.url("/echo"));
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(r.out, "one\ntwo\n\nthree\n");
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(site.close_codes(1), ElementsAre(1000));
}

TEST(ws, sends_binary_messages_and_compresses) {
  const websocket_site site;
  const auto r = ws_with_input("\\000\\377\\n", "--binary --compress --wait 200ms " + site.url("/echo"));
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(r.out, std::string("\0\xFF\n", 3));
  EXPECT_EQ(r.status, 0);
}

TEST(ws, a_text_that_is_not_utf_8_is_an_error) {
  const websocket_site site;
  const auto r = ws_with_input("\\377\\n", site.url("/echo"));
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("UTF-8"));
}

TEST(ws, closes_after_so_many_messages) {
  const websocket_site site;
  const auto r = ws_with_input("one\\ntwo\\nthree\\n", "-n 2 " + site.url("/echo"));
  EXPECT_EQ(r.out, "one\ntwo\n");
  EXPECT_EQ(r.status, 0);
}

TEST(ws, headers_and_subprotocols_are_sent) {
  const websocket_site site;
  const auto r = ws(
      {"--no-input", "-n", "1", "-v", "-H", "X-Test: 42", "-s", "other", "-s", "chat", site.url("/hello")});
  EXPECT_EQ(r.out, "42 chat\n");
  EXPECT_THAT(r.err, HasSubstr("connected to " + site.url("/hello") + ", subprotocol chat"));
  EXPECT_THAT(r.err, HasSubstr("closed with code 1000"));
  EXPECT_EQ(r.status, 0);
}

TEST(ws, signals_close_with_1000) {
  const websocket_site site;
  for (const int number : {SIGINT, SIGTERM}) {
    program p{ws_command({"--no-input", "-v", site.url("/echo")})};
    p.wait_for_error("connected");
    p.signal(number);
    const auto r = p.finish();
    EXPECT_EQ(r.status, 128 + number);
    EXPECT_THAT(r.err, HasSubstr("closed with code 1000"));
  }
  EXPECT_THAT(site.close_codes(2), ElementsAre(1000, 1000));
}

TEST(ws, another_close_code_is_an_error_that_names_it) {
  const websocket_site site;
  const auto r = ws({"--no-input", site.url("/kick")});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("4000"));
  EXPECT_THAT(r.err, HasSubstr("go away"));
  EXPECT_THAT(r.errors(), SizeIs(1));
}

TEST(ws, a_handshake_that_is_refused_is_an_error_with_the_status) {
  const websocket_site site;
  const auto r = ws({"--no-input", site.url("/refused")});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("403"));
  EXPECT_THAT(r.errors(), SizeIs(1));
}

TEST(ws, a_server_that_is_not_there_is_an_error) {
  const auto r = ws({"--no-input", "ws://127.0.0.1:1/"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("onnection refused"));
}

TEST(ws, measures_round_trips) {
  const websocket_site site;
  program p{ws_command({"--no-input", "--ping", "10ms", "-v", site.url("/echo")})};
  p.wait_for_error("pong after");
  p.signal(SIGINT);
  const auto r = p.finish();
  EXPECT_THAT(r.err, ContainsRegex("[0-9]+ pings, [0-9]+ answered, round trip [0-9.]+/[0-9.]+/[0-9.]+ ms"));
}

TEST(ws, verifies_certificates_unless_told_not_to) {
  if (!certificates::available()) GTEST_SKIP() << "no openssl program";
  auto& all = certificates::instance();
  const auto cert = all.good();
  net::tls_server_options options;
  options.certificate_file = cert.file;
  options.key_file = cert.key;
  const websocket_site site{net::tls_server_context{options}};
  const auto refused = ws_with_input("hello\\n", site.url("/echo"));
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("certificate"));
  for (const auto& how : {std::string{"--insecure"}, "--cacert " + all.authority()}) {
    const auto r = ws_with_input("hello\\n", how + " --wait 300ms " + site.url("/echo"));
    EXPECT_EQ(r.err, "");
    EXPECT_EQ(r.out, "hello\n");
  }
}

TEST(ws, sends_a_client_certificate) {
  if (!certificates::available()) GTEST_SKIP() << "no openssl program";
  auto& all = certificates::instance();
  const auto cert = all.good();
  net::tls_server_options options;
  options.certificate_file = cert.file;
  options.key_file = cert.key;
  options.client_certificates = net::tls_client_certificates::required;
  options.client_ca_file = all.authority();
  const websocket_site site{net::tls_server_context{options}};
  const auto trusting = "--ca-file " + all.authority() + " --wait 300ms ";
  EXPECT_EQ(ws_with_input("hello\\n", trusting + site.url("/echo")).status, 1);
  const auto r = ws_with_input(
      "hello\\n", trusting + "--cert " + cert.file + " --key " + cert.key + ' ' + site.url("/echo"));
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(r.out, "hello\n");
}

}  // namespace bight::test::ws_test
