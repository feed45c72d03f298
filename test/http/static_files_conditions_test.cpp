// Conditional requests for files (RFC 9110 13): each condition, and the order in which they are looked at.
#include <bight/http/static_files.hpp>

#include <bight/testing/async_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::http::static_files_conditions_test {

using test::served;

std::string get(const std::string& target, const std::string& more = "", const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

// A site of one page, last modified on 29 February 2024, 0:00:00.7.
class site {
 public:
  site() {
    const std::filesystem::path page = folder_.write("page.html", "<p>text</p>");
    std::filesystem::create_directory(folder_.file("sub"));
    const auto modified =
        std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + std::chrono::milliseconds{700};
    std::filesystem::last_write_time(page, std::chrono::file_clock::from_sys(modified));
  }
  const std::string& path() const { return folder_.path(); }

 private:
  test::scratch_folder folder_;
};

struct row {
  std::string fields;
  int status;
};

awaitable<void> expect_each(std::string root, std::vector<row> rows, std::string method) {
  served s{static_files{root}};
  for (const auto& r : rows) {
    const bool bodiless = r.status == 304 || method == "HEAD";
    co_await s.send(get("/page.html", r.fields, method));
    const auto answer = co_await s.answer(bodiless);
    EXPECT_EQ(answer.status(), r.status) << method << ' ' << r.fields;
    if (bodiless) continue;
    EXPECT_EQ(answer.body, r.status == 412 ? "precondition failed\n" : "<p>text</p>") << r.fields;
  }
}

awaitable<std::string> tag_of(std::string root) {
  served s{static_files{root}};
  const auto page = co_await s.ask(get("/page.html"));
  co_return page.field("ETag");
}

const std::string before = "Wed, 28 Feb 2024 23:59:59 GMT\r\n";
const std::string then = "Thu, 29 Feb 2024 00:00:00 GMT\r\n";
const std::string after = "Thu, 29 Feb 2024 00:00:01 GMT\r\n";
const std::string unmodified_since = "If-Unmodified-Since: ";
const std::string modified_since = "If-Modified-Since: ";

// RFC 9110 13.1.1: a strong comparison, of tags with commas and stars in them, too.
ASYNC_TEST(static_files_conditions, if_match_asks_for_the_file_that_the_client_knows) {
  const site f;
  const auto tag = co_await tag_of(f.path());
  const std::vector<row> rows{{"If-Match: " + tag + "\r\n", 200},
                              {"If-Match: *\r\n", 200},
                              {"If-Match: \"x\", " + tag + "\r\n", 200},
                              {"If-Match: \"x\"\t,\t" + tag + " , \"y\"\r\n", 200},
                              {"If-Match: , ," + tag + "\r\n", 200},
                              {"If-Match: \"x\"\r\nIf-Match: " + tag + "\r\n", 200},
                              {"If-Match: \"a,b\", " + tag + "\r\n", 200},
                              {"If-Match: W/\"x\", " + tag + "\r\n", 200},
                              {"If-Match: \"x\"\r\n", 412},
                              {"If-Match: W/" + tag + "\r\n", 412},
                              {"If-Match: \"x\", \"y\"\r\n", 412},
                              {"If-Match: \"a, *, b\"\r\n", 412},
                              {"If-Match: " + tag.substr(1, tag.size() - 2) + "\r\n", 412},
                              {"If-Match: " + tag.substr(0, tag.size() - 1) + "\r\n", 412},
                              {"If-Match:\r\n", 412}};
  co_await expect_each(f.path(), rows, "GET");
  co_await expect_each(f.path(), rows, "HEAD");
}

// RFC 9110 13.1.4: whatever is not one date counts for nothing.
ASYNC_TEST(static_files_conditions, if_unmodified_since_asks_for_a_file_that_is_no_newer) {
  const site f;
  const std::vector<row> rows{{unmodified_since + before, 412},
                              {unmodified_since + then, 200},
                              {unmodified_since + after, 200},
                              {unmodified_since + "Wednesday, 28-Feb-24 23:59:59 GMT\r\n", 412},
                              {unmodified_since + "Wed Feb 28 23:59:59 2024\r\n", 412},
                              {unmodified_since + "Wed, 28 Feb 2024 23:59:59 CET\r\n", 200},
                              {unmodified_since + "nonsense\r\n", 200},
                              {unmodified_since + "\r\n", 200},
                              {unmodified_since + before + unmodified_since + before, 200}};
  co_await expect_each(f.path(), rows, "GET");
  co_await expect_each(f.path(), rows, "HEAD");
}

// RFC 9110 13.2.2.
ASYNC_TEST(static_files_conditions, are_looked_at_in_the_order_of_the_standard) {
  const site f;
  const auto tag = co_await tag_of(f.path());
  const auto match = "If-Match: " + tag + "\r\n";
  const auto none_match = "If-None-Match: " + tag + "\r\n";
  const std::string other_match = "If-Match: \"x\"\r\n";
  const std::string other_none_match = "If-None-Match: \"x\"\r\n";
  const std::vector<row> rows{
      {match + unmodified_since + before, 200},       // If-Match beats If-Unmodified-Since,
      {other_match + unmodified_since + after, 412},  // either way;
      {match + none_match, 304},                      // what passes is asked for what has changed,
      {match + modified_since + then, 304},           //
      {unmodified_since + then + none_match, 304},    //
      {unmodified_since + then + modified_since + then, 304},
      {other_match + none_match, 412},                // and what fails is not.
      {unmodified_since + before + none_match, 412},  //
      {match + other_none_match + modified_since + then, 200}};
  co_await expect_each(f.path(), rows, "GET");
  co_await expect_each(f.path(), rows, "HEAD");
}

ASYNC_TEST(static_files_conditions, if_none_match_looks_for_whole_tags) {
  const site f;
  const auto tag = co_await tag_of(f.path());
  const std::vector<row> rows{{"If-None-Match: W/" + tag + "\r\n", 304},
                              {"If-None-Match: \"a,b\", W/\"c\" ," + tag + "\r\n", 304},
                              {"If-None-Match: \"a, *, b\"\r\n", 200},
                              {"If-None-Match: \"a," + tag.substr(1, tag.size() - 2) + "\"\r\n", 200},
                              {"If-None-Match: " + tag.substr(1) + "\r\n", 200}};
  co_await expect_each(f.path(), rows, "GET");
}

// RFC 9110 13.2.1: what would not be 2xx anyway is answered as ever.
ASYNC_TEST(static_files_conditions, count_for_nothing_where_there_is_no_file) {
  const site f;
  served s{static_files{f.path()}};
  const std::string conditions = "If-Match: \"x\"\r\nIf-Unmodified-Since: " + before;
  const auto missing = co_await s.ask(get("/none", conditions));
  EXPECT_EQ(missing.status(), 404);
  const auto star = co_await s.ask(get("/none", "If-Match: *\r\n"));
  EXPECT_EQ(star.status(), 404);
  const auto folder = co_await s.ask(get("/sub", conditions));
  EXPECT_EQ(folder.status(), 301);
  const auto method = co_await s.ask(get("/page.html", conditions, "DELETE"));
  EXPECT_EQ(method.status(), 405);
}

}  // namespace bight::http::static_files_conditions_test
