// Downloads: complete or not there, continued where they broke off, and never a mixture of two files.
#include <bight/http/download.hpp>

#include <sys/stat.h>

#include <bight/core/task.hpp>
#include <bight/fs/file.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/nginx.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::http::download_test {

using test::error_of;
using test::nginx;
using test::ok;
using test::pattern;
using test::raw_message;
using test::read_file;
using test::scratch_folder;
using test::scripted_server;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using namespace std::chrono_literals;

constexpr std::string_view hello_sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

retry_policy three_quick_attempts() {
  retry_policy p;
  p.attempts(3).backoff(1ms, 1ms);
  return p;
}

std::string head(int code, std::size_t length, std::string_view fields) {
  return "HTTP/1.1 " + std::to_string(code) + " Status\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + std::string{fields} + "\r\n";
}

// A server of one file that can answer ranges, and what goes wrong with it.
class file_server {
 public:
  std::string content = pattern(100'000);
  std::string fields = "ETag: \"one\"\r\n";
  bool ranges = true;
  bool checks_validator = true;
  std::vector<std::size_t> cuts;  // after so many bytes of the first, second, ... response
  std::size_t longest_range = 0;  // if not 0
  std::string first_instead;      // a whole response, once

  std::string answer(const raw_message& request) {
    if (!first_instead.empty()) return std::exchange(first_instead, {});
    const auto validator = request.field("If-Range");
    const bool same = validator.empty() || !checks_validator || fields.find(validator) != fields.npos;
    std::size_t from = 0;
    std::size_t end = content.size();
    std::string out;
    if (const auto range = request.field("Range"); ranges && !range.empty() && same) {
      from = std::stoul(range.substr(6));
      if (from >= content.size())
        return head(416, 0, fields + "Content-Range: bytes */" + std::to_string(content.size()) + "\r\n");
      if (longest_range != 0) end = std::min(end, from + longest_range);
      out = head(206, end - from,
                 fields + "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(end - 1) +
                     "/" + std::to_string(content.size()) + "\r\n");
    } else {
      out = head(200, content.size(), fields);
    }
    auto body = content.substr(from, end - from);
    if (number_ < cuts.size()) {
      body.resize(std::min(cuts[number_], body.size()));
      cut_ = true;
    }
    ++number_;
    return out + body;
  }
  awaitable<void> play(test::peer& p) {
    while (true) {
      auto request = co_await p.read_message();
      if (request.empty()) co_return;
      requests.push_back(request);
      cut_ = false;
      co_await p.send(answer(request));
      if (cut_) co_return;
    }
  }
  std::vector<raw_message> requests;

 private:
  std::size_t number_ = 0;
  bool cut_ = false;
};

class served_file : public file_server {
 public:
  std::string url(std::string_view path = "/dir/file.bin") const { return server_.url(path); }

 private:
  scripted_server server_{[this](test::peer& p) { return play(p); }};
};

// ---- the ordinary case ---------------------------------------------------------------------------

ASYNC_TEST(download, a_file_appears_with_its_content_and_nothing_else) {
  served_file server;
  const scratch_folder folder;
  client c;
  const auto got = co_await download(c, server.url(), folder.file("out"));
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_THAT(folder.names(), ElementsAre("out"));
  EXPECT_EQ(got.path, folder.file("out"));
  EXPECT_EQ(got.size, server.content.size());
  EXPECT_EQ(got.resumed_from, 0U);
  EXPECT_EQ(got.attempts, 1U);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.get("ETag"), "\"one\"");
  EXPECT_TRUE(got.timeline.end);
  EXPECT_EQ(got.sha256, "");
  EXPECT_FALSE(server.requests[0].has("Range"));
  EXPECT_EQ(server.requests[0].field("Accept-Encoding"), "identity");
}

ASYNC_TEST(download, a_file_that_exists_is_replaced_unless_forbidden) {
  served_file server;
  const scratch_folder folder;
  const auto file = folder.write("out", "old");
  client c;
  download_options options;
  options.replace = false;
  const auto e = co_await error_of(download(c, server.url(), file, options));
  EXPECT_EQ(e.code(), boost::system::errc::file_exists);
  EXPECT_EQ(read_file(file), "old");
  co_await download(c, server.url(), file);
  EXPECT_EQ(read_file(file), server.content);
  EXPECT_THAT(folder.names(), ElementsAre("out"));
}

ASYNC_TEST(download, what_is_no_file_is_not_replaced) {
  served_file server;
  const scratch_folder folder;
  const auto pipe = folder.file("pipe");
  CO_ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  client c;
  for (const bool keep : {false, true}) {
    download_options o;
    o.keep_partial = keep;
    const auto e = co_await error_of(download(c, server.url(), pipe, o));
    EXPECT_EQ(e.code(), boost::system::errc::invalid_argument);
    EXPECT_THAT(e.what(), HasSubstr(pipe));
  }
  CO_ASSERT_EQ(::mkfifo(folder.file("file.bin").c_str(), 0600), 0);
  download_options into_a_folder;
  into_a_folder.keep_partial = true;
  const auto e = co_await error_of(download(c, server.url(), folder.path(), into_a_folder));
  EXPECT_EQ(e.code(), boost::system::errc::invalid_argument);
  for (const auto* const name : {"pipe", "file.bin"})
    EXPECT_TRUE(std::filesystem::is_fifo(folder.file(name))) << name;
}

ASYNC_TEST(download, replaces_what_a_link_names_and_keeps_its_permissions) {
  served_file server;
  const scratch_folder folder;
  client c;
  for (const bool keep : {false, true}) {
    const auto target = folder.write("target", "old");
    std::filesystem::permissions(target, std::filesystem::perms::owner_all);
    const auto link = folder.file("link");
    std::filesystem::remove(link);
    std::filesystem::create_symlink("target", link);
    download_options o;
    o.keep_partial = keep;
    co_await download(c, server.url(), link, o);
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(read_file(target), server.content);
    EXPECT_EQ(std::filesystem::status(target).permissions(), std::filesystem::perms::owner_all);
    EXPECT_THAT(folder.names(), ElementsAre("link", "target"));
  }
}

ASYNC_TEST(download, in_a_directory_it_is_called_what_the_server_says) {
  served_file server;
  const scratch_folder folder;
  client c;
  co_await download(c, server.url("/a/from%20url.txt?x=y"), folder.path());
  server.fields += "Content-Disposition: attachment; filename=\"../../named.txt\"\r\n";
  const auto got = co_await download(c, server.url(), folder.path());
  EXPECT_EQ(got.path, folder.file("named.txt"));
  EXPECT_THAT(folder.names(), ElementsAre("from url.txt", "named.txt"));
}

ASYNC_TEST(download, an_error_status_leaves_nothing) {
  const auto server = scripted_server::always("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
  const scratch_folder folder;
  client c;
  download_options options;
  options.keep_partial = true;
  const auto e = co_await error_of(download(c, server->url(), folder.file("out"), options));
  EXPECT_EQ(e.code(), errc::unexpected_status);
  EXPECT_THAT(e.what(), HasSubstr("404"));
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(download, a_redirect_that_is_not_followed_is_an_error) {
  const auto server =
      scripted_server::always("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
  const scratch_folder folder;
  client c;
  auto r = c.get(server->url()).max_redirects(0).build();
  const auto e = co_await error_of(download(c, std::move(r), folder.file("out")));
  EXPECT_EQ(e.code(), errc::unexpected_status);
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(download, the_limit_of_the_client_does_not_apply_but_that_of_the_options) {
  served_file server;
  const scratch_folder folder;
  client_options small;
  small.limits.max_body = 10;
  client c{small};
  co_await download(c, server.url(), folder.file("out"));
  download_options options;
  options.max_size = 99'999;
  const auto e = co_await error_of(download(c, server.url(), folder.file("other"), options));
  EXPECT_EQ(e.code(), errc::body_too_large);
  EXPECT_THAT(folder.names(), ElementsAre("out"));
}

ASYNC_TEST(download, an_empty_body_is_an_empty_file) {
  const auto server = scripted_server::always(ok(""));
  const scratch_folder folder;
  client c;
  const auto got = co_await download(c, server->url(), folder.file("out"));
  EXPECT_EQ(got.size, 0U);
  EXPECT_EQ(read_file(folder.file("out")), "");
}

ASYNC_TEST(download, coded_content_is_stored_as_it_is_sent) {
  const auto server = scripted_server::always(ok("not really gzip", "Content-Encoding: gzip\r\n"));
  const scratch_folder folder;
  client c;
  co_await download(c, server->url(), folder.file("out"));
  EXPECT_EQ(read_file(folder.file("out")), "not really gzip");
}

ASYNC_TEST(download, a_folder_that_does_not_exist_is_named) {
  served_file server;
  const scratch_folder folder;
  client c;
  const auto e = co_await error_of(download(c, server.url(), folder.file("no/out")));
  EXPECT_EQ(e.code(), boost::system::errc::no_such_file_or_directory);
  EXPECT_THAT(e.what(), HasSubstr("no/out"));
}

ASYNC_TEST(download, a_response_that_is_there_is_stored_and_continued) {
  served_file server;
  server.cuts = {1000};
  const scratch_folder folder;
  client c;
  auto answer = co_await c.get(server.url());
  download_options options;
  options.retries = three_quick_attempts();
  auto r = c.get(server.url()).build();
  const auto got = co_await download(c, std::move(r), std::move(answer), folder.file("out"), options);
  EXPECT_EQ(got.attempts, 2U);
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(server.requests.at(1).field("Range"), "bytes=1000-");
}

ASYNC_TEST(download, progress_counts_up_to_the_size) {
  served_file server;
  const scratch_folder folder;
  client c;
  std::vector<std::uint64_t> seen;
  download_options options;
  options.on_progress = [&](std::uint64_t received, std::optional<std::uint64_t> total) {
    EXPECT_EQ(total, 100'000U);
    seen.push_back(received);
  };
  co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.front(), 0U);
  EXPECT_EQ(seen.back(), 100'000U);
}

// ---- checksums -----------------------------------------------------------------------------------

ASYNC_TEST(download, the_right_checksum_passes_in_any_case) {
  const auto server = scripted_server::always(ok("hello"));
  const scratch_folder folder;
  client c;
  download_options options;
  options.sha256 = hello_sha256;
  options.sha256[2] = 'F';
  const auto got = co_await download(c, server->url(), folder.file("out"), options);
  EXPECT_EQ(got.sha256, hello_sha256);
}

ASYNC_TEST(download, the_wrong_checksum_leaves_nothing_and_says_both) {
  const auto server = scripted_server::always(ok("hello", "ETag: \"x\"\r\n"));
  const scratch_folder folder;
  client c;
  for (const bool keep : {false, true}) {
    download_options options;
    options.keep_partial = keep;
    options.sha256 = std::string(64, '0');
    const auto e = co_await error_of(download(c, server->url(), folder.file("out"), options));
    EXPECT_EQ(e.code(), errc::checksum_mismatch);
    EXPECT_THAT(e.what(), HasSubstr(hello_sha256));
    EXPECT_THAT(e.what(), HasSubstr(options.sha256));
    EXPECT_THAT(folder.names(), IsEmpty());
  }
}

ASYNC_TEST(download, the_checksum_covers_what_was_there_before) {
  served_file server;
  server.content = "hello";
  server.cuts = {2};
  const scratch_folder folder;
  client c;
  download_options options;
  options.resume = true;
  options.compute_sha256 = true;
  co_await error_of(download(c, server.url(), folder.file("out"), options));
  const auto got = co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_EQ(got.sha256, hello_sha256);
  EXPECT_EQ(got.resumed_from, 2U);
}

// ---- broken off ----------------------------------------------------------------------------------

ASYNC_TEST(download, a_body_that_breaks_off_leaves_nothing_by_default) {
  served_file server;
  server.cuts = {1000};
  const scratch_folder folder;
  client c;
  const auto e = co_await error_of(download(c, server.url(), folder.file("out")));
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(download, with_retries_the_rest_is_asked_for) {
  served_file server;
  server.cuts = {1000, 50'000};
  const scratch_folder folder;
  client c;
  download_options options;
  options.retries = three_quick_attempts();
  const auto got = co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(got.attempts, 3U);
  CO_ASSERT_EQ(server.requests.size(), 3U);
  EXPECT_EQ(server.requests[1].field("Range"), "bytes=1000-");
  EXPECT_EQ(server.requests[1].field("If-Range"), "\"one\"");
  EXPECT_EQ(server.requests[2].field("Range"), "bytes=51000-");
}

ASYNC_TEST(download, the_retries_of_the_client_are_used_and_not_multiplied) {
  const auto server = scripted_server::always("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  const scratch_folder folder;
  client_options retrying;
  retrying.retries = three_quick_attempts();
  client c{retrying};
  const auto e = co_await error_of(download(c, server->url(), folder.file("out")));
  EXPECT_EQ(e.code(), errc::temporary_status);
  EXPECT_EQ(server->requests().size(), 3U);
}

ASYNC_TEST(download, attempts_are_counted_anew_after_one_that_brings_bytes) {
  served_file server;
  server.cuts = {10, 10, 10, 10, 10, 10, 10, 10};
  const scratch_folder folder;
  client c;
  download_options options;
  options.retries = three_quick_attempts();
  const auto got = co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_EQ(got.attempts, 9U);
  EXPECT_EQ(read_file(folder.file("out")), server.content);
}

ASYNC_TEST(download, breaking_off_at_the_same_byte_again_and_again_ends) {
  served_file server;
  server.ranges = false;
  server.cuts = std::vector<std::size_t>(20, 10);
  const scratch_folder folder;
  client c;
  download_options options;
  options.retries = three_quick_attempts();
  const auto e = co_await error_of(download(c, server.url(), folder.file("out"), options));
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_EQ(server.requests.size(), 3U);
}

ASYNC_TEST(download, without_a_validator_it_starts_again) {
  for (const std::string fields :
       {"", "ETag: W/\"weak\"\r\n", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}) {
    served_file server;
    server.fields = fields;
    server.cuts = {1000};
    const scratch_folder folder;
    client c;
    download_options options;
    options.retries = three_quick_attempts();
    options.keep_partial = true;
    co_await download(c, server.url(), folder.file("out"), options);
    EXPECT_EQ(read_file(folder.file("out")), server.content);
    EXPECT_FALSE(server.requests.at(1).has("Range")) << fields;
  }
}

ASYNC_TEST(download, an_old_modification_date_is_a_validator) {
  served_file server;
  server.fields = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nLast-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n";
  server.cuts = {1000};
  const scratch_folder folder;
  client c;
  download_options options;
  options.retries = three_quick_attempts();
  co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(server.requests.at(1).field("If-Range"), "Sat, 05 Nov 1994 08:49:37 GMT");
}

ASYNC_TEST(download, a_post_is_not_tried_again) {
  served_file server;
  server.cuts = {1000};
  const scratch_folder folder;
  client c;
  download_options options;
  options.retries = three_quick_attempts();
  auto r = c.post(server.url()).text("x").build();
  const auto e = co_await error_of(download(c, std::move(r), folder.file("out"), options));
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(server.requests, SizeIs(1));
}

// ---- resuming ------------------------------------------------------------------------------------

download_options resuming() {
  download_options o;
  o.resume = true;
  return o;
}

// Leaves the first 1000 bytes in out.part.
awaitable<void> break_off(served_file& server, const scratch_folder& folder) {
  client c;
  server.cuts = {1000};
  download_options options;
  options.keep_partial = true;
  const auto e = co_await error_of(download(c, server.url(), folder.file("out"), options));
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(folder.names(), ElementsAre("out.part", "out.part.info"));
  EXPECT_EQ(read_file(folder.file("out.part")), server.content.substr(0, 1000));
}

ASYNC_TEST(download_resume, takes_up_what_was_left) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  client c;
  auto options = resuming();
  std::vector<std::uint64_t> seen;
  options.on_progress = [&](std::uint64_t received, std::optional<std::uint64_t>) {
    seen.push_back(received);
  };
  const auto got = co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_EQ(got.resumed_from, 1000U);
  EXPECT_EQ(seen.front(), 1000U);
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_THAT(folder.names(), ElementsAre("out"));
  EXPECT_EQ(server.requests.at(1).field("Range"), "bytes=1000-");
}

ASYNC_TEST(download_resume, without_it_what_was_left_is_replaced) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  client c;
  download_options options;
  options.keep_partial = true;
  co_await download(c, server.url(), folder.file("out"), options);
  EXPECT_FALSE(server.requests.at(1).has("Range"));
  EXPECT_THAT(folder.names(), ElementsAre("out"));
}

ASYNC_TEST(download_resume, a_server_that_ignores_range_sends_all) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  server.ranges = false;
  client c;
  const auto got = co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(got.resumed_from, 0U);
  EXPECT_EQ(read_file(folder.file("out")), server.content);
}

ASYNC_TEST(download_resume, a_changed_file_is_fetched_from_its_start) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  server.content = pattern(70'000, 2);
  server.fields = "ETag: \"two\"\r\n";
  client c;
  co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(server.requests.size(), 2U);
}

ASYNC_TEST(download_resume, a_server_that_ignores_if_range_is_found_out) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  server.checks_validator = false;
  server.content = pattern(100'000, 2);
  server.fields = "ETag: \"two\"\r\n";
  client c;
  co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(server.requests.size(), 3U);
  EXPECT_FALSE(server.requests.at(2).has("Range"));
}

ASYNC_TEST(download_resume, another_size_or_place_than_asked_for_starts_again) {
  for (const std::string range : {"bytes 1000-99999/100001", "bytes 999-99999/100000", "bytes */100000",
                                  "bytes 1000-99999", "pages 1-2/3", "bytes 1000-5/100000", ""}) {
    served_file server;
    const scratch_folder folder;
    co_await break_off(server, folder);
    server.first_instead = head(206, 5, server.fields + "Content-Range: " + range + "\r\n") + "wrong";
    client c;
    co_await download(c, server.url(), folder.file("out"), resuming());
    EXPECT_EQ(read_file(folder.file("out")), server.content) << range;
  }
}

ASYNC_TEST(download_resume, a_server_that_sends_the_rest_in_pieces_is_asked_for_each) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  server.longest_range = 40'000;
  client c;
  const auto got = co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(got.attempts, 1U);
  EXPECT_EQ(server.requests.size(), 4U);
}

ASYNC_TEST(download_resume, a_range_that_is_longer_or_shorter_than_it_says_is_an_error) {
  for (const std::size_t length : {0U, 200'000U}) {
    served_file server;
    const scratch_folder folder;
    co_await break_off(server, folder);
    server.first_instead = head(206, length, server.fields + "Content-Range: bytes 1000-99999/100000\r\n") +
                           std::string(length, 'x');
    client c;
    const auto e = co_await error_of(download(c, server.url(), folder.file("out"), resuming()));
    EXPECT_EQ(e.code(), length == 0 ? errc::truncated : errc::bad_framing);
    co_await download(c, server.url(), folder.file("out"), resuming());
    EXPECT_EQ(read_file(folder.file("out")), server.content);
  }
}

ASYNC_TEST(download_resume, what_is_complete_already_is_confirmed_by_416) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  folder.write("out.part", server.content);
  client c;
  const auto got = co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(got.resumed_from, server.content.size());
  EXPECT_EQ(read_file(folder.file("out")), server.content);
  EXPECT_EQ(server.requests.size(), 2U);
  EXPECT_THAT(folder.names(), ElementsAre("out"));
}

ASYNC_TEST(download_resume, a_416_for_another_size_or_file_starts_again) {
  for (const std::string fields :
       {"Content-Range: bytes */500\r\n", "", "Content-Range: bytes */1000\r\nETag: \"two\"\r\n"}) {
    served_file server;
    const scratch_folder folder;
    co_await break_off(server, folder);
    server.first_instead = head(416, 0, fields);
    client c;
    co_await download(c, server.url(), folder.file("out"), resuming());
    EXPECT_EQ(read_file(folder.file("out")), server.content) << fields;
  }
}

ASYNC_TEST(download_resume, a_part_of_another_url_is_not_continued) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  client c;
  co_await download(c, server.url("/other"), folder.file("out"), resuming());
  EXPECT_FALSE(server.requests.at(1).has("Range"));
  EXPECT_EQ(read_file(folder.file("out")), server.content);
}

ASYNC_TEST(download_resume, a_part_of_another_url_survives_a_failure_to_connect) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  client c;
  const auto elsewhere = "http://127.0.0.1:" + std::to_string(test::closed_port()) + "/";
  co_await error_of(download(c, elsewhere, folder.file("out"), resuming()));
  EXPECT_THAT(folder.names(), ElementsAre("out.part", "out.part.info"));
  const auto got = co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(got.resumed_from, 1000U);
}

ASYNC_TEST(download_resume, a_part_without_info_or_with_a_broken_one_is_not_continued) {
  for (const std::string info : {"", "garbage\n", "bight download 1\nurl x\n"}) {
    served_file server;
    const scratch_folder folder;
    co_await break_off(server, folder);
    folder.write("out.part.info", info);
    client c;
    co_await download(c, server.url(), folder.file("out"), resuming());
    EXPECT_FALSE(server.requests.at(1).has("Range"));
    EXPECT_EQ(read_file(folder.file("out")), server.content);
  }
}

ASYNC_TEST(download_resume, a_part_longer_than_the_file_is_not_continued) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  folder.write("out.part", server.content + "more");
  client c;
  co_await download(c, server.url(), folder.file("out"), resuming());
  EXPECT_EQ(read_file(folder.file("out")), server.content);
}

ASYNC_TEST(download_resume, credentials_are_not_written_to_the_info_file) {
  served_file server;
  const scratch_folder folder;
  server.cuts = {1000};
  auto where = url{server.url()};
  EXPECT_TRUE(where.set_username("me") && where.set_password("secret"));
  client c;
  co_await error_of(download(c, where, folder.file("out"), resuming()));
  const auto info = read_file(folder.file("out.part.info"));
  EXPECT_THAT(info, HasSubstr("/dir/file.bin"));
  EXPECT_THAT(info, ::testing::Not(HasSubstr("secret")));
}

ASYNC_TEST(download_resume, in_a_directory_the_part_has_the_name_of_the_url) {
  served_file server;
  server.fields += "Content-Disposition: attachment; filename=named\r\n";
  server.cuts = {1000};
  const scratch_folder folder;
  client c;
  co_await error_of(download(c, server.url(), folder.path(), resuming()));
  EXPECT_THAT(folder.names(), ElementsAre("file.bin.part", "file.bin.part.info"));
  const auto got = co_await download(c, server.url(), folder.path(), resuming());
  EXPECT_EQ(got.resumed_from, 1000U);
  EXPECT_THAT(folder.names(), ElementsAre("named"));
}

ASYNC_TEST(download_resume, a_cancelled_download_is_kept) {
  std::string content = pattern(100'000);
  scripted_server server{[&](test::peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(head(200, content.size(), "ETag: \"x\"\r\n") + content.substr(0, 5000));
    co_await p.read_to_end();
  }};
  const scratch_folder folder;
  client c;
  std::uint64_t seen = 0;
  auto options = resuming();
  options.on_progress = [&](std::uint64_t received, std::optional<std::uint64_t>) { seen = received; };
  auto work = [&] { return download(c, server.url(), folder.file("out"), options); };
  auto loading = spawn(work);
  co_await test::until([&] { return seen == 5000; });
  loading.cancel();
  co_await loading.wait();
  EXPECT_TRUE(loading.cancelled());
  EXPECT_THAT(folder.names(), ElementsAre("out.part", "out.part.info"));
  EXPECT_EQ(read_file(folder.file("out.part")), content.substr(0, 5000));
}

ASYNC_TEST(download_resume, a_part_in_use_is_left_alone) {
  served_file server;
  const scratch_folder folder;
  co_await break_off(server, folder);
  const auto how = fs::updating;
  auto other = co_await fs::open(folder.file("out.part"), how);
  co_await other.lock();
  client c;
  const auto e = co_await error_of(download(c, server.url(), folder.file("out"), resuming()));
  EXPECT_EQ(e.code(), boost::system::errc::operation_would_block);
  EXPECT_THAT(e.what(), HasSubstr("out.part"));
  EXPECT_THAT(folder.names(), ElementsAre("out.part", "out.part.info"));
  EXPECT_THAT(server.requests, SizeIs(1));
}

// ---- names ---------------------------------------------------------------------------------------

std::string name_of(std::string_view disposition, const char* where = "http://a/dir/page?x=/y") {
  headers h;
  if (!disposition.empty()) h.append("Content-Disposition", disposition);
  return file_name_of(h, url{where});
}

TEST(file_name_of, is_that_of_content_disposition) {
  EXPECT_EQ(name_of("attachment; filename=plain.txt"), "plain.txt");
  EXPECT_EQ(name_of("attachment; filename=\"with space; and semicolon.txt\""),
            "with space; and semicolon.txt");
  EXPECT_EQ(name_of("inline;FileName=\"a \\\"quoted\\\" one\""), "a \"quoted\" one");
  EXPECT_EQ(name_of("attachment; filename=plain; filename*=UTF-8''na%C3%AFve"), "na\xc3\xafve");
  EXPECT_EQ(name_of("attachment; filename*=UTF-8'en'%e2%82%ac; filename=plain"), "\xe2\x82\xac");
  EXPECT_EQ(name_of("attachment; filename*=iso-8859-1''%e9t%e9"), "\xc3\xa9t\xc3\xa9");
  EXPECT_EQ(name_of("attachment; filename=\"\xe9t\xe9\""), "\xc3\xa9t\xc3\xa9") << "Latin-1 as it is";
  EXPECT_EQ(name_of("attachment; filename=100%25.txt"), "100%25.txt") << "not an escape (RFC 6266 D)";
}

TEST(file_name_of, ignores_what_is_malformed) {
  for (const auto* const value :
       {"attachment", "attachment; filename=", "attachment; filename*=UTF-8''%ff", "attachment; filename*=x",
        "attachment; filename*=koi8-r''x", "attachment; filename=\"..\"", "attachment; filename=/"})
    EXPECT_EQ(name_of(value), "page") << value;
  EXPECT_EQ(name_of("attachment; filename*=UTF-8''%ff; filename=plain"), "plain");
}

TEST(file_name_of, is_never_a_path) {
  EXPECT_EQ(name_of("attachment; filename=\"/etc/passwd\""), "passwd");
  EXPECT_EQ(name_of("attachment; filename=\"..\\\\..\\\\boot.ini\""), "boot.ini");
  EXPECT_EQ(name_of("attachment; filename*=UTF-8''..%2F..%2Fx"), "x");
  EXPECT_EQ(name_of("attachment; filename=\".bashrc\""), "bashrc");
  EXPECT_EQ(name_of("attachment; filename*=UTF-8''a%00b%1b%5b2J%c2%9b%0d%0a"), "ab[2J");
  EXPECT_EQ(name_of("attachment; filename=\"CON. . \""), "CON");
}

TEST(file_name_of, is_that_of_the_url_otherwise) {
  EXPECT_EQ(name_of(""), "page");
  EXPECT_EQ(name_of("", "http://a/"), "index.html");
  EXPECT_EQ(name_of("", "http://a/dir/"), "index.html");
  EXPECT_EQ(name_of("", "http://a/x%20y.tar.gz#part"), "x y.tar.gz");
  EXPECT_EQ(name_of("", "http://a/..%2f..%2fx"), "_.._x");
  EXPECT_EQ(name_of("", "http://a/%2e%2e%2e"), "index.html");
  EXPECT_EQ(file_name_of(url{"http://a/b.txt"}), "b.txt");
}

TEST(file_name_of, is_at_most_200_bytes_and_keeps_its_extension) {
  const auto name = name_of("attachment; filename=" + std::string(500, 'x') + ".tar");
  EXPECT_EQ(name.size(), 200U);
  EXPECT_TRUE(name.ends_with("x.tar"));
  std::string wide;
  for (int i = 0; i != 200; ++i) wide += "%e2%82%ac";
  const auto cut = name_of("attachment; filename*=UTF-8''" + wide);
  EXPECT_EQ(cut.size() % 3, 0U);
  EXPECT_LE(cut.size(), 200U);
}

// ---- a real server -------------------------------------------------------------------------------

std::string info_of(std::string_view url, std::string_view validator) {
  return "bight download 1\nurl " + std::string{url} + "\nvalidator " + std::string{validator} + "\n";
}

class download_nginx : public test::with_peers<nginx> {};

TEST_F(download_nginx, a_part_is_continued_and_a_changed_file_is_not) {
  const nginx server;
  const auto content = pattern(3'000'000);
  server.put("big.bin", content);
  const scratch_folder folder;
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    auto whole = co_await c.get(server.url("/big.bin"));
    const std::string tag{whole.headers().get("ETag").value_or("")};
    co_await whole.drain();
    folder.write("big.bin.part", content.substr(0, 1'234'567));
    folder.write("big.bin.part.info", info_of(server.url("/big.bin"), tag));
    const auto got = co_await download(c, server.url("/big.bin"), folder.path(), resuming());
    EXPECT_EQ(got.resumed_from, 1'234'567U);
    EXPECT_EQ(got.status, 206);
    EXPECT_TRUE(read_file(folder.file("big.bin")) == content);

    folder.write("big.bin.part", std::string(1000, 'x'));
    folder.write("big.bin.part.info", info_of(server.url("/big.bin"), "\"old\""));
    const auto again = co_await download(c, server.url("/big.bin"), folder.path(), resuming());
    EXPECT_EQ(again.resumed_from, 0U);
    EXPECT_EQ(again.status, 200);
    EXPECT_TRUE(read_file(folder.file("big.bin")) == content);
    EXPECT_THAT(folder.names(), ElementsAre("big.bin"));
  });
}

TEST_F(download_nginx, a_complete_part_is_confirmed) {
  const nginx server;
  server.put("file", "hello");
  const scratch_folder folder;
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    auto options = resuming();
    options.sha256 = hello_sha256;
    auto whole = co_await c.get(server.url("/file"));
    const std::string tag{whole.headers().get("ETag").value_or("")};
    co_await whole.drain();
    folder.write("out.part", "hello");
    folder.write("out.part.info", info_of(server.url("/file"), tag));
    const auto got = co_await download(c, server.url("/file"), folder.file("out"), options);
    EXPECT_EQ(got.status, 416);
    EXPECT_EQ(read_file(folder.file("out")), "hello");
  });
}

}  // namespace bight::http::download_test
