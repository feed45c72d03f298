#include "http/h1/response_parser.hpp"

#include <gtest/gtest.h>

#include <string>

#include "transcript.hpp"

namespace bight::http::h1::response_parser_test {

using namespace std::string_literals;

struct options {
  method_id request = method_id::get;
  bool close = false;
  limits bounds = client_limits;
};

transcript parse(std::string_view input, const options& with = {}) {
  return record_all_splits(input, with.close, [&] {
    response_parser parser(with.bounds);
    parser.reset(with.request);
    return parser;
  });
}
transcript parse_closed(std::string_view input) { return parse(input, {.close = true}); }

const std::string ok = "HTTP/1.1 200 OK\r\n";

TEST(h1_response, body_with_content_length_in_one_read) {
  const transcript t =
      parse(ok + "Server: nginx\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(t.head, "200|OK|1.1|f1|keep;");
  EXPECT_EQ(t.fields, "[Server=nginx][Content-Type=text/html][Content-Length=5]");
  EXPECT_EQ(t.body, "hello");
  EXPECT_EQ(t.end, "end");
  EXPECT_EQ(t.deviations, "");
}

TEST(h1_response, never_reads_beyond_the_end_of_the_message) {
  const std::string message = ok + "Content-Length: 2\r\n\r\nab";
  const transcript t = parse(message + "HTTP/1.1 500 no\r\n\r\n");
  EXPECT_EQ(t.used, message.size());
  EXPECT_EQ(t.body, "ab");
}

TEST(h1_response, is_done_with_the_last_piece_of_a_body_of_known_length) {
  response_parser parser;
  const std::string input = ok + "Content-Length: 2\r\n\r\nab";
  const step head = parser.feed(input);
  ASSERT_EQ(head.what, event::head);
  EXPECT_EQ(parser.body_size(), 2U);
  EXPECT_FALSE(parser.done());
  const step body = parser.feed(std::string_view(input).substr(head.consumed));
  EXPECT_EQ(body.what, event::body);
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(body.body.data(), input.data() + head.consumed) << "a body piece is a view into the input";
  EXPECT_EQ(parser.feed("").what, event::end);
}

TEST(h1_response, views_point_into_the_input_and_copy_into_headers) {
  response_parser parser;
  headers copy;
  {
    const std::string input = ok + "ETag: \"x\"\r\nContent-Length: 0\r\n\r\n";
    ASSERT_EQ(parser.feed(input).what, event::head);
    EXPECT_EQ(parser.raw_head(), input);
    EXPECT_EQ(parser.headers().get("etag")->data(), input.data() + input.find("\"x\""));
    copy.assign(parser.headers());
  }
  EXPECT_EQ(copy.get(header_id::etag), "\"x\"");
  EXPECT_EQ(copy.get("content-length"), "0");
}

TEST(h1_response, chunked_body_with_extensions_and_trailers) {
  const transcript t =
      parse(ok + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\nrest");
  EXPECT_EQ(t.head, "200|OK|1.1|f2|keep;");
  EXPECT_EQ(t.body, "hello!");
  EXPECT_EQ(t.trailers, "[X-Sum=1]");
  EXPECT_EQ(t.fields, "[Transfer-Encoding=chunked]") << "trailers are not merged";
}

TEST(h1_response, body_up_to_the_close) {
  const transcript t = parse_closed(ok + "\r\nall of it");
  EXPECT_EQ(t.head, "200|OK|1.1|f3|close;");
  EXPECT_EQ(t.body, "all of it");
  EXPECT_EQ(t.end, "end");
}

TEST(h1_response, no_body_after_head_204_304) {
  EXPECT_EQ(parse(ok + "Content-Length: 9\r\n\r\n", {.request = method_id::head}).end, "end");
  EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n").end, "end");
  EXPECT_EQ(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").end, "end");
}

TEST(h1_response, connect_2xx_and_101_hand_over_the_connection) {
  const transcript tunnel =
      parse(ok + "Transfer-Encoding: chunked\r\n\r\nraw", {.request = method_id::connect});
  EXPECT_EQ(tunnel.head, "200|OK|1.1|f0|close|upgraded;");
  EXPECT_EQ(tunnel.body, "");
  const transcript refused =
      parse("HTTP/1.1 407 No\r\nContent-Length: 1\r\n\r\nx", {.request = method_id::connect});
  EXPECT_EQ(refused.body, "x");
  const transcript ws = parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81");
  EXPECT_EQ(ws.head, "101|Switching Protocols|1.1|f0|close|upgraded;");
}

TEST(h1_response, interim_responses_are_reported_and_the_final_one_follows) {
  const transcript t = parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                             ok + "Content-Length: 1\r\n\r\nx");
  EXPECT_EQ(t.head, "~100|Continue|1.1|f0|keep;~103|Early Hints|1.1|f0|keep;200|OK|1.1|f1|keep;");
  EXPECT_EQ(t.fields, "[Content-Length=1]");
}

TEST(h1_response, endless_interim_responses_are_refused) {
  std::string input;
  for (int i = 0; i != 17; ++i) input += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(parse(input).code, errc::head_too_large);
}

TEST(h1_response, keep_alive_follows_version_and_connection) {
  const std::string rest = "Content-Length: 0\r\n\r\n";
  EXPECT_NE(parse("HTTP/1.1 200 OK\r\n" + rest).head.find("keep"), std::string::npos);
  EXPECT_NE(parse("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n" + rest).head.find("close"),
            std::string::npos);
  EXPECT_NE(parse("HTTP/1.0 200 OK\r\n" + rest).head.find("close"), std::string::npos);
  EXPECT_NE(parse("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + rest).head.find("keep"),
            std::string::npos);
}

TEST(h1_response, body_may_be_read_past_the_parser) {
  response_parser parser;
  ASSERT_EQ(parser.feed(ok + "Content-Length: 10\r\n\r\n").what, event::head);
  EXPECT_EQ(parser.contiguous_body(), 10U);
  parser.skip_body(10);
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.body_received(), 10U);
}

TEST(h1_response, end_of_connection_is_told_apart) {
  EXPECT_EQ(parse_closed("").code, errc::server_closed);
  EXPECT_EQ(parse_closed("HTTP/1.1 20").code, errc::truncated);
  EXPECT_EQ(parse_closed(ok + "Content-Length: 5\r\n\r\nhell").code, errc::truncated);
  EXPECT_EQ(parse_closed(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").code, errc::truncated);
  EXPECT_EQ(parse_closed(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel").code, errc::truncated);
}

TEST(h1_response, reset_begins_anew_after_an_error) {
  response_parser parser;
  EXPECT_EQ(parser.feed("nonsense\r\n").what, event::error);
  EXPECT_EQ(parser.feed("nonsense\r\n").what, event::error) << "an error stays";
  EXPECT_FALSE(parser.keep_alive());
  parser.reset(method_id::get);
  EXPECT_EQ(parser.feed(ok + "\r\n").what, event::head);
}

// The limits.

TEST(h1_response, limit_of_head_bytes) {
  options with;
  with.bounds.head = 64;
  const std::string head = ok + "A: " + std::string(64 - 17 - 3 - 4, 'a') + "\r\n\r\n";
  ASSERT_EQ(head.size(), 64U);
  EXPECT_EQ(parse(head, with).head, "200|OK|1.1|f3|close;");
  EXPECT_EQ(parse(ok + "AB: " + head.substr(20), with).code, errc::head_too_large);
  EXPECT_EQ(parse(std::string(65, 'x'), with).code, errc::head_too_large);
  EXPECT_EQ(parse(ok + std::string(65, 'x'), with).code, errc::head_too_large);
}

TEST(h1_response, limit_of_field_lines_counts_every_line) {
  options with;
  with.bounds.fields = 2;
  EXPECT_EQ(parse(ok + "A: 1\r\nB: 2\r\n\r\n", with).code, errc{});
  EXPECT_EQ(parse(ok + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", with).code, errc::too_many_headers);
  EXPECT_EQ(parse(ok + "A: 1\r\n folded\r\nC: 3\r\n\r\n", with).code, errc::too_many_headers);
  EXPECT_EQ(parse(ok + "junk\r\nmore junk\r\nC: 3\r\n\r\n", with).code, errc::too_many_headers);
}

TEST(h1_response, limit_of_body_bytes) {
  options with;
  with.bounds.body = 4;
  EXPECT_EQ(parse(ok + "Content-Length: 4\r\n\r\nbody", with).end, "end");
  EXPECT_EQ(parse(ok + "Content-Length: 5\r\n\r\nbody!", with).code, errc::body_too_large);
  EXPECT_EQ(parse(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nbod\r\n2\r\ny!\r\n0\r\n\r\n", with).code,
            errc::body_too_large);
  const transcript t = parse(ok + "\r\nbody!", with);
  EXPECT_EQ(t.code, errc::body_too_large);
  EXPECT_EQ(t.body, "body");
}

TEST(h1_response, an_error_names_rule_place_and_limit) {
  response_parser parser({.head = 32});
  ASSERT_EQ(parser.feed(std::string(40, 'x')).what, event::error);
  EXPECT_EQ(parser.error().limit, 32U);
  EXPECT_EQ(parser.error().offset, 32U);
  EXPECT_STREQ(parser.error().rule, "limits: bytes of the head");
}

}  // namespace bight::http::h1::response_parser_test
