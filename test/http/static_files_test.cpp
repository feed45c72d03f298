// A folder as a site: what is served, what is not, and what is not sent again.
#include <bight/http/static_files.hpp>

#include <algorithm>
#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::static_files_test {

namespace fs = std::filesystem;
using test::served;

// A folder with some files, removed in the end.
class folder {
 public:
  folder() {
    std::string name = (fs::temp_directory_path() / "bight_static_XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    root_ = name;
    fs::create_directory(root_ / "www");
    put("www/index.html", "<p>start</p>");
    put("www/a b.txt", "spaced");
    put("www/empty.css", "");
    put("www/.hidden", "secret");
    put("outside.txt", "secret");
    fs::create_directory(root_ / "www" / "sub");
    put("www/sub/index.html", "<p>sub</p>");
    fs::create_symlink(root_ / "outside.txt", root_ / "www" / "escape.txt");
    fs::create_symlink("index.html", root_ / "www" / "inside.html");
    ::mkfifo((root_ / "www" / "fifo").c_str(), 0600);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { fs::remove_all(root_); }

  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream{root_ / name, std::ios::binary} << text;
  }
  // A symbolic link in the site.
  void link(const std::string& name, const std::string& to) const {
    fs::create_directories((root_ / "www" / name).parent_path());
    fs::create_symlink(to, root_ / "www" / name);
  }
  fs::path at(const std::string& name) const { return root_ / name; }
  std::string www() const { return (root_ / "www").string(); }

 private:
  fs::path root_;
};

std::string get(const std::string& target, const std::string& more = "", const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

ASYNC_TEST(static_files, serves_files_with_type_and_validators) {
  const folder f;
  served s{static_files{f.www()}};
  const auto page = co_await s.ask(get("/index.html?v=1"));
  EXPECT_EQ(page.start_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(page.body, "<p>start</p>");
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.field("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(page.has("ETag"));
  EXPECT_TRUE(page.has("Last-Modified"));
  const auto spaced = co_await s.ask(get("/a%20b.txt"));
  EXPECT_EQ(spaced.body, "spaced");
  const auto empty = co_await s.ask(get("/empty.css"));
  EXPECT_EQ(empty.field("Content-Length"), "0");
  EXPECT_EQ(empty.field("Content-Type"), "text/css; charset=utf-8");
  const auto linked = co_await s.ask(get("/inside.html"));
  EXPECT_EQ(linked.body, "<p>start</p>");
}

ASYNC_TEST(static_files, a_folder_has_its_index_and_its_slash) {
  const folder f;
  served s{static_files{f.www()}};
  const auto root = co_await s.ask(get("/"));
  EXPECT_EQ(root.body, "<p>start</p>");
  const auto sub = co_await s.ask(get("/sub/"));
  EXPECT_EQ(sub.body, "<p>sub</p>");
  const auto moved = co_await s.ask(get("/sub?x=1"));
  EXPECT_EQ(moved.start_line(), "HTTP/1.1 301 Moved Permanently");
  EXPECT_EQ(moved.field("Location"), "/sub/?x=1");
  const auto doubled = co_await s.ask(get("//sub"));
  EXPECT_EQ(doubled.field("Location"), "/sub/");  // and not //sub/, another host
}

ASYNC_TEST(static_files, nothing_outside_is_reached) {
  const folder f;
  served s{static_files{f.www()}};
  for (const char* target :
       {"/../outside.txt", "/%2e%2e/outside.txt", "/sub/..%2f..%2foutside.txt", "/..%5coutside.txt",
        "/escape.txt", "/.hidden", "/%2ehidden", "/sub/../../outside.txt", "/index.html%00.txt", "/fifo",
        "/index.html/", "/none"}) {
    const auto r = co_await s.ask(get(target));
    EXPECT_EQ(r.start_line().substr(0, 12), "HTTP/1.1 404") << target;
    EXPECT_EQ(r.body.find("secret"), std::string::npos) << target;
  }
}

ASYNC_TEST(static_files, what_the_client_has_is_not_sent_again) {
  const folder f;
  served s{static_files{f.www()}};
  const auto first = co_await s.ask(get("/index.html"));
  const auto etag = first.field("ETag");
  const auto date = first.field("Last-Modified");
  struct row {
    std::string fields;
    bool same;
  };
  const std::vector<row> rows{{"If-None-Match: " + etag + "\r\n", true},
                              {"If-None-Match: W/" + etag + "\r\n", true},
                              {"If-None-Match: \"x\", " + etag + "\r\n", true},
                              {"If-None-Match: *\r\n", true},
                              {"If-None-Match: \"x\"\r\n", false},
                              {"If-Modified-Since: " + date + "\r\n", true},
                              {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", false},
                              {"If-Modified-Since: nonsense\r\n", false},
                              {"If-None-Match: \"x\"\r\nIf-Modified-Since: " + date + "\r\n", false}};
  for (const auto& r : rows) {
    co_await s.send(get("/index.html", r.fields));
    const auto answer = co_await s.answer(r.same);
    const std::string expected = r.same ? "HTTP/1.1 304 Not Modified" : "HTTP/1.1 200 OK";
    EXPECT_EQ(answer.start_line(), expected) << r.fields;
    EXPECT_EQ(answer.field("ETag"), etag) << r.fields;
  }
}

ASYNC_TEST(static_files, head_is_get_without_the_body) {
  const folder f;
  served s{static_files{f.www()}};
  const auto get_answer = co_await s.ask(get("/index.html"));
  co_await s.send(get("/index.html", "", "HEAD"));
  const auto head = co_await s.answer(true);
  EXPECT_EQ(head.field("Content-Length"), get_answer.field("Content-Length"));
  EXPECT_EQ(head.field("ETag"), get_answer.field("ETag"));
  EXPECT_EQ(head.field("Content-Type"), get_answer.field("Content-Type"));
}

ASYNC_TEST(static_files, other_methods_are_refused) {
  const folder f;
  served s{static_files{f.www()}};
  const auto r = co_await s.ask("DELETE /index.html HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(r.start_line(), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(r.field("Allow"), "GET, HEAD");
}

ASYNC_TEST(static_files, a_large_file_arrives_whole) {
  folder f;
  std::string text(3'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 97) text[i] = static_cast<char>('a' + i % 26);
  f.put("www/large.bin", text);
  served s{static_files{f.www()}};
  const auto r = co_await s.ask(get("/large.bin"));
  EXPECT_EQ(r.field("Content-Type"), "application/octet-stream");
  EXPECT_TRUE(r.body == text) << r.body.size();
}

using texts = std::vector<std::string>;

// 404 for each, with nothing of the files outside.
awaitable<void> expect_none(served& s, texts targets) {
  for (const auto& target : targets) {
    const auto r = co_await s.ask(get(target));
    EXPECT_EQ(r.status(), 404) << target;
    EXPECT_EQ(r.body, "not found\n") << target;
  }
}

awaitable<void> expect_text(served& s, std::string target, std::string text) {
  const auto r = co_await s.ask(get(target));
  EXPECT_EQ(r.status(), 200) << target;
  EXPECT_EQ(r.body, text) << target;
}

ASYNC_TEST(static_files_paths, steps_up_are_refused_however_they_are_written) {
  const folder f;
  f.put("www/sub/deep/file.txt", "deep");
  served s{static_files{f.www()}};
  const texts missing{"/..",
                      "/../",
                      "/../outside.txt",
                      "/.%2e/outside.txt",
                      "/%2e./outside.txt",
                      "/%2E%2E/outside.txt",
                      "/sub/../../outside.txt",
                      "/sub/deep/../../../outside.txt",
                      "/sub/%2e%2e/%2e%2e/outside.txt",
                      "/sub/../index.html",
                      "/sub/..",
                      "/sub/.",
                      "/./index.html",
                      "/%2e/index.html",
                      "//../outside.txt",
                      "/..//outside.txt",
                      "/..;/outside.txt",
                      "/.../outside.txt",
                      "/....//outside.txt",
                      "http://x/../outside.txt",
                      "/none/../index.html"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_paths, encoded_slashes_backslashes_and_zeros_name_no_file) {
  const folder f;
  served s{static_files{f.www()}};
  const texts missing{"/%2e%2e%2foutside.txt",
                      "/..%2foutside.txt",
                      "/..%2Foutside.txt",
                      "/sub%2findex.html",
                      "/%2findex.html",
                      "/%2f%2fsub",
                      "/..\\outside.txt",
                      "/..%5coutside.txt",
                      "/sub\\index.html",
                      "/sub%5cindex.html",
                      "/%00",
                      "/index.html%00",
                      "/index.html%00.txt",
                      "/%00/index.html",
                      "/sub/%00index.html"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_paths, are_decoded_once_and_as_bytes) {
  const folder f;
  f.put("www/100%.txt", "percent");
  f.put("www/%2e%2e", "literal");
  f.put("www/a?b#c.txt", "marks");
  f.put("www/a+b.txt", "plus");
  f.put("www/\xc3\xa4.txt", "umlaut");
  served s{static_files{f.www()}};
  co_await expect_text(s, "/100%25.txt", "percent");
  co_await expect_text(s, "/%252e%252e", "literal");
  co_await expect_text(s, "/a%3Fb%23c.txt", "marks");
  co_await expect_text(s, "/a+b.txt", "plus");
  co_await expect_text(s, "/%C3%a4.txt", "umlaut");
  co_await expect_text(s, "/%69ndex.html", "<p>start</p>");
  const texts missing{"/%252e%252e/outside.txt",
                      "/a?b%23c.txt",
                      "/a%20b",
                      "/%c0%ae%c0%ae/outside.txt",
                      "/%",
                      "/%zz",
                      "/index.html%",
                      "/%2"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_paths, empty_segments_count_for_nothing) {
  const folder f;
  served s{static_files{f.www()}};
  for (const char* target : {"//index.html", "///index.html", "http://x/", "http://x", "//", "/?a=../b"})
    co_await expect_text(s, target, "<p>start</p>");
  for (const char* target : {"/sub//", "/sub//index.html", "//sub///index.html"})
    co_await expect_text(s, target, "<p>sub</p>");
  const texts missing{"/index.html//", "/index.html/", "/index.html/x", "/sub/index.html/"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_paths, redirects_never_leave_the_site) {
  const folder f;
  f.put("www/example.com/index.html", "mine");
  f.put("www/a b/index.html", "spaced");
  served s{static_files{f.www()}};
  struct row {
    std::string target;
    std::string location;
  };
  const std::vector<row> rows{{"/example.com", "/example.com/"},
                              {"//example.com", "/example.com/"},
                              {"////example.com", "/example.com/"},
                              {"//example.com?a=//b", "/example.com/?a=//b"},
                              {"http://other/example.com", "/example.com/"},
                              {"/a%20b", "/a%20b/"}};
  for (const auto& r : rows) {
    const auto moved = co_await s.ask(get(r.target));
    EXPECT_EQ(moved.status(), 301) << r.target;
    EXPECT_EQ(moved.field("Location"), r.location) << r.target;
  }
}

ASYNC_TEST(static_files_paths, that_are_too_long_name_no_file) {
  const folder f;
  served s{static_files{f.www()}};
  std::string deep;
  while (deep.size() < 8000) deep += "/sub";
  const texts missing{"/" + std::string(255, 'a'), "/" + std::string(256, 'a'), "/" + std::string(5000, 'a'),
                      deep, "/sub" + std::string(8000, '/') + "none"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_links, are_followed_while_they_stay_inside) {
  const folder f;
  f.link("sub/up.html", "../index.html");
  f.link("one.html", "two.html");
  f.link("two.html", "sub/up.html");
  f.link("folder", "sub");
  served s{static_files{f.www()}};
  co_await expect_text(s, "/sub/up.html", "<p>start</p>");
  co_await expect_text(s, "/one.html", "<p>start</p>");
  co_await expect_text(s, "/folder/", "<p>sub</p>");
  co_await expect_text(s, "/folder/index.html", "<p>sub</p>");
  const auto moved = co_await s.ask(get("/folder"));
  EXPECT_EQ(moved.field("Location"), "/folder/");
}

ASYNC_TEST(static_files_links, that_lead_outside_or_nowhere_are_not_found) {
  const folder f;
  f.put("other/file.txt", "secret");
  f.put("other/index.html", "secret");
  f.link("up.txt", "../outside.txt");
  f.link("etc", "/etc");
  f.link("other", "../other");
  f.link("parent", "..");
  f.link("chain.txt", "up.txt");
  f.link("sub/far.txt", "../../outside.txt");
  f.link("home/index.html", "../../outside.txt");
  f.link("loop", "loop");
  f.link("dangling", "none");
  f.link("magic", "/proc/self/root");
  served s{static_files{f.www()}};
  const texts missing{"/escape.txt", "/up.txt",         "/etc",
                      "/etc/",       "/etc/passwd",     "/other",
                      "/other/",     "/other/file.txt", "/parent/outside.txt",
                      "/parent",     "/chain.txt",      "/sub/far.txt",
                      "/home/",      "/loop",           "/loop/x",
                      "/dangling",   "/magic",          "/magic/etc/passwd"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_links, are_not_followed_at_all_if_the_options_say_so) {
  const folder f;
  f.link("folder", "sub");
  f.link("home/index.html", "../index.html");
  static_files_options options;
  options.symlinks = false;
  served s{static_files{f.www(), options}};
  const texts missing{"/inside.html", "/folder", "/folder/", "/folder/index.html", "/home/"};
  co_await expect_none(s, missing);
  co_await expect_text(s, "/sub/", "<p>sub</p>");
}

ASYNC_TEST(static_files_links, may_lead_to_the_root_itself) {
  const folder f;
  fs::create_directory_symlink("www", f.at("current"));
  served s{static_files{f.at("current").string()}};
  co_await expect_text(s, "/", "<p>start</p>");
  const texts missing{"/escape.txt", "/../outside.txt"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files_dotfiles, are_hidden_unless_the_options_say_otherwise) {
  const folder f;
  f.put("www/.git/config", "config");
  f.put("www/sub/.env", "env");
  f.put("www/..data", "data");
  const texts hidden{"/.hidden",  "/.git/config", "/.git",          "/.git/",
                     "/sub/.env", "/..data",      "/%2egit/config", "//.hidden"};
  served s{static_files{f.www()}};
  co_await expect_none(s, hidden);
  static_files_options options;
  options.dotfiles = true;
  served all{static_files{f.www(), options}};
  co_await expect_text(all, "/.hidden", "secret");
  co_await expect_text(all, "/.git/config", "config");
  co_await expect_text(all, "/sub/.env", "env");
  co_await expect_text(all, "/..data", "data");
  const texts missing{"/../outside.txt", "/.", "/..", "/./index.html", "/sub/../index.html"};
  co_await expect_none(all, missing);
}

ASYNC_TEST(static_files, what_is_no_regular_file_is_not_found) {
  const folder f;
  CO_ASSERT_EQ(::mknod(f.at("www/socket").c_str(), S_IFSOCK | 0600, 0), 0);
  f.put("www/odd/index.html/file", "");
  f.put("www/bare/file", "");
  served s{static_files{f.www()}};
  const texts missing{"/fifo", "/socket", "/odd/", "/bare/", "/fifo/", "/socket/x"};
  co_await expect_none(s, missing);
}

ASYNC_TEST(static_files, the_index_has_the_name_of_the_options) {
  const folder f;
  f.put("www/sub/start.txt", "text");
  static_files_options options;
  options.index = "start.txt";
  served s{static_files{f.www(), options}};
  const auto r = co_await s.ask(get("/sub/"));
  EXPECT_EQ(r.body, "text");
  EXPECT_EQ(r.field("Content-Type"), "text/plain; charset=utf-8");
  const texts missing{"/"};
  co_await expect_none(s, missing);
  options.index.clear();
  served none{static_files{f.www(), options}};
  const texts missing_too{"/", "/sub/"};
  co_await expect_none(none, missing_too);
  co_await expect_text(none, "/sub/index.html", "<p>sub</p>");
}

ASYNC_TEST(static_files, a_304_has_validators_and_date_and_nothing_about_a_body) {
  const folder f;
  served s{static_files{f.www()}};
  const auto first = co_await s.ask(get("/index.html"));
  const auto fields = "If-None-Match: " + first.field("ETag") + "\r\n";
  for (const char* method : {"GET", "HEAD"}) {
    co_await s.send(get("/index.html", fields, method));
    const auto same = co_await s.answer(true);
    EXPECT_EQ(same.start_line(), "HTTP/1.1 304 Not Modified") << method;
    EXPECT_EQ(same.field("ETag"), first.field("ETag"));
    EXPECT_EQ(same.field("Last-Modified"), first.field("Last-Modified"));
    EXPECT_TRUE(same.has("Date"));
    for (const char* name : {"Content-Length", "Content-Type", "Transfer-Encoding", "Connection"})
      EXPECT_FALSE(same.has(name)) << method << ' ' << name;
  }
  co_await expect_text(s, "/index.html", "<p>start</p>");  // would see a body that was sent
}

ASYNC_TEST(static_files, a_date_is_compared_by_the_second) {
  const folder f;
  const auto modified =
      std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + std::chrono::milliseconds{700};
  fs::last_write_time(f.at("www/index.html"), std::chrono::file_clock::from_sys(modified));
  served s{static_files{f.www()}};
  struct row {
    std::string fields;
    int status;
  };
  const std::string since = "If-Modified-Since: ";
  const std::string exact = since + "Thu, 29 Feb 2024 00:00:00 GMT\r\n";
  const std::vector<row> rows{{since + "Wed, 28 Feb 2024 23:59:59 GMT\r\n", 200},
                              {exact, 304},
                              {since + "Thu, 29 Feb 2024 00:00:01 GMT\r\n", 304},
                              {since + "Thursday, 29-Feb-24 00:00:00 GMT\r\n", 304},
                              {since + "Thu Feb 29 00:00:00 2024\r\n", 304},
                              {since + "Thu, 29 Feb 2024 00:00:00 CET\r\n", 200},
                              {since + "\r\n", 200},
                              {exact + exact, 200}};  // RFC 9110 13.1.3: one value or none
  for (const auto& r : rows) {
    co_await s.send(get("/index.html", r.fields));
    const auto answer = co_await s.answer(r.status == 304);
    EXPECT_EQ(answer.status(), r.status) << r.fields;
    EXPECT_EQ(answer.field("Last-Modified"), "Thu, 29 Feb 2024 00:00:00 GMT");
  }
}

ASYNC_TEST(static_files, the_etag_changes_with_the_file) {
  const folder f;
  const auto page = f.at("www/index.html");
  served s{static_files{f.www()}};
  const auto first = co_await s.ask(get("/index.html"));
  fs::last_write_time(page, fs::last_write_time(page) + std::chrono::nanoseconds{1});
  const auto touched = co_await s.ask(get("/index.html"));
  EXPECT_NE(touched.field("ETag"), first.field("ETag"));
  const auto time = fs::last_write_time(page);
  f.put("www/index.html", "<p>longer than it was</p>");
  fs::last_write_time(page, time);
  const auto longer = co_await s.ask(get("/index.html", "If-None-Match: " + touched.field("ETag") + "\r\n"));
  EXPECT_EQ(longer.status(), 200);
  EXPECT_EQ(longer.body, "<p>longer than it was</p>");
}

ASYNC_TEST(static_files, head_of_what_is_not_there_has_no_body_either) {
  const folder f;
  served s{static_files{f.www()}};
  for (const char* target : {"/none", "/sub", "/../outside.txt"}) {
    co_await s.send(get(target, "", "HEAD"));
    const auto head = co_await s.answer(true);
    const auto same = co_await s.ask(get(target));  // would see a body that was sent
    EXPECT_EQ(head.start_line(), same.start_line()) << target;
    EXPECT_EQ(head.field("Content-Length"), same.field("Content-Length"));
    EXPECT_EQ(head.field("Location"), same.field("Location"));
  }
}

ASYNC_TEST(static_files, every_other_method_is_refused_and_its_body_dropped) {
  const folder f;
  served s{static_files{f.www()}};
  for (const char* method : {"POST", "PUT", "PATCH", "OPTIONS", "TRACE", "get", "PROPFIND"}) {
    const auto r = co_await s.ask(get("/index.html", "Content-Length: 4\r\n", method) + "body");
    EXPECT_EQ(r.status(), 405) << method;
    EXPECT_EQ(r.field("Allow"), "GET, HEAD") << method;
  }
  const auto asterisk = co_await s.ask(get("*", "", "OPTIONS"));
  EXPECT_EQ(asterisk.status(), 405);
  co_await expect_text(s, "/index.html", "<p>start</p>");
}

ASYNC_TEST(static_files, a_file_that_shrinks_on_the_way_ends_the_connection) {
  const folder f;
  f.put("www/large.bin", std::string(500'000, 'x'));
  served s{static_files{f.www()}, {}, {.capacity = 1000}};
  co_await s.send(get("/large.bin") + get("/index.html"));
  co_await sleep(std::chrono::seconds{1});  // the pipe is full
  fs::resize_file(f.at("www/large.bin"), 250'000);
  const auto all = co_await s.client.read_to_end();
  EXPECT_EQ(std::count(all.begin(), all.end(), 'x'), 250'000);
  EXPECT_EQ(all.find("start"), all.npos) << "nothing may follow what was promised to be file";
  co_await s.serving;
}

TEST(static_files, a_missing_root_is_named) {
  try {
    const static_files s{"/no/such/folder"};
    ADD_FAILURE() << "accepted";
  } catch (const boost::system::system_error& e) {
    EXPECT_NE(std::string{e.what()}.find("/no/such/folder"), std::string::npos);
  }
}

TEST(static_files, types_go_by_extension) {
  EXPECT_EQ(media_type_of("a.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("dir.css/file"), "application/octet-stream");
  EXPECT_EQ(media_type_of("x.tar.gz"), "application/gzip");
  EXPECT_EQ(media_type_of(""), "application/octet-stream");
}

}  // namespace bight::http::static_files_test
