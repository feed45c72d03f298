// bight-get: where the bodies go, what is said about it, its exit status, and its ways to end.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/nginx.hpp"
#include "support/raw_server.hpp"
#include "support/sockets.hpp"

namespace bight::test::get_test {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using connection = raw_server::connection;

// Files by path; 404 otherwise.
raw_server::script site(std::map<std::string, std::string> files, std::string type = "text/plain",
                        std::string fields = {}) {
  return [files = std::move(files), type = std::move(type), fields = std::move(fields)](
             const std::string& path, const connection& c) {
    const auto found = files.find(path);
    c.send(found == files.end() ? http_response("404 Not Found", "text/plain", "no such file\n")
                                : http_response("200 OK", type, found->second, fields));
  };
}

// Half of a file of 2000 bytes, and then nothing.
raw_server::script stalling() {
  return [](const std::string&, const connection& c) {
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nETag: \"x\"\r\n\r\n" + std::string(1000, 'x'));
    c.wait_for_close();
  };
}

program_options terminal(int columns) {
  program_options o;
  o.terminal_columns = columns;
  return o;
}

constexpr auto hello_sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

// ---- what it says ------------------------------------------------------------------------------

TEST(get, help_teaches_every_option_and_the_exit_statuses) {
  const auto r = get({"--help"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const auto* const text : {"URL",       "--output",    "--output-dir", "--remote-header-name",
                                 "--resume",  "--sha256",    "--jobs",       "--include",
                                 "--fail",    "--verbose",   "--quiet",      "--header",
                                 "--data",    "--json",      "--form",       "--method",
                                 "--user",    "--digest",    "--proxy",      "--cookie-jar",
                                 "--retries", "--timeout",   "--key",        "--max-redirects",
                                 "--cert",    "--insecure",  "--cacert",     "--location",
                                 "--proxy",   "--no-proxy",  "130",          "--unix-socket",
                                 "--ca-file", "--resolve",   "--netrc",      "--netrc-file",
                                 "--version", "Exit status", "143",          "Examples"})
    EXPECT_THAT(r.out, HasSubstr(text));
}

TEST(get, version_is_one_line) {
  const auto r = get({"--version"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, ContainsRegex("^bight-get [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST(get, wrong_usage_is_one_line_that_names_it_and_a_hint) {
  struct wrong {
    std::vector<std::string> arguments;
    std::string names;
  };
  const std::string url = "http://127.0.0.1:1/";
  const wrong cases[] = {
      {{}, "URL"},
      {{"--hlep"}, "unknown option --hlep; did you mean --help?"},
      {{url, "--hedaer=x"}, "unknown option --hedaer; did you mean --header?"},
      {{url, "--xyzzy"}, "unknown option --xyzzy"},
      {{url, "--max"}, "did you mean --max-redirects?"},
      {{url, "--nonsense"}, "--nonsense"},
      {{url, "--resum"}, "--resum"},
      {{"ftp://host/"}, "ftp://host/"},
      {{"mailto:me@host"}, "mailto:***@host"},
      {{"http://me:pass/word@a/"}, "http://me:***@a/"},
      {{url, "--jobs", "0"}, "--jobs: '0' is not a whole number from 1 to 1000"},
      {{url, "--resolve", "host:80"}, "--resolve: 'host:80' is not HOST:PORT:ADDRESS"},
      {{url, "--resolve", "host:x:127.0.0.1"}, "the port is not one"},
      {{url, "--resolve", "host:80:name"}, "'name' is not an address"},
      {{url, "--netrc-file", "/no/such/netrc"}, "/no/such/netrc"},
      {{url, "--retries", "-1"}, "--retries"},
      {{url, "--timeout", "5"}, "--timeout"},
      {{url, "--timeout", "0"}, "--timeout"},
      {{url, "--header", "no colon"}, "no colon"},
      {{url, "--header", "two words: x"}, "two words"},
      {{url, "--data", "x", "--json", "y"}, "--json"},
      {{url, "--data", "@/no/such/file"}, "/no/such/file"},
      {{url, "--form", "novalue"}, "novalue"},
      {{url, "--method", "TWO WORDS"}, "TWO WORDS"},
      {{url, "--user", "name"}, "--user"},
      {{url, "--digest"}, "--digest"},
      {{url, "--key", "x"}, "--key"},
      {{url, "--cacert", "/no/such.pem"}, "/no/such.pem"},
      {{url, "--proxy", "gopher://x/"}, "gopher"},
      {{url, "--sha256", "abc"}, "abc"},
      {{url, "--output", "x", "--output-dir", "y"}, "--output"},
      {{url, url, "--output", "x"}, "--output-dir"},
      {{url, url, "--sha256", hello_sha256}, "--sha256"},
      {{url, "--output", "-", "--sha256", hello_sha256}, "--sha256"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.arguments));
    const auto r = get(c.arguments);
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    ASSERT_THAT(r.errors(), SizeIs(2)) << r.err;
    EXPECT_THAT(r.errors()[0], StartsWith("bight-get: "));
    EXPECT_THAT(r.errors()[0], HasSubstr(c.names));
    EXPECT_EQ(r.errors()[1], "Try 'bight-get --help'.");
  }
}

// ---- stdout ------------------------------------------------------------------------------------

TEST(get, a_proxy_that_was_asked_for_is_used_for_loopback_too) {
  raw_server proxy{site({{"http://127.0.0.1:1/page", "from the proxy"}})};
  const auto r = get({"http://127.0.0.1:1/page", "--proxy", proxy.url()});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.out, "from the proxy");
}

TEST(get, one_url_goes_to_a_pipe_byte_for_byte) {
  const std::string bytes{"text\0and\xff bytes", 15};
  raw_server server{site({{"/", bytes}}, "application/octet-stream")};
  const auto r = get({server.url()});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.out, bytes);
  EXPECT_EQ(r.err, "");
}

TEST(get, an_error_page_is_printed_and_fails_only_with_fail) {
  raw_server server{site({})};
  const auto page = get({server.url("/gone")});
  EXPECT_EQ(page.status, 0);
  EXPECT_EQ(page.out, "no such file\n");
  const auto failed = get({server.url("/gone"), "--fail"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.out, "");
  ASSERT_THAT(failed.errors(), SizeIs(1));
  EXPECT_THAT(failed.err, StartsWith("bight-get: " + server.url("/gone") + ": 404 Not Found"));
}

TEST(get, include_prints_the_head) {
  raw_server server{site({{"/", "body"}}, "text/plain", "X-Name: value\r\n")};
  const auto r = get({server.url(), "--include"});
  EXPECT_THAT(r.out, StartsWith("HTTP/1.1 200 OK\n"));
  EXPECT_THAT(r.out, HasSubstr("X-Name: value\n"));
  EXPECT_TRUE(r.out.ends_with("\n\nbody"));
}

TEST(get, verbose_shows_the_steps_of_the_request) {
  raw_server server{site({{"/", "body"}})};
  const auto r = get({server.url(), "--verbose"});
  EXPECT_EQ(r.out, "body");
  EXPECT_THAT(r.err, StartsWith("GET " + server.url() + ": 200 OK\n"));
  for (const auto* const step : {"DNS", "connect", "127.0.0.1:", "send", "first byte", "body"})
    EXPECT_THAT(r.err, HasSubstr(step));
}

TEST(get, a_refused_port_is_named) {
  const auto url = "http://127.0.0.1:" + std::to_string(closed_port()) + "/";
  const auto r = get({url, "--retries", "0"});
  EXPECT_EQ(r.status, 1);
  EXPECT_EQ(r.out, "");
  ASSERT_THAT(r.errors(), SizeIs(1));
  EXPECT_THAT(r.err, HasSubstr(url));
  EXPECT_THAT(r.err, HasSubstr("refused"));
}

TEST(get, a_full_or_closed_stdout_is_named) {
  raw_server server{site({{"/", std::string(1'000'000, 'x')}})};
  program_options full;
  full.stdout_to = "/dev/full";
  program_options closed;
  closed.close_stdout = true;
  for (const auto& options : {full, closed}) {
    const auto r = get({server.url()}, options);
    EXPECT_EQ(r.status, 1);
    ASSERT_THAT(r.errors(), SizeIs(1));
    EXPECT_THAT(r.err, HasSubstr("stdout"));
  }
}

TEST(get, a_timeout_ends_it) {
  raw_server server{stalling()};
  const auto r = get({server.url(), "--timeout", "200ms", "--retries", "0"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("timed out"));
}

TEST(get, a_url_without_a_scheme_may_have_another_url_in_it) {
  raw_server server{site({{"/to?u=http://other/", "body"}})};
  const auto r = get({server.url("/to?u=http://other/").substr(7)});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.out, "body");
}

// ---- files -------------------------------------------------------------------------------------

// A file in the place of /dev/null would be one for the whole machine.
TEST(get, a_device_or_pipe_is_written_to_and_not_replaced) {
  raw_server server{site({{"/", "body"}})};
  const scratch_folder folder;
  const auto pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto unread = get({server.url(), "-o", pipe});
  EXPECT_EQ(unread.status, 1);
  EXPECT_THAT(unread.err, HasSubstr(pipe));
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const auto r = get({server.url(), "-o", pipe});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.out, "");
  std::array<char, 100> room;
  const auto n = ::read(reader, room.data(), room.size());
  const auto gone = get({server.url("/gone"), "-o", pipe});
  EXPECT_EQ(gone.status, 1) << "as for a file";
  ::close(reader);
  ASSERT_GE(n, 0);
  EXPECT_EQ(std::string(room.data(), static_cast<std::size_t>(n)), "body");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_THAT(folder.names(), ElementsAre("pipe"));
  const auto sum = get({server.url(), "-o", pipe, "--sha256", hello_sha256});
  EXPECT_EQ(sum.status, 2);
  EXPECT_THAT(sum.err, HasSubstr(pipe));
}

TEST(get, several_urls_are_saved_under_their_names) {
  raw_server server{site({{"/a/one", "1"}, {"/b/one", "2"}, {"/two.txt", "3"}})};
  const scratch_folder folder;
  const auto r = get({server.url("/a/one"), server.url("/b/one"), server.url("/two.txt"), "--output-dir",
                      folder.file("new/dir")});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(read_file(folder.file("new/dir/one")), "1");
  EXPECT_EQ(read_file(folder.file("new/dir/one.1")), "2");
  EXPECT_EQ(read_file(folder.file("new/dir/two.txt")), "3");
  EXPECT_THAT(r.errors(), SizeIs(3)) << "a line for each file";
  EXPECT_THAT(r.err, ContainsRegex("two.txt: 1 B in [0-9.]+ s\n"));
  EXPECT_THAT(r.err, Not(HasSubstr("\r"))) << "no bars in a pipe";
}

TEST(get, quiet_says_nothing_but_errors) {
  raw_server server{site({{"/a", "1"}})};
  const scratch_folder folder;
  const auto r =
      get({server.url("/a"), server.url("/gone"), "-q", "--output-dir", folder.path()}, terminal(80));
  EXPECT_EQ(r.status, 1);
  ASSERT_THAT(r.errors(), SizeIs(1));
  EXPECT_THAT(r.err, StartsWith("bight-get: " + server.url("/gone") + ": 404 Not Found"));
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(get, a_name_of_the_server_is_used_on_demand_and_replaces_nothing) {
  raw_server server{
      site({{"/a", "new"}}, "text/plain", "Content-Disposition: attachment; filename=\"../named\"\r\n")};
  const scratch_folder folder;
  EXPECT_EQ(get({server.url("/a"), "-J", "--output-dir", folder.path()}).status, 0);
  EXPECT_THAT(folder.names(), ElementsAre("named"));
  folder.write("named", "old");
  const auto again = get({server.url("/a"), "-J", "--output-dir", folder.path()});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("exists"));
  EXPECT_EQ(read_file(folder.file("named")), "old");
  EXPECT_THAT(folder.names(), ElementsAre("named"));
}

TEST(get, a_wrong_checksum_is_3_and_leaves_no_file) {
  raw_server server{site({{"/a", "hello"}})};
  const scratch_folder folder;
  const auto good = get({server.url("/a"), "-o", folder.file("good"), "--sha256", hello_sha256});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.err, HasSubstr("checksum correct"));
  const auto bad = get({server.url("/a"), "-o", folder.file("bad"), "--sha256", std::string(64, 'a')});
  EXPECT_EQ(bad.status, 3);
  EXPECT_THAT(bad.err, HasSubstr(hello_sha256));
  EXPECT_THAT(folder.names(), ElementsAre("good"));
}

TEST(get, a_body_that_breaks_off_is_tried_again) {
  int requests = 0;
  raw_server server{[&](const std::string&, const connection& c) {
    if (++requests == 1) return void(c.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
    c.send(http_response("200 OK", "text/plain", "hello"));
  }};
  const scratch_folder folder;
  const auto r = get({server.url(), "-o", folder.file("out")});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(read_file(folder.file("out")), "hello");
}

TEST(get, ctrl_c_keeps_what_has_arrived) {
  for (const auto& [number, status] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    raw_server server{stalling()};
    const scratch_folder folder;
    program p{get_command({server.url("/big"), "-o", folder.file("big")}), terminal(80)};
    p.wait_for_error("50%");
    p.signal(number);
    const auto r = p.finish();
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.status, status);
    EXPECT_TRUE(r.err.ends_with("\r\x1b[K")) << ::testing::PrintToString(r.err);
    EXPECT_THAT(folder.names(), ElementsAre("big.part", "big.part.info"));
    EXPECT_EQ(read_file(folder.file("big.part")), std::string(1000, 'x'));
  }
}

class get_nginx : public with_peers<nginx> {};

TEST_F(get_nginx, resume_continues_after_ctrl_c) {
  nginx_options slow;
  slow.server = "location /slow/ { rewrite ^/slow/(.*)$ /$1 break; limit_rate 200k; limit_rate_after 400k; }";
  const nginx server{slow};
  std::string content;
  for (int i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i) + "\n";
  server.put("big", content);
  const scratch_folder folder;
  const std::vector<std::string> arguments{server.url("/slow/big"), "-o", folder.file("big")};
  program p{get_command(arguments), terminal(80)};
  p.wait_for_error("%");
  p.signal(SIGINT);
  EXPECT_EQ(p.finish().status, 130);
  EXPECT_THAT(folder.names(), ElementsAre("big.part", "big.part.info"));
  auto again = arguments;
  again.emplace_back("--resume");
  const auto r = get(again);
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("resumed from"));
  EXPECT_TRUE(read_file(folder.file("big")) == content);
  EXPECT_THAT(folder.names(), ElementsAre("big"));
}

// ---- requests ----------------------------------------------------------------------------------

// A server that sends back the method, the headers that tests look at, and the body.
class get_echo : public with_peers<nginx> {
 protected:
  static nginx_options options() {
    nginx_options o;
    o.server =
        "location /echo { return 200 "
        "\"$request_method|$content_type|$http_x_name|$http_cookie|$http_accept\"; }\n"
        "location /auth { return 200 \"$http_authorization\"; }\n"
        "location /cookie { add_header Set-Cookie \"name=value; Max-Age=1000\"; return 200 ok; }\n"
        "location /moved { return 302 /echo; }\n";
    return o;
  }
};

TEST_F(get_echo, options_shape_the_request) {
  const nginx server{options()};
  const auto url = server.url("/echo");
  EXPECT_EQ(get({url}).out, "GET||||*/*");
  EXPECT_EQ(get({url, "-H", "X-Name: value"}).out, "GET||value||*/*");
  EXPECT_EQ(get({url, "-d", "a=b"}).out, "POST|application/x-www-form-urlencoded|||*/*");
  EXPECT_EQ(get({url, "--json", "{}"}).out, "POST|application/json|||application/json");
  EXPECT_EQ(get({url, "-X", "PUT", "-d", "x", "-H", "Content-Type: text/x"}).out, "PUT|text/x|||*/*");
  EXPECT_THAT(get({url, "-F", "a=b"}).out, StartsWith("POST|multipart/form-data; boundary="));
  EXPECT_EQ(get({server.url("/moved")}).out, "GET||||*/*");
  EXPECT_THAT(get({server.url("/moved"), "--max-redirects", "0", "-i"}).out, StartsWith("HTTP/1.1 302"));
}

TEST_F(get_echo, a_url_without_a_scheme_is_http) {
  const nginx server{options()};
  EXPECT_EQ(get({server.url("/echo").substr(std::string{"http://"}.size())}).out, "GET||||*/*");
}

TEST_F(get_echo, user_and_password_are_sent_as_basic) {
  const nginx server{options()};
  EXPECT_EQ(get({server.url("/auth"), "--user", "me:a b"}).out, "Basic bWU6YSBi");
  EXPECT_EQ(get({server.url("/auth"), "--user", "me:a b", "--digest"}).out, "");  // sent when asked for
}

TEST_F(get_echo, cookies_are_kept_in_the_jar) {
  const nginx server{options()};
  const scratch_folder folder;
  const auto jar = folder.file("jar");
  EXPECT_EQ(get({server.url("/cookie"), "--cookie-jar", jar}).status, 0);
  EXPECT_THAT(read_file(jar), HasSubstr("name\tvalue"));
  EXPECT_EQ(get({server.url("/echo"), "--cookie-jar", jar}).out, "GET|||name=value|*/*");
}

TEST_F(get_echo, resolve_names_the_address_of_a_host_and_port) {
  const nginx server{options()};
  const auto url = server.url("/echo");
  const auto port = url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  const auto r = get({"http://no.such.host.invalid:" + port + "/echo", "--resolve",
                      "no.such.host.invalid:" + port + ":127.0.0.1"});
  EXPECT_EQ(r.out, "GET||||*/*") << r.err;
}

TEST_F(get_echo, netrc_has_the_password_of_the_host) {
  const nginx server{options()};
  const scratch_folder folder;
  const auto file = folder.file("netrc");
  std::ofstream{file} << "machine 127.0.0.1 login me password secret\n";
  EXPECT_EQ(get({server.url("/auth"), "--netrc-file", file}).out, "Basic bWU6c2VjcmV0");
  std::ofstream{file} << "machine 127.0.0.1 login\n";
  const auto wrong = get({server.url("/auth"), "--netrc-file", file});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr(file));
}

TEST(get_https, certificates_are_verified_unless_insecure) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  auto& all = certificates::instance();
  const auto c = all.good();
  child_process server{
      {"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", c.file, "-key", c.key}};
  const auto url = "https://localhost:" + server.wait_for_line("ACCEPT 127.0.0.1:") + "/";
  const auto refused = get({url});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("certificate"));
  EXPECT_EQ(get({url, "--insecure"}).status, 0);
  const auto trusted = get({url, "--cacert", all.authority(), "--verbose"});
  EXPECT_EQ(trusted.status, 0) << trusted.err;
  EXPECT_THAT(trusted.err, HasSubstr("TLS"));
}

TEST(get_https, a_client_certificate_is_sent) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  auto& all = certificates::instance();
  const auto c = all.good();
  child_process server{{"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", c.file, "-key",
                        c.key, "-Verify", "1", "-CAfile", all.authority(), "-verify_return_error"}};
  const auto url = "https://localhost:" + server.wait_for_line("ACCEPT 127.0.0.1:") + "/";
  EXPECT_EQ(get({url, "--cacert", all.authority(), "--retries", "0"}).status, 1);
  const auto with = get({url, "--cacert", all.authority(), "--cert", c.file, "--key", c.key});
  EXPECT_EQ(with.status, 0) << with.err;
}

// ---- bars --------------------------------------------------------------------------------------

TEST(get, a_terminal_gets_bars_that_fit_and_are_gone_in_the_end) {
  for (const int columns : {120, 80, 40, 20, 10, 2, 1}) {
    SCOPED_TRACE(columns);
    raw_server server{stalling()};
    const scratch_folder folder;
    program p{get_command({server.url("/a-file-with-a-rather-long-name.tar.gz"), server.url("/b"),
                           "--output-dir", folder.path()}),
              terminal(columns)};
    p.wait_for_error(columns < 5 ? "\r" : "50%");
    p.signal(SIGINT);
    const auto r = p.finish();
    EXPECT_EQ(r.status, 130);
    for (const auto& line : drawn(r.err))
      EXPECT_LT(line.find_first_of("\n\x1b") == line.npos ? line.size() : line.find_first_of("\n\x1b"),
                static_cast<std::size_t>(columns))
          << line;
    EXPECT_TRUE(r.err.ends_with("\r\x1b[J")) << ::testing::PrintToString(r.err);
    if (columns >= 80) {
      for (const auto* const text : {"[====", "kB", "B/s", "0 of 2"}) EXPECT_THAT(r.err, HasSubstr(text));
    }
  }
}

}  // namespace bight::test::get_test
