// multipart: what is sent, and multipart_reader: what is read, within which limits.
#include <bight/http/multipart.hpp>

#include <algorithm>
#include <array>
#include <bight/core/sleep.hpp>
#include <bight/fs/temporary.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::multipart_test {

using boost::system::system_error;

constexpr std::string_view form_type = "multipart/form-data; boundary=B";

// Gives a text in pieces of a few bytes.
class pieces final : public byte_source {
 public:
  explicit pieces(std::string text, std::size_t size = 3) : text_(std::move(text)), size_(size) {}
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    co_await yield();
    const auto n = std::min({buffer.size(), text_.size() - at_, size_});
    std::memcpy(buffer.data(), text_.data() + at_, n);
    at_ += n;
    co_return n;
  }

 private:
  std::string text_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// What is wrong with a body; empty if nothing is.
awaitable<std::string> error_of(std::string text, multipart_limits limits = {},
                                std::string type = "multipart/form-data; boundary=B") {
  try {
    pieces source{std::move(text)};
    multipart_reader form{source, type, limits};
    const multipart_part* part = co_await form.next();
    while (part) part = co_await form.next();
  } catch (const system_error& e) { co_return e.what(); }
  co_return std::string{};
}

std::string one_part(const std::string& content,
                     const std::string& fields = "Content-Disposition: form-data; name=\"a\"") {
  return "--B\r\n" + fields + "\r\n\r\n" + content + "\r\n--B--\r\n";
}

// As aiohttp, older urllib3 and .NET send names beyond ASCII.
ASYNC_TEST(multipart_reader, names_may_be_extended_values) {
  struct row {
    std::string_view parameters;
    std::string_view name;
    std::optional<std::string> filename;
  };
  const std::array rows{row{"name=a; filename*=UTF-8''na%C3%AFve.txt", "a", "na\xc3\xafve.txt"},
                        row{"name=a; filename*=\"utf-8''na%C3%AFve.txt\"", "a", "na\xc3\xafve.txt"},
                        row{"name=a; filename=plain; filename*=iso-8859-1''%e9", "a", "\xc3\xa9"},
                        row{"name=a; filename=plain; filename*=koi8-r''x", "a", "plain"},
                        row{"name*=utf-8''%c3%a9", "\xc3\xa9", std::nullopt},
                        row{"name=a; filename*=x", "a", std::nullopt}};
  for (const auto& r : rows) {
    pieces source{one_part("x", "Content-Disposition: form-data; " + std::string{r.parameters})};
    multipart_reader form{source, form_type};
    const multipart_part* const part = co_await form.next();
    CO_ASSERT_TRUE(part);
    EXPECT_EQ(part->name(), r.name) << r.parameters;
    EXPECT_EQ(part->filename(), r.filename) << r.parameters;
  }
}

ASYNC_TEST(multipart, fields_and_parts_are_sent_in_order) {
  multipart form{"B"};
  form.field("title", "Summer").part("data", body{"{}"}, "data.json", "application/json");
  form.part("plain", body{"x"}, {}, "text/x");
  EXPECT_EQ(form.content_type(), "multipart/form-data; boundary=B");
  EXPECT_TRUE(form.replayable());
  const auto size = form.size();
  body b = form.take_body();
  const auto text = co_await b.collect();
  EXPECT_EQ(text,
            "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nSummer\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"data\"; filename=\"data.json\"\r\n"
            "Content-Type: application/json\r\n\r\n{}\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"plain\"\r\nContent-Type: text/x\r\n\r\nx\r\n"
            "--B--\r\n");
  EXPECT_EQ(size, text.size());
  EXPECT_EQ(b.size(), text.size());
  EXPECT_TRUE(b.rewind());
  const auto again = co_await b.collect();
  EXPECT_EQ(again, text);
}

ASYNC_TEST(multipart, without_parts_is_only_the_closing_boundary) {
  multipart form{"B"};
  body b = form.take_body();
  const auto text = co_await b.collect();
  EXPECT_EQ(text, "--B--\r\n");
  EXPECT_EQ(b.size(), 7U);
}

TEST(multipart, boundaries_are_random) {
  std::set<std::string> seen;
  for (int i = 0; i != 100; ++i) {
    const multipart form;
    EXPECT_LE(form.boundary().size(), 70U);
    EXPECT_TRUE(is_token(form.boundary()));
    seen.insert(form.boundary());
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(multipart, boundaries_are_checked_and_quoted) {
  EXPECT_EQ(multipart{"a b"}.content_type(), "multipart/form-data; boundary=\"a b\"");
  for (const auto* bad : {"", "a\r\nb", "a\"b", "a ", "a;b"})
    EXPECT_THROW(multipart{bad}, system_error) << bad;
  EXPECT_THROW(multipart{std::string(71, 'b')}, system_error);
}

ASYNC_TEST(multipart, names_and_file_names_are_escaped) {
  multipart form{"B"};
  form.part("a\"\r\nX: y", body{""}, "\xc3\xbc\"\\%22.txt");
  body b = form.take_body();
  const auto text = co_await b.collect();
  EXPECT_NE(text.find("name=\"a%22%0D%0AX: y\"; filename=\"\xc3\xbc%22\\%22.txt\"\r\n\r\n"), text.npos)
      << text;
  EXPECT_THROW(form.field(std::string_view{"a\0b", 3}, ""), system_error);
  EXPECT_THROW(form.part("a", body{}, "f", "text/plain\r\nX: y"), system_error);
}

ASYNC_TEST(multipart, files_are_streamed_and_can_be_sent_again) {
  const auto folder = co_await fs::make_temporary_directory();
  const auto path = folder.path() / "photo.png";
  const std::string content(200'000, 'x');
  co_await fs::write_file(path, content);
  multipart form{"B"};
  form.file("photo", path).file("again", path, "other.name", "application/x");
  EXPECT_TRUE(form.replayable());
  body b = form.take_body();
  EXPECT_TRUE(b.replayable());
  const auto first = co_await b.collect();
  EXPECT_EQ(b.size(), first.size());
  EXPECT_NE(first.find("filename=\"photo.png\"\r\nContent-Type: image/png\r\n\r\n" + content + "\r\n--B"),
            first.npos);
  EXPECT_NE(first.find("filename=\"other.name\"\r\nContent-Type: application/x\r\n"), first.npos);
  EXPECT_TRUE(b.rewind());
  const auto second = co_await b.collect();
  EXPECT_EQ(first, second);
}

ASYNC_TEST(multipart, a_file_that_has_shrunk_is_an_error_and_one_that_has_grown_is_not) {
  const auto folder = co_await fs::make_temporary_directory();
  const auto path = folder.path() / "a.txt";
  co_await fs::write_file(path, std::string_view{"12345"});
  multipart form{"B"};
  form.file("a", path);
  body b = form.take_body();
  co_await fs::write_file(path, std::string_view{"1234567"});
  const auto text = co_await b.collect();
  EXPECT_EQ(text.size(), b.size());
  co_await fs::write_file(path, std::string_view{"123"});
  EXPECT_TRUE(b.rewind());
  std::string error;
  try {
    const auto short_text = co_await b.collect();
  } catch (const system_error& e) { error = e.what(); }
  EXPECT_NE(error.find("a.txt"), error.npos) << error;
}

TEST(multipart, files_that_cannot_be_sent_are_refused_at_once) {
  multipart form;
  EXPECT_THROW(form.file("a", "/nowhere/file"), system_error);
  EXPECT_THROW(form.file("a", "/tmp"), system_error);
  EXPECT_THROW(form.file("a", "/dev/null"), system_error);
}

ASYNC_TEST(multipart, streams_of_unknown_size_are_sent_once) {
  multipart form{"B"};
  form.part("s", body::produce([](body_writer& out) -> awaitable<void> { co_await out.write("streamed"); }));
  EXPECT_FALSE(form.size());
  EXPECT_FALSE(form.replayable());
  body b = form.take_body();
  EXPECT_FALSE(b.size() || b.replayable());
  const auto text = co_await b.collect();
  EXPECT_NE(text.find("\r\n\r\nstreamed\r\n--B--"), text.npos);
}

ASYNC_TEST(multipart_reader, reads_what_multipart_sends) {
  multipart sent;
  sent.field("a\"\r\n", "1")
      .field("", "")
      .part("f", body{"\r\n--" + sent.boundary() + "x\r\n-"}, "C:\\x\"y.txt", "text/x");
  const std::string type = sent.content_type();
  body b = sent.take_body();
  const auto text = co_await b.collect();
  for (std::size_t size = 1; size < 80; ++size) {
    pieces source{text, size};
    multipart_reader form{source, type};
    multipart_part* part = co_await form.next();
    CO_ASSERT_TRUE(part);
    EXPECT_EQ(part->name(), "a\"\r\n");
    EXPECT_FALSE(part->filename());
    EXPECT_EQ(part->content_type(), "text/plain");
    const auto first = co_await part->text();
    EXPECT_EQ(first, "1");
    part = co_await form.next();
    CO_ASSERT_TRUE(part);
    const auto empty = co_await part->text();
    EXPECT_EQ(empty, "");
    part = co_await form.next();
    CO_ASSERT_TRUE(part);
    EXPECT_EQ(part->filename(), "C:\\x\"y.txt");
    EXPECT_EQ(part->content_type(), "text/x");
    EXPECT_EQ(part->headers().size(), 2U);
    const auto last = co_await part->text();
    EXPECT_EQ(last, "\r\n--" + sent.boundary() + "x\r\n-") << size;
    part = co_await form.next();
    EXPECT_FALSE(part);
    part = co_await form.next();
    EXPECT_FALSE(part);
  }
}

ASYNC_TEST(multipart_reader, ignores_preamble_padding_and_epilogue) {
  pieces source{
      "preamble\r\n--Bx\r\n--B \t\r\nContent-Disposition: form-data; "
      "name=a\r\n\r\n1\r\n--B--epilogue\r\n--B\r\n"};
  multipart_reader form{source, form_type};
  multipart_part* part = co_await form.next();
  CO_ASSERT_TRUE(part);
  EXPECT_EQ(part->name(), "a");
  const auto text = co_await part->text();
  EXPECT_EQ(text, "1");
  part = co_await form.next();
  EXPECT_FALSE(part);
}

ASYNC_TEST(multipart_reader, skips_what_was_not_read) {
  pieces source{"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n" + std::string(50'000, 'x') +
                    "\r\n--B\r\ncontent-disposition: FORM-DATA; Name=\"b\"\r\n\r\n2\r\n--B--",
                1000};
  multipart_reader form{source, form_type};
  multipart_part* part = co_await form.next();
  CO_ASSERT_TRUE(part);
  std::array<std::byte, 10> some{};
  const auto n = co_await part->read_some(some);
  EXPECT_GT(n, 0U);
  part = co_await form.next();
  CO_ASSERT_TRUE(part);
  EXPECT_EQ(part->name(), "b");
}

TEST(multipart_reader, needs_the_type_and_a_boundary) {
  pieces source{""};
  for (const char* type : {"", "text/plain", "multipart/form-data", "multipart/mixed; boundary=B",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"B",
                           "multipart/form-data; boundary=a\"b"})
    EXPECT_THROW(multipart_reader(source, std::string_view{type}), system_error) << type;
  EXPECT_THROW(multipart_reader(source, "multipart/form-data; boundary=" + std::string(71, 'b')),
               system_error);
  EXPECT_NO_THROW(
      multipart_reader(source, std::string_view{"Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""}));
  headers fields{{"Content-Type", form_type}};
  EXPECT_NO_THROW(multipart_reader(source, fields));
}

ASYNC_TEST(multipart_reader, truncated_bodies_are_errors) {
  const std::string whole = one_part("text");
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    const auto error = co_await error_of(whole.substr(0, size));
    EXPECT_NE(error.find("before its last boundary"), error.npos) << size << error;
  }
  const auto none = co_await error_of(whole.substr(0, whole.size() - 2));
  EXPECT_EQ(none, "");
}

ASYNC_TEST(multipart_reader, malformed_parts_are_errors) {
  for (const char* fields :
       {"X: y", "Content-Disposition: attachment; name=a", "Content-Disposition: form-data",
        "Content-Disposition: form-data; filename=a", "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=a; name=b",
        "Content-Disposition: form-data; name=a\r\n folded: x",
        "Content-Disposition: form-data; name=a\r\nno colon", "Content-Disposition : form-data; name=a",
        "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
        "Content-Disposition: form-data; name=a\r\nX: \x01"}) {
    const auto error = co_await error_of(one_part("x", fields));
    EXPECT_NE(error, "") << fields;
  }
  const auto empty = co_await error_of("--B\r\n\r\nx\r\n--B--\r\n");
  EXPECT_NE(empty.find("no name"), empty.npos);
}

ASYNC_TEST(multipart_reader, limits) {
  multipart_limits limits;
  limits.max_parts = 1;
  limits.max_header_bytes = 60;
  limits.max_part_size = 5;
  const auto fits = co_await error_of(one_part("12345"), limits);
  EXPECT_EQ(fits, "");
  const auto size = co_await error_of(one_part("123456"), limits);
  EXPECT_NE(size.find("a part is too large"), size.npos);
  const auto fields =
      co_await error_of(one_part("", "Content-Disposition: form-data; name=" + std::string(60, 'a')), limits);
  EXPECT_NE(fields.find("fields of a part"), fields.npos);
  const auto endless = co_await error_of("--B\r\n" + std::string(100, 'a'), limits);
  EXPECT_NE(endless.find("fields of a part"), endless.npos);
  const auto preamble = co_await error_of(std::string(100, 'a'), limits);
  EXPECT_NE(preamble.find("no boundary"), preamble.npos);
  const std::string part = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n";
  const auto count = co_await error_of(part + part + "--B--", limits);
  EXPECT_NE(count.find("too many parts"), count.npos);
}

ASYNC_TEST(multipart_reader, text_has_a_limit) {
  pieces source{one_part("123456")};
  multipart_reader form{source, form_type};
  multipart_part* part = co_await form.next();
  CO_ASSERT_TRUE(part);
  boost::system::error_code code;
  try {
    const auto text = co_await part->text(5);
  } catch (const system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::body_too_large);
}

}  // namespace bight::http::multipart_test
