#include "crawl/html/rel.hpp"

#include <gtest/gtest.h>

namespace bight::crawl::html::rel_test {

TEST(rel, maps_tokens_to_kinds) {
  EXPECT_EQ(read_rel("stylesheet").kind, link_kind::stylesheet);
  EXPECT_EQ(read_rel("ICON").kind, link_kind::icon);
  EXPECT_EQ(read_rel("apple-touch-icon").kind, link_kind::icon);
  EXPECT_EQ(read_rel("canonical").kind, link_kind::canonical);
  EXPECT_EQ(read_rel("next").kind, link_kind::next);
  EXPECT_EQ(read_rel("Prev").kind, link_kind::prev);
  EXPECT_EQ(read_rel("previous").kind, link_kind::prev);
  EXPECT_EQ(read_rel("alternate").kind, link_kind::alternate);
  EXPECT_EQ(read_rel("manifest").kind, link_kind::manifest);
  EXPECT_EQ(read_rel("modulepreload").kind, link_kind::preload);
  EXPECT_EQ(read_rel("author").kind, link_kind::other);
}
TEST(rel, prefers_the_most_specific_kind_in_any_order) {
  EXPECT_EQ(read_rel("alternate stylesheet").kind, link_kind::stylesheet);
  EXPECT_EQ(read_rel(" stylesheet\nalternate ").kind, link_kind::stylesheet);
  EXPECT_EQ(read_rel("shortcut icon").kind, link_kind::icon);
  EXPECT_EQ(read_rel("author next").kind, link_kind::next);
}
TEST(rel, has_no_kind_for_hints_and_modifiers) {
  EXPECT_EQ(read_rel("").kind, std::nullopt);
  EXPECT_EQ(read_rel("dns-prefetch preconnect").kind, std::nullopt);
  EXPECT_EQ(read_rel("nofollow").kind, std::nullopt);
}
TEST(rel, has_no_kind_for_services_that_answer_no_get) {
  for (const auto* const name : {"pingback", "webmention", "Micropub", "token_endpoint", "hub"})
    EXPECT_EQ(read_rel(name).kind, std::nullopt) << name;
  EXPECT_EQ(read_rel("search").kind, link_kind::other);
}
TEST(rel, finds_nofollow_as_a_whole_token) {
  EXPECT_TRUE(has_nofollow("external NoFollow"));
  EXPECT_FALSE(has_nofollow("nofollowed"));
  EXPECT_TRUE(read_rel("next nofollow").nofollow);
  EXPECT_FALSE(read_rel("next").nofollow);
}
TEST(charset_of_content_type, reads_plain_and_quoted_labels) {
  EXPECT_EQ(charset_of_content_type("text/html; charset=UTF-8"), "UTF-8");
  EXPECT_EQ(charset_of_content_type("text/html;CHARSET = 'koi8-r' "), "koi8-r");
  EXPECT_EQ(charset_of_content_type("charset=\"a b\""), "a b");
  EXPECT_EQ(charset_of_content_type("text/html; charset=x; y=z"), "x");
}
TEST(charset_of_content_type, goes_on_after_a_charset_without_an_equals_sign) {
  EXPECT_EQ(charset_of_content_type("charset charset=x"), "x");
  EXPECT_EQ(charset_of_content_type("mycharset=x"), "x");
}
TEST(charset_of_content_type, is_empty_without_a_label) {
  EXPECT_EQ(charset_of_content_type("text/html"), "");
  EXPECT_EQ(charset_of_content_type("charset="), "");
  EXPECT_EQ(charset_of_content_type("charset='x"), "");
}

}  // namespace bight::crawl::html::rel_test
