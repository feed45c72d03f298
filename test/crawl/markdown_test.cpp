// markdown: links with their lines and texts, and the anchors that GitHub makes.
#include <bight/crawl/markdown.hpp>

#include <boost/system/system_error.hpp>
#include <string>
#include <vector>

namespace bight::crawl::markdown_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> links_of(std::string_view document) {
  std::vector<std::string> all;
  for (const auto& l : read_markdown(document).links)
    all.push_back(std::to_string(l.line) + ' ' + std::string{to_string(l.kind)} + ' ' + l.url + " [" +
                  l.text + ']');
  return all;
}

TEST(markdown, links_have_line_and_text) {
  EXPECT_THAT(
      links_of(
          "# Title\n\nSee [the *guide*](guide.md \"t\") and\n![a picture](p.png), <https://a.example/>,\n"
          "[ref][1] and [1].\n\n[1]: http://b.example/x\n"),
      ElementsAre("3 anchor guide.md [the guide]", "4 image p.png [a picture]",
                  "4 anchor https://a.example/ [https://a.example/]", "5 anchor http://b.example/x [ref]",
                  "5 anchor http://b.example/x [1]"));
}

TEST(markdown, bare_urls_and_tables_are_of_github) {
  EXPECT_THAT(
      links_of(
          "www.a.example and https://b.example/c.\n\n| x | y |\n|---|---|\n| [l](t.md) | `[no](n.md)` |\n"),
      ElementsAre("1 anchor http://www.a.example [www.a.example]",
                  "1 anchor https://b.example/c [https://b.example/c]", "5 anchor t.md [l]"));
}

TEST(markdown, code_and_comments_have_no_links) {
  EXPECT_THAT(links_of("`[a](b)`\n\n    [c](d)\n\n```\n[e](f)\n```\n\n<!-- [g](h) <a href=i> -->\n"),
              IsEmpty());
}

TEST(markdown, html_in_it_has_links_and_ids) {
  const auto page = read_markdown(
      "text\n\n<div>\n<a href=\"x.html\">x</a>\n<img\nsrc=y.png id=pic>\n</div>\n\nIn <a "
      "name=\"here\"></a>line <a href='z'>z</a>\n");
  std::vector<std::string> links;
  for (const auto& l : page.links) links.push_back(std::to_string(l.line) + ' ' + l.url);
  EXPECT_THAT(links, ElementsAre("4 x.html", "5 y.png", "9 z"));
  EXPECT_TRUE(page.ids.contains("here"));
  EXPECT_TRUE(page.ids.contains("pic"));
}

TEST(markdown, anchors_are_those_of_github) {
  EXPECT_EQ(heading_anchor("Getting Started"), "getting-started");
  EXPECT_EQ(heading_anchor("What's new in 2.0?"), "whats-new-in-20");
  EXPECT_EQ(heading_anchor("`bight::run(f)` & co."), "bightrunf--co");
  EXPECT_EQ(heading_anchor("snake_case - and-dashes"), "snake_case---and-dashes");
  EXPECT_EQ(heading_anchor("Über Größe"), "über-größe");
  EXPECT_EQ(heading_anchor("日本語 の 見出し。"), "日本語-の-見出し");
  EXPECT_EQ(heading_anchor("\xF0\x9F\x9A\x80 Launch"), "-launch");
  EXPECT_EQ(heading_anchor(""), "");
}

TEST(markdown, headings_with_the_same_text_are_counted) {
  const auto ids =
      read_markdown("# Use\n\n## Use\n\nUse\n===\n\n### [Link](x.md) and `code` ![not this](i.png)\n").ids;
  for (const auto* const id : {"use", "use-1", "use-2", "link-and-code-", "user-content-use"})
    EXPECT_TRUE(ids.contains(id)) << id;
  EXPECT_FALSE(ids.contains("use-3"));
}

TEST(markdown, front_matter_is_no_heading_but_counts_lines) {
  const auto page = read_markdown("---\ntitle: A [b](c)\n---\n# Real\n[d](e)\n");
  ASSERT_EQ(page.links.size(), 1U);
  EXPECT_EQ(page.links[0].line, 5U);
  EXPECT_TRUE(page.ids.contains("real"));
  EXPECT_FALSE(page.ids.contains("title-a-b"));
}

TEST(markdown, footnotes_and_byte_order_mark) {
  EXPECT_THAT(links_of("\xEF\xBB\xBF[a](b)[^n]\n\n[^n]: see [c](d)\n"),
              ElementsAre("1 anchor b [a]", "3 anchor d [c]"));
}

TEST(markdown, long_texts_are_cut_at_a_character) {
  markdown_limits limits;
  limits.max_text_bytes = 4;
  const auto page = read_markdown("[aaaé](x)", limits);
  ASSERT_EQ(page.links.size(), 1U);
  EXPECT_EQ(page.links[0].text, "aaa");
}

TEST(markdown, too_large_is_an_error_that_names_the_limit) {
  markdown_limits limits;
  limits.max_bytes = 10;
  try {
    read_markdown("12345678901", limits);
    FAIL();
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), boost::system::errc::file_too_large);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("11 bytes (limit 10)"));
  }
}

TEST(markdown, anchors_have_letters_that_are_none_and_simple_lower_case) {
  EXPECT_EQ(heading_anchor("Ⅳ Chapter"), "ⅳ-chapter") << "a number that is alphabetic";
  EXPECT_EQ(heading_anchor("🅰️ d"), "🅰\xEF\xB8\x8F-d");
  EXPECT_EQ(heading_anchor("#️⃣ b"), "\xEF\xB8\x8F⃣-b");
  EXPECT_EQ(heading_anchor("aİb"), "aib");
  EXPECT_EQ(heading_anchor("ΓΙΑΝΝΗΣ x"), "γιαννησ-x");
  EXPECT_EQ(heading_anchor("½ ② cup"), "--cup");
}

TEST(markdown, counted_anchors_avoid_those_of_other_headings) {
  const auto ids = read_markdown("# foo 1\n# foo\n# foo\n# foo\n# foo 1\n# FOO 1\n").ids;
  for (const auto* const id : {"foo-1", "foo", "foo-2", "foo-3", "foo-1-1", "foo-1-2"})
    EXPECT_TRUE(ids.contains(id)) << id;
  for (const auto* const id : {"foo-4", "foo-1-3"}) EXPECT_FALSE(ids.contains(id)) << id;
}

TEST(markdown, headings_in_html_have_anchors) {
  const auto ids =
      read_markdown(
          "<h1 align=\"center\">\n  <img src=x.png>\n  My Project\n</h1>\n\n## My Project\n\n"
          "<H2>Über &amp; <em>unter</em></H2>\n\n<h3 align=center>\n\nApart **and** `away`\n\n</h3>\n\n"
          "<header>no heading</header>\n\ntext\n\n# Last\n")
          .ids;
  for (const auto* const id : {"my-project", "my-project-1", "über--unter", "apart-and-away", "last"})
    EXPECT_TRUE(ids.contains(id)) << id;
  for (const auto* const id : {"no-heading", "text", "my-project-2"}) EXPECT_FALSE(ids.contains(id)) << id;
}

TEST(markdown, ids_that_headings_give_themselves_count) {
  const auto ids =
      read_markdown("# One {#first}\n## Two { #second .wide }\n### Three {: #third}\n# F {x} {y}\n").ids;
  for (const auto* const id : {"first", "second", "third", "f-x-y"}) EXPECT_TRUE(ids.contains(id)) << id;
  for (const auto* const id : {"x", "y", "fourth"}) EXPECT_FALSE(ids.contains(id)) << id;
}

TEST(markdown, fragments_mean_what_they_mean_on_github) {
  const auto ids = read_markdown("# Hello\n\n# Fünf süße Äpfel\n\n<a name=\"Exact\"></a>\n").ids;
  for (const auto* const good : {"HELLO", "f%C3%BCnf-s%C3%9C%C3%9Fe-%C3%84pfel", "Exact", "readme", "L10",
                                 "L10-L12", "L3C4-L5C6", "l7"})
    EXPECT_TRUE(ids.contains(good)) << good;
  for (const auto* const bad : {"WORLD", "L", "L10-", "L10-12", "L1x", "Lx", "C3", "readme2"})
    EXPECT_FALSE(ids.contains(bad)) << bad;
}

}  // namespace bight::crawl::markdown_test
