// The page that lists a directory: when there is one, what it names, and that names stay text.
#include <bight/http/static_files.hpp>

#include <bight/http/router.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::http::static_files_listing_test {

using test::served;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using texts = std::vector<std::string>;

static_files_options listing() {
  static_files_options options;
  options.listing = true;
  return options;
}

std::string get(const std::string& target, const std::string& more = "", const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

// What the links of the table lead to.
texts links_of(const std::string& html) {
  const std::regex link{"<tr><td[^>]*><a href=\"([^\"]*)\">"};
  texts all;
  for (std::sregex_iterator it{html.begin(), html.end(), link}, end; it != end; ++it) all.push_back((*it)[1]);
  return all;
}

ASYNC_TEST(static_files_listing, names_directories_first_and_sorts_by_letters) {
  const test::scratch_folder folder;
  for (const auto* const name : {"b.txt", "B.md", "a.txt", "Zebra", "_x", "10", "9"})
    folder.write(name, "12345");
  std::filesystem::create_directory(folder.file("sub"));
  std::filesystem::create_directory(folder.file("Apple"));
  served s{static_files{folder.path(), listing()}};
  const auto page = co_await s.ask(get("/"));
  EXPECT_EQ(page.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(links_of(page.body), ElementsAre("./Apple/", "./sub/", "./10", "./9", "./_x", "./a.txt",
                                               "./B.md", "./b.txt", "./Zebra"));
  EXPECT_THAT(page.body, HasSubstr(">5 bytes<"));
  EXPECT_THAT(page.body, HasSubstr("<title>/</title>"));
}

ASYNC_TEST(static_files_listing, shows_sizes_and_times) {
  const test::scratch_folder folder;
  struct row {
    std::uintmax_t size;
    std::string shown;
  };
  const std::vector<row> rows{{0, "0 bytes"},       {1023, "1023 bytes"},    {1024, "1.0 KiB"},
                              {1536, "1.5 KiB"},    {1048524, "1023.9 KiB"}, {1048575, "1.0 MiB"},
                              {1048576, "1.0 MiB"}, {5368709120, "5.0 GiB"}};
  for (const auto& r : rows) std::filesystem::resize_file(folder.write(std::to_string(r.size), ""), r.size);
  const auto modified =
      std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + std::chrono::seconds{61 * 60};
  std::filesystem::last_write_time(folder.file("0"), std::chrono::file_clock::from_sys(modified));
  served s{static_files{folder.path(), listing()}};
  const auto page = co_await s.ask(get("/"));
  for (const auto& r : rows)
    EXPECT_THAT(page.body,
                HasSubstr(">" + std::to_string(r.size) + "</a></td><td class=\"size\">" + r.shown + "<"));
  EXPECT_THAT(page.body, HasSubstr(">2024-02-29 01:01<"));
}

// Names are text: neither markup nor URLs.
ASYNC_TEST(static_files_listing, names_are_escaped) {
  const test::scratch_folder folder;
  for (const auto* const name :
       {"<script>alert(1)<&'\">", "javascript:alert(1)", "a b?c#d%41", "\xc3\xa4", "\xff\n"})
    folder.write(name, "");
  std::filesystem::create_directory(folder.file("x\"<y"));
  folder.write("x\"<y/z", "");
  served s{static_files{folder.path(), listing()}};
  const auto page = co_await s.ask(get("/"));
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, HasSubstr(">&lt;script&gt;alert(1)&lt;&amp;&#39;&quot;&gt;</a>"));
  EXPECT_THAT(page.body, HasSubstr("href=\"./%3Cscript%3Ealert%281%29%3C%26%27%22%3E\""));
  EXPECT_THAT(page.body, HasSubstr("href=\"./javascript%3Aalert%281%29\"")) << "no scheme";
  EXPECT_THAT(page.body, HasSubstr("href=\"./a%20b%3Fc%23d%2541\">a b?c#d%41<"));
  EXPECT_THAT(page.body, HasSubstr("href=\"./%C3%A4\">\xc3\xa4<"));
  EXPECT_THAT(page.body, HasSubstr("href=\"./%FF%0A\">\xef\xbf\xbd\xef\xbf\xbd<")) << "no malformed UTF-8";
  EXPECT_EQ(page.field("Content-Security-Policy"), "default-src 'none'; style-src 'unsafe-inline'");
  for (const auto& link : links_of(page.body)) {
    const auto there = co_await s.ask(get(link.substr(1)));
    EXPECT_EQ(there.status(), 200) << link;
  }
  const auto sub = co_await s.ask(get("/x%22%3Cy/"));
  EXPECT_THAT(sub.body, HasSubstr("<title>/x&quot;&lt;y/</title>"));
}

ASYNC_TEST(static_files_listing, names_nothing_that_would_not_be_served) {
  const test::scratch_folder outside;
  outside.write("secret.txt", "secret");
  const test::scratch_folder folder;
  folder.write("file.txt", "12345");
  folder.write(".hidden", "");
  std::filesystem::create_directory(folder.file(".git"));
  std::filesystem::create_directory(folder.file("sub"));
  std::filesystem::create_symlink("file.txt", folder.file("good"));
  std::filesystem::create_symlink("sub", folder.file("good folder"));
  std::filesystem::create_symlink("../file.txt", folder.file("sub/up"));
  std::filesystem::create_symlink(outside.file("secret.txt"), folder.file("absolute"));
  std::filesystem::create_symlink("../" + std::filesystem::path{outside.path()}.filename().string(),
                                  folder.file("away"));
  std::filesystem::create_symlink("none", folder.file("dangling"));
  std::filesystem::create_symlink("loop", folder.file("loop"));
  CO_ASSERT_EQ(::mkfifo(folder.file("fifo").c_str(), 0600), 0);
  served s{static_files{folder.path(), listing()}};
  const auto page = co_await s.ask(get("/"));
  EXPECT_THAT(links_of(page.body), ElementsAre("./good%20folder/", "./sub/", "./file.txt", "./good"));
  const auto sub = co_await s.ask(get("/sub/"));
  EXPECT_THAT(links_of(sub.body), ElementsAre("../", "./up"));
  auto options = listing();
  options.symlinks = false;
  options.dotfiles = true;
  served strict{static_files{folder.path(), options}};
  const auto other = co_await strict.ask(get("/"));
  EXPECT_THAT(links_of(other.body), ElementsAre("./.git/", "./sub/", "./.hidden", "./file.txt"));
}

ASYNC_TEST(static_files_listing, is_sent_only_when_asked_for_and_without_an_index) {
  const test::scratch_folder folder;
  std::filesystem::create_directory(folder.file("sub"));
  std::filesystem::create_directory(folder.file("with"));
  folder.write("with/index.html", "index");
  served off{static_files{folder.path()}};
  const auto none = co_await off.ask(get("/sub/"));
  EXPECT_EQ(none.status(), 404);
  served on{static_files{folder.path(), listing()}};
  const auto index = co_await on.ask(get("/with/"));
  EXPECT_EQ(index.body, "index");
  const auto moved = co_await on.ask(get("/sub"));
  EXPECT_EQ(moved.status(), 301) << "or its links would lead elsewhere";
  const auto empty = co_await on.ask(get("/sub/"));
  EXPECT_THAT(empty.body, HasSubstr("This directory is empty."));
  co_await on.send(get("/sub/", "", "HEAD"));
  const auto head = co_await on.answer(true);
  EXPECT_EQ(head.field("Content-Length"), std::to_string(empty.body.size()));
  const auto gone = co_await on.ask(get("/none/"));
  EXPECT_EQ(gone.status(), 404);
  const auto outside = co_await on.ask(get("/../"));
  EXPECT_EQ(outside.status(), 404);
}

ASYNC_TEST(static_files_listing, leads_back_as_far_as_it_is_mounted) {
  const test::scratch_folder folder;
  std::filesystem::create_directories(folder.file("a/b"));
  router site;
  site.mount("/files", static_files{folder.path(), listing()});
  served s{std::move(site)};
  const auto root = co_await s.ask(get("/files/"));
  EXPECT_THAT(root.body, HasSubstr("<h1>/files</h1>"));
  EXPECT_THAT(links_of(root.body), ElementsAre("./a/"));
  const auto deep = co_await s.ask(get("/files/a/b/"));
  EXPECT_THAT(deep.body,
              HasSubstr("<h1>/<a href=\"../../\">files</a><i>/</i><a href=\"../\">a</a><i>/</i>b</h1>"));
  EXPECT_THAT(links_of(deep.body), ElementsAre("../"));
}

ASYNC_TEST(static_files_listing, has_a_limit_and_says_so) {
  const test::scratch_folder folder;
  for (int i = 0; i != 30; ++i) folder.write(std::to_string(i), "");
  auto options = listing();
  options.max_listing = 20;
  served s{static_files{folder.path(), options}};
  const auto page = co_await s.ask(get("/"));
  EXPECT_EQ(links_of(page.body).size(), 20U);
  EXPECT_THAT(page.body, HasSubstr("Only 20 of the names"));
}

}  // namespace bight::http::static_files_listing_test
