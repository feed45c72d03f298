// local_pages: files as pages, files as targets.
#include <bight/crawl/local_pages.hpp>

#include <sys/stat.h>

#include <bight/http/transport.hpp>
#include <bight/testing/async_test.hpp>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace bight::crawl::local_pages_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class nowhere final : public http::transport {
 public:
  awaitable<http::response> send(http::request& r) override {
    seen.push_back(r.url().href());
    co_return http::response{r.url().host() == "good.example" ? 200 : 404};
  }
  std::vector<std::string> seen;
};

struct setting {
  setting() : web(std::make_shared<nowhere>()) { check.external = check.fragments = true; }
  awaitable<void> run(std::string first, std::string second = "") {
    http::client_options o;
    o.transport = web;
    check.requests.host_delay = std::chrono::seconds{0};
    link_checker checker{http::client{o}, check};
    std::vector<std::filesystem::path> paths{folder.file(first)};
    if (!second.empty()) paths.emplace_back(folder.file(second));
    const auto walk = [&]() { return add_local_pages(checker, paths, options); };
    report = co_await checker.run(walk);
  }
  // "cause url: page/line", without the folder.
  std::vector<std::string> findings() const {
    std::vector<std::string> all;
    const auto near = [&](std::string text) {
      for (auto at = text.find(folder.path()); at != text.npos; at = text.find(folder.path()))
        text.erase(at, folder.path().size() + 1);
      return text;
    };
    for (const auto& l : report.links) {
      auto text = std::string{to_string(l.cause)} + ' ' + near(l.url) + ':';
      for (const auto& p : l.places) text += ' ' + near(p.page) + '/' + std::to_string(p.line);
      all.push_back(std::move(text));
    }
    return all;
  }
  test::scratch_folder folder;
  std::shared_ptr<nowhere> web;
  link_check_options check;
  local_options options;
  link_report report;
};

TEST(local_path, is_what_exists_or_looks_like_one) {
  test::scratch_folder folder;
  folder.write("x", "");
  for (const auto* const text : {".", "./x", "../nothing", "/no/such", ".hidden"})
    EXPECT_TRUE(as_local_path(text)) << text;
  EXPECT_TRUE(as_local_path("CMakeLists.txt")) << "tests run in the source directory";
  for (const auto* const text : {"", "http://a.example/", "a.example", "localhost:8080", "no-such-file.md"})
    EXPECT_FALSE(as_local_path(text)) << text;
}

ASYNC_TEST(local_pages, links_between_files_need_no_server) {
  setting s;
  s.folder.write("index.html",
                 "<a href=a.html>1</a>\n<a href='sub/'>2</a>\n<a href=gone.html>3</a>\n<img src=pic.png>");
  s.folder.write("a.html", "<a href=index.html?x=1>1</a><a href=sub>2</a>");
  s.folder.write("sub/index.html", "<a href=../a.html>1</a><a href=/a.html>2</a><a href=/b.html>3</a>");
  co_await s.run(".");
  EXPECT_THAT(s.findings(), UnorderedElementsAre("missing_file gone.html: index.html/3",
                                                 "missing_file pic.png: index.html/4",
                                                 "missing_file b.html: sub/index.html/1"));
  EXPECT_EQ(s.report.counts.pages, 3U);
}

ASYNC_TEST(local_pages, markdown_has_anchors_for_headings) {
  setting s;
  s.folder.write("README.md",
                 "# Hello\n\n[1](#hello) [2](#bye)\n[3](docs/guide.md#set-up) "
                 "[4](docs/guide.md#setup)\n[5](docs/#set-up)\n");
  s.folder.write("docs/guide.md", "## Set up\n\n[back](../README.md)\n");
  s.folder.write("docs/README.md", "# Other\n");
  co_await s.run("README.md", "docs");
  EXPECT_THAT(s.findings(), UnorderedElementsAre("fragment README.md#bye: README.md/3",
                                                 "fragment docs/guide.md#setup: README.md/4",
                                                 "fragment docs/#set-up: README.md/5"));
}

ASYNC_TEST(local_pages, one_file_does_not_lead_to_others) {
  setting s;
  s.folder.write("a.md", "[b](b.md) [c](b.md#c)");
  s.folder.write("b.md", "[gone](gone.md)\n\n# C\n");
  co_await s.run("a.md");
  EXPECT_THAT(s.findings(), IsEmpty());
  EXPECT_EQ(s.report.counts.pages, 1U);
}

ASYNC_TEST(local_pages, links_to_the_web_are_checked) {
  setting s;
  s.folder.write("a.md", "<https://good.example/x>\n[y](https://bad.example/y) [z](//good.example/z)");
  co_await s.run("a.md");
  EXPECT_THAT(s.findings(), ElementsAre("status https://bad.example/y: a.md/2"));
  EXPECT_THAT(s.web->seen, ::testing::Contains("https://good.example/z"));
}

ASYNC_TEST(local_pages, odd_names_and_bases_are_resolved) {
  setting s;
  s.folder.write("a b%20#ü.html", "x");
  s.folder.write("index.html",
                 "<base href=sub/><a href='../a%20b%2520%23%C3%BC.html'>1</a><a href=c.html>2</a>");
  s.folder.write("sub/c.html", "<a href='../a b%2520%23ü.html'>1</a>");
  co_await s.run(".");
  EXPECT_THAT(s.findings(), IsEmpty());
}

ASYNC_TEST(local_pages, root_is_where_a_leading_slash_leads) {
  setting s;
  s.folder.write("site/sub/a.html", "<a href=/x.html>1</a><a href=/>2</a><a href=/sub/a.html#q>3</a>");
  s.folder.write("site/x.html", "");
  s.options.root = s.folder.file("site");
  co_await s.run("site/sub/a.html");
  EXPECT_THAT(s.findings(), ElementsAre("fragment site/sub/a.html#q: site/sub/a.html/1"));
}

ASYNC_TEST(local_pages, nothing_is_above_the_root) {
  setting s;
  s.folder.write("site/a.html",
                 "<a href=/../../x.html?q#id>1</a><a href='\\x.html'>2</a><a href=/../y.html>3</a>");
  s.folder.write("site/x.html", "<p id=id>");
  co_await s.run("site");
  EXPECT_THAT(s.findings(), ElementsAre("missing_file site/y.html: site/a.html/1"));
}

ASYNC_TEST(local_pages, hidden_files_and_other_types_are_left_out) {
  setting s;
  s.folder.write(".git/x.md", "[a](gone)");
  s.folder.write("node_modules/x.md", "[a](gone)");
  s.folder.write(".hidden.md", "[a](gone)");
  s.folder.write("x.txt", "[a](gone)");
  s.folder.write("x.MD", "[a](x.txt#L10)");
  co_await s.run(".");
  EXPECT_THAT(s.findings(), IsEmpty());
  EXPECT_EQ(s.report.counts.pages, 1U);
}

ASYNC_TEST(local_pages, invalid_urls_are_broken_links) {
  setting s;
  s.folder.write("a.html", "\n<a href='http://a b/'>bad</a>");
  co_await s.run("a.html");
  EXPECT_THAT(s.findings(), ElementsAre("invalid_url http://a b/: a.html/2"));
}

ASYNC_TEST(local_pages, input_that_cannot_be_read_is_an_error) {
  for (const auto& [input, error] :
       std::vector<std::pair<std::string, std::string>>{{"none.md", "none.md"},
                                                        {"x.txt", "not a web page or Markdown file"},
                                                        {"empty", "no web page or Markdown file"}}) {
    setting s;
    s.folder.write("x.txt", "");
    s.folder.write("empty/y.txt", "");
    std::string what;
    try {
      co_await s.run(input);
    } catch (const std::exception& e) { what = e.what(); }
    EXPECT_THAT(what, HasSubstr(error));
  }
}

ASYNC_TEST(local_pages, what_cannot_be_read_does_not_stop_the_others) {
  setting s;
  s.folder.write("a.md", "[1](gone.md) [2](nowhere.md) [3](large.md)");
  s.folder.write("large.md", std::string((2U << 20U) + 1, 'x'));
  const std::filesystem::path folder{s.folder.path()};
  std::filesystem::create_symlink("no-such-file", folder / "nowhere.md");
  std::filesystem::create_symlink("loop.html", folder / "loop.html");
  std::filesystem::create_directory(folder / "directory.md");
  std::filesystem::create_symlink("directory.md", folder / "link-to-directory.md");
  CO_ASSERT_EQ(::mkfifo((folder / "fifo.html").c_str(), 0600), 0);
  co_await s.run(".");
  EXPECT_THAT(s.findings(),
              UnorderedElementsAre("missing_file gone.md: a.md/1", "missing_file nowhere.md: a.md/1",
                                   "unreadable_file large.md: a.md/1"));
  EXPECT_EQ(s.report.count(link_verdict::not_checked), 1U);
  EXPECT_EQ(s.report.counts.pages, 1U);
}

ASYNC_TEST(local_pages, xhtml_has_empty_elements) {
  setting s;
  s.folder.write("a.xhtml",
                 "<html><head><title/><script src='x.js'/></head><p id='p'/><a href='gone'>x</a></html>");
  s.folder.write("b.md", "[1](a.xhtml#p) [2](a.xhtml#q)");
  s.folder.write("x.js", "");
  co_await s.run(".");
  EXPECT_THAT(s.findings(),
              UnorderedElementsAre("missing_file gone: a.xhtml/1", "fragment a.xhtml#q: b.md/1"));
}

}  // namespace bight::crawl::local_pages_test
