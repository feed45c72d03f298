#include "crawl/fetch/url_text.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace bight::crawl::url_text_test {

std::string kept(std::string_view reference) {
  std::string buffer;
  return std::string{keep_bytes(reference, buffer)};
}
std::string spelled(std::string_view href) {
  std::string buffer;
  return std::string{normal_spelling(href, buffer)};
}

TEST(keep_bytes, encodes_what_is_not_utf8_and_nothing_else) {
  EXPECT_EQ(kept("/plain?x=%20"), "/plain?x=%20");
  EXPECT_EQ(kept("/caf\xc3\xa9"), "/caf\xc3\xa9");
  EXPECT_EQ(kept("/jos\xe9"), "/jos%E9");
  EXPECT_EQ(kept("\xe9/\xc3\xa9\xff"), "%E9/\xc3\xa9%FF");
  EXPECT_EQ(kept("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}
TEST(keep_bytes, knows_sequences_that_only_look_like_utf8) {
  EXPECT_EQ(kept("\xc0\xaf"), "%C0%AF") << "overlong";
  EXPECT_EQ(kept("\xe0\x80\xaf"), "%E0%80%AF") << "overlong";
  EXPECT_EQ(kept("\xed\xa0\x80"), "%ED%A0%80") << "a surrogate";
  EXPECT_EQ(kept("\xf4\x90\x80\x80"), "%F4%90%80%80") << "beyond Unicode";
  EXPECT_EQ(kept("\xf8\x88\x80\x80\x80"), "%F8%88%80%80%80");
  EXPECT_EQ(kept("\xe2\x82"), "%E2%82") << "cut short";
}

TEST(normal_spelling, has_one_form_of_what_means_the_same) {
  EXPECT_EQ(spelled("http://a/caf%c3%a9"), "http://a/caf%C3%A9");
  EXPECT_EQ(spelled("http://a/%7Euser/%61%2d%2E%5f"), "http://a/~user/a-._");
  EXPECT_EQ(spelled("http://a/?q=%41%2b%3d"), "http://a/?q=A%2B%3D");
}
TEST(normal_spelling, keeps_what_means_something_else) {
  for (const auto* const url :
       {"http://a/", "http://a/%2F%3F%23%25%20", "http://a/100%", "http://a/%zz%4", "http://a/%"})
    EXPECT_EQ(spelled(url), url);
}

TEST(normal_spelling, makes_no_encoding_out_of_a_stray_percent_sign) {
  EXPECT_EQ(spelled("http://a/%c%35a"), "http://a/%c%35a");
  EXPECT_EQ(spelled("http://a/%%35%41"), "http://a/%%35A");
  EXPECT_EQ(spelled("http://a/%AB%43"), "http://a/%ABC");
}

}  // namespace bight::crawl::url_text_test
