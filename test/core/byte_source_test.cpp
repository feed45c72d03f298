// Bytes from anywhere: reading all, exactly so many, lines.
#include <bight/core/byte_source.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "support/byte_pieces.hpp"

namespace bight::byte_source_test {

using test::texts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using pieces = test::byte_pieces;

awaitable<std::vector<std::string>> lines_of(std::deque<std::string> all, std::size_t max_line = 64) {
  pieces source{std::move(all)};
  line_reader lines{source, max_line};
  std::vector<std::string> found;
  auto line = co_await lines.next();
  while (line) {
    found.push_back(*line);
    line = co_await lines.next();
  }
  const auto after_the_end = co_await lines.next();
  EXPECT_FALSE(after_the_end);
  co_return found;
}

template <class F>
awaitable<std::string> error_of(errc code, F f) {
  try {
    auto work = f();
    static_cast<void>(co_await std::move(work));
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), code);
    co_return e.what();
  }
  co_return "no error";
}

ASYNC_TEST(byte_source, read_all_reads_to_the_end) {
  pieces source{texts("one ", "two ", std::string(100'000, 'x'))};
  const auto all = co_await read_all(source);
  EXPECT_EQ(all, "one two " + std::string(100'000, 'x'));
}

ASYNC_TEST(byte_source, read_all_of_nothing_is_empty) {
  pieces source{texts()};
  const auto all = co_await read_all(source, 0);
  EXPECT_EQ(all, "");
}

ASYNC_TEST(byte_source, read_all_takes_exactly_its_limit) {
  const std::size_t sizes[] = {1, 4095, 4096, 4097, 12'288, 50'000};
  for (const std::size_t size : sizes) {
    pieces fits{texts(std::string(size, 'x'))};
    const auto all = co_await read_all(fits, size);
    EXPECT_EQ(all.size(), size);
    pieces too_much{texts(std::string(size + 1, 'x'))};
    const auto text = co_await error_of(errc::limit_exceeded, [&] { return read_all(too_much, size); });
    EXPECT_THAT(text, HasSubstr("read_all: more than " + std::to_string(size) + " bytes"));
  }
}

ASYNC_TEST(byte_source, read_exactly_fills_the_buffer_and_no_more) {
  pieces source{texts("ab", "cd", "ef")};
  std::string buffer(3, ' ');
  co_await read_exactly(source, std::as_writable_bytes(std::span{buffer}));
  EXPECT_EQ(buffer, "abc");
  const auto rest = co_await read_all(source);
  EXPECT_EQ(rest, "def");
}

ASYNC_TEST(byte_source, read_exactly_says_how_much_is_missing) {
  pieces source{texts("abc")};
  std::string buffer(10, ' ');
  const auto bytes = std::as_writable_bytes(std::span{buffer});
  const auto text = co_await error_of(errc::unexpected_end, [&]() -> awaitable<int> {
    co_await read_exactly(source, bytes);
    co_return 0;
  });
  EXPECT_THAT(text, HasSubstr("3 of 10 bytes"));
}

ASYNC_TEST(line_reader, gives_lines_without_their_ends) {
  const auto lines = co_await lines_of(texts("one\ntwo\n", "\nfour\n"));
  EXPECT_THAT(lines, ElementsAre("one", "two", "", "four"));
}

ASYNC_TEST(line_reader, the_last_line_needs_no_end) {
  const auto lines = co_await lines_of(texts("one\n", "two"));
  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

ASYNC_TEST(line_reader, keeps_a_carriage_return) {
  const auto lines = co_await lines_of(texts("one\r\n"));
  EXPECT_THAT(lines, ElementsAre("one\r"));
}

ASYNC_TEST(line_reader, the_pieces_do_not_matter) {
  const std::string text = "a\nbb\n\nccc\n\n\nd";
  const auto whole = co_await lines_of(texts(text));
  for (std::size_t at = 1; at != text.size(); ++at) {
    const auto parts = co_await lines_of(texts(text.substr(0, at), text.substr(at)));
    EXPECT_EQ(parts, whole) << at;
  }
  EXPECT_THAT(whole, ElementsAre("a", "bb", "", "ccc", "", "", "d"));
}

ASYNC_TEST(line_reader, lines_of_the_limit_pass_wherever_they_are) {
  const auto lines = co_await lines_of(texts("12345678\n1234", "5678\n12345678"), 8);
  EXPECT_THAT(lines, ElementsAre("12345678", "12345678", "12345678"));
}

ASYNC_TEST(line_reader, a_longer_line_is_an_error_that_names_the_limit) {
  const char* const all[] = {"good\n123456789\nnext\n", "good\n123456789", "good\n1234567890123"};
  for (const char* const text : all) {
    pieces source{texts(text)};
    line_reader lines{source, 8};
    const auto first = co_await lines.next();
    EXPECT_EQ(first, "good");
    for (int again = 0; again != 2; ++again) {
      const auto what = co_await error_of(errc::limit_exceeded, [&] { return lines.next(); });
      EXPECT_THAT(what, HasSubstr("a line exceeds 8 bytes"));
    }
  }
}

ASYNC_TEST(line_reader, stops_reading_when_the_line_is_too_long) {
  class endless final : public byte_source {
   public:
    awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
      given += buffer.size();
      std::memset(buffer.data(), 'x', buffer.size());
      co_return buffer.size();
    }
    std::size_t given = 0;
  } source;
  line_reader lines{source, 10'000};
  const auto text = co_await error_of(errc::limit_exceeded, [&] { return lines.next(); });
  EXPECT_NE(text, "no error");
  EXPECT_LE(source.given, 10'000U + 4096U);
}

TEST(line_reader, a_cancelled_call_loses_nothing) {
  std::unique_ptr<pieces> source;
  std::unique_ptr<line_reader> lines;
  std::vector<std::string> found;
  const auto read = [&]() -> awaitable<void> {
    auto line = co_await lines->next();
    while (line) {
      found.push_back(*line);
      line = co_await lines->next();
    }
  };
  const auto tried = testing::cancel_at_every_await(
      [&]() -> awaitable<void> {
        source = std::make_unique<pieces>(std::deque<std::string>{"on", "e\ntw", "o\nthree\nfo", "ur"});
        lines = std::make_unique<line_reader>(*source);
        found.clear();
        co_await read();
      },
      [&]() -> awaitable<void> {
        if (!lines) co_return;  // cancelled before the body began
        co_await read();
        EXPECT_THAT(found, ElementsAre("one", "two", "three", "four"));
        lines.reset();
      });
  EXPECT_GT(tried, 5U);
}

}  // namespace bight::byte_source_test
