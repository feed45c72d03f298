#include "crawl/fetch/body_kind.hpp"

#include <gtest/gtest.h>
#include <string>

namespace bight::crawl::body_kind_test {

TEST(body_kind, follows_the_content_type) {
  EXPECT_EQ(body_kind_of("text/html; charset=utf-8"), body_kind::html);
  EXPECT_EQ(body_kind_of("Application/XHTML+XML"), body_kind::xhtml);
  EXPECT_EQ(body_kind_of("text/css"), body_kind::css);
  EXPECT_EQ(body_kind_of("text/plain"), body_kind::other);
  EXPECT_EQ(body_kind_of("application/rss+xml"), body_kind::other);
}
TEST(body_kind, is_open_without_a_type_and_for_xml) {
  for (const auto* const type : {"", "html", "/", "application/xml", "text/xml; charset=utf-8"})
    EXPECT_EQ(body_kind_of(type), std::nullopt) << type;
}
TEST(body_kind, of_a_body_without_a_type_is_html_if_it_begins_like_it) {
  for (const auto* const text :
       {"<!DOCTYPE html>", "\xEF\xBB\xBF \n<HTML lang=en>", "<!-- x -->", "<p>x", "<a href=x>"})
    EXPECT_EQ(sniff_body("", text), body_kind::html) << text;
  for (const auto* const text : {"", "text <p>", "<pre>", "<abbr>", "{\"a\":1}", "\x89PNG", "<p"})
    EXPECT_EQ(sniff_body("", text), body_kind::other) << text;
}
TEST(body_kind, of_xml_is_its_root_element) {
  for (const auto* const text :
       {"<html xmlns='http://www.w3.org/1999/xhtml'>",
        "<?xml version='1.0'?>\n<!DOCTYPE html>\n<!-- a > b -->\n<html>",
        "\xEF\xBB\xBF<?xml version='1.0'?><x:html xmlns:x='http://www.w3.org/1999/xhtml'>"})
    EXPECT_EQ(sniff_body("application/xml", text), body_kind::xhtml) << text;
  for (const auto* const text : {"", "<?xml", "<!-- <html>", "<rss>", "<p>", "<htmlx>", "<urlset>"})
    EXPECT_EQ(sniff_body("text/xml", text), body_kind::other) << text;
}

}  // namespace bight::crawl::body_kind_test
