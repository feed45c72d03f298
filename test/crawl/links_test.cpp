#include <bight/crawl/links.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::links_test {

using list = std::vector<std::string>;

std::string line(const link& found) {
  return std::string(to_string(found.kind)) + " " + std::string(found.url) +
         (found.nofollow ? " nofollow" : "");
}
struct outcome {
  list links;
  page_facts facts;
};
outcome read(std::string_view page, const link_options& options = {}) {
  outcome result;
  result.facts = extract_links(
      page, [&](const link& found) { result.links.push_back(line(found)); }, options);
  return result;
}
link_options all_kinds() {
  link_options options;
  options.kinds = link_kinds::all();
  return options;
}
list links(std::string_view page) { return read(page, all_kinds()).links; }
page_facts facts(std::string_view page) { return read(page).facts; }

TEST(links, of_anchors_and_areas) {
  EXPECT_EQ(links(R"(<a href="x">t</a><area href=y><a name=z>)"), (list{"anchor x", "area y"}));
}
TEST(links, know_nofollow) {
  EXPECT_EQ(
      links(
          R"(<a href=1 rel="external nofollow"><a rel=NOFOLLOW href=2><a rel=next href=3><area rel=nofollow href=4>)"),
      (list{"anchor 1 nofollow", "anchor 2 nofollow", "anchor 3", "area 4 nofollow"}));
}
TEST(links, are_decoded_and_trimmed) {
  EXPECT_EQ(links("<a href=' \n?a=1&amp;b=2&copy=3\t'><a href='&#32;x&nbsp;'><a href='a\nb'>"),
            (list{"anchor ?a=1&b=2&copy=3", "anchor x\xC2\xA0", "anchor a\nb"}));
}
TEST(links, that_are_empty_count_for_anchors_only) {
  EXPECT_EQ(links("<a href><area href=''><img src=''><script src><link rel=next href=' '><form action=''>"),
            (list{"anchor ", "area "}));
}
TEST(links, of_link_elements_go_by_rel) {
  EXPECT_EQ(links(R"(<link rel=stylesheet href=1><link rel="shortcut icon" href=2><link rel=canonical href=3>
                     <link rel=alternate href=4><link rel=next href=5><link rel=prev href=6><link rel=preload href=7>
                     <link rel=manifest href=8><link rel=author href=9><link rel=preconnect href=0><link href=0>)"),
            (list{"stylesheet 1", "icon 2", "canonical 3", "alternate 4", "next 5", "prev 6", "preload 7",
                  "manifest 8", "other 9"}));
}
TEST(links, of_images) {
  EXPECT_EQ(
      links(
          R"(<img src=1 srcset="2 1x, 3 2x"><image src=4><input type=IMAGE src=5><input src=0><body background=6>
                     <table background=7><td background=8><th background=9>)"),
      (list{"image 1", "image_set 2", "image_set 3", "image 4", "image 5", "image 6", "image 7", "image 8",
            "image 9"}));
}
TEST(links, of_source_sets_elsewhere) {
  EXPECT_EQ(links(R"(<source srcset="a, b 2x"><link rel=preload as=image href=c imagesrcset="d 1x">)"),
            (list{"image_set a", "image_set b", "preload c", "image_set d"}));
}
TEST(links, of_media) {
  EXPECT_EQ(
      links("<video src=1 poster=2><audio src=3><source src=4><track src=5><object data=6><embed src=7>"),
      (list{"media 1", "poster 2", "media 3", "media 4", "track 5", "object 6", "embed 7"}));
}
TEST(links, of_frames_and_scripts) {
  EXPECT_EQ(links("<iframe src=1></iframe><frame src=2><script src=3></script>"),
            (list{"frame 1", "frame 2", "script 3"}));
}
TEST(links, of_forms_and_cites) {
  EXPECT_EQ(links("<form action=1><button formaction=2><input formaction=3><q cite=4><blockquote cite=5><ins "
                  "cite=6><del cite=7>"),
            (list{"form 1", "form 2", "form 3", "cite 4", "cite 5", "cite 6", "cite 7"}));
}
TEST(links, of_forms_and_cites_are_off_by_default) {
  EXPECT_EQ(read("<form action=1><button formaction=2><q cite=3><a href=4>").links, list{"anchor 4"});
}
TEST(links, of_inline_svg) {
  EXPECT_EQ(
      links(
          R"(<svg><a xlink:href=1><a href=2 xlink:href=0><image href=3 /><use xlink:href="4#x"/><feImage href=5 />
                     <script xlink:href=6 /></svg><a xlink:href=0><use href=0>)"),
      (list{"anchor 1", "anchor 2", "image 3", "image 4#x", "image 5", "script 6"}));
}
TEST(links, of_style_elements) {
  EXPECT_EQ(links("<style>@import 'a.css';\nb{c:url(d.png)} a>b{} /* url(0) */</style><a href=1>"),
            (list{"css_import a.css", "css_url d.png", "anchor 1"}));
}
TEST(links, of_style_attributes) {
  EXPECT_EQ(links(R"html(<p style="background:url(&quot;1&quot;)"><a href=2 style="x:url(3)">
                           <td style='url(4'><td style="url(5)">)html"),
            (list{"css_url 1", "anchor 2", "css_url 3", "css_url 4", "css_url 5"}));
}
TEST(links, of_meta_refresh) {
  const auto result = read(
      R"(<meta http-equiv=Refresh content="5; url='next&amp;'"><meta http-equiv=refresh content="1;url=later">)");
  EXPECT_EQ(result.links, (list{"refresh next&", "refresh later"}));
  EXPECT_EQ(result.facts.refresh, (refresh_target{5, "next&"}));
}
TEST(links, of_chosen_kinds_only) {
  link_options options;
  options.kinds = link_kinds::pages();
  EXPECT_EQ(read(R"html(<link rel=stylesheet href=0><link rel=next href=1><img src=0 style="url(0)"><a href=2>
                          <style>url(0)</style><iframe src=3></iframe><script src=0></script>)html",
                 options)
                .links,
            (list{"next 1", "anchor 2", "frame 3"}));
  options.kinds = link_kinds{}.with(link_kind::image);
  EXPECT_EQ(read("<a href=0><img src=1 srcset=0><svg><a xlink:href=0>", options).links, list{"image 1"});
  options.kinds = link_kinds{}.with(link_kind::css_import);
  EXPECT_EQ(read("<style>@import '1'; url(0)</style><p style='url(0)'>", options).links,
            list{"css_import 1"});
}
TEST(links, know_where_they_were_found) {
  std::vector<std::uint64_t> offsets;
  extract_links("<p><a href=1><img src=2 srcset='3'><style>url(4)</style>",
                [&](const link& found) { offsets.push_back(found.offset); });
  EXPECT_EQ(offsets, (std::vector<std::uint64_t>{3, 13, 13, 35}));
}
TEST(links, of_css_documents) {
  link_options options;
  options.source = link_source::css;
  const auto result = read("@import 'a'; <a href=0> b{c:url(d)}", options);
  EXPECT_EQ(result.links, (list{"css_import a", "css_url d"}));
}

TEST(page_facts, take_the_first_base_that_has_an_href) {
  EXPECT_EQ(facts("<base target=x><base href=' /a/ '><base href=/b/>").base, "/a/");
  EXPECT_EQ(facts("<p>").base, std::nullopt);
}
TEST(page_facts, take_the_first_canonical_even_if_not_asked_for_links) {
  link_options options;
  options.kinds = {};
  const auto result = read("<link rel=canonical href=a><link rel=canonical href=b>", options);
  EXPECT_EQ(result.facts.canonical, "a");
  EXPECT_EQ(result.links, list{});
}
TEST(page_facts, unite_robots_directives) {
  EXPECT_EQ(
      facts("<meta name=Robots content='NOINDEX'><meta name=robots content='nofollow,noarchive'>").robots,
      (robots_directives{true, true, true}));
  EXPECT_EQ(facts("<meta name=robots content=none>").robots, (robots_directives{true, true, false}));
  EXPECT_EQ(facts("<meta name=robots content='index, follow'>").robots, robots_directives{});
}
TEST(page_facts, take_directives_for_the_own_robot_only) {
  link_options options;
  options.robots_name = "Bight";
  const std::string_view page = "<meta name=bight content=noindex><meta name=googlebot content=nofollow>";
  EXPECT_EQ(read(page, options).facts.robots, (robots_directives{true, false, false}));
  EXPECT_EQ(facts(page).robots, robots_directives{});
  EXPECT_EQ(facts("<meta content=noindex>").robots, robots_directives{});
}
TEST(page_facts, take_the_first_charset) {
  EXPECT_EQ(facts("<meta charset=' KOI8-R '><meta charset=utf-8>").charset, "koi8-r");
  EXPECT_EQ(facts("<meta http-equiv=content-type content='text/html; charset=Shift_JIS'>").charset,
            "shift_jis");
  EXPECT_EQ(facts("<meta name=x content='charset=utf-8'>").charset, "");
  EXPECT_EQ(facts("<!-- <meta charset=x> --><script>'<meta charset=y>'</script>").charset, "");
}
TEST(page_facts, prefer_the_byte_order_mark) {
  EXPECT_EQ(facts("\xEF\xBB\xBF<meta charset=koi8-r>").charset, "utf-8");
  EXPECT_EQ(facts("\xFF\xFE<").charset, "utf-16le");
  EXPECT_EQ(facts("\xFE\xFF<").charset, "utf-16be");
  EXPECT_EQ(facts("\xEF\xBB<meta charset=x>").charset, "x");
}
TEST(page_facts, have_the_first_title) {
  EXPECT_EQ(facts("<title>\n a &amp; <b>\t c&#10;&notit;</title><title>z</title>").title,
            "a & <b> c \xC2\xACit;");
  EXPECT_EQ(facts("<svg><title>x</title></svg><title>y</title>").title, "y");
  EXPECT_EQ(facts("<title></title><title>z</title>").title, "");
  EXPECT_EQ(facts("<title>open").title, "open");
}
TEST(page_facts, cut_a_long_title_at_a_character) {
  link_options options;
  options.max_title_bytes = 4;
  EXPECT_EQ(read("<title>abc\xC3\xA4x</title>", options).facts.title, "abc");
  EXPECT_EQ(read("<title>abcd</title>", options).facts.title, "abcd");
}
TEST(page_facts, count_what_was_dropped) {
  link_options options;
  options.max_attribute_bytes = 5;
  options.max_css_url_bytes = 3;
  const auto result = read("<a href=123456><a href=12345><style>url(1234)url(123)</style>", options);
  EXPECT_EQ(result.links, (list{"anchor 12345", "css_url 123"}));
  EXPECT_EQ(result.facts.dropped_attributes, 1u);
  EXPECT_EQ(result.facts.dropped_css_urls, 1u);
}

constexpr std::string_view mixed_page =
    "\xEF\xBB\xBF<!doctype html><title>A &amp; B</title><base href=/x/><meta name=robots content=nofollow>"
    "<meta http-equiv=refresh content='3;url=r'><link rel=\"next\" href='n&amp;m'><style>@import 'i'; "
    "a{b:url(\\75)}</style>"
    "<!-- <a href=0> --><script>'<a href=0>'</script><img src=a srcset=\"b 1x, c 2x\" style=\"d:url(e)\"><a "
    "class=x href=\"f?g&amp;h\""
    " rel=nofollow>t</a><svg><title/><a xlink:href=z /></svg><textarea><a href=0></textarea><a href=last>";

TEST(link_extractor, does_not_care_how_the_page_is_cut) {
  const auto whole = read(mixed_page, all_kinds());
  EXPECT_EQ(whole.links.size(), 11u);
  for (std::size_t cut = 0; cut <= mixed_page.size(); ++cut) {
    list found;
    const auto sink = [&](const link& each) { found.push_back(line(each)); };
    link_extractor extractor(all_kinds());
    extractor.feed(std::string(mixed_page.substr(0, cut)), sink);
    extractor.feed(std::string(mixed_page.substr(cut)), sink);
    extractor.finish(sink);
    EXPECT_EQ(found, whole.links) << cut;
    EXPECT_EQ(extractor.facts().base, whole.facts.base);
    EXPECT_EQ(extractor.facts().title, whole.facts.title);
    EXPECT_EQ(extractor.facts().refresh, whole.facts.refresh);
    EXPECT_EQ(extractor.facts().robots, whole.facts.robots);
    EXPECT_EQ(extractor.facts().charset, whole.facts.charset);
  }
}
TEST(link_extractor, reports_links_as_soon_as_they_are_complete) {
  list found;
  const auto sink = [&](const link& each) { found.push_back(line(each)); };
  link_extractor extractor;
  extractor.feed("<base href=/b/><a href=1><a hre", sink);
  EXPECT_EQ(found, list{"anchor 1"});
  EXPECT_EQ(extractor.facts().base, "/b/");
  extractor.feed("f=2>", sink);
  EXPECT_EQ(found, (list{"anchor 1", "anchor 2"}));
}
TEST(link_extractor, reads_page_after_page) {
  list found;
  const auto sink = [&](const link& each) { found.push_back(line(each)); };
  link_extractor extractor;
  extractor.feed("<title>a</title><base href=x><script><!-- <script>", sink);
  extractor.finish(sink);
  extractor.reset();
  EXPECT_EQ(extractor.facts().base, std::nullopt);
  extractor.feed("<a href=1><style>url(2", sink);
  extractor.finish(sink);
  EXPECT_EQ(found, (list{"anchor 1", "css_url 2"}));
  link_extractor moved = std::move(extractor);
  moved.reset();
  moved.feed("<a href=3>", sink);
  EXPECT_EQ(found.back(), "anchor 3");
}
TEST(link_extractor, can_be_reset_after_an_exception_of_the_sink) {
  link_extractor extractor;
  const auto refuse = [](const link&) { throw std::runtime_error("no"); };
  EXPECT_THROW(extractor.feed("<title>x</title><a href=1 rel=2>", refuse), std::runtime_error);
  extractor.reset();
  list found;
  extractor.feed("<a href=3>", [&](const link& each) { found.push_back(line(each)); });
  EXPECT_EQ(found, list{"anchor 3"});
}
TEST(link_kind, has_as_many_names_as_there_are_kinds) {
  for (std::size_t i = 0; i != link_kind_count; ++i)
    EXPECT_NE(to_string(static_cast<link_kind>(i)), "unknown");
  EXPECT_EQ(to_string(static_cast<link_kind>(link_kind_count)), "unknown");
}
TEST(link_kinds, are_a_set) {
  EXPECT_TRUE(link_kinds::defaults().contains(link_kind::css_url));
  EXPECT_FALSE(link_kinds::defaults().contains(link_kind::form));
  EXPECT_FALSE(link_kinds::defaults().contains(link_kind::cite));
  EXPECT_EQ(link_kinds{}.with(link_kind::form).without(link_kind::form), link_kinds{});
}

list header(std::string_view value) {
  list found;
  parse_link_header(value, [&](const link& each) { found.push_back(line(each)); });
  return found;
}

TEST(link_header, has_several_links) {
  EXPECT_EQ(
      header(R"(<a>; rel="next", <b>;rel=prev;title="x,y;<z>; rel=q" , <c> ; REL = "alternate stylesheet")"),
      (list{"next a", "prev b", "stylesheet c"}));
}
TEST(link_header, keeps_commas_and_semicolons_inside_angle_brackets) {
  EXPECT_EQ(header("<a,b;c>;rel=next"), list{"next a,b;c"});
}
TEST(link_header, needs_a_rel_and_takes_the_first) {
  EXPECT_EQ(header("<a>, <b>; rel=next; rel=prev"), list{"next b"});
}
TEST(link_header, skips_links_about_other_resources) {
  EXPECT_EQ(header(R"(<a>; rel=next; anchor="#x", <b>; rel=next)"), list{"next b"});
}
TEST(link_header, unescapes_quoted_values) {
  EXPECT_EQ(header(R"(<a>; title="\",\\"; rel="ne\xt")"), list{"next a"});
}
TEST(link_header, knows_nofollow) {
  EXPECT_EQ(header(R"(<a>; rel="next nofollow")"), list{"next a nofollow"});
}
TEST(link_header, skips_what_is_malformed) {
  EXPECT_EQ(header("a; rel=next, <b>; rel=next"), list{"next b"});
  EXPECT_EQ(header("<a; rel=next"), list{});
  EXPECT_EQ(header("<a> rel=next, <b>; rel=next"), list{"next b"});
  EXPECT_EQ(header("<a>; title=\"x, <c>; rel=next"), list{});
  EXPECT_EQ(header(""), list{});
  EXPECT_EQ(header(",;=<>\"\\"), list{});
}

TEST(parse_refresh, follows_the_standard) {
  EXPECT_EQ(parse_refresh("5"), (refresh_target{5, ""}));
  EXPECT_EQ(parse_refresh("0; url=a"), (refresh_target{0, "a"}));
  EXPECT_EQ(parse_refresh(" 1.5 ,URL = 'a b' c"), (refresh_target{1, "a b"}));
  EXPECT_EQ(parse_refresh(".5;\"a\""), (refresh_target{0, "a"}));
  EXPECT_EQ(parse_refresh("3 a"), (refresh_target{3, "a"}));
  EXPECT_EQ(parse_refresh("3;url"), (refresh_target{3, "url"}));
  EXPECT_EQ(parse_refresh("3;ua"), (refresh_target{3, "ua"}));
  EXPECT_EQ(parse_refresh("3;url 'x'"), (refresh_target{3, "url 'x'"}));
  EXPECT_EQ(parse_refresh("3;url='a"), (refresh_target{3, "a"}));
  EXPECT_EQ(parse_refresh("3;"), (refresh_target{3, ""}));
  EXPECT_EQ(parse_refresh("99999999999;x"), (refresh_target{4294967295u, "x"}));
}
TEST(parse_refresh, refuses_what_a_browser_would) {
  EXPECT_EQ(parse_refresh(""), std::nullopt);
  EXPECT_EQ(parse_refresh("url=a"), std::nullopt);
  EXPECT_EQ(parse_refresh("-1;a"), std::nullopt);
  EXPECT_EQ(parse_refresh("3a"), std::nullopt);
}

robots_directives tag_for(std::string_view value, std::string_view product = "bight/0.1") {
  robots_directives directives;
  parse_x_robots_tag(value, product, directives);
  return directives;
}

TEST(x_robots_tag, applies_to_all_without_a_name) {
  EXPECT_EQ(tag_for("noindex, NoFollow"), (robots_directives{true, true, false}));
}
TEST(x_robots_tag, applies_to_the_named_robot_only) {
  EXPECT_EQ(tag_for("Bight: noindex, nofollow"), (robots_directives{true, true, false}));
  EXPECT_EQ(tag_for("googlebot: noindex, nofollow"), robots_directives{});
  EXPECT_EQ(tag_for("googlebot: noindex, bight: nofollow"), (robots_directives{false, true, false}));
}
TEST(x_robots_tag, does_not_take_a_directive_with_a_value_for_a_name) {
  EXPECT_EQ(tag_for("unavailable_after: 25 Jun 2010 15:00:00 PST, max-snippet: 5, noindex"),
            (robots_directives{true, false, false}));
}
TEST(x_robots_tag, adds_to_what_is_known) {
  robots_directives directives{false, false, true};
  parse_x_robots_tag("none", "bight", directives);
  parse_robots_meta("index", directives);
  EXPECT_EQ(directives, (robots_directives{true, true, true}));
}

TEST(links, of_xhtml_follow_empty_elements) {
  link_options options;
  options.ids = true;
  std::vector<std::string> found;
  const auto note = [&](const link& l) { found.emplace_back(l.url); };
  constexpr std::string_view page =
      "<html><head><title/><script src='s.js'/><style/><script>'<a href=no>'</script></head>"
      "<body><iframe src='f'/><textarea id='t'/><a href='yes' id='a'>x</a><title>T</title></body></html>";
  for (const auto source : {link_source::xhtml, link_source::html}) {
    found.clear();
    options.source = source;
    const auto facts = extract_links(page, note, options);
    const bool xhtml = source == link_source::xhtml;
    EXPECT_EQ(std::ranges::count(found, "yes"), xhtml ? 1 : 0) << "HTML reads a title to its end tag";
    EXPECT_EQ(std::ranges::count(found, "no"), 0);
    EXPECT_EQ(facts.ids.contains("a"), xhtml);
    EXPECT_EQ(facts.ids.contains("t"), xhtml);
    EXPECT_EQ(facts.title == "T", xhtml);
  }
}

}  // namespace bight::crawl::links_test
