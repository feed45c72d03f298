// A form with files as a handler gets it: what is in it, where it is kept, and within which limits.
#include <bight/http/multipart_form.hpp>

#include <algorithm>
#include <bight/fs/backend.hpp>
#include <bight/http/error.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/server.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::http::multipart_form_test {

using boost::system::system_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view form_type = "multipart/form-data; boundary=B";
using request_ptr = std::unique_ptr<server_request>;

request_ptr request_with(std::string text, std::string_view type = form_type) {
  http::headers fields;
  fields.set("Content-Type", type);
  return std::make_unique<server_request>(method::post, "/", fields, body{std::move(text)});
}

std::string field(const std::string& name, const std::string& value) {
  return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}

std::string file(const std::string& name, const std::string& filename, const std::string& content,
                 const std::string& more = "") {
  return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + filename + "\"\r\n" +
         more + "\r\n" + content + "\r\n";
}

const std::string end = "--B--\r\n";

// "413 the form has ...", or "" if the form is read.
awaitable<std::string> refusal_of(std::string text, multipart_form_options options, std::string type) {
  const auto request = request_with(std::move(text), type);
  try {
    const auto form = co_await request->multipart(options);
    co_return std::string{};
  } catch (const problem& p) { co_return std::to_string(p.status().code()) + " " + p.detail(); }
}
awaitable<std::string> refusal(std::string text, multipart_form_options options = {}) {
  return refusal_of(std::move(text), std::move(options), std::string{form_type});
}

ASYNC_TEST(multipart_form, has_fields_and_files) {
  const auto request = request_with(
      field("title", "Summer") + file("photo", "beach.jpg", "JPEG", "Content-Type: image/jpeg\r\n") +
      field("tag", "sea") + field("tag", "") + file("notes", "a.txt", "text") + end);
  auto form = co_await request->multipart();
  EXPECT_EQ(form.fields().get("title"), "Summer");
  EXPECT_EQ(form.fields().get_all("tag"), (std::vector<std::string_view>{"sea", ""}));
  EXPECT_FALSE(form.fields().contains("photo"));
  CO_ASSERT_EQ(form.files().size(), 2U);
  auto* const photo = form.file("photo");
  CO_ASSERT_TRUE(photo);
  EXPECT_EQ(photo->name(), "photo");
  EXPECT_EQ(photo->filename(), "beach.jpg");
  EXPECT_EQ(photo->content_type(), "image/jpeg");
  EXPECT_EQ(photo->headers().get("Content-Type"), "image/jpeg");
  EXPECT_EQ(photo->size(), 4U);
  EXPECT_TRUE(photo->in_memory());
  const auto text = co_await photo->text();
  EXPECT_EQ(text, "JPEG");
  EXPECT_EQ(form.file("notes")->content_type(), "text/plain");
  EXPECT_EQ(form.file("other"), nullptr);
}

ASYNC_TEST(multipart_form, leaves_out_inputs_without_a_chosen_file) {
  const auto request = request_with(file("photo", "", "", "Content-Type: application/octet-stream\r\n") +
                                    file("empty", "empty.txt", "") + file("paste", "", "text") + end);
  auto form = co_await request->multipart();
  EXPECT_EQ(form.file("photo"), nullptr);
  CO_ASSERT_TRUE(form.file("empty"));
  EXPECT_EQ(form.file("empty")->size(), 0U);
  CO_ASSERT_TRUE(form.file("paste"));
  EXPECT_EQ(form.file("paste")->size(), 4U);
}

ASYNC_TEST(multipart_form, without_parts_is_empty) {
  const auto request = request_with(end);
  auto form = co_await request->multipart();
  EXPECT_TRUE(form.fields().empty());
  EXPECT_THAT(form.files(), IsEmpty());
}

ASYNC_TEST(multipart_form, keeps_files_in_memory_up_to_a_total) {
  const auto request =
      request_with(file("a", "a", std::string(600, 'a')) + file("b", "b", std::string(600, 'b')) +
                   file("c", "c", std::string(400, 'c')) + end);
  multipart_form_options options;
  options.max_in_memory = 1000;
  auto form = co_await request->multipart(options);
  EXPECT_TRUE(form.file("a")->in_memory());
  EXPECT_FALSE(form.file("b")->in_memory());
  EXPECT_TRUE(form.file("c")->in_memory());
  for (const auto* const name : {"a", "b", "c"}) {
    const auto text = co_await form.file(name)->text();
    EXPECT_EQ(text, std::string(form.file(name)->size(), name[0]));
  }
}

ASYNC_TEST(multipart_form, temporary_files_have_no_name_and_are_in_the_directory_of_the_options) {
  const test::scratch_folder folder;
  const auto request = request_with(file("a", "a", std::string(5000, 'a')) + end);
  multipart_form_options options;
  options.max_in_memory = 0;
  options.directory = folder.path();
  auto form = co_await request->multipart(options);
  EXPECT_FALSE(form.file("a")->in_memory());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  options.directory = folder.file("none");
  const auto other = request_with(file("a", "a", "text") + end);
  boost::system::error_code error;
  try {
    auto never = co_await other->multipart(options);
  } catch (const system_error& e) {
    error = e.code();
    EXPECT_THAT(e.what(), HasSubstr(folder.file("none")));
  }
  EXPECT_EQ(error.value(), ENOENT) << "a fault of the server, not of the client";
}

ASYNC_TEST(multipart_form, files_are_saved_complete_and_replace_nothing_if_told_so) {
  const test::scratch_folder folder;
  for (const std::size_t in_memory : {0U, 100'000U}) {
    const auto request = request_with(file("a", "a", std::string(50'000, 'a')) + file("b", "b", "b") + end);
    multipart_form_options options;
    options.max_in_memory = in_memory;
    options.directory = folder.path();
    auto form = co_await request->multipart(options);
    const auto target = folder.file("saved" + std::to_string(in_memory));
    co_await form.file("a")->save_to(target);
    EXPECT_EQ(std::filesystem::file_size(target), 50'000U);
    const fs::publish_options keep{.replace = false};
    int error = 0;
    try {
      co_await form.file("b")->save_to(target, keep);
    } catch (const system_error& e) { error = e.code().value(); }
    EXPECT_EQ(error, EEXIST);
    EXPECT_EQ(std::filesystem::file_size(target), 50'000U);
    const auto text = co_await form.file("b")->text();
    EXPECT_EQ(text, "b") << "still there";
  }
}

ASYNC_TEST(multipart_form, files_are_sources_of_bytes) {
  const auto request = request_with(file("a", "a", "first\nsecond\n") + end);
  auto form = co_await request->multipart();
  auto source = form.file("a")->reader();
  bight::reader lines{source};
  const auto first = co_await lines.read_line();
  EXPECT_EQ(first, "first");
  const auto second = co_await lines.read_line();
  EXPECT_EQ(second, "second");
  bool refused = false;
  try {
    const auto text = co_await form.file("a")->text(5);
  } catch (const system_error& e) { refused = e.code() == errc::body_too_large; }
  EXPECT_TRUE(refused);
}

// CVE-2023-24816 and many like it: the file name becomes a path.
ASYNC_TEST(multipart_form, names_are_data_and_never_paths) {
  struct row {
    std::string sent;
    std::string safe;
  };
  const std::vector<row> rows{{"../../etc/passwd", "passwd"},
                              {"/etc/passwd", "passwd"},
                              {"C:\\Users\\me\\photo.jpg", "photo.jpg"},
                              {"..", ""},
                              {".", ""},
                              {"a/", ""},
                              {".htaccess", "htaccess"},
                              {"...\\..", ""},
                              {" x ", "x"},
                              {"a\tb.txt", "ab.txt"},
                              {"\xc3\xa4.txt", "\xc3\xa4.txt"},
                              {"\xff.txt", "txt"},
                              {std::string(300, 'n') + ".jpeg", std::string(195, 'n') + ".jpeg"}};
  for (const auto& r : rows) {
    const auto request = request_with(file(r.sent, r.sent, "x") + end);
    auto form = co_await request->multipart();
    CO_ASSERT_EQ(form.files().size(), 1U);
    EXPECT_EQ(form.files()[0].filename(), r.sent);
    EXPECT_EQ(form.files()[0].name(), r.sent);
    EXPECT_EQ(form.files()[0].safe_filename(), r.safe) << r.sent;
  }
}

ASYNC_TEST(multipart_form, has_limits) {
  std::string fields;
  std::string files;
  for (int i = 0; i != 3; ++i) {
    fields += field(std::to_string(i), "12345");
    files += file(std::to_string(i), "name", "12345");
  }
  multipart_form_options options;
  options.max_fields = 2;
  const auto many = co_await refusal(fields + end, options);
  EXPECT_EQ(many, "413 the form has too many fields, limit 2");
  const auto other_kind = co_await refusal(files + end, options);
  EXPECT_EQ(other_kind, "");
  options = {};
  options.max_files = 2;
  const auto many_files = co_await refusal(files + end, options);
  EXPECT_EQ(many_files, "413 the form has too many files, limit 2");
  options = {};
  options.max_fields_size = 3 * 6;
  const auto enough = co_await refusal(fields + end, options);
  EXPECT_EQ(enough, "");
  options.max_fields_size = 3 * 6 - 1;
  const auto large = co_await refusal(fields + end, options);
  EXPECT_EQ(large, "413 the form has fields that are too large, limit 17");
  options = {};
  options.max_file_size = 5;
  const auto small = co_await refusal(files + end, options);
  EXPECT_EQ(small, "");
  options.max_file_size = 4;
  const auto large_file = co_await refusal(files + end, options);
  EXPECT_EQ(large_file, "413 the form has a file that is too large, limit 4");
  options = {};
  options.max_name = 4;
  const auto name = co_await refusal(files + end, options);
  EXPECT_EQ(name, "");
  options.max_name = 3;
  const auto long_name = co_await refusal(files + end, options);
  EXPECT_EQ(long_name, "400 the form has a name that is too long, limit 3");
  options = {};
  options.max_header_bytes = 100;
  const auto head =
      co_await refusal(file("a", "b", "", "X: " + std::string(100, 'x') + "\r\n") + end, options);
  EXPECT_EQ(head, "400 the fields of a part are too large");
}

ASYNC_TEST(multipart_form, that_is_malformed_is_the_fault_of_the_client) {
  const multipart_form_options options;
  const auto cut_off = co_await refusal(field("a", "b"));
  EXPECT_EQ(cut_off, "400 the body ends before its last boundary");
  const auto nameless = co_await refusal("--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + end);
  EXPECT_EQ(nameless, "400 a part has no name");
  const auto empty = co_await refusal("");
  EXPECT_EQ(empty, "400 the body ends before its last boundary");
  const auto json = co_await refusal_of("json", options, "application/json");
  EXPECT_THAT(json, HasSubstr("415 expected a form with files"));
  EXPECT_THAT(json, HasSubstr("application/json"));
  const auto none = co_await refusal_of("x", options, "multipart/form-data");
  EXPECT_THAT(none, HasSubstr("400 Content-Type 'multipart/form-data' has no valid boundary"));
  const auto mixed = co_await refusal_of("x", options, "multipart/mixed; boundary=B");
  EXPECT_THAT(mixed, HasSubstr("415 "));
}

// Part by part: errors are problems there, too.
ASYNC_TEST(multipart_reader, of_a_request_throws_problems) {
  const auto request = request_with(field("a", "value") + file("b", "b", "more"));
  const multipart_limits limits{.max_part_size = 5};
  multipart_reader form{*request, limits};
  auto* part = co_await form.next();
  CO_ASSERT_TRUE(part);
  int code = 0;
  try {
    const auto text = co_await part->text(4);
  } catch (const problem& p) { code = p.status().code(); }
  EXPECT_EQ(code, 413);
  part = co_await form.next();
  CO_ASSERT_TRUE(part);
  EXPECT_EQ(part->filename(), "b");
  code = 0;
  try {
    part = co_await form.next();
  } catch (const problem& p) { code = p.status().code(); }
  EXPECT_EQ(code, 400) << "cut off";
}

awaitable<server_response> count(server_request& request) {
  auto form = co_await request.multipart();
  std::string text = std::to_string(form.fields().size()) + " fields";
  for (const auto& f : form.files()) text += ", " + f.filename() + " " + std::to_string(f.size());
  co_return server_response{200, text};
}

std::string post(const std::string& body, const std::string& more = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

ASYNC_TEST(multipart_form, arrives_over_a_connection_however_it_is_split) {
  const auto text = post(field("a", "b") + file("f", "f.bin", std::string("\0\r\n--\r\n--A\r\n", 12)) + end);
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    test::served s{count};
    co_await s.send(text.substr(0, cut));
    co_await yield();
    const auto answer = co_await s.ask(text.substr(cut));
    EXPECT_EQ(answer.body, "1 fields, f.bin 12") << cut;
  }
}

ASYNC_TEST(multipart_form, is_limited_by_the_body_of_the_server) {
  server_options options;
  options.limits.max_body = 1000;
  test::served s{count, options};
  const auto large = co_await s.ask(post(file("f", "f", std::string(2000, 'x')) + end));
  EXPECT_EQ(large.status(), 413);
  test::served other{count, options};
  const auto bad = co_await other.ask(post(field("a", "b")));
  EXPECT_EQ(bad.status(), 400);
  EXPECT_THAT(bad.body, HasSubstr("the body ends before its last boundary"));
  const auto next = co_await other.ask(post(field("a", "b") + end));
  EXPECT_EQ(next.body, "1 fields") << "the connection is kept";
}

}  // namespace bight::http::multipart_form_test
