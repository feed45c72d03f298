// The tree of a page and its selectors.
#include <bight/crawl/document.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::document_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view page = R"(<!doctype html><title>t</title>
<div id=main class="box wide" lang=en-GB><p id=p1 class=Intro>One <b id=b1>bold</b>  word</p>
<p id=p2 data-x="a b c" TITLE="Hello World">Two</p><span id=s1></span>
<ul id=list><li id=l1>1<li id=l2 class=odd>2<li id=l3>3<li id=l4>4<li id=l5>5</ul>
<p id=p3><a id=a1 href="https://h/x.pdf?q">three</a><a id=a2 href="/y.PDF">four</a></p></div>
<div id=second><p id=p4>Four<!-- no --></p><em id=e1> </em><svg id=svg><linearGradient id='g'/></svg></div>)";

std::vector<std::string> ids(const std::vector<element>& found) {
  std::vector<std::string> out;
  for (const auto& e : found)
    out.push_back(e.attribute("id") ? std::string{*e.attribute("id")} : std::string{e.name()});
  return out;
}

std::vector<std::string> select(std::string_view css) { return ids(document::parse(page).select(css)); }

TEST(document, every_form_of_selector_finds_what_a_browser_finds) {
  struct search {
    std::string_view css;
    std::vector<std::string> found;
  };
  const search searches[] = {
      {"p", {"p1", "p2", "p3", "p4"}},
      {"P", {"p1", "p2", "p3", "p4"}},
      {"#p2", {"p2"}},
      {".Intro", {"p1"}},
      {".intro", {}},
      {"div.box.wide", {"main"}},
      {"*#main", {"main"}},
      {"[data-x]", {"p2"}},
      {"p[title='Hello World']", {"p2"}},
      {"p[title=\"hello world\" i]", {"p2"}},
      {"[data-x~=b]", {"p2"}},
      {"[data-x~='a b']", {}},
      {"[lang|=en]", {"main"}},
      {"[lang|=e]", {}},
      {"a[href^='https:']", {"a1"}},
      {"a[href$='.pdf' i]", {"a2"}},
      {"a[href*=pdf]", {"a1"}},
      {"a[href*='']", {}},
      {"div b", {"b1"}},
      {"div > b", {}},
      {"div > p", {"p1", "p2", "p3", "p4"}},
      {"p + p", {"p2"}},
      {"p ~ p", {"p2", "p3"}},
      {"span ~ p > a", {"a1", "a2"}},
      {"#p1, #p2 , b", {"p1", "b1", "p2"}},
      {"li:first-child", {"l1"}},
      {"li:last-child", {"l5"}},
      {"b:only-child", {"b1"}},
      {"li:nth-child(odd)", {"l1", "l3", "l5"}},
      {"li:nth-child( 2n )", {"l2", "l4"}},
      {"li:nth-child(3)", {"l3"}},
      {"li:nth-child(n+4)", {"l4", "l5"}},
      {"li:nth-child(-n+2)", {"l1", "l2"}},
      {"li:nth-last-child(2)", {"l4"}},
      {"#main > p:first-of-type", {"p1"}},
      {"#main > p:last-of-type", {"p3"}},
      {"#main > p:nth-of-type(2)", {"p2"}},
      {"#main > p:nth-last-of-type(1)", {"p3"}},
      {"#main > span:only-of-type", {"s1"}},
      {"span:empty, em:empty, p:empty", {"s1"}},
      {":root", {"html"}},
      {"li:not(.odd):not(:first-child)", {"l3", "l4", "l5"}},
      {"li:not(.odd, :first-child)", {"l3", "l4", "l5"}},
      {":is(b, em)", {"b1", "e1"}},
      {"lineargradient", {"g"}},
      {"html body div#main>ul>li.odd", {"l2"}},
      {"div div", {}},
  };
  for (const auto& s : searches) EXPECT_EQ(select(s.css), s.found) << s.css;
}

TEST(document, a_path_through_the_same_names_needs_no_luck) {
  const auto tree = document::parse("<div id=1 class=a><div id=2><div id=3 class=b><div id=4><p id=5>");
  EXPECT_EQ(ids(tree.select("div.a > div div p")), std::vector<std::string>{"5"});
  EXPECT_EQ(ids(tree.select("div.b > div > div p")), std::vector<std::string>{});
  EXPECT_EQ(ids(tree.select(".a div > div > div > p")), std::vector<std::string>{"5"});
}

TEST(document, escapes_name_what_has_other_characters) {
  const auto tree = document::parse("<p id=1 class='md:w-1/2'><p id=2 class='9x'><p id=3 class='\xc3\xa9'>");
  EXPECT_EQ(ids(tree.select(".md\\:w-1\\/2")), std::vector<std::string>{"1"});
  EXPECT_EQ(ids(tree.select(".\\39 x")), std::vector<std::string>{"2"});
  EXPECT_EQ(ids(tree.select(".\xc3\xa9")), std::vector<std::string>{"3"});
  EXPECT_EQ(ids(tree.select("[class='\\e9']")), std::vector<std::string>{"3"});
}

TEST(document, what_is_not_supported_is_named_with_its_place) {
  struct wrong {
    std::string_view css;
    std::size_t position;
    std::string_view says;
  };
  const wrong cases[] = {
      {"span.text::text", 9, "pseudo-elements are not supported; use text() or attribute()"},
      {"a:hover", 1, "':hover' is not supported"},
      {"div:has(p)", 3, "':has()' is not supported"},
      {"", 0, "a selector is missing"},
      {"a,", 2, "a selector is missing"},
      {"a >", 3, "a selector is missing"},
      {"> a", 0, "unexpected '>'"},
      {"a b)", 3, "unexpected ')'"},
      {"a[b", 3, "']' is missing"},
      {"a[b=c", 5, "']' is missing"},
      {"a[b='c]", 4, "a quote is not closed"},
      {"a[b=1]", 4, "begins with a digit"},
      {"a[b!=c]", 3, "']' is missing"},
      {".9", 1, "begins with a digit"},
      {"svg|a", 3, "namespaces and '||'"},
      {"a || b", 2, "namespaces and '||'"},
      {"li:nth-child(x)", 13, "not a position"},
      {"li:nth-child(2 of p)", 13, "not a position"},
      {"li:nth-child(99999999999)", 13, "not a position"},
      {"li:nth-child(2", 14, "')' is missing"},
      {":not(a b)", 7, "combinators within"},
      {":not(:not(a))", 5, "within ':not()'"},
      {"a\\", 2, "a backslash at the end"},
  };
  for (const auto& c : cases) {
    try {
      const selector s{c.css};
      ADD_FAILURE() << c.css;
    } catch (const selector_error& e) {
      EXPECT_EQ(e.position(), c.position) << e.what();
      EXPECT_THAT(e.what(), HasSubstr(std::string{c.says})) << c.css;
      EXPECT_THAT(e.what(), HasSubstr(std::string{c.css}));
    }
  }
  std::string many = "a";
  for (int i = 0; i != 64; ++i) many += ">a";
  EXPECT_THROW(selector{many}, selector_error);
  EXPECT_THROW(selector{std::string(5000, 'a')}, selector_error);
}

TEST(document, an_element_searches_below_itself) {
  const auto tree = document::parse(page);
  const auto main = tree.select_one("#main").value();
  EXPECT_THAT(ids(main.select("p")), ElementsAre("p1", "p2", "p3"));
  EXPECT_THAT(ids(main.select("#main > span")), ElementsAre("s1"));
  EXPECT_THAT(ids(main.select("body p")), IsEmpty());
  EXPECT_THAT(ids(main.select("div")), IsEmpty());
  const auto third = tree.select_one("#l3").value();
  EXPECT_THAT(ids(tree.select_one("#list")->select("li:nth-child(3)")), ElementsAre("l3"));
  EXPECT_EQ(third.parent()->name(), "ul");
  EXPECT_FALSE(tree.root().parent());
  EXPECT_EQ(tree.root().name(), "html");
  EXPECT_FALSE(tree.select_one("video"));
}

TEST(document, text_is_what_a_reader_sees) {
  const auto tree = document::parse(page);
  EXPECT_EQ(tree.select_one("#p1")->text(), "One bold word");
  EXPECT_EQ(tree.select_one("#p1")->own_text(), "One   word");
  EXPECT_EQ(tree.select_one("#s1")->text(), "");
  EXPECT_EQ(
      document::parse("<p> a<br>b <script>x</script><style>y</style>&amp;\xc3\xa9 ").select_one("p")->text(),
      "a b &\xc3\xa9");
}

TEST(document, attributes_are_decoded_and_found_without_case) {
  const auto tree = document::parse("<a HREF='?a=1&amp;b=2' data-Empty>");
  const auto a = tree.select_one("a").value();
  EXPECT_EQ(a.attribute("href"), "?a=1&b=2");
  EXPECT_EQ(a.attribute("Href"), "?a=1&b=2");
  EXPECT_EQ(a.attribute("data-empty"), "");
  EXPECT_EQ(a.attribute("title"), std::nullopt);
}

TEST(document, elements_outlive_the_document_they_came_from_in_a_copy) {
  document kept = document::parse("<p>text");
  {
    const document copy = kept;
    kept = document::parse("<b>other");
    EXPECT_EQ(copy.select_one("p")->text(), "text");
  }
  EXPECT_EQ(kept.select_one("b")->text(), "other");
}

TEST(document, every_page_is_a_page) {
  for (const auto* const html :
       {"", " ", "<", "</", "<!", "text", "<frameset><frame>", "<table><p>", "\xff\xfe"}) {
    const auto tree = document::parse(html);
    EXPECT_EQ(tree.root().name(), "html") << html;
  }
}

TEST(document, limits_are_errors_that_name_them) {
  document_limits small;
  small.max_bytes = 10;
  EXPECT_THROW(document::parse("<p>eleven bytes", small), std::length_error);
  small = {};
  small.max_memory = 1 << 20;
  std::string big;
  while (big.size() < 1'000'000) big += "<p class=x>";
  try {
    document::parse(big, small);
    ADD_FAILURE();
  } catch (const std::length_error& e) { EXPECT_THAT(e.what(), HasSubstr("max_memory")); }
}

TEST(document, nesting_of_any_depth_ends_in_bounded_time_and_stack) {
  std::string deep;
  while (deep.size() < 2'000'000) deep += "<div>";
  document_limits limits;
  limits.max_time = std::chrono::milliseconds{300};
  for (const auto* const end : {"", "<frameset>"}) {
    try {
      const auto tree = document::parse(deep + end, limits);
      static_cast<void>(tree.select("div > div div"));
      static_cast<void>(tree.root().text());
    } catch (const std::length_error&) {}
  }
  std::string moderate;
  for (int i = 0; i != 2000; ++i) moderate += "<div>";
  EXPECT_EQ(document::parse(moderate).select("div").size(), 2000U);
}

}  // namespace bight::crawl::document_test
