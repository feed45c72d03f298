// Events as the HTML standard reads them (9.2.6), whole and split at every byte.
#include "http/sse/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::sse_parser_test {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using sse::parser;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using texts = std::vector<std::string>;

// "type|data|id" of each event, and "too large" at the end if it is.
texts read_in_pieces(std::string_view stream, std::size_t piece, event_limits limits = {}) {
  parser p{limits};
  texts out;
  while (!stream.empty()) {
    auto input = stream.substr(0, piece);
    stream.remove_prefix(input.size());
    while (true) {
      const auto what = p.read(input);
      if (what == parser::result::need_input) break;
      if (what == parser::result::too_large) {
        out.emplace_back("too large");
        return out;
      }
      out.push_back(p.event().type + "|" + p.event().data + "|" + p.event().id);
    }
  }
  return out;
}

// The same whole, byte by byte, and in two pieces at every place.
texts read(std::string_view stream, event_limits limits = {}) {
  const auto whole = read_in_pieces(stream, stream.size() + 1, limits);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece)
    EXPECT_EQ(read_in_pieces(stream, piece, limits), whole) << "in pieces of " << piece;
  return whole;
}

TEST(sse_parser, an_empty_line_ends_an_event) {
  EXPECT_THAT(read("data: one\n\ndata: two\n\n"), ElementsAre("message|one|", "message|two|"));
  EXPECT_THAT(read("\n\n\ndata: one\n\n\n\n"), ElementsAre("message|one|"));
}

TEST(sse_parser, what_follows_the_last_empty_line_is_no_event) {
  EXPECT_THAT(read("data: one\n\ndata: two\n"), ElementsAre("message|one|"));
  EXPECT_THAT(read("data: two"), IsEmpty());
  EXPECT_THAT(read(""), IsEmpty());
}

TEST(sse_parser, lines_end_with_lf_cr_or_crlf) {
  EXPECT_THAT(read("data: a\ndata: b\n\n"), ElementsAre("message|a\nb|"));
  EXPECT_THAT(read("data: a\rdata: b\r\r"), ElementsAre("message|a\nb|"));
  EXPECT_THAT(read("data: a\r\ndata: b\r\n\r\n"), ElementsAre("message|a\nb|"));
  EXPECT_THAT(read("data: a\n\rdata: b\r\n\n"), ElementsAre("message|a|", "message|b|"));
  EXPECT_THAT(read("data: a\r\rdata: b\n\r\n"), ElementsAre("message|a|", "message|b|"));
}

// An event is there when its CR is, whether or not a LF follows.
TEST(sse_parser, a_cr_ends_a_line_before_its_lf_comes) {
  parser p;
  auto input = "data: a\r\n\r"sv;
  EXPECT_EQ(p.read(input), parser::result::event);
  EXPECT_EQ(p.event().data, "a");
  input = "\n"sv;
  EXPECT_EQ(p.read(input), parser::result::need_input);
  input = "data: b\n\n"sv;
  EXPECT_EQ(p.read(input), parser::result::event);
  EXPECT_EQ(p.event().data, "b");
}

TEST(sse_parser, data_lines_are_joined_by_line_feeds) {
  EXPECT_THAT(read("data: a\ndata:\ndata: c\n\n"), ElementsAre("message|a\n\nc|"));
  EXPECT_THAT(read("data\ndata\n\n"), ElementsAre("message|\n|"));
}

TEST(sse_parser, an_event_with_empty_data_is_one_and_without_data_is_none) {
  EXPECT_THAT(read("data:\n\n"), ElementsAre("message||"));
  EXPECT_THAT(read("data\n\n"), ElementsAre("message||"));
  EXPECT_THAT(read("event: x\nid: 1\n\ndata: y\n\n"), ElementsAre("message|y|1"));
}

TEST(sse_parser, one_space_behind_the_colon_is_dropped) {
  EXPECT_THAT(read("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\ndata: a \n\n"),
              ElementsAre("message|a|", "message|a|", "message| a|", "message|\ta|", "message|a |"));
}

TEST(sse_parser, only_the_first_colon_separates) {
  EXPECT_THAT(read("data: a: b\n\ndata::\n\n"), ElementsAre("message|a: b|", "message|:|"));
}

TEST(sse_parser, the_type_is_that_of_the_last_event_field_and_of_one_event) {
  EXPECT_THAT(read("event: a\nevent: b\ndata: 1\n\ndata: 2\n\nevent\ndata: 3\n\n"),
              ElementsAre("b|1|", "message|2|", "message|3|"));
}

TEST(sse_parser, comments_and_unknown_fields_are_ignored) {
  EXPECT_THAT(read(":\n: hello\ndata: a\n:data: b\nfoo: c\nDATA: d\n data: e\n\n"),
              ElementsAre("message|a|"));
  EXPECT_THAT(read(":\n\n:\n\n"), IsEmpty());
}

TEST(sse_parser, ids_stay_until_the_next_one) {
  EXPECT_THAT(read("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: 2\n\ndata: d\n\n"),
              ElementsAre("message|a|1", "message|b|1", "message|c|", "message|d|2"));
}

TEST(sse_parser, an_id_with_a_zero_byte_is_ignored) {
  EXPECT_THAT(read("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"sv), ElementsAre("message|a|1", "message|b|1"));
}

// What has not been dispatched is asked for again after a reconnection.
TEST(sse_parser, an_id_counts_when_its_event_is_complete) {
  parser p;
  auto input = "id: 1\ndata: a\n\nid: 2\ndata: b\n"sv;
  EXPECT_EQ(p.read(input), parser::result::event);
  EXPECT_EQ(p.read(input), parser::result::need_input);
  EXPECT_EQ(p.last_event_id(), "1");
  p.restart();
  input = "data: c\n\n"sv;
  EXPECT_EQ(p.read(input), parser::result::event);
  EXPECT_EQ(p.event().data, "c");
  EXPECT_EQ(p.event().id, "1");
}

TEST(sse_parser, retry_is_digits_only) {
  const auto retry = [](std::string_view lines) {
    parser p;
    while (p.read(lines) != parser::result::need_input) {}
    return p.retry();
  };
  EXPECT_EQ(retry("retry: 2500\n"), 2500ms);
  EXPECT_EQ(retry("retry:0\n"), 0ms);
  EXPECT_EQ(retry("retry: 1\nretry: 2\n"), 2ms);
  for (const auto* const bad :
       {"retry\n", "retry:\n", "retry: -1\n", "retry: +1\n", "retry: 1.5\n", "retry: 1 \n", "retry:  1\n",
        "retry: 0x10\n", "retry: 1s\n", "Retry: 1\n", "retry: 1"})
    EXPECT_EQ(retry(bad), std::nullopt) << bad;
  const auto huge = retry("retry: 99999999999999999999999999999999\n");
  EXPECT_GT(huge.value_or(0ms), std::chrono::hours{24 * 365});
}

TEST(sse_parser, one_byte_order_mark_at_the_beginning_is_dropped) {
  EXPECT_THAT(read("\xEF\xBB\xBF"
                   "data: a\n\n"),
              ElementsAre("message|a|"));
  EXPECT_THAT(read("\xEF\xBB\xBF\xEF\xBB\xBF"
                   "data: a\n\ndata: b\n\n"),
              ElementsAre("message|b|"));
  EXPECT_THAT(read("\n\xEF\xBB\xBF"
                   "data: a\n\ndata: b\n\n"),
              ElementsAre("message|b|"));
  EXPECT_THAT(read(":\n\xEF\xBB\xBF"
                   "data: a\n\ndata: b\n\n"),
              ElementsAre("message|b|"));
  EXPECT_THAT(read("\xEF\xBB\xBF\ndata: a\n\n"), ElementsAre("message|a|"));
  EXPECT_THAT(read("data: \xEF\xBB\xBF"
                   "a\n\n"),
              ElementsAre("message|\xEF\xBB\xBF"
                          "a|"));
}

TEST(sse_parser, malformed_utf_8_is_replaced) {
  EXPECT_THAT(read("data: a\xFF"
                   "b\ndata: \xE2\x82\nevent: \xC3\xA9\xC3\nid: \x80\n\n"),
              ElementsAre("\xC3\xA9\xEF\xBF\xBD|a\xEF\xBF\xBD"
                          "b\n\xEF\xBF\xBD|\xEF\xBF\xBD"));
}

TEST(sse_parser, a_line_and_an_event_have_a_limit) {
  const event_limits limits{.max_event = 10};
  EXPECT_THAT(read("data: 1234\n\n", limits), ElementsAre("message|1234|"));
  EXPECT_THAT(read("data: 12345\n\n", limits), ElementsAre("too large"));
  EXPECT_THAT(read("data: 123\ndata: 123\n\n", limits), ElementsAre("message|123\n123|"));
  EXPECT_THAT(read("data: 123\ndata: 123\ndata: 123\n\n", limits), ElementsAre("too large"));
  EXPECT_THAT(read("data: 1\n\nevent: 123\ndata: 1234\ndata: 123\n\n", limits),
              ElementsAre("message|1|", "too large"));
  EXPECT_THAT(read("id: 12345678\ndata: 1\n\n", limits), ElementsAre("too large"));
  EXPECT_THAT(read("something else", limits), ElementsAre("too large"));
}

TEST(sse_parser, comments_have_no_limit_and_are_not_kept) {
  const event_limits limits{.max_event = 8};
  EXPECT_THAT(read(":" + std::string(200, 'x') + "\ndata: a\n\n", limits), ElementsAre("message|a|"));
}

TEST(sse_parser, many_empty_data_lines_reach_the_limit) {
  std::string stream;
  for (int i = 0; i != 100; ++i) stream += "data\n";
  EXPECT_THAT(read(stream, event_limits{.max_event = 10}), ElementsAre("too large"));
}

TEST(sse_parser, stays_failed_until_it_restarts) {
  parser p{event_limits{.max_event = 8}};
  auto input = "data: too long\n\n"sv;
  EXPECT_EQ(p.read(input), parser::result::too_large);
  EXPECT_EQ(p.read(input), parser::result::too_large);
  p.restart();
  input = "data: a\n\n"sv;
  EXPECT_EQ(p.read(input), parser::result::event);
}

}  // namespace bight::http::sse_parser_test
