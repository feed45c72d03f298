// Events as text, and what a parser makes of it.
#include "http/sse/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/http/error.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "http/sse/parser.hpp"

namespace bight::http::sse_writer_test {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string text_of(const server_sent_event& e) {
  std::string out;
  EXPECT_FALSE(sse::append_event(out, e));
  return out;
}

TEST(sse_writer, writes_the_fields_that_are_set) {
  EXPECT_EQ(text_of("hello"), "data: hello\n\n");
  EXPECT_EQ(text_of({"hello", "greeting"}), "event: greeting\ndata: hello\n\n");
  EXPECT_EQ(text_of({"hello", "", "7"}), "id: 7\ndata: hello\n\n");
  EXPECT_EQ(text_of({"hello", "greeting", "7"}), "id: 7\nevent: greeting\ndata: hello\n\n");
}

TEST(sse_writer, writes_each_line_of_the_data) {
  EXPECT_EQ(text_of("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(text_of("a\n"), "data: a\ndata: \n\n");
  EXPECT_EQ(text_of("\n\r"), "data: \ndata: \ndata: \n\n");
  EXPECT_EQ(text_of(""), "data: \n\n");
}

// With them, one event would be two, or another one.
TEST(sse_writer, refuses_line_ends_and_zero_bytes_in_type_and_id) {
  for (const auto& bad : {"a\nb"s, "a\rb"s, "a\r\ndata: b"s, "\n"s, "a\0b"s}) {
    std::string out = "before";
    EXPECT_EQ(sse::append_event(out, {"x", bad}), errc::invalid_event);
    EXPECT_EQ(sse::append_event(out, {"x", "", bad}), errc::invalid_event);
    EXPECT_EQ(out, "before");
  }
}

TEST(sse_writer, writes_comments_and_retry) {
  std::string out;
  sse::append_comment(out, "");
  sse::append_comment(out, "hello");
  sse::append_comment(out, "two\ndata: lines");
  sse::append_retry(out, 2500ms);
  sse::append_retry(out, -1ms);
  EXPECT_EQ(out, ":\n\n: hello\n\n: two\n: data: lines\n\nretry: 2500\n\nretry: 0\n\n");
}

TEST(sse_writer, a_parser_reads_what_was_written) {
  for (const std::string data :
       {"", " ", "a", " a ", "a\nb", "\n", "\n\n\n", ":", "data: x", "id: 1\n\nid: 2", "é"}) {
    const server_sent_event sent{data, "kind", "42"};
    const auto text = text_of(sent);
    sse::parser p;
    std::string_view input = text;
    ASSERT_EQ(p.read(input), sse::parser::result::event);
    EXPECT_EQ(p.event().data, data);
    EXPECT_EQ(p.event().type, "kind");
    EXPECT_EQ(p.event().id, "42");
    EXPECT_EQ(input, "");
  }
}

}  // namespace bight::http::sse_writer_test
