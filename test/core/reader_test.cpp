// reader: lines, delimiters, exact counts and looks ahead, over any source.
#include <bight/core/reader.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/byte_pieces.hpp"

namespace bight::reader_test {

using test::texts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using pieces = test::byte_pieces;

std::string error_text(errc expected) {
  try {
    throw;
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), expected);
    return e.what();
  }
}

ASYNC_TEST(reader, mixes_its_calls_freely) {
  pieces source{texts("HELLO\r\nle", "ngth:5;abc", "de", "tail of it\nlast")};
  reader in{source};
  const auto line = co_await in.read_line();
  EXPECT_EQ(line, "HELLO");
  const auto field = co_await in.read_until(";");
  EXPECT_EQ(field, "length:5;");
  const auto two = co_await in.peek(2);
  EXPECT_EQ(two, "ab");
  const auto five = co_await in.read_exactly(5);
  EXPECT_EQ(five, "abcde");
  std::string four(4, ' ');
  const auto n = co_await in.read_some(std::as_writable_bytes(std::span{four}));
  EXPECT_EQ(four.substr(0, n), "tail");
  const auto rest = co_await read_all(in);
  EXPECT_EQ(rest, " of it\nlast");
  const auto end = co_await in.read_line();
  EXPECT_FALSE(end);
}

ASYNC_TEST(reader, lines_end_with_a_line_feed_or_carriage_return_and_line_feed) {
  pieces source{texts("one\ntwo\r", "\n\r\n\nfive\r")};
  reader in{source};
  std::vector<std::string> lines;
  auto line = co_await in.read_line();
  while (line) {
    lines.push_back(*line);
    line = co_await in.read_line();
  }
  EXPECT_THAT(lines, ElementsAre("one", "two", "", "", "five\r"));
}

ASYNC_TEST(reader, a_line_of_the_limit_passes_and_a_longer_one_stays) {
  pieces source{texts("12345678\r", "\n123456789\n")};
  reader in{source, 8};
  const auto fits = co_await in.read_line();
  EXPECT_EQ(fits, "12345678");
  for (int again = 0; again != 2; ++again) {
    std::string text;
    try {
      static_cast<void>(co_await in.read_line());
    } catch (...) { text = error_text(errc::limit_exceeded); }
    EXPECT_THAT(text, HasSubstr("a line exceeds 8 bytes"));
  }
  const auto all = co_await in.read_exactly(10);
  EXPECT_EQ(all, "123456789\n");
}

ASYNC_TEST(reader, finds_a_delimiter_that_comes_in_pieces) {
  pieces source{texts("head: 1\r", "\n\r", "\nbody\r\n\r\n")};
  reader in{source};
  const auto head = co_await in.read_until("\r\n\r\n");
  EXPECT_EQ(head, "head: 1\r\n\r\n");
  const auto body = co_await in.read_until("\r\n\r\n");
  EXPECT_EQ(body, "body\r\n\r\n");
}

ASYNC_TEST(reader, a_delimiter_too_far_away_leaves_the_data) {
  pieces source{texts("123456789;", "more")};
  reader in{source, 8};
  std::string text;
  try {
    static_cast<void>(co_await in.read_until(";"));
  } catch (...) { text = error_text(errc::limit_exceeded); }
  EXPECT_THAT(text, HasSubstr("exceeds 8 bytes"));
  const auto rest = co_await read_all(in);
  EXPECT_EQ(rest, "123456789;more");
}

ASYNC_TEST(reader, an_early_end_gives_the_part_that_came) {
  pieces source{texts("abc")};
  reader in{source};
  std::string part;
  std::string text;
  try {
    static_cast<void>(co_await in.read_exactly(10));
  } catch (const incomplete_read_error& e) {
    part = e.partial();
    text = error_text(errc::unexpected_end);
  }
  EXPECT_EQ(part, "abc");
  EXPECT_THAT(text, HasSubstr("3 of 10 bytes"));
  pieces other{texts("no delimiter")};
  reader again{other};
  try {
    static_cast<void>(co_await again.read_until(";"));
  } catch (const incomplete_read_error& e) { part = e.partial(); }
  EXPECT_EQ(part, "no delimiter");
}

ASYNC_TEST(reader, an_exact_count_may_exceed_the_limit_and_a_look_ahead_may_not) {
  const std::string large(100'000, 'x');
  pieces source{texts(large)};
  reader in{source, 16};
  std::string text;
  try {
    static_cast<void>(co_await in.peek(17));
  } catch (...) { text = error_text(errc::limit_exceeded); }
  EXPECT_THAT(text, HasSubstr("peek exceeds 16 bytes"));
  const auto all = co_await in.read_exactly(large.size());
  EXPECT_EQ(all, large);
  const auto none = co_await in.peek(1);
  EXPECT_EQ(none, "");
}

ASYNC_TEST(reader, an_empty_delimiter_is_an_error) {
  pieces source{texts("abc")};
  reader in{source};
  bool refused = false;
  try {
    static_cast<void>(co_await in.read_until(""));
  } catch (const std::invalid_argument&) { refused = true; }
  EXPECT_TRUE(refused);
}

TEST(reader, a_cancelled_call_loses_nothing) {
  std::unique_ptr<pieces> source;
  std::unique_ptr<reader> in;
  std::string found;
  const auto read = [&]() -> awaitable<void> {
    while (true) {
      const auto ahead = co_await in->peek(3);
      if (ahead.empty()) co_return;
      found += co_await in->read_exactly(ahead.size());
    }
  };
  const auto tried = testing::cancel_at_every_await(
      [&]() -> awaitable<void> {
        source = std::make_unique<pieces>(texts("one", "tw", "o", "three", "f"));
        in = std::make_unique<reader>(*source);
        found.clear();
        co_await read();
      },
      [&]() -> awaitable<void> {
        if (!in) co_return;  // cancelled before the body began
        co_await read();
        EXPECT_EQ(found, "onetwothreef");
        in.reset();
      });
  EXPECT_GT(tried, 5U);
}

}  // namespace bight::reader_test
