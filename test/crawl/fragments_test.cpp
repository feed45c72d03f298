// fragments: which must exist, and which do.
#include <bight/crawl/fragments.hpp>

#include <bight/crawl/links.hpp>
#include <string>

namespace bight::crawl::fragments_test {

fragment_ids ids_of(std::string_view page) {
  link_options options;
  options.ids = true;
  const auto sink = [](const link&) {};
  auto ids = extract_links(page, sink, options).ids;
  ids.pack();
  return ids;
}

TEST(fragments, that_every_page_has_are_not_checked) {
  for (const auto* const f :
       {"", "top", "TOP", "Top", ":~:text=a,b", "/", "/route/7", "!", "!state=1", "top:~:text=x"})
    EXPECT_EQ(checkable_fragment(f), "") << f;
  for (const auto* const f : {"topic", "a", "L10", "%23", "a/b", "-"})
    EXPECT_EQ(checkable_fragment(f), f) << f;
}

TEST(fragments, lose_their_text_directive) {
  EXPECT_EQ(checkable_fragment("part:~:text=some"), "part");
  const auto ids = ids_of("<p id=part>");
  EXPECT_TRUE(ids.contains("part:~:text=anything"));
  EXPECT_FALSE(ids.contains("other:~:text=anything"));
}

TEST(fragments, are_ids_of_any_element_and_names_of_anchors) {
  const auto ids = ids_of(
      "<a name=one></a><custom-element id='two'></custom-element><svg><g id=\"three\"></g></svg>"
      "<input name=four><p id=>");
  EXPECT_TRUE(ids.contains("one"));
  EXPECT_TRUE(ids.contains("two"));
  EXPECT_TRUE(ids.contains("three"));
  EXPECT_FALSE(ids.contains("four")) << "name of an element that is no anchor";
  EXPECT_FALSE(ids.contains("five"));
  EXPECT_FALSE(ids.contains("One")) << "ids are case-sensitive";
}

TEST(fragments, are_found_as_written_or_decoded) {
  const auto ids = ids_of("<p id='h\xC3\xA9 l'></p><p id='a%20b'></p><p id='x&amp;y'></p>");
  EXPECT_TRUE(ids.contains("h%C3%A9%20l"));
  EXPECT_TRUE(ids.contains("h%c3%a9%20l"));
  EXPECT_TRUE(ids.contains("a%20b"));
  EXPECT_TRUE(ids.contains("x&y"));
  EXPECT_FALSE(ids.contains("a%2520"));
}

TEST(fragments, of_comments_and_scripts_do_not_count) {
  const auto ids =
      ids_of("<!-- <p id=one> --><script>'<p id=two>'</script><textarea><p id=three></textarea>");
  EXPECT_FALSE(ids.contains("one"));
  EXPECT_FALSE(ids.contains("two"));
  EXPECT_FALSE(ids.contains("three"));
}

TEST(fragments, beyond_the_limit_all_count_as_found) {
  fragment_ids ids{2};
  ids.add("a");
  ids.add("b");
  EXPECT_FALSE(ids.contains("c"));
  ids.add("c");
  EXPECT_TRUE(ids.overflowed());
  EXPECT_TRUE(ids.contains("zzz"));
}

TEST(fragments, packing_changes_no_answer) {
  fragment_ids ids;
  for (int i = 0; i < 1000; ++i) ids.add("id" + std::to_string(i % 600));
  EXPECT_EQ(ids.size(), 1000U);
  ids.pack();
  EXPECT_EQ(ids.size(), 600U);
  for (int i = 0; i < 600; ++i) EXPECT_TRUE(ids.contains("id" + std::to_string(i)));
  EXPECT_FALSE(ids.contains("id600"));
}

TEST(fragments, are_not_collected_unless_asked_for) {
  const auto sink = [](const link&) {};
  EXPECT_EQ(extract_links("<p id=one><a name=two>", sink).ids.size(), 0U);
}

}  // namespace bight::crawl::fragments_test
