// Decoding of text, whatever pieces it comes in.
#include "fs/detail/text_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::fs::detail::text_decoder_test {

using namespace std::string_view_literals;

struct decoded {
  std::string text{};
  std::string bytes{};  // malformed
  std::uint64_t offset = 0;
  std::string reason{};
  friend bool operator==(const decoded&, const decoded&) = default;
  friend void PrintTo(const decoded& d, std::ostream* out) {
    *out << ::testing::PrintToString(d.text) << ' ' << ::testing::PrintToString(d.bytes) << " at " << d.offset
         << ' ' << d.reason;
  }
};

// Each piece in memory of its exact size.
decoded decode(const std::vector<std::string_view>& pieces, const decoding& how, std::uint64_t offset = 0) {
  text_decoder decoder{how, offset};
  decoded result;
  const auto take = [&](std::size_t size, auto&& step) {
    const auto room = decoder.room_for(size);
    const auto to = std::make_unique_for_overwrite<char[]>(room);
    const auto n = step(to.get());
    EXPECT_LE(n, room);
    result.text.append(to.get(), n);
  };
  for (const auto piece : pieces) {
    const std::vector<char> copy(piece.begin(), piece.end());
    take(copy.size(), [&](char* to) { return decoder.feed({copy.data(), copy.size()}, to); });
  }
  take(0, [&](char* to) { return decoder.finish(to); });
  if (const auto& m = decoder.malformed()) {
    result.bytes = m->bytes;
    result.offset = m->offset;
    result.reason = m->reason;
  }
  return result;
}

// Whole, cut in two at every byte, and in single bytes.
void expect(std::string_view input, const decoding& how, const decoded& expected, std::uint64_t offset = 0) {
  SCOPED_TRACE(::testing::PrintToString(input));
  EXPECT_EQ(decode({input}, how, offset), expected);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i != input.size(); ++i) {
    EXPECT_EQ(decode({input.substr(0, i), input.substr(i)}, how, offset), expected) << i;
    EXPECT_EQ(decode({input.substr(0, i), ""sv, input.substr(i)}, how, offset), expected) << i;
    bytes.push_back(input.substr(i, 1));
  }
  EXPECT_EQ(decode(bytes, how, offset), expected);
  if (offset != 0) return;
  std::string whole{input};
  const auto malformed = decode_all(whole, how);
  EXPECT_EQ(malformed.has_value(), !expected.bytes.empty());
  if (malformed)
    EXPECT_EQ(malformed->offset, expected.offset);
  else
    EXPECT_EQ(whole, expected.text);
}

constexpr decoding strict{};
constexpr decoding replace{.errors = text_errors::replace};
constexpr decoding keep{.errors = text_errors::keep};

TEST(fs_text_decoder, leaves_text_as_it_is) {
  for (const auto text :
       {""sv, "a"sv, "a\0b"sv, "line\nline\r\nline\r"sv, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80!"sv,
        "\xef\xbf\xbd\xef\xbb\xbf\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"sv})
    for (const auto& how : {strict, replace, keep}) expect(text, how, {.text = std::string{text}});
}

TEST(fs_text_decoder, makes_line_ends_alike) {
  struct {
    std::string_view bytes;
    std::string_view text;
  } const cases[] = {{"a\r\nb\rc\nd", "a\nb\nc\nd"},
                     {"\r\r\n\n\r", "\n\n\n\n"},
                     {"\r", "\n"},
                     {"\r\n", "\n"},
                     {"\n\r", "\n\n"},
                     {"\xc3\xa4\r\n\xc3\xa4", "\xc3\xa4\n\xc3\xa4"},
                     {"x\r\r", "x\n\n"}};
  for (const auto& c : cases)
    for (const auto errors : {text_errors::strict, text_errors::replace, text_errors::keep})
      expect(c.bytes, {.errors = errors, .universal_newlines = true}, {.text = std::string{c.text}});
  // What is malformed is between the two, and they are two.
  expect("\r\xff\n", {.errors = text_errors::replace, .universal_newlines = true},
         {.text = "\n\xef\xbf\xbd\n"});
  expect("\r\xff\n", {.errors = text_errors::keep, .universal_newlines = true}, {.text = "\n\xff\n"});
}

TEST(fs_text_decoder, drops_one_byte_order_mark) {
  const auto bom = "\xef\xbb\xbf"sv;
  for (const auto errors : {text_errors::strict, text_errors::replace, text_errors::keep}) {
    const decoding how{.errors = errors, .universal_newlines = true, .skip_bom = true};
    expect(std::string{bom} + "a\r\n", how, {.text = "a\n"});
    expect(bom, how, {});
    expect(std::string{bom} + std::string{bom}, how, {.text = std::string{bom}});
    expect("a" + std::string{bom}, how, {.text = "a" + std::string{bom}});
    expect("\xef\xbb\xbe!", how, {.text = "\xef\xbb\xbe!"});  // its beginning, and another character
    expect("\xef\xbd\x80", how, {.text = "\xef\xbd\x80"});
    expect(std::string{bom} + "a", {.errors = errors}, {.text = std::string{bom} + "a"});
    expect(std::string{bom} + "a", how, {.text = std::string{bom} + "a"}, 7);  // not at the beginning
  }
  const decoding skip{.skip_bom = true};
  expect("\xef\xbb", skip, {.bytes = "\xef\xbb", .offset = 0, .reason = "unexpected end of data"});
  expect("\xef\xbbz", skip, {.bytes = "\xef\xbb", .offset = 0, .reason = "invalid continuation byte"});
  expect("\xef", {.errors = text_errors::replace, .skip_bom = true}, {.text = "\xef\xbf\xbd"});
  expect("\xef\xbbz", {.errors = text_errors::replace, .skip_bom = true}, {.text = "\xef\xbf\xbdz"});
  expect("\xef\xbb", {.errors = text_errors::keep, .skip_bom = true}, {.text = "\xef\xbb"});
  expect("\xef\xbbz", {.errors = text_errors::keep, .skip_bom = true}, {.text = "\xef\xbbz"});
}

// '?' stands for U+FFFD.
TEST(fs_text_decoder, finds_what_is_malformed) {
  struct {
    std::string_view bytes;
    std::string_view replaced;
    std::string_view first;
    std::uint64_t offset;
    const char* reason;
  } const cases[] = {
      {"a\xff", "a?", "\xff", 1, "invalid start byte"},
      {"\x80z", "?z", "\x80", 0, "invalid start byte"},
      {"ab\xc0\x80", "ab??", "\xc0", 2, "invalid start byte"},                          // overlong
      {"\xe0\x9f\xbf", "???", "\xe0", 0, "invalid continuation byte"},                  // overlong
      {"\xf0\x8f\xbf\xbf", "????", "\xf0", 0, "invalid continuation byte"},             // overlong
      {"\xc3\xa4\xed\xa0\x80", "\xc3\xa4???", "\xed", 2, "invalid continuation byte"},  // a surrogate
      {"\xf4\x90\x80\x80", "????", "\xf4", 0, "invalid continuation byte"},             // U+110000
      {"\xf5\x80", "??", "\xf5", 0, "invalid start byte"},
      {"x\xe2\x82z", "x?z", "\xe2\x82", 1, "invalid continuation byte"},
      {"x\xf0\x9f\x98\xc3\xa4", "x?\xc3\xa4", "\xf0\x9f\x98", 1, "invalid continuation byte"},
      {"x\xf0\x9f\x98", "x?", "\xf0\x9f\x98", 1, "unexpected end of data"},
      {"\xe2\x82", "?", "\xe2\x82", 0, "unexpected end of data"},
      {"\xc3", "?", "\xc3", 0, "unexpected end of data"},
      {"\xc3\xc3\xa4", "?\xc3\xa4", "\xc3", 0, "invalid continuation byte"},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "????A", "\xe1\x80", 0, "invalid continuation byte"},
  };
  for (const auto& c : cases) {
    std::string replaced;
    for (const char each : c.replaced) replaced += each == '?' ? "\xef\xbf\xbd" : std::string(1, each);
    expect(c.bytes, replace, {.text = replaced});
    expect(c.bytes, keep, {.text = std::string{c.bytes}});
    const decoded found{.text = std::string{c.bytes.substr(0, c.offset)},
                        .bytes = std::string{c.first},
                        .offset = c.offset,
                        .reason = c.reason};
    expect(c.bytes, strict, found);
    auto later = found;
    later.offset += 1000;
    expect(c.bytes, strict, later, 1000);
  }
}

}  // namespace bight::fs::detail::text_decoder_test
