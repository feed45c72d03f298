// bight-crawl: whatever is wrong, one clear line, the right exit status, and no waiting.
#include <zlib.h>

#include <chrono>
#include <string>
#include <vector>

#include "apps/apps.hpp"
#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/raw_server.hpp"
#include "support/sockets.hpp"

namespace bight::test::crawl_bad_input_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using connection = raw_server::connection;

// The only line of errors.
std::string line_of(const program_result& r) {
  EXPECT_FALSE(r.timed_out);
  EXPECT_THAT(r.errors(), SizeIs(1)) << r.err;
  EXPECT_THAT(r.err, StartsWith("bight-crawl: "));
  return r.err;
}

// A server that has no robots.txt and answers everything else by `answer`.
raw_server::script answering(std::function<void(const connection&)> answer) {
  return [answer = std::move(answer)](const std::string& path, const connection& c) {
    if (path == "/robots.txt")
      c.send(http_response("404 Not Found", "text/plain", ""));
    else
      answer(c);
  };
}

// ---- usage -------------------------------------------------------------------------------------

TEST(crawl_usage, every_wrong_option_is_one_line_that_names_it_and_a_hint) {
  struct wrong {
    std::vector<std::string> arguments;
    std::string names;
  };
  const wrong cases[] = {
      {{}, "URL"},
      {{"--nonsense"}, "--nonsense"},
      {{"-y"}, "-y"},
      {{"ftp://host/"}, "ftp://host/"},
      {{"mailto:me@host"}, "mailto:***@host"},
      {{"-i", "/no/such/list"}, "/no/such/list"},
      {{"--host", "a b"}, "--host"},
      {{"--scope", "hosts"}, "--host"},
      {{"--rate", "0"}, "--rate"},
      {{"--rate", "fast"}, "--rate"},
      {{"--max-bytes", "much"}, "--max-bytes"},
      {{"--max-time", "0"}, "--max-time"},
      {{"--follow", "("}, "--follow"},
      {{"--hosts", "x"}, "did you mean --host?"},
      {{"http://"}, "http://"},
      {{"http://[::1"}, "http://[::1"},
      {{"http://a:99999/"}, "http://a:99999/"},
      {{"http://me:pass/word@a/"}, "http://me:***@a/"},
      {{""}, "''"},
      {{"--depth", "-1"}, "--depth"},
      {{"--depth", "many"}, "--depth"},
      {{"--depth", "4294967296"}, "--depth"},
      {{"--depth", "1.5"}, "--depth"},
      {{"--depth"}, "--depth"},
      {{"--max-pages", "0"}, "--max-pages"},
      {{"--max-pages", "-5"}, "--max-pages"},
      {{"--max-pages", "99999999999999999999999"}, "--max-pages"},
      {{"--concurrency", "0"}, "--concurrency"},
      {{"--concurrency", "10001"}, "--concurrency"},
      {{"--per-host", "0"}, "--per-host"},
      {{"--per-host", "x"}, "--per-host"},
      {{"--delay", "5"}, "--delay"},
      {{"--delay", "-1s"}, "--delay"},
      {{"--delay=-1s"}, "--delay"},
      {{"--delay", "fast"}, "--delay"},
      {{"--delay", "1e999s"}, "--delay"},
      {{"--delay", "nans"}, "--delay"},
      {{"--delay", ""}, "--delay"},
      {{"--scope", "domain"}, "--scope"},
      {{"--include", "("}, "--include"},
      {{"--exclude", "[z-a]"}, "--exclude"},
      {{"--user-agent", ""}, "--user-agent"},
      {{"--user-agent", "two\nlines"}, "--user-agent"},
      {{"--timeout", "0"}, "--timeout"},
      {{"--timeout", "1y"}, "--timeout"},
      {{"--format", "xml"}, "--format"},
      {{"--output"}, "--output"},
      {{"--quiet=maybe"}, "--quiet"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.arguments));
    auto arguments = c.arguments;
    if (!arguments.empty() && arguments[0].starts_with('-'))
      arguments.insert(arguments.begin(), "http://127.0.0.1:1/");
    const auto r = crawl(arguments);
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    ASSERT_THAT(r.errors(), SizeIs(2)) << r.err;
    EXPECT_THAT(r.errors()[0], StartsWith("bight-crawl: "));
    EXPECT_THAT(r.errors()[0], HasSubstr(c.names));
    EXPECT_EQ(r.errors()[1], "Try 'bight-crawl --help'.");
  }
}

// ---- hosts -------------------------------------------------------------------------------------

TEST(crawl_bad_host, an_unknown_host_is_named) {
  const auto r = crawl({"http://no-such-host.invalid/", "--quiet", "--timeout", "8s"});
  EXPECT_EQ(r.status, 1);
  EXPECT_EQ(r.out, "");
  const auto line = line_of(r);
  EXPECT_THAT(line, StartsWith("bight-crawl: http://no-such-host.invalid/: "));
  EXPECT_THAT(line, ::testing::Not(HasSubstr("disallowed")));
}

TEST(crawl_bad_host, a_refused_port_is_named) {
  const auto url = "http://127.0.0.1:" + std::to_string(closed_port()) + "/";
  for (const bool robots : {true, false}) {
    std::vector<std::string> arguments{url, "--quiet"};
    if (!robots) arguments.emplace_back("--no-robots");
    const auto r = crawl(arguments);
    EXPECT_EQ(r.status, 1);
    const auto line = line_of(r);
    EXPECT_THAT(line, HasSubstr(url));
    EXPECT_THAT(line, HasSubstr("refused"));
  }
}

TEST(crawl_bad_host, a_certificate_of_another_name_is_refused) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  auto& all = certificates::instance();
  program_options trusting;
  trusting.environment.push_back("SSL_CERT_FILE=" + all.authority());
  const auto serve = [](const certificate& c) {
    return std::vector<std::string>{"openssl", "s_server", "-accept", "127.0.0.1:0", "-www",
                                    "-cert",   c.file,     "-key",    c.key};
  };
  {
    child_process good{serve(all.good())};
    const auto url = "https://localhost:" + good.wait_for_line("ACCEPT 127.0.0.1:") + "/";
    const auto r = crawl({url, "--quiet", "--no-robots", "--depth", "0"}, trusting);
    EXPECT_EQ(r.status, 0) << "the right name must work, or this test shows nothing: " << r.err;
  }
  child_process other{serve(all.other_name())};
  const auto url = "https://localhost:" + other.wait_for_line("ACCEPT 127.0.0.1:") + "/";
  const auto r = crawl({url, "--quiet"}, trusting);
  EXPECT_EQ(r.status, 1);
  const auto line = line_of(r);
  EXPECT_THAT(line, HasSubstr(url));
  EXPECT_THAT(line, HasSubstr("certificate"));
}

TEST(crawl_bad_host, an_untrusted_certificate_is_refused) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  const auto c = certificates::instance().self_signed();
  child_process server{
      {"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", c.file, "-key", c.key}};
  const auto url = "https://localhost:" + server.wait_for_line("ACCEPT 127.0.0.1:") + "/";
  const auto r = crawl({url, "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("certificate"));
}

TEST(crawl_bad_host, one_that_never_answers_is_given_up_after_the_timeout) {
  raw_server server{[](const std::string&, const connection& c) { c.wait_for_close(); }};
  const auto begin = std::chrono::steady_clock::now();
  const auto r = crawl({server.url(), "--quiet", "--timeout", "200ms"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("time"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

// ---- robots.txt --------------------------------------------------------------------------------

TEST(crawl_bad_robots, a_server_error_is_named) {
  raw_server server{[](const std::string&, const connection& c) {
    c.send(http_response("503 Service Unavailable", "text/plain", ""));
  }};
  const auto r = crawl({server.url(), "--quiet"});
  EXPECT_EQ(r.status, 1);
  const auto line = line_of(r);
  EXPECT_THAT(line, HasSubstr("robots.txt"));
  EXPECT_THAT(line, HasSubstr("503"));
  EXPECT_THAT(server.paths(), ::testing::Each("/robots.txt"));
}

TEST(crawl_bad_robots, a_disallowed_start_is_named) {
  raw_server server{[](const std::string&, const connection& c) {
    c.send(http_response("200 OK", "text/plain", "User-agent: *\nDisallow: /\n"));
  }};
  const auto r = crawl({server.url(), "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("disallowed by robots.txt"));
}

// ---- responses ---------------------------------------------------------------------------------

TEST(crawl_bad_response, an_endless_redirect_stops_at_the_limit) {
  raw_server server{[](const std::string& path, const connection& c) {
    if (path == "/robots.txt") return void(c.send(http_response("404 Not Found", "text/plain", "")));
    c.send(http_response("302 Found", "text/plain", "", "Location: " + path + "x\r\n"));
  }};
  const auto r = crawl({server.url(), "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("too many redirects"));
  EXPECT_THAT(server.paths(), SizeIs(12));
}

TEST(crawl_bad_response, a_redirect_loop_is_named) {
  raw_server server{answering(
      [](const connection& c) { c.send(http_response("302 Found", "text/plain", "", "Location: /\r\n")); })};
  const auto r = crawl({server.url(), "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("redirect loop"));
}

TEST(crawl_bad_response, a_start_that_redirects_elsewhere_takes_the_scope_along_and_says_so) {
  raw_server server{answering([](const connection& c) {
    c.send(http_response("301 Moved Permanently", "text/plain", "", "Location: http://127.0.0.1:1/\r\n"));
  })};
  const auto r = crawl({server.url(), "--quiet", "--retries", "0"});
  EXPECT_EQ(r.status, 1);
  ASSERT_THAT(r.errors(), SizeIs(2)) << r.err;
  EXPECT_THAT(r.errors()[0], HasSubstr("redirects to http://127.0.0.1:1/, which the scope includes now"));
  EXPECT_THAT(r.errors()[1], HasSubstr("http://127.0.0.1:1/: "));
}

TEST(crawl_bad_response, a_missing_page_is_named) {
  raw_server server{
      answering([](const connection& c) { c.send(http_response("404 Not Found", "text/html", "x")); })};
  const auto r = crawl({server.url(), "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("404 Not Found"));
}

TEST(crawl_bad_response, a_compression_bomb_is_a_page_with_a_warning) {
  std::string packed(1U << 20U, '\0');
  z_stream z{};
  ::deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string zeros(80U << 20U, '\0');
  z.next_in = reinterpret_cast<Bytef*>(zeros.data());
  z.avail_in = static_cast<uInt>(zeros.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&z, Z_FINISH);
  packed.resize(z.total_out);
  ::deflateEnd(&z);
  raw_server server{answering([&](const connection& c) {
    c.send(http_response("200 OK", "text/html", packed, "Content-Encoding: gzip\r\n"));
  })};
  const auto r = crawl({server.url(), "--quiet", "--output", "-"});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(text_of(last_line(r.out), "verdict"), "warning");
  EXPECT_THAT(r.out, HasSubstr("longer than 67108864 bytes"));
}

TEST(crawl_bad_response, a_body_over_the_limit_is_a_page_with_a_warning) {
  raw_server server{answering([](const connection& c) {
    const std::string piece(1U << 20U, ' ');
    bool listening = c.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
    while (listening) listening = c.send(piece);
  })};
  const auto r = crawl({server.url(), "--quiet", "--output", "-"});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(text_of(last_line(r.out), "verdict"), "warning");
  EXPECT_THAT(r.out, HasSubstr("longer than 67108864 bytes"));
}

TEST(crawl_bad_response, a_malformed_status_line_is_named) {
  for (const auto* const bytes : {"HTTP/1.1 abc OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                                  "\x16\x03\x01\x02\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n"}) {
    SCOPED_TRACE(bytes);
    raw_server server{answering([&](const connection& c) { c.send(bytes); })};
    const auto r = crawl({server.url(), "--quiet"});
    EXPECT_EQ(r.status, 1);
    EXPECT_THAT(line_of(r), HasSubstr(server.url()));
  }
}

TEST(crawl_bad_response, a_page_that_ends_early_is_a_page_with_a_warning) {
  raw_server server{answering([](const connection& c) {
    c.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nhalf");
  })};
  const auto r = crawl({server.url(), "--quiet", "--output", "-"});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(text_of(last_line(r.out), "verdict"), "warning");
  EXPECT_THAT(r.out, HasSubstr("ended early"));
}

// ---- outputs -----------------------------------------------------------------------------------

TEST(crawl_bad_output, a_file_that_cannot_be_written_is_named_before_anything_is_fetched) {
  raw_server server{
      [](const std::string&, const connection& c) { c.send(http_response("200 OK", "text/html", "x")); }};
  const scratch_folder folder;
  for (const auto& path : {folder.file("missing/pages.jsonl"), folder.path(), folder.path() + "/"}) {
    const auto r = crawl({server.url(), "--output", path, "--quiet"});
    EXPECT_EQ(r.status, 1);
    EXPECT_THAT(line_of(r), HasSubstr(path));
  }
  EXPECT_THAT(server.paths(), IsEmpty());
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(crawl_bad_output, a_full_device_is_named) {
  raw_server server{
      [](const std::string&, const connection& c) { c.send(http_response("200 OK", "text/html", "x")); }};
  const auto r = crawl({server.url(), "--output", "/dev/full", "--quiet"});
  EXPECT_EQ(r.status, 1);
  const auto line = line_of(r);
  EXPECT_THAT(line, HasSubstr("/dev/full"));
  EXPECT_THAT(line, HasSubstr("No space left"));
}

TEST(crawl_bad_output, a_device_that_is_full_in_the_middle_ends_the_crawl) {
  const served_site demo{{"--demo"}};
  const auto r = crawl({demo.url(), "--output", "/dev/full", "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("/dev/full"));
}

TEST(crawl_bad_output, a_full_stdout_is_named) {
  const served_site demo{{"--demo"}};
  program_options full;
  full.stdout_to = "/dev/full";
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{demo.url(), "--max-pages", "3"},
                                             {demo.url(), "--max-pages", "3", "--format", "json"},
                                             {demo.url(), "--output", "-", "--quiet"}}) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    const auto r = crawl(arguments, full);
    EXPECT_EQ(r.status, 1);
    EXPECT_THAT(line_of(r), HasSubstr("stdout"));
  }
}

TEST(crawl_bad_output, a_long_report_to_a_full_stdout_is_named_too) {
  std::string links;
  for (int i = 0; i != 500; ++i) links += "<a href=/gone" + std::to_string(i) + ">x</a>";
  raw_server server{[&](const std::string& path, const connection& c) {
    c.send(path == "/" ? http_response("200 OK", "text/html", links)
                       : http_response("404 Not Found", "text/html", ""));
  }};
  program_options full;
  full.stdout_to = "/dev/full";
  const auto r = crawl({server.url(), "--format", "json"}, full);
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(line_of(r), HasSubstr("stdout"));
}

TEST(crawl_bad_output, a_reader_that_has_gone_is_named) {
  const served_site demo{{"--demo"}};
  program_options closed;
  closed.close_stdout = true;
  for (const auto& arguments : std::vector<std::vector<std::string>>{{demo.url(), "--output", "-", "--quiet"},
                                                                     {demo.url(), "--max-pages", "3"}}) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    const auto r = crawl(arguments, closed);
    EXPECT_EQ(r.status, 1);
    const auto line = line_of(r);
    EXPECT_THAT(line, HasSubstr("stdout"));
    EXPECT_THAT(line, HasSubstr("Broken pipe"));
  }
}

TEST(crawl_bad_output, a_file_stays_as_it_was_when_there_was_nothing_to_start_from) {
  const scratch_folder folder;
  const auto file = folder.write("pages.jsonl", "old\n");
  const auto r = crawl({"not a url", "--output", file});
  EXPECT_EQ(r.status, 2);
  EXPECT_EQ(read_file(file), "old\n");
  EXPECT_THAT(folder.names(), ElementsAre("pages.jsonl"));
}

}  // namespace bight::test::crawl_bad_input_test
