#include "crawl/html/char_refs.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace bight::crawl::html::char_refs_test {

std::string in_attribute(std::string_view raw) {
  std::string out;
  append_decoded(out, raw, text_place::attribute);
  return out;
}
std::string in_content(std::string_view raw) {
  std::string out;
  append_decoded(out, raw, text_place::content);
  return out;
}

TEST(char_refs, decode_named_references) {
  EXPECT_EQ(in_attribute("?a=1&amp;b=2&lt;&gt;&quot;&apos;&nbsp;&AMP;&Amp;"), "?a=1&b=2<>\"'\xC2\xA0&&Amp;");
}
TEST(char_refs, decode_the_ends_of_the_table) {
  EXPECT_EQ(in_attribute("&AElig;&AElig&zwnj;&zwj;"), "\xC3\x86\xC3\x86\xE2\x80\x8C\xE2\x80\x8D");
}
TEST(char_refs, decode_to_two_code_points) {
  EXPECT_EQ(in_attribute("&NotEqualTilde;&bne;"), "\xE2\x89\x82\xCC\xB8=\xE2\x83\xA5");
}
TEST(char_refs, decode_beyond_the_basic_plane) {
  EXPECT_EQ(in_attribute("&Afr;&#x1F600;"), "\xF0\x9D\x94\x84\xF0\x9F\x98\x80");
}
TEST(char_refs, take_the_longest_name) {
  EXPECT_EQ(in_attribute("&notin;"), "\xE2\x88\x89");
  EXPECT_EQ(in_content("&notit;"), "\xC2\xACit;");
  EXPECT_EQ(in_content("&CounterClockwiseContourIntegral;"), "\xE2\x88\xB3");
}
TEST(char_refs, do_without_a_semicolon_where_the_table_says_so) {
  EXPECT_EQ(in_attribute("&copy"), "\xC2\xA9");
  EXPECT_EQ(in_attribute("&copy/x"), "\xC2\xA9/x");
  EXPECT_EQ(in_attribute("&hearts"), "&hearts");
  EXPECT_EQ(in_attribute("&hearts;"), "\xE2\x99\xA5");
}
TEST(char_refs, leave_query_parameters_of_attributes_alone) {
  EXPECT_EQ(in_attribute("?a&copy=1&regx&sect9&notit;"), "?a&copy=1&regx&sect9&notit;");
  EXPECT_EQ(in_content("?a&copy=1&regx&sect9"),
            "?a\xC2\xA9=1\xC2\xAEx\xC2\xA7"
            "9");
}
TEST(char_refs, leave_unknown_names_and_bare_ampersands_alone) {
  EXPECT_EQ(in_attribute("& &; &x; &zz= && &#; &#x; &#xg; a&"), "& &; &x; &zz= && &#; &#x; &#xg; a&");
}
TEST(char_refs, decode_numbers) {
  EXPECT_EQ(in_attribute("&#65;&#x42;&#X43;&#68&#x45 &#0000070;"), "ABCDE F");
}
TEST(char_refs, map_windows_1252_numbers) {
  EXPECT_EQ(in_attribute("&#128;&#x99;&#129;&#159;"), "\xE2\x82\xAC\xE2\x84\xA2\xC2\x81\xC5\xB8");
}
TEST(char_refs, replace_impossible_numbers) {
  const std::string replacement = "\xEF\xBF\xBD";
  for (const auto raw :
       {"&#0;", "&#xD800;", "&#xDFFF;", "&#x110000;", "&#99999999999999999999;", "&#xFFFFFFFFFFFFFFFFF;"}) {
    EXPECT_EQ(in_attribute(raw), replacement) << raw;
  }
  EXPECT_EQ(in_attribute("&#x10FFFF;&#xFFFE;"), "\xF4\x8F\xBF\xBF\xEF\xBF\xBE");
}
TEST(char_refs, normalise_newlines_and_nul) {
  using namespace std::string_view_literals;
  EXPECT_EQ(in_attribute("a\r\nb\rc\nd\0e"sv),
            "a\nb\nc\nd\xEF\xBF\xBD"
            "e");
}
TEST(char_refs, need_decoding_only_where_something_changes) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(needs_decoding(""));
  EXPECT_FALSE(needs_decoding("../a/long/path/with/more/than/sixteen/bytes.html#and-a-fragment"));
  for (std::size_t length : {1u, 15u, 16u, 17u, 40u}) {
    for (std::size_t at = 0; at != length; ++at) {
      for (const char c : "&\r\0"sv) {
        std::string text(length, 'x');
        text[at] = c;
        EXPECT_TRUE(needs_decoding(text)) << length << " " << at;
      }
    }
  }
}

}  // namespace bight::crawl::html::char_refs_test
