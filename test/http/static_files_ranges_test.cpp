// Parts of files (RFC 9110 14): one, several, none, and those of a file that has changed (13.1.5).
#include <bight/http/static_files.hpp>

#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::http::static_files_ranges_test {

using test::raw_message;
using test::served;

constexpr std::size_t size = 1000;

// "0000 0005 0010 ...": each byte says where it is.
std::string numbers(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    auto number = std::to_string(text.size());
    text += std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number + ' ';
  }
  text.resize(bytes);
  return text;
}

class site {
 public:
  site() {
    const std::filesystem::path file = folder_.write("numbers.txt", numbers(size));
    folder_.write("empty.txt", "");
    const auto modified = std::chrono::sys_seconds{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}};
    std::filesystem::last_write_time(file, std::chrono::file_clock::from_sys(modified));
  }
  const std::string& path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  const test::scratch_folder& folder() const { return folder_; }

 private:
  test::scratch_folder folder_;
};

std::string get(const std::string& target, const std::string& more = "", const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

ASYNC_TEST(static_files_ranges, one_range_is_206_with_its_bytes) {
  const site f;
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/numbers.txt"));
  EXPECT_EQ(whole.field("Accept-Ranges"), "bytes");
  const auto part = co_await s.ask(get("/numbers.txt", "Range: bytes=100-119\r\n"));
  EXPECT_EQ(part.start_line(), "HTTP/1.1 206 Partial Content");
  EXPECT_EQ(part.body, "0100 0105 0110 0115 ");
  EXPECT_EQ(part.field("Content-Range"), "bytes 100-119/1000");
  EXPECT_EQ(part.field("Content-Length"), "20");
  for (const auto* const same :
       {"ETag", "Last-Modified", "Content-Type", "Accept-Ranges", "X-Content-Type-Options"})
    EXPECT_EQ(part.field(same), whole.field(same)) << same;
  const auto end = co_await s.ask(get("/numbers.txt", "Range: bytes=-5\r\n"));
  EXPECT_EQ(end.body, "0995 ");
  const auto rest = co_await s.ask(get("/numbers.txt", "Range: bytes=0-\r\n"));
  EXPECT_EQ(rest.status(), 206) << "what players ask for first";
  EXPECT_EQ(rest.body, numbers(size));
}

ASYNC_TEST(static_files_ranges, that_do_not_exist_are_416_with_the_size) {
  const site f;
  served s{static_files{f.path()}};
  const auto none = co_await s.ask(get("/numbers.txt", "Range: bytes=1000-\r\n"));
  EXPECT_EQ(none.start_line(), "HTTP/1.1 416 Range Not Satisfiable");
  EXPECT_EQ(none.field("Content-Range"), "bytes */1000");
  EXPECT_FALSE(none.has("ETag"));
  const auto empty = co_await s.ask(get("/empty.txt", "Range: bytes=0-\r\n"));
  EXPECT_EQ(empty.status(), 200);
  EXPECT_EQ(empty.body, "");
}

// Reads a multipart/byteranges body: "[content range|content type]bytes" for each part.
std::string read_parts(const raw_message& m) {
  const auto type = m.field("Content-Type");
  constexpr std::string_view prefix = "multipart/byteranges; boundary=";
  if (!type.starts_with(prefix)) return "no multipart: " + type;
  const auto delimiter = "--" + type.substr(prefix.size());
  std::string out;
  std::string_view rest = m.body;
  while (true) {
    if (!rest.starts_with(delimiter)) return out + "(no boundary)";
    rest.remove_prefix(delimiter.size());
    if (rest == "--\r\n") return out;
    const auto head_end = rest.find("\r\n\r\n");
    const auto end = rest.find("\r\n" + delimiter, head_end);
    if (end == rest.npos) return out + "(no end)";
    const raw_message part{std::string{rest.substr(0, head_end + 4)}, ""};
    out += "[" + part.field("Content-Range") + "|" + part.field("Content-Type") + "]";
    out += rest.substr(head_end + 4, end - head_end - 4);
    rest.remove_prefix(end + 2);
  }
}

ASYNC_TEST(static_files_ranges, several_are_parts_of_one_body) {
  const site f;
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/numbers.txt"));
  const auto several = co_await s.ask(get("/numbers.txt", "Range: bytes=500-509, 0-4, -5\r\n"));
  EXPECT_EQ(several.start_line(), "HTTP/1.1 206 Partial Content");
  EXPECT_EQ(read_parts(several),
            "[bytes 500-509/1000|text/plain; charset=utf-8]0500 0505 "
            "[bytes 0-4/1000|text/plain; charset=utf-8]0000 "
            "[bytes 995-999/1000|text/plain; charset=utf-8]0995 ");
  EXPECT_EQ(several.field("Content-Length"), std::to_string(several.body.size()));
  EXPECT_FALSE(several.has("Content-Range")) << "RFC 9110 15.3.7.2: only in the parts";
  EXPECT_EQ(several.field("ETag"), whole.field("ETag"));
  const auto again = co_await s.ask(get("/numbers.txt", "Range: bytes=500-509, 0-4, -5\r\n"));
  EXPECT_NE(again.field("Content-Type"), several.field("Content-Type")) << "nobody can guess the boundary";
}

ASYNC_TEST(static_files_ranges, several_that_become_one_are_no_multipart) {
  const site f;
  served s{static_files{f.path()}};
  for (const auto* const range : {"bytes=0-9,10-19", "bytes=0-9,1000-,5-19", "bytes=10-19,0-4"}) {
    const auto one = co_await s.ask(get("/numbers.txt", "Range: " + std::string{range} + "\r\n"));
    EXPECT_EQ(one.field("Content-Range"), "bytes 0-19/1000") << range;
    EXPECT_EQ(one.body, "0000 0005 0010 0015 ") << range;
  }
}

ASYNC_TEST(static_files_ranges, large_parts_arrive_whole_through_a_small_pipe) {
  const site f;
  const auto text = numbers(500'000);
  f.folder().write("large.txt", text);
  served s{static_files{f.path()}, {}, {.capacity = 1000}};
  const auto several = co_await s.ask(get("/large.txt", "Range: bytes=0-199999,300000-\r\n"));
  EXPECT_EQ(read_parts(several),
            "[bytes 0-199999/500000|text/plain; charset=utf-8]" + text.substr(0, 200'000) +
                "[bytes 300000-499999/500000|text/plain; charset=utf-8]" + text.substr(300'000));
}

ASYNC_TEST(static_files_ranges, a_file_that_shrinks_under_several_ends_the_connection) {
  const site f;
  f.folder().write("large.bin", std::string(500'000, 'x'));
  served s{static_files{f.path()}, {}, {.capacity = 1000}};
  co_await s.send(get("/large.bin", "Range: bytes=0-199999,300000-\r\n") + get("/numbers.txt"));
  co_await sleep(std::chrono::seconds{1});  // the pipe is full
  std::filesystem::resize_file(f.file("large.bin"), 250'000);
  const auto all = co_await s.client.read_to_end();
  EXPECT_EQ(all.find("0000 0005"), all.npos) << "nothing may follow what was promised to be file";
  EXPECT_EQ(all.find("--\r\n", all.size() - 10), all.npos) << "and no boundary may end it";
}

ASYNC_TEST(static_files_ranges, too_many_are_answered_with_the_file) {
  const site f;
  std::string many = "Range: bytes=";
  for (int i = 0; i != 17; ++i) many += std::to_string(i) + "-" + std::to_string(i) + ",";
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/numbers.txt", many + "\r\n"));
  EXPECT_EQ(whole.status(), 200);
  EXPECT_EQ(whole.body, numbers(size));
  static_files_options options;
  options.max_ranges = 1;
  served one{static_files{f.path(), options}};
  const auto two = co_await one.ask(get("/numbers.txt", "Range: bytes=0-1,500-501\r\n"));
  EXPECT_EQ(two.status(), 200);
  options.max_ranges = 0;
  served none{static_files{f.path(), options}};
  const auto off = co_await none.ask(get("/numbers.txt", "Range: bytes=0-1\r\n"));
  EXPECT_EQ(off.status(), 200);
  EXPECT_FALSE(off.has("Accept-Ranges"));
}

ASYNC_TEST(static_files_ranges, of_head_and_of_repeated_fields_are_ignored) {
  const site f;
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/numbers.txt"));
  co_await s.send(get("/numbers.txt", "Range: bytes=0-1\r\n", "HEAD"));
  const auto head = co_await s.answer(true);
  EXPECT_EQ(head.start_line(), "HTTP/1.1 200 OK") << "RFC 9110 14.2: for GET alone";
  for (const auto* const same : {"Content-Length", "ETag", "Last-Modified", "Content-Type", "Accept-Ranges"})
    EXPECT_EQ(head.field(same), whole.field(same)) << same;
  const auto twice = co_await s.ask(get("/numbers.txt", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n"));
  EXPECT_EQ(twice.status(), 200);
}

// RFC 9110 13.1.5: a strong comparison of tags, the very date, and everything else is another representation.
ASYNC_TEST(static_files_ranges, if_range_asks_for_the_whole_of_a_file_that_has_changed) {
  const site f;
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/numbers.txt"));
  const auto tag = whole.field("ETag");
  struct row {
    std::string fields;
    int status;
  };
  const std::string date = "Thu, 29 Feb 2024 00:00:00 GMT";
  const std::vector<row> rows{{"If-Range: " + tag + "\r\n", 206},
                              {"If-Range: " + date + "\r\n", 206},
                              {"If-Range: Thursday, 29-Feb-24 00:00:00 GMT\r\n", 206},
                              {"If-Range: W/" + tag + "\r\n", 200},
                              {"If-Range: \"other\"\r\n", 200},
                              {"If-Range: " + tag + ", \"other\"\r\n", 200},
                              {"If-Range: *\r\n", 200},
                              {"If-Range: \r\n", 200},
                              {"If-Range: " + tag.substr(1) + "\r\n", 200},
                              {"If-Range: Thu, 29 Feb 2024 00:00:01 GMT\r\n", 200},
                              {"If-Range: Wed, 28 Feb 2024 23:59:59 GMT\r\n", 200},
                              {"If-Range: nonsense\r\n", 200},
                              {"If-Range: " + tag + "\r\nIf-Range: " + tag + "\r\n", 200}};
  for (const auto& r : rows) {
    const auto answer = co_await s.ask(get("/numbers.txt", "Range: bytes=0-4\r\n" + r.fields));
    EXPECT_EQ(answer.status(), r.status) << r.fields;
    EXPECT_EQ(answer.body, r.status == 206 ? "0000 " : numbers(size)) << r.fields;
    const auto unasked = co_await s.ask(get("/numbers.txt", r.fields));
    EXPECT_EQ(unasked.status(), 200) << "without Range it counts for nothing: " << r.fields;
  }
  const auto beyond = co_await s.ask(get("/numbers.txt", "Range: bytes=5000-\r\nIf-Range: \"other\"\r\n"));
  EXPECT_EQ(beyond.status(), 200) << "a range of another representation cannot be unsatisfiable";
}

// A date with the precision of a second says nothing about a file that changes within that second.
ASYNC_TEST(static_files_ranges, the_date_of_this_very_second_is_no_strong_validator) {
  const site f;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  f.folder().write("fresh.txt", numbers(size));
  std::filesystem::last_write_time(f.file("fresh.txt"),
                                   std::chrono::file_clock::from_sys(now + std::chrono::hours{1}));
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/fresh.txt"));
  const auto asked = "Range: bytes=0-4\r\nIf-Range: " + whole.field("Last-Modified") + "\r\n";
  const auto answer = co_await s.ask(get("/fresh.txt", asked));
  EXPECT_EQ(answer.status(), 200);
}

ASYNC_TEST(static_files_ranges, come_after_the_other_conditions) {
  const site f;
  served s{static_files{f.path()}};
  const auto whole = co_await s.ask(get("/numbers.txt"));
  const auto tag = whole.field("ETag");
  co_await s.send(get("/numbers.txt", "Range: bytes=0-4\r\nIf-None-Match: " + tag + "\r\n"));
  const auto same = co_await s.answer(true);
  EXPECT_EQ(same.status(), 304);
  const auto failed = co_await s.ask(get("/numbers.txt", "Range: bytes=0-4\r\nIf-Match: \"x\"\r\n"));
  EXPECT_EQ(failed.status(), 412);
  const auto good = co_await s.ask(get("/numbers.txt", "Range: bytes=0-4\r\nIf-Match: " + tag + "\r\n"));
  EXPECT_EQ(good.status(), 206);
}

}  // namespace bight::http::static_files_ranges_test
