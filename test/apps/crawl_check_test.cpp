// bight-crawl --check: files and sites, formats, exit status.
#include <boost/json/parse.hpp>

#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/raw_server.hpp"

namespace bight::test::crawl_check_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using connection = raw_server::connection;

// Pages by path; 404 otherwise. HEAD has no body.
raw_server::script site(std::map<std::string, std::string> pages) {
  return [pages = std::move(pages)](const std::string& path, const connection& c) {
    const auto found = pages.find(path);
    c.send(found == pages.end() ? http_response("404 Not Found", "text/plain", "")
                                : http_response("200 OK", "text/html", found->second));
  };
}

std::string content_of(const std::string& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(crawl_check, help_teaches_its_options) {
  const auto r = crawl({"--help"});
  for (const auto* const text :
       {"Link check", "--check", "--check-external", "--check-fragments", "--one-page", "--accept",
        "--ignore-file", "--exclude-external", "--require-https", "--redirects", "--strict", "--cache",
        "--cache-age", "--root-dir", "--report"})
    EXPECT_THAT(r.out, HasSubstr(text));
}

TEST(crawl_check, finds_the_broken_links_of_files) {
  scratch_folder folder;
  folder.write("README.md",
               "# Hello\n\n[ok](docs/a.md#part) [gone](docs/b.md)\n[no part](docs/a.md#other)\n");
  folder.write("docs/a.md", "## Part\n\n[back](../README.md#hello)\n");
  const auto r = crawl({"--check", folder.path()});
  EXPECT_EQ(r.status, 3);
  EXPECT_EQ(r.err, "");
  const auto at = folder.path() + '/';
  EXPECT_THAT(
      r.out,
      StartsWith("missing fragment (1)\n  " + at + "docs/a.md#other: no element has the id \"other\"\n    " +
                 at + "README.md:4  \"no part\"\n\nmissing file (1)\n  " + at + "docs/b.md\n    " + at +
                 "README.md:3  \"gone\"\n\n2 broken links; 4 links to 4 URLs on 2 pages; "));
}

TEST(crawl_check, of_good_links_ends_with_0) {
  scratch_folder folder;
  folder.write("a.html", "<a href=b.html#x>b</a>");
  folder.write("b.html", "<p id=x><a href='mailto:x@y.example'>m</a>");
  const auto r = crawl({"--check", folder.path()});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, StartsWith("0 broken links; 2 links to 1 URL on 2 pages, skipped 1 mailto; "));
}

TEST(crawl_check, finds_the_broken_links_of_a_site_with_line_and_text) {
  const raw_server server{site(
      {{"/", "<a href=/b>b</a>\n<a href=/none>to nothing</a>\n<a href=/b#x>x</a>"}, {"/b", "<p id=y>"}})};
  const auto r = crawl({"--check", server.url("/")});
  EXPECT_EQ(r.status, 3);
  EXPECT_THAT(r.out, HasSubstr("404 Not Found (1)\n  " + server.url("/none") + "\n    " + server.url("/") +
                               ":2  \"to nothing\"\n"));
  EXPECT_THAT(r.out, HasSubstr("missing fragment (1)\n  " + server.url("/b#x")));
}

TEST(crawl_check, one_page_follows_no_links) {
  const raw_server server{
      site({{"/", "<a href=/b>b</a><a href=/none>n</a>"}, {"/b", "<a href=/also-none>x</a>"}})};
  const auto r = crawl({"--check", "--one-page", server.url("/")});
  EXPECT_EQ(r.status, 3);
  EXPECT_THAT(r.out, HasSubstr("/none"));
  EXPECT_THAT(r.out, Not(HasSubstr("also-none")));
  EXPECT_THAT(r.out, HasSubstr("on 1 page"));
}

TEST(crawl_check, writes_all_formats) {
  scratch_folder folder;
  folder.write("a.md", "[gone](gone.md)\n");
  const auto report_as = [&](const std::string& format) {
    return crawl({"--check", "--format", format, folder.file("a.md")}).out;
  };
  const auto json = boost::json::parse(report_as("json")).as_object();
  EXPECT_EQ(json.at("broken_links").to_number<int>(), 1);
  EXPECT_THAT(report_as("junit"), StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "));
  EXPECT_THAT(report_as("github"),
              StartsWith("::error file=" + folder.file("a.md") + ",line=1,title=Broken link::"));
  EXPECT_THAT(report_as("html"), StartsWith("<!DOCTYPE html>\n"));
}

TEST(crawl_check, the_report_may_go_to_a_file) {
  scratch_folder folder;
  folder.write("a.md", "[gone](gone.md)\n");
  const auto r =
      crawl({"--check", "--format", "html", "--report", folder.file("r.html"), folder.file("a.md")});
  EXPECT_EQ(r.status, 3);
  EXPECT_EQ(r.out, "");
  EXPECT_THAT(content_of(folder.file("r.html")), StartsWith("<!DOCTYPE html>"));
  const auto bad = crawl({"--check", "--report", folder.file("no/r.html"), folder.file("a.md")});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.err, HasSubstr("cannot write " + folder.file("no/r.html")));
}

TEST(crawl_check, links_to_other_sites_are_asked_for_once_and_remembered) {
  const raw_server other{site({{"/good", ""}})};
  scratch_folder folder;
  folder.write("a.md", "[1](" + other.url("/good") + ") [2](" + other.url("/good#x") + ") [3](" +
                           other.url("/bad") + ")\n");
  const auto cache = folder.file("cache");
  const auto first = crawl({"--check", "--cache", cache, folder.file("a.md")});
  EXPECT_EQ(first.status, 3);
  EXPECT_THAT(content_of(cache), StartsWith("# bight link cache 1\n" + other.url("/good") + ' '));
  const auto second = crawl({"--check", "--cache", cache, folder.file("a.md")});
  EXPECT_EQ(second.status, 3);
  EXPECT_THAT(second.out, HasSubstr("1 cached"));
}

TEST(crawl_check, a_file_that_is_no_cache_is_not_overwritten) {
  scratch_folder folder;
  folder.write("a.md", "text\n");
  folder.write("notes", "important\n");
  const auto r = crawl({"--check", "--cache", folder.file("notes"), folder.file("a.md")});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("notes:1: this file is not a link cache"));
  EXPECT_EQ(content_of(folder.file("notes")), "important\n");
}

TEST(crawl_check, strict_counts_links_that_were_not_checked) {
  const raw_server other{[](const std::string&, const connection& c) {
    c.send(http_response("403 Forbidden", "text/plain", ""));
  }};
  scratch_folder folder;
  folder.write("a.md", "[1](" + other.url("/x") + ")\n");
  const auto loose = crawl({"--check", folder.file("a.md")});
  EXPECT_EQ(loose.status, 0);
  EXPECT_THAT(loose.out, HasSubstr("not checked: 403 Forbidden (1)"));
  EXPECT_EQ(crawl({"--check", "--strict", folder.file("a.md")}).status, 3);
  EXPECT_EQ(crawl({"--check", "--strict", "--accept", "200,403", folder.file("a.md")}).status, 0);
}

TEST(crawl_check, ignore_file_and_its_errors) {
  scratch_folder folder;
  folder.write("a.md", "[1](gone.md) [2](lost.md)\n");
  folder.write("ignore", "# not yet written\ngone\\.md$\n");
  const auto r = crawl({"--check", "--ignore-file", folder.file("ignore"), folder.file("a.md")});
  EXPECT_EQ(r.status, 3);
  EXPECT_THAT(r.out, Not(HasSubstr("gone.md")));
  EXPECT_THAT(r.out, HasSubstr("lost.md"));
  folder.write("ignore", "(\n");
  const auto bad = crawl({"--check", "--ignore-file", folder.file("ignore"), folder.file("a.md")});
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("ignore:1: '(' is not a valid pattern"));
  const auto none = crawl({"--check", "--ignore-file", folder.file("none"), folder.file("a.md")});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("cannot read " + folder.file("none") + ": No such file"));
}

TEST(crawl_check, usage_errors_name_the_option) {
  EXPECT_THAT(crawl({"--check", "--accept", "20x", "http://127.0.0.1:9/"}).err, HasSubstr("--accept"));
  EXPECT_THAT(crawl({"--format", "junit", "http://127.0.0.1:9/"}).err,
              HasSubstr("--format: this format needs --check"));
  EXPECT_THAT(crawl({"--check", "--format", "junit", "--output", "-", "http://127.0.0.1:9/"}).err,
              HasSubstr("--report"));
  const auto missing = crawl({"--check", "./no-such-file.md"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("no-such-file.md"));
}

TEST(crawl_check, programs_get_a_report_of_a_check_that_ends_at_its_start) {
  const auto json = crawl({"--check", "--format", "json", "./no-such-file.md"});
  EXPECT_EQ(json.status, 1);
  EXPECT_THAT(json.err, HasSubstr("no-such-file.md"));
  EXPECT_FALSE(boost::json::parse(json.out).as_object().at("complete").as_bool());
  EXPECT_THAT(crawl({"--check", "--format", "junit", "./no-such-file.md"}).out, StartsWith("<?xml"));
  EXPECT_EQ(crawl({"--check", "./no-such-file.md"}).out, "");
}

TEST(crawl_check, a_report_file_that_cannot_be_written_is_named_before_the_check) {
  const raw_server server{site({{"/", ""}})};
  scratch_folder folder;
  const auto r = crawl({"--check", "--report", folder.file("no/r.html"), server.url()});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.err, HasSubstr("cannot write " + folder.file("no/r.html")));
  EXPECT_THAT(server.paths(), IsEmpty());
}

TEST(crawl_check, what_cannot_be_written_does_not_take_the_report_along) {
  const raw_server server{site({{"/", "<a href=/gone>x</a>"}})};
  const auto jar = crawl({"--check", "--cookie-jar", "/dev/full/no/jar", server.url()});
  EXPECT_EQ(jar.status, 1);
  EXPECT_THAT(jar.out, HasSubstr("1 broken link"));
  const auto lines = crawl({"--check", "--output", "/dev/full", server.url()});
  EXPECT_EQ(lines.status, 1);
  EXPECT_THAT(lines.err, HasSubstr("No space left"));
  EXPECT_THAT(lines.out, HasSubstr("link"));
}

TEST(crawl_check, the_limits_of_the_crawl_are_those_of_the_check) {
  std::map<std::string, std::string> pages{{"/", "<a href=/1>x</a>"}, {"/1", "<a href=/2>x</a>"}, {"/2", ""}};
  const raw_server server{site(std::move(pages))};
  const auto some = crawl({"--check", "--max-pages", "1", "--format", "json", server.url()});
  EXPECT_FALSE(boost::json::parse(some.out).as_object().at("complete").as_bool());
  const auto all = crawl({"--check", "--format", "json", server.url()});
  EXPECT_TRUE(boost::json::parse(all.out).as_object().at("complete").as_bool());
  const auto page = crawl({"--check", "--one-page", "--format", "json", server.url()});
  EXPECT_TRUE(boost::json::parse(page.out).as_object().at("complete").as_bool());
}

TEST(crawl_check, max_time_bounds_the_links_to_other_sites_too) {
  const raw_server other{[](const std::string&, const connection& c) { c.wait_for_close(); }};
  const raw_server server{site({{"/", "<a href=" + other.url("/never") + ">x</a><a href=/gone>y</a>"}})};
  const auto r = crawl({"--check", "--max-time", "500ms", server.url()});
  EXPECT_EQ(r.status, 3) << r.err;
  EXPECT_THAT(r.out, HasSubstr("/gone"));
  EXPECT_THAT(r.out, HasSubstr("incomplete"));
}

TEST(crawl_check, byte_order_marks_of_files_of_patterns_and_urls_do_not_count) {
  scratch_folder folder;
  folder.write("a.md", "[1](gone.md)\n");
  folder.write("ignore", "\xEF\xBB\xBFgone\\.md$\r\n");
  EXPECT_EQ(crawl({"--check", "--ignore-file", folder.file("ignore"), folder.file("a.md")}).status, 0);
  const raw_server server{site({{"/", ""}})};
  folder.write("urls", "\xEF\xBB\xBF" + server.url() + "\r\n");
  EXPECT_EQ(crawl({"-i", folder.file("urls")}).status, 0);
}

TEST(crawl_check, an_interrupted_one_remembers_what_it_has_found) {
  raw_server other{[](const std::string& path, const connection& c) {
    const auto moved = [&](const std::string& to) {
      c.send(http_response("302 Found", "text/plain", "", "Location: " + to + "\r\n"));
    };
    if (path == "/1") return moved("/2");  // after two round trips, the other link has been answered
    if (path == "/2") return moved("/stall");
    if (path == "/stall") c.wait_for_close();
    c.send(http_response("200 OK", "text/html", ""));
  }};
  scratch_folder folder;
  folder.write("a.md", "[1](" + other.url("/good") + ") [2](" + other.url("/1") + ")\n");
  const auto cache = folder.file("cache");
  program p{crawl_command({"--check", "--cache", cache, folder.file("a.md")})};
  ASSERT_TRUE(other.wait_for("/good"));
  ASSERT_TRUE(other.wait_for("/stall"));
  p.signal_until_it_ends(SIGINT);
  EXPECT_EQ(p.finish().status, 130);
  EXPECT_THAT(content_of(cache), HasSubstr(other.url("/good")));
}

}  // namespace bight::test::crawl_check_test
