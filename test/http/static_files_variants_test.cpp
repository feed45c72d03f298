// Files that were compressed in advance: which one is sent, and what tells them apart.
#include <bight/http/static_files.hpp>

#include <bight/testing/async_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::http::static_files_variants_test {

using test::served;

static_files_options precompressed() {
  static_files_options options;
  options.precompressed = true;
  return options;
}

std::string get(const std::string& target, const std::string& accept = "", const std::string& more = "",
                const std::string& method = "GET") {
  const auto field = accept.empty() ? accept : "Accept-Encoding: " + accept + "\r\n";
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + field + more + "\r\n";
}

// Contents say which file they are of.
class site {
 public:
  site() {
    for (const auto* const name : {"a.css", "a.css.br", "a.css.zst", "a.css.gz", "b.css", "b.css.gz",
                                   "plain.css", "index.html", "index.html.gz", "old.css", "old.css.gz"})
      folder_.write(name, name);
    const auto past = std::chrono::file_clock::now() - std::chrono::hours{1};
    std::filesystem::last_write_time(folder_.file("old.css.gz"), past);
  }
  const std::string& path() const { return folder_.path(); }
  const test::scratch_folder& folder() const { return folder_; }

 private:
  test::scratch_folder folder_;
};

ASYNC_TEST(static_files_variants, are_negotiated_by_weight) {
  const site f;
  served s{static_files{f.path(), precompressed()}};
  struct row {
    std::string target;
    std::string accept;
    std::string sent;
  };
  const std::vector<row> rows{{"/a.css", "gzip, br, zstd", "a.css.br"},
                              {"/a.css", "gzip, deflate, br;q=0", "a.css.gz"},
                              {"/a.css", "gzip, zstd", "a.css.zst"},
                              {"/a.css", "gzip;q=0.9, br;q=0.8, zstd;q=0.7", "a.css.gz"},
                              {"/a.css", "br;q=0.5, zstd", "a.css.zst"},
                              {"/a.css", "*", "a.css.br"},
                              {"/a.css", "*;q=0.1, br;q=0", "a.css.zst"},
                              {"/a.css", "x-gzip", "a.css.gz"},
                              {"/a.css", "gzip;q=0.5, identity", "a.css"},
                              {"/a.css", "identity", "a.css"},
                              {"/a.css", "gzip;q=0, br;q=0", "a.css"},
                              {"/a.css", "br;q=1.5", "a.css"},
                              {"/a.css", "deflate", "a.css"},
                              {"/a.css", "", "a.css"},
                              {"/b.css", "br, gzip;q=0.1", "b.css.gz"},
                              {"/b.css", "br, zstd", "b.css"},
                              {"/plain.css", "gzip, br", "plain.css"},
                              {"/", "gzip", "index.html.gz"}};
  for (const auto& r : rows) {
    const auto answer = co_await s.ask(get(r.target, r.accept));
    EXPECT_EQ(answer.body, r.sent) << r.target << ' ' << r.accept;
    EXPECT_EQ(answer.field("Vary"), "Accept-Encoding") << "for caches, whatever is sent: " << r.accept;
  }
}

ASYNC_TEST(static_files_variants, have_the_type_of_the_file_and_tags_of_their_own) {
  const site f;
  served s{static_files{f.path(), precompressed()}};
  const auto plain = co_await s.ask(get("/a.css"));
  const auto br = co_await s.ask(get("/a.css", "br"));
  const auto gzip = co_await s.ask(get("/a.css", "gzip"));
  const auto zstd = co_await s.ask(get("/a.css", "zstd"));
  EXPECT_FALSE(plain.has("Content-Encoding"));
  EXPECT_EQ(br.field("Content-Encoding"), "br");
  EXPECT_EQ(gzip.field("Content-Encoding"), "gzip");
  EXPECT_EQ(zstd.field("Content-Encoding"), "zstd");
  for (const auto& r : {plain, br, gzip, zstd}) {
    EXPECT_EQ(r.field("Content-Type"), "text/css; charset=utf-8");
    EXPECT_EQ(r.field("Content-Length"), std::to_string(r.body.size()));
    EXPECT_EQ(r.count(r.field("ETag")), 1U);
  }
  EXPECT_NE(plain.field("ETag"), br.field("ETag"));
  EXPECT_NE(gzip.field("ETag"), br.field("ETag"));
  EXPECT_NE(gzip.field("ETag"), zstd.field("ETag"));
  co_await s.send(get("/a.css", "br", "If-None-Match: " + br.field("ETag") + "\r\n"));
  const auto same = co_await s.answer(true);
  EXPECT_EQ(same.status(), 304);
  EXPECT_EQ(same.field("Vary"), "Accept-Encoding");
  const auto other = co_await s.ask(get("/a.css", "gzip", "If-None-Match: " + br.field("ETag") + "\r\n"));
  EXPECT_EQ(other.status(), 200) << "the client has another representation";
}

ASYNC_TEST(static_files_variants, have_ranges_of_their_own) {
  const site f;
  served s{static_files{f.path(), precompressed()}};
  const auto part = co_await s.ask(get("/a.css", "gzip", "Range: bytes=6-7\r\n"));
  EXPECT_EQ(part.status(), 206);
  EXPECT_EQ(part.body, "gz");
  EXPECT_EQ(part.field("Content-Range"), "bytes 6-7/8");
  EXPECT_EQ(part.field("Content-Encoding"), "gzip");
  const auto plain = co_await s.ask(get("/a.css", "gzip"));
  const auto br =
      co_await s.ask(get("/a.css", "br", "Range: bytes=6-7\r\nIf-Range: " + plain.field("ETag") + "\r\n"));
  EXPECT_EQ(br.status(), 200) << "bytes of one coding do not continue those of another";
  EXPECT_EQ(br.body, "a.css.br");
}

ASYNC_TEST(static_files_variants, that_are_older_than_the_file_are_ignored) {
  const site f;
  served s{static_files{f.path(), precompressed()}};
  const auto answer = co_await s.ask(get("/old.css", "gzip"));
  EXPECT_EQ(answer.body, "old.css");
  EXPECT_FALSE(answer.has("Content-Encoding"));
}

ASYNC_TEST(static_files_variants, are_files_like_others_when_asked_for_by_name) {
  const site f;
  served s{static_files{f.path(), precompressed()}};
  const auto archive = co_await s.ask(get("/a.css.gz", "gzip"));
  EXPECT_EQ(archive.body, "a.css.gz");
  EXPECT_EQ(archive.field("Content-Type"), "application/gzip");
  EXPECT_FALSE(archive.has("Content-Encoding"));
  EXPECT_FALSE(archive.has("Vary"));
}

ASYNC_TEST(static_files_variants, are_neither_links_that_lead_outside_nor_directories) {
  const site f;
  const test::scratch_folder outside;
  std::filesystem::create_symlink(outside.write("secret.gz", "secret"), f.path() + "/plain.css.gz");
  std::filesystem::create_directory(f.path() + "/plain.css.br");
  served s{static_files{f.path(), precompressed()}};
  const auto answer = co_await s.ask(get("/plain.css", "gzip, br"));
  EXPECT_EQ(answer.body, "plain.css");
}

ASYNC_TEST(static_files_variants, are_off_unless_the_options_say_so) {
  const site f;
  served s{static_files{f.path()}};
  const auto answer = co_await s.ask(get("/a.css", "gzip"));
  EXPECT_EQ(answer.body, "a.css");
  EXPECT_FALSE(answer.has("Vary"));
}

ASYNC_TEST(static_files_variants, of_head_have_the_fields_of_get) {
  const site f;
  served s{static_files{f.path(), precompressed()}};
  const auto got = co_await s.ask(get("/a.css", "br"));
  co_await s.send(get("/a.css", "br", "", "HEAD"));
  const auto head = co_await s.answer(true);
  for (const auto* const same :
       {"Content-Length", "Content-Encoding", "Vary", "ETag", "Content-Type", "Accept-Ranges"})
    EXPECT_EQ(head.field(same), got.field(same)) << same;
}

}  // namespace bight::http::static_files_variants_test
