#include "http/h1/serializer.hpp"

#include <gtest/gtest.h>

#include <bight/http/error.hpp>
#include <string>

#include "transcript.hpp"

namespace bight::http::h1::serializer_test {

using namespace std::string_literals;

TEST(h1_serializer, request_head) {
  std::string out = "kept";
  EXPECT_FALSE(append_request_head(out, method::get, "/a?b", headers{{"Host", "x"}, {"X-Y", ""}}));
  EXPECT_EQ(out, "keptGET /a?b HTTP/1.1\r\nHost: x\r\nX-Y: \r\n\r\n");
}

TEST(h1_serializer, response_head_with_the_registered_or_a_given_phrase) {
  std::string out;
  EXPECT_FALSE(append_response_head(out, status::not_found, {}, headers{}));
  EXPECT_EQ(out, "HTTP/1.1 404 Not Found\r\n\r\n");
  out.clear();
  EXPECT_FALSE(append_response_head(out, 299, "Fine", headers{{"A", "b"}}, version::http_1_0));
  EXPECT_EQ(out, "HTTP/1.0 299 Fine\r\nA: b\r\n\r\n");
  out.clear();
  EXPECT_FALSE(append_status_line(out, 299));
  EXPECT_EQ(out, "HTTP/1.1 299 \r\n");
}

TEST(h1_serializer, number_fields) {
  std::string out;
  append_field(out, "Content-Length", 18446744073709551615U);
  append_field(out, "Age", 0);
  EXPECT_EQ(out, "Content-Length: 18446744073709551615\r\nAge: 0\r\n");
}

TEST(h1_serializer, targets_that_could_split_a_request_are_refused) {
  for (const std::string& target :
       {""s, "/a b"s, "/\r\nX: y"s, "/\n"s, "/\0"s, "/\x7f"s, "/\xc3\xa9"s, "/#f"s}) {
    std::string out = "kept";
    EXPECT_EQ(append_request_head(out, method::get, target, headers{}), errc::malformed_start_line) << target;
    EXPECT_EQ(out, "kept");
  }
}

TEST(h1_serializer, reasons_that_could_split_a_response_are_refused) {
  for (const std::string& reason : {"a\r\nb"s, "a\n"s, "\0"s, "\x7f"s}) {
    std::string out = "kept";
    EXPECT_EQ(append_response_head(out, 200, reason, headers{}), errc::malformed_start_line) << reason;
    EXPECT_EQ(out, "kept");
  }
  std::string out;
  EXPECT_EQ(append_status_line(out, 99), errc::malformed_start_line);
}

TEST(h1_serializer, single_fields_are_validated) {
  std::string out;
  EXPECT_FALSE(append_field(out, "A", "b"));
  EXPECT_EQ(append_field(out, "A B", "b"), errc::invalid_header);
  EXPECT_EQ(append_field(out, "", "b"), errc::invalid_header);
  EXPECT_EQ(append_field(out, "A", "b\r\nC: d"), errc::invalid_header);
  EXPECT_EQ(append_field(out, "A", " b"), errc::invalid_header);
  EXPECT_EQ(out, "A: b\r\n");
}

TEST(h1_serializer, what_a_lenient_parser_let_through_is_not_sent_on) {
  response_parser parser;
  ASSERT_EQ(parser.feed("HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n").what, event::head);
  std::string out = "kept";
  EXPECT_EQ(append_response_head(out, parser.status(), parser.reason(), headers(parser.headers())),
            errc::invalid_header);
  EXPECT_EQ(out, "kept");
}

TEST(h1_serializer, chunk_heads_go_right_before_the_data) {
  const auto head = [](std::uint64_t size) {
    std::string room(chunk_head_room, '#');
    const std::size_t written = write_chunk_head(room.data() + room.size(), size);
    return room.substr(room.size() - written);
  };
  EXPECT_EQ(head(1), "1\r\n");
  EXPECT_EQ(head(16), "10\r\n");
  EXPECT_EQ(head(0xabcdef), "abcdef\r\n");
  EXPECT_EQ(head(~std::uint64_t{0}), "ffffffffffffffff\r\n");
}

TEST(h1_serializer, what_is_rendered_is_parsed) {
  std::string out;
  const headers fields{{"Host", "example.com"}, {"Transfer-Encoding", "chunked"}, {"X", "y z"}};
  ASSERT_FALSE(append_request_head(out, method::post, "/p", fields));
  out += "3\r\nabc";
  out += chunk_tail;
  out += end_of_chunks;
  request_parser parser;
  const transcript t = record(parser, {out}, false);
  EXPECT_EQ(t.fields, "[Host=example.com][Transfer-Encoding=chunked][X=y z]");
  EXPECT_EQ(t.body, "abc");
  EXPECT_EQ(t.end, "end");
}

}  // namespace bight::http::h1::serializer_test
