// A folder as a site: what is served, what is not, and what is not sent again.
#include <bight/http/static_files.hpp>

#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http {
namespace {

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

  void put(const std::string& name, const std::string& text) {
    std::ofstream{root_ / name, std::ios::binary} << text;
  }
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

}  // namespace
}  // namespace bight::http
