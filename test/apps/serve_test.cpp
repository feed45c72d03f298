// bight-serve: what a person sees of it.
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/raw_server.hpp"

namespace bight::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

program_result serve(std::vector<std::string> arguments) { return run(serve_command(std::move(arguments))); }

TEST(serve, help_teaches_every_option) {
  const auto r = serve({"--help"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const auto* const option : {"DIR", "--demo", "--port", "--host", "--version", "Exit status"})
    EXPECT_THAT(r.out, HasSubstr(option));
}

TEST(serve, version_is_one_line) {
  const auto r = serve({"--version"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, ContainsRegex("^bight-serve [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST(serve, wrong_usage_is_one_line_that_names_it_and_a_hint) {
  struct wrong {
    std::vector<std::string> arguments;
    std::string names;
  };
  const wrong cases[] = {
      {{}, "--demo"},
      {{"/tmp", "--demo"}, "--demo"},
      {{"--demo", "--nonsense"}, "--nonsense"},
      {{"/tmp", "/usr"}, "/usr"},
      {{"--demo", "--port", "65536"}, "65536"},
      {{"--demo", "--port", "-1"}, "--port"},
      {{"--demo", "--port", "http"}, "--port"},
      {{"--demo", "--port"}, "--port"},
      {{"--demo", "--host", "localhost.example"}, "localhost.example"},
      {{"--demo", "--host", "127.0.0.256"}, "127.0.0.256"},
      {{"--demo", "--host", ""}, "--host"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.arguments));
    const auto r = serve(c.arguments);
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    ASSERT_THAT(r.errors(), SizeIs(2)) << r.err;
    EXPECT_THAT(r.errors()[0], StartsWith("bight-serve: "));
    EXPECT_THAT(r.errors()[0], HasSubstr(c.names));
    EXPECT_EQ(r.errors()[1], "Try 'bight-serve --help'.");
  }
}

TEST(serve, a_folder_that_is_not_there_is_one_line_that_names_it) {
  const scratch_folder folder;
  const auto file = folder.write("file.txt", "x");
  for (const auto& path : {folder.file("missing"), file}) {
    const auto r = serve({path, "--port", "0"});
    EXPECT_EQ(r.status, 1);
    EXPECT_EQ(r.out, "");
    ASSERT_THAT(r.errors(), SizeIs(1)) << r.err;
    EXPECT_THAT(r.errors()[0], HasSubstr(path));
    EXPECT_THAT(r.errors()[0], StartsWith("bight-serve: "));
  }
}

TEST(serve, an_address_that_cannot_be_used_is_one_line_that_names_it) {
  const served_site first{{"--demo"}};
  auto address = first.url().substr(7);
  address.pop_back();
  const auto taken = serve({"--demo", "--port", address.substr(address.rfind(':') + 1)});
  EXPECT_EQ(taken.status, 1);
  ASSERT_THAT(taken.errors(), SizeIs(1)) << taken.err;
  EXPECT_THAT(taken.errors()[0], HasSubstr(address));
  EXPECT_THAT(taken.errors()[0], HasSubstr("in use"));
  EXPECT_THAT(taken.errors()[0], StartsWith("bight-serve: "));

  const auto foreign = serve({"--demo", "--port", "0", "--host", "203.0.113.1"});
  EXPECT_EQ(foreign.status, 1);
  ASSERT_THAT(foreign.errors(), SizeIs(1)) << foreign.err;
  EXPECT_THAT(foreign.errors()[0], HasSubstr("203.0.113.1"));
}

TEST(serve, port_0_gives_every_server_a_port_of_its_own_on_loopback) {
  const served_site one{{"--demo"}};
  const served_site two{{"--demo"}};
  EXPECT_THAT(one.url(), StartsWith("http://127.0.0.1:"));
  EXPECT_THAT(two.url(), StartsWith("http://127.0.0.1:"));
  EXPECT_NE(one.url(), two.url());
}

TEST(serve, an_ipv6_url_can_be_used_as_it_is_printed) {
  const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
  if (probe < 0) GTEST_SKIP() << "no IPv6 here";
  std::string url;
  try {
    const served_site site{{"--demo", "--host", "::1"}};
    EXPECT_THAT(site.url(), StartsWith("http://[::1]:"));
    const auto r = crawl({site.url(), "--depth", "0", "--format", "json"});
    EXPECT_EQ(r.status, 0) << r.err;
  } catch (const std::runtime_error& e) {
    if (std::string{e.what()}.find("assign requested address") == std::string::npos) throw;
    GTEST_SKIP() << "no IPv6 address here";
  }
}

TEST(serve, signals_end_it_with_their_status_and_no_word) {
  for (const auto& [number, status] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    program p{serve_command({"--demo", "--port", "0"})};
    p.wait_for_line("http://");
    p.signal(number);
    const auto r = p.finish();
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.status, status);
    EXPECT_EQ(r.err, "");
  }
}

TEST(serve, serves_the_files_of_a_folder_and_nothing_beside_it) {
  const scratch_folder folder;
  folder.write("secret.txt", "x");
  folder.write("site/index.html",
               "<a href=a%20b.html>1</a><a href=sub/>2</a><a href=../secret.txt>3</a><a href=.hidden>4</a>");
  folder.write("site/a b.html", "<a href=/>x</a>");
  folder.write("site/sub/index.html", "<img src=pic.png>");
  folder.write("site/sub/pic.png", "png");
  folder.write("site/.hidden", "x");
  const served_site site{{folder.file("site")}};
  const auto r = crawl({site.url(), "--output", "-", "--format", "json"});
  EXPECT_EQ(r.status, 0) << r.err;
  std::set<std::string> fine;
  std::set<std::string> broken;
  auto lines = json_lines(r.out);
  lines.pop_back();
  for (const auto& line : lines)
    (text_of(line, "error").empty() ? fine : broken)
        .insert(text_of(line, "url").substr(site.url().size() - 1));
  EXPECT_THAT(fine, ElementsAre("/", "/a%20b.html", "/sub/", "/sub/pic.png"));
  EXPECT_THAT(broken, ElementsAre("/.hidden", "/secret.txt"));
}

// "/" shows the same text as "/page/0", but is a page of its own.
TEST(serve, the_demo_site_has_a_thousand_pages_and_a_start) {
  const served_site site{{"--demo"}};
  const auto r = crawl({site.url(), "--format", "json", "--fail-on-broken"});
  EXPECT_EQ(r.status, 0) << r.err;
  const auto report = last_line(r.out);
  EXPECT_EQ(text_of(report, "pages"), "1001");
  EXPECT_EQ(text_of(report, "fetched"), "1001");
  EXPECT_EQ(text_of(report, "broken_links"), "0");
  EXPECT_EQ(text_of(report, "complete"), "true");
}

TEST(serve, the_demo_site_knows_what_it_has_not) {
  const served_site site{{"--demo"}};
  const auto r = crawl({site.url() + "page/1000", site.url() + "page/01x", site.url() + "other", "--depth",
                        "0", "--output", "-"});
  for (const auto& line : json_lines(r.out)) EXPECT_EQ(text_of(line, "status"), "404");
}

}  // namespace
}  // namespace bight::test
