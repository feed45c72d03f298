// UTF-8, well-formed and not.
#include <bight/core/detail/utf8.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::detail::utf8_test {

using namespace std::string_view_literals;

std::string encoded(std::uint32_t code) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  const auto more = [&](unsigned shift) { return byte(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0 | code >> 6), more(0)};
  if (code < 0x10000) return {byte(0xe0 | code >> 12), more(6), more(0)};
  return {byte(0xf0 | code >> 18), more(12), more(6), more(0)};
}

TEST(utf8, every_character_is_one) {
  for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
    if (code == 0xd800) code = 0xe000;
    const auto text = encoded(code);
    const auto found = first_of_utf8(text);
    ASSERT_TRUE(found.valid && found.length == text.size() && !found.cut_off) << code;
    ASSERT_TRUE(is_utf8(text)) << code;
    for (std::size_t size = 1; size != text.size(); ++size) {
      const auto part = first_of_utf8(text.substr(0, size));
      ASSERT_TRUE(part.cut_off && !part.valid && part.length == size) << code;
      ASSERT_EQ(utf8_prefix("ab" + text.substr(0, size)), 2U) << code;
    }
  }
}

// ASCII is looked at in blocks.
TEST(utf8, a_malformed_byte_is_found_wherever_it_is) {
  for (std::size_t size = 1; size != 200; ++size) {
    std::string text(size, 'a');
    ASSERT_EQ(utf8_prefix(text), size);
    for (std::size_t at = 0; at != size; ++at) {
      text[at] = '\x80';
      ASSERT_EQ(utf8_prefix(text), at) << size;
      text[at] = 'a';
    }
  }
}

TEST(utf8, surrogates_and_what_is_beyond_unicode_are_none) {
  for (std::uint32_t code = 0xd800; code != 0xe000; ++code) {
    const auto found = first_of_utf8(encoded(code));
    ASSERT_TRUE(!found.valid && !found.cut_off && found.length == 1) << code;
  }
  for (const std::uint32_t code : {0x110000U, 0x13ffffU, 0x1fffffU}) {
    const auto found = first_of_utf8(encoded(code));
    EXPECT_TRUE(!found.valid && !found.cut_off && found.length == 1) << code;
  }
}

// Table 3-8 and its neighbours of the Unicode standard, section 3.9, and the Encoding standard's decoder.
TEST(utf8, each_maximal_malformed_part_is_replaced_once) {
  struct {
    std::string_view bytes;
    std::string_view text;
  } const cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "????????A"},                   // overlong
      {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "????????A"},                   // surrogates
      {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "?????A??B"},                   // beyond Unicode
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "????A"},                       // cut off
      {"\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64", "a???b?c??d"},  // the example of 3-11
      {"\xc3", "?"},
      {"\xe2\x82", "?"},
      {"\xf0\x9f\x98", "?"},
      {"\xe2\x82z", "?z"},
      {"\xfe\xff", "??"},
      {"\xc3\xa4\xc3\xa4", "\xc3\xa4\xc3\xa4"},
  };
  for (const auto& c : cases) {
    std::string expected;
    for (const char each : c.text) expected += each == '?' ? utf8_replacement : std::string_view{&each, 1};
    EXPECT_EQ(replace_malformed_utf8(c.bytes), expected);
    EXPECT_EQ(is_utf8(c.bytes), c.text.find('?') == std::string_view::npos);
  }
}

// What is malformed is found wherever it is among words of ASCII.
TEST(utf8, the_prefix_ends_where_the_first_malformed_part_begins) {
  for (std::size_t before = 0; before != 40; ++before) {
    for (const auto middle : {""sv, "\xc3\xa4"sv, "\xe2\x82\xac\xf0\x9f\x98\x80"sv}) {
      std::string text(before, 'x');
      text += middle;
      EXPECT_EQ(utf8_prefix(text), text.size());
      const auto good = text.size();
      text += "\xff" + std::string(20, 'y');
      EXPECT_EQ(utf8_prefix(text), good);
    }
  }
}

}  // namespace bight::detail::utf8_test
