// bight-crawl: its outputs, its exit status, and its ways to end.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/raw_server.hpp"

namespace bight::test::crawl_test {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using connection = raw_server::connection;

std::string page(std::string_view body) { return http_response("200 OK", "text/html", body); }
std::string link(std::string_view to) { return "<a href=\"" + std::string{to} + "\">x</a>"; }

// Pages by path; 404 otherwise.
raw_server::script site(std::map<std::string, std::string> pages) {
  return [pages = std::move(pages)](const std::string& path, const connection& c) {
    const auto found = pages.find(path);
    c.send(found == pages.end() ? http_response("404 Not Found", "text/plain", "") : page(found->second));
  };
}

// A site whose page /stall is never answered.
raw_server::script stalling_site() {
  return [](const std::string& path, const connection& c) {
    if (path == "/") c.send(page(link("/1") + link("/2") + link("/stall") + link("/later")));
    if (path == "/1" || path == "/2") c.send(page("x"));
    if (path == "/robots.txt") c.send(http_response("404 Not Found", "text/plain", ""));
    if (path == "/stall") c.wait_for_close();
  };
}

// ---- what it says ------------------------------------------------------------------------------

TEST(crawl, help_teaches_every_option_and_the_exit_statuses) {
  const auto r = crawl({"--help"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const auto* const text :
       {"URL",      "--depth",     "--max-pages",      "--concurrency", "--per-host",  "--delay",
        "--scope",  "--include",   "--exclude",        "--user-agent",  "--timeout",   "--output",
        "--format", "--no-robots", "--fail-on-broken", "--quiet",       "--version",   "Exit status",
        "--save",   "--retries",   "--max-body",       "--max-wait",    "--max-known", "--https-upgrade",
        "130",      "143",         "Example"})
    EXPECT_THAT(r.out, HasSubstr(text));
}

TEST(crawl, version_is_one_line) {
  const auto r = crawl({"--version"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, ContainsRegex("^bight-crawl [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST(crawl, sums_up_in_words_on_stdout) {
  raw_server server{site({{"/", link("/a") + link("/gone")}, {"/a", link("/gone")}})};
  const auto r = crawl({server.url()});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  EXPECT_THAT(r.out, StartsWith("2 pages, 3 fetched, 1 failed, 1 broken link, "));
  EXPECT_THAT(r.out, HasSubstr("broken: " + server.url("/gone")));
  EXPECT_THAT(r.out,
              HasSubstr("  linked from " + server.url("/") + "\n  linked from " + server.url("/a") + "\n"));
}

TEST(crawl, quiet_says_nothing_when_all_is_well) {
  raw_server server{site({{"/", "x"}})};
  const auto r = crawl({server.url(), "--quiet"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.out + r.err, "");
}

TEST(crawl, format_json_ends_with_one_object) {
  raw_server server{site({{"/", link("/a") + link("/gone")}, {"/a", "x"}})};
  for (const bool quiet : {false, true}) {
    std::vector<std::string> arguments{server.url(), "--format", "json"};
    if (quiet) arguments.emplace_back("--quiet");
    const auto r = crawl(arguments);
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.err, "");
    const auto lines = json_lines(r.out);
    ASSERT_THAT(lines, SizeIs(1));
    EXPECT_EQ(text_of(lines[0], "pages"), "2");
    EXPECT_EQ(text_of(lines[0], "fetched"), "3");
    EXPECT_EQ(text_of(lines[0], "failed"), "1");
    EXPECT_EQ(text_of(lines[0], "broken_links"), "1");
    for (const auto* const name : {"bytes", "elapsed_s", "pages_per_s"})
      EXPECT_TRUE(lines[0].at(name).is_number());
  }
}

// ---- JSON lines --------------------------------------------------------------------------------

TEST(crawl, output_has_one_object_for_every_url) {
  raw_server server{site({{"/", link("/a") + link("/gone")}, {"/a", link("http://elsewhere.invalid/")}})};
  const scratch_folder folder;
  const auto file = folder.file("pages.jsonl");
  const auto r = crawl({server.url(), "--output", file});
  EXPECT_EQ(r.status, 0);
  const auto lines = json_lines(read_file(file));
  std::map<std::string, boost::json::object> by_url;
  for (const auto& line : lines) {
    std::vector<std::string> names;
    for (const auto& member : line) names.emplace_back(member.key().data(), member.key().size());
    EXPECT_THAT(names, ElementsAre("url", "final_url", "status", "verdict", "depth", "referrer",
                                   "content_type", "bytes", "elapsed_ms", "links", "error", "warnings"));
    by_url[text_of(line, "url")] = line;
  }
  ASSERT_THAT(lines, SizeIs(3));
  const auto& a = by_url.at(server.url("/a"));
  EXPECT_EQ(text_of(a, "status"), "200");
  EXPECT_EQ(text_of(a, "depth"), "1");
  EXPECT_EQ(text_of(a, "links"), "1");
  EXPECT_EQ(text_of(a, "referrer"), server.url("/"));
  EXPECT_EQ(text_of(a, "content_type"), "text/html");
  EXPECT_EQ(text_of(a, "error"), "");
  EXPECT_EQ(text_of(by_url.at(server.url("/gone")), "error"), "404 Not Found");
  EXPECT_THAT(folder.names(), ElementsAre("pages.jsonl")) << "no temporary file is left";
}

TEST(crawl, output_is_readable_as_any_new_file_is) {
  raw_server server{site({{"/", "x"}})};
  const scratch_folder folder;
  folder.write("other", "x");
  crawl({server.url(), "--output", folder.file("new")});
  struct stat made {};
  struct stat other {};
  ASSERT_EQ(::stat(folder.file("new").c_str(), &made), 0);
  ASSERT_EQ(::stat(folder.file("other").c_str(), &other), 0);
  EXPECT_EQ(made.st_mode, other.st_mode);
}

TEST(crawl, output_replaces_a_file_and_keeps_its_mode) {
  raw_server server{site({{"/", "x"}})};
  const scratch_folder folder;
  const auto file = folder.write("pages.jsonl", "old\n");
  ::chmod(file.c_str(), 0640);
  crawl({server.url(), "--output", file});
  EXPECT_THAT(json_lines(read_file(file)), SizeIs(1));
  struct stat s {};
  ASSERT_EQ(::stat(file.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777U, 0640U);
}

TEST(crawl, output_through_a_link_goes_to_its_target) {
  raw_server server{site({{"/", "x"}})};
  const scratch_folder folder;
  const auto target = folder.write("target", "old\n");
  ASSERT_EQ(::symlink(target.c_str(), folder.file("name").c_str()), 0);
  crawl({server.url(), "--output", folder.file("name")});
  EXPECT_THAT(json_lines(read_file(target)), SizeIs(1));
  struct stat s {};
  ASSERT_EQ(::lstat(folder.file("name").c_str(), &s), 0);
  EXPECT_TRUE(S_ISLNK(s.st_mode));
}

TEST(crawl, output_to_stdout_leaves_the_summary_in_words_to_stderr) {
  raw_server server{site({{"/", link("/a")}, {"/a", "x"}})};
  const auto text = crawl({server.url(), "--output", "-"});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(json_lines(text.out), SizeIs(2));
  EXPECT_THAT(text.err, StartsWith("2 pages"));
  const auto json = crawl({server.url(), "--output", "-", "--format", "json"});
  ASSERT_THAT(json_lines(json.out), SizeIs(3));
  EXPECT_EQ(text_of(last_line(json.out), "pages"), "2");
  EXPECT_EQ(json.err, "");
}

TEST(crawl, output_to_a_named_pipe_is_written_in_place) {
  raw_server server{site({{"/", link("/a")}, {"/a", "x"}})};
  const scratch_folder folder;
  const auto pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string got;
  std::thread reader{[&] { got = read_file(pipe); }};
  const auto r = crawl({server.url(), "--output", pipe});
  if (r.status != 0) std::ofstream{pipe};  // nobody wrote: let the reader go
  reader.join();
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(json_lines(got), SizeIs(2));
  struct stat s {};
  ASSERT_EQ(::stat(pipe.c_str(), &s), 0);
  EXPECT_TRUE(S_ISFIFO(s.st_mode));
  EXPECT_THAT(folder.names(), ElementsAre("pipe"));
}

// ---- options do what they say ------------------------------------------------------------------

std::set<std::string> fetched(const raw_server& server) {
  const auto paths = server.paths();
  std::set<std::string> all(paths.begin(), paths.end());
  all.erase("/robots.txt");
  return all;
}

TEST(crawl, limits_and_scope_are_kept) {
  struct example {
    std::vector<std::string> options;
    std::set<std::string> paths;
  };
  const example cases[] = {
      {{"--depth", "0"}, {"/docs/"}},
      {{"--depth", "1"}, {"/docs/", "/docs/a", "/docs/b", "/other"}},
      {{"--max-pages", "1"}, {"/docs/"}},
      {{"--scope", "prefix"}, {"/docs/", "/docs/a", "/docs/b", "/docs/c"}},
      {{"--follow", "/docs/[ab]", "--follow", "other"}, {"/docs/", "/docs/a", "/docs/b", "/other"}},
      {{"--exclude", "a$", "--exclude", "other"}, {"/docs/", "/docs/b"}},
      {{"--no-robots"}, {"/docs/", "/docs/a", "/docs/b", "/docs/c", "/docs/secret", "/other"}},
      {{"--concurrency", "1", "--per-host", "1", "--timeout", "5s"},
       {"/docs/", "/docs/a", "/docs/b", "/docs/c", "/other"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.options));
    raw_server server{[](const std::string& path, const connection& to) {
      if (path == "/robots.txt")
        to.send(http_response("200 OK", "text/plain", "User-agent: bight-crawl\nDisallow: /docs/secret\n"));
      else if (path == "/docs/")
        to.send(page(link("a") + link("b") + link("/other") + "<a rel=nofollow href=secret>x</a>"));
      else
        to.send(page(path == "/docs/a" ? link("/docs/c") : "x"));
    }};
    auto arguments = c.options;
    arguments.push_back(server.url("/docs/"));
    const auto r = crawl(arguments);
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(fetched(server), c.paths);
  }
}

TEST(crawl, options_take_one_value_so_that_urls_may_follow) {
  raw_server server{site({{"/", link("/a")}, {"/a", "x"}})};
  const auto r = crawl({"--follow", "/a", server.url()});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(fetched(server), ElementsAre("/", "/a"));
}

TEST(crawl, a_page_limit_is_told_in_the_summary) {
  const served_site demo{{"--demo"}};
  const auto r = crawl({demo.url(), "--max-pages", "25"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, StartsWith("25 pages, 25 fetched"));
  EXPECT_THAT(r.out, HasSubstr("incomplete"));
}

TEST(crawl, several_urls_are_crawled_together) {
  raw_server one{site({{"/", "x"}})};
  raw_server two{site({{"/", link(one.url("/a"))}})};
  const auto r = crawl({one.url(), two.url(), "--format", "json"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(fetched(one), ElementsAre("/", "/a"));
  EXPECT_THAT(fetched(two), ElementsAre("/"));
}

TEST(crawl, a_start_url_that_does_not_work_gives_1_and_is_named) {
  raw_server server{site({{"/", "x"}})};
  const auto r = crawl({server.url(), server.url("/gone"), "--quiet"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.errors(), ElementsAre("bight-crawl: " + server.url("/gone") + ": 404 Not Found"));
}

TEST(crawl, fail_on_broken_gives_3) {
  raw_server broken{site({{"/", link("/gone")}})};
  EXPECT_EQ(crawl({broken.url(), "--fail-on-broken"}).status, 3);
  EXPECT_EQ(crawl({broken.url()}).status, 0);
  raw_server fine{site({{"/", link("/")}})};
  EXPECT_EQ(crawl({fine.url(), "--fail-on-broken"}).status, 0);
}

// ---- interrupts --------------------------------------------------------------------------------

TEST(crawl, a_signal_ends_it_with_everything_so_far) {
  for (const auto& [number, status] :
       {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}, std::pair{SIGHUP, 129}}) {
    SCOPED_TRACE(number);
    raw_server server{stalling_site()};
    const scratch_folder folder;
    const auto file = folder.file("pages.jsonl");
    program p{crawl_command({server.url(), "--output", file, "--format", "json", "--concurrency", "1"})};
    ASSERT_TRUE(server.wait_for("/stall"));
    p.signal(number);
    const auto r = p.finish();
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.status, status);
    EXPECT_EQ(r.err, "");
    EXPECT_THAT(json_lines(read_file(file)), SizeIs(3)) << "/, /1 and /2";
    EXPECT_THAT(folder.names(), ElementsAre("pages.jsonl"));
    const auto report = last_line(r.out);
    EXPECT_EQ(text_of(report, "pages"), "3");
    EXPECT_EQ(text_of(report, "complete"), "false");
  }
}

TEST(crawl, output_grows_by_whole_lines_so_that_a_killed_one_leaves_what_it_found) {
  raw_server server{stalling_site()};
  const scratch_folder folder;
  const auto file = folder.write("pages.jsonl", "old\n");
  program p{crawl_command({server.url(), "--output", file, "--concurrency", "1"})};
  ASSERT_TRUE(server.wait_for("/stall"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  std::string seen;
  while (std::count(seen.begin(), seen.end(), '\n') != 3 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
    seen = read_file(file);
    ASSERT_TRUE(seen.empty() || seen.back() == '\n') << seen;
  }
  EXPECT_THAT(json_lines(seen), SizeIs(3)) << "/, /1 and /2, while the crawl goes on";
  p.signal(SIGKILL);
  p.finish();
  EXPECT_EQ(read_file(file), seen);
}

TEST(crawl, save_makes_a_file_of_every_body) {
  raw_server server{[](const std::string& path, const connection& c) {
    if (path == "/")
      c.send(page(link("/a/b.css") + link("/a?x=1/2") + link("/A?x=1/2") + link("/CON") + link("/a") +
                  link("/gone")));
    else if (path == "/a/b.css")
      c.send(http_response("200 OK", "text/css", "p {}"));
    else if (path == "/gone")
      c.send(http_response("404 Not Found", "text/plain", "gone"));
    else
      c.send(http_response("200 OK", "text/plain", path));
  }};
  const scratch_folder folder;
  const auto r =
      crawl({server.url(), "--save", folder.file("site"), "--output", "-", "--quiet", "--concurrency", "1"});
  EXPECT_EQ(r.status, 0) << r.err;
  std::vector<std::string> names;
  for (const auto& line : json_lines(r.out)) {
    if (!line.contains("file")) continue;
    const auto name = text_of(line, "file");
    names.push_back(name.substr(name.find('/')));
    const auto body = read_file(folder.file("site/" + name));
    EXPECT_EQ(body.size(), std::stoul(text_of(line, "bytes"))) << name;
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("/index.html", "/a/b.css", "/a%3Fx=1%2F2.txt",
                                                     "/A%3Fx=1%2F2~2.txt", "/%43ON.txt", "/a.txt"));
}

TEST(crawl, save_shortens_paths_that_no_file_system_takes) {
  std::string deep;
  for (char c = 'a'; c <= 'z'; ++c) deep.append("/").append(180, c);
  raw_server server{[&](const std::string& path, const connection& c) {
    c.send(page(path == "/" ? link(deep + "/1") + link(deep + "/2") + link("/last") : path));
  }};
  const scratch_folder folder;
  const auto r = crawl({server.url(), "--save", folder.file("site"), "--output", "-", "--quiet"});
  EXPECT_EQ(r.status, 0) << r.err;
  std::set<std::string> names;
  for (const auto& line : json_lines(r.out)) {
    const auto name = text_of(line, "file");
    EXPECT_LE(name.size(), 2'000U);
    EXPECT_EQ(read_file(folder.file("site/" + name)).size(), std::stoul(text_of(line, "bytes")));
    names.insert(name);
  }
  EXPECT_THAT(names, SizeIs(4));
}

TEST(crawl, a_signal_is_heard_while_everything_waits_for_a_delay) {
  raw_server server{site({{"/", link("/1") + link("/2")}})};
  program p{crawl_command({server.url(), "--delay", "1h", "--output", "-"})};
  ASSERT_TRUE(server.wait_for("/"));
  p.signal(SIGINT);
  const auto r = p.finish();
  EXPECT_FALSE(r.timed_out);
  EXPECT_EQ(r.status, 130);
}

TEST(crawl, whoever_reads_along_sees_a_page_when_it_is_done) {
  raw_server server{site({{"/", link("/1")}})};
  program p{crawl_command({server.url(), "--delay", "1h", "--output", "-"})};
  EXPECT_THAT(p.wait_for_line("{\"url\":"), HasSubstr("\"status\":200"));
  p.signal(SIGTERM);
  EXPECT_EQ(p.finish().status, 143);
}

program_options terminal(int columns) {
  program_options o;
  o.terminal_columns = columns;
  return o;
}

// Pages enough to fill a pipe.
raw_server::script long_site() {
  return [](const std::string& path, const connection& c) {
    std::string links;
    if (path == "/")
      for (int i = 0; i != 300; ++i) links += link("/" + std::to_string(i) + "/" + std::string(1000, 'x'));
    c.send(page(links));
  };
}

TEST(crawl, a_signal_loses_nothing_when_the_reader_of_stdout_is_slow) {
  raw_server server{long_site()};
  program p{crawl_command({server.url(), "--output", "-", "--quiet", "--no-robots"})};
  p.wait_for_full_stdout();
  p.signal(SIGINT);
  const auto r = p.finish();
  EXPECT_FALSE(r.timed_out);
  EXPECT_EQ(r.status, 130);
  EXPECT_GT(json_lines(r.out).size(), 25U) << "every line is whole";
}

TEST(crawl, keeps_its_deadlines_while_nobody_reads_stdout) {
  std::promise<void> given_up;
  std::once_flag once;
  raw_server server{[&](const std::string& path, const connection& c) {
    if (path != "/stall") return long_site()(path, c);
    c.wait_for_close();
    std::call_once(once, [&] { given_up.set_value(); });
  }};
  program p{crawl_command(
      {server.url("/stall"), server.url(), "--timeout", "1s", "--output", "-", "--quiet", "--no-robots"})};
  ASSERT_TRUE(server.wait_for("/stall"));
  p.wait_for_full_stdout();
  EXPECT_EQ(given_up.get_future().wait_for(std::chrono::seconds{10}), std::future_status::ready);
  p.signal(SIGTERM);
  const auto r = p.finish();
  EXPECT_EQ(r.status, 143);
  EXPECT_GT(json_lines(r.out).size(), 25U) << "every line is whole";
}

TEST(crawl, signals_end_it_even_when_nobody_reads_stdout) {
  raw_server server{long_site()};
  program p{crawl_command({server.url(), "--output", "-", "--quiet", "--no-robots"})};
  p.wait_for_full_stdout();
  p.signal_until_it_ends(SIGINT);
  const auto r = p.finish(std::chrono::seconds{5});
  EXPECT_FALSE(r.timed_out);
  EXPECT_THAT(r.status, ::testing::AnyOf(1, 130));
}

// ---- the live line -----------------------------------------------------------------------------

TEST(crawl, a_terminal_gets_a_live_line_that_is_gone_in_the_end) {
  raw_server server{stalling_site()};
  program p{crawl_command({server.url()}), terminal(100)};
  ASSERT_TRUE(server.wait_for("/stall"));
  p.wait_for_error("3 pages");
  p.signal(SIGINT);
  const auto r = p.finish();
  EXPECT_EQ(r.status, 130);
  for (const auto* const text : {"pages", "/s", "queued", "failed", "MB", " s"})
    EXPECT_THAT(r.err, HasSubstr(text));
  EXPECT_TRUE(r.err.ends_with("\r\x1b[K")) << ::testing::PrintToString(r.err);
}

TEST(crawl, the_live_line_fits_into_a_narrow_terminal) {
  raw_server server{stalling_site()};
  for (const int columns : {20, 2, 1}) {
    program p{crawl_command({server.url()}), terminal(columns)};
    ASSERT_TRUE(server.wait_for("/stall"));
    p.wait_for_error("\r");
    p.signal(SIGINT);
    const auto r = p.finish();
    ASSERT_THAT(drawn(r.err), Not(IsEmpty()));
    for (const auto& line : drawn(r.err)) EXPECT_LT(line.size(), static_cast<std::size_t>(columns));
  }
}

TEST(crawl, there_is_no_live_line_without_a_terminal_or_when_it_shall_be_quiet) {
  raw_server server{site({{"/", "x"}})};
  EXPECT_EQ(crawl({server.url()}).err, "");
  EXPECT_EQ(crawl({server.url(), "--quiet"}, terminal(80)).err, "");
}

}  // namespace bight::test::crawl_test
