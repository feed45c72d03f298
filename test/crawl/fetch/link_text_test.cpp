#include "crawl/fetch/link_text.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace bight::crawl::link_text_test {

std::string anchor(std::string_view element) { return link_text{element}.text(0, link_kind::anchor); }
std::string image(std::string_view element) { return link_text{element}.text(0, link_kind::image); }

TEST(link_text, of_an_anchor_is_its_content_without_tags) {
  EXPECT_EQ(anchor("<a href=x>one</a> two"), "one");
  EXPECT_EQ(anchor("<a href='x>y'> a <b title='>'>bold</b>\n &lt;word&gt; </a>"), "a bold <word>");
  EXPECT_EQ(anchor("<a href=x><img src=y alt='a &amp; b'></a>"), "a & b");
  EXPECT_EQ(anchor("<a href=x>unclosed<A href=y>next"), "unclosed");
  EXPECT_EQ(anchor("<a href=x>"), "");
  EXPECT_EQ(anchor("<a href=x"), "");
}
TEST(link_text, of_others_is_their_alt) {
  EXPECT_EQ(image("<img src=x alt=word>"), "word");
  EXPECT_EQ(image("<img src=x alt=\"two  words\" title=t>"), "two words");
  EXPECT_EQ(image("<img src=x data-alt=no>"), "");
  EXPECT_EQ(image("<img alt="), "");
  EXPECT_EQ(image("plain text"), "");
}
TEST(link_text, is_short) {
  const auto text = anchor("<a>" + std::string(300, 'x') + "</a>");
  EXPECT_EQ(text.size(), 200U);
  std::string umlauts = "<a>x";
  for (int i = 0; i != 200; ++i) umlauts += "\xc3\xa4";
  EXPECT_EQ(anchor(umlauts).size(), 199U) << "a whole character at the end";
}
TEST(link_text, knows_lines) {
  link_text lines{"a\nbc\n\nd"};
  EXPECT_EQ(lines.line(0), 1U);
  EXPECT_EQ(lines.line(3), 2U);
  EXPECT_EQ(lines.line(6), 4U);
  EXPECT_EQ(lines.line(2), 2U) << "backwards, too";
  EXPECT_EQ(lines.line(7), 0U) << "beyond the document";
}

}  // namespace bight::crawl::link_text_test
