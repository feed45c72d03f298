// link_report: all findings in each format.
#include <bight/crawl/link_report.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>
#include <vector>

namespace bight::crawl::link_report_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

checked_link link(std::string url, link_verdict verdict, link_cause cause, int status, std::string reason,
                  std::vector<link_place> places) {
  checked_link l;
  l.url = std::move(url);
  l.verdict = verdict;
  l.cause = cause;
  l.status = status;
  l.reason = std::move(reason);
  l.places = std::move(places);
  return l;
}

link_report example() {
  link_report r;
  r.counts.pages = 56;
  r.counts.links = 1234;
  r.counts.urls = 300;
  r.counts.good = 295;
  r.counts.schemes = {{"mailto", 2}, {"tel", 1}};
  r.elapsed = 1500ms;
  using enum link_verdict;
  r.links.push_back(link("https://c.example/", not_checked, link_cause::status, 429, "429 Too Many Requests",
                         {{"http://a.example/", 3, "c", false}}));
  r.links.push_back(link("http://a.example/p#x", broken, link_cause::fragment, 200, "no element has the id x",
                         {{"http://a.example/", 4, "<x> & \"y\"", false}}));
  r.links.push_back(
      link("http://me:secret@a.example/z", broken, link_cause::status, 404, "404 Not Found",
           {{"docs/a,b: 100%.md", 7, "zed", true}, {"http://me:secret@a.example/", 0, "", false}}));
  r.links.back().more_places = 5;
  r.links.push_back(link("http://a.example/old", redirected, link_cause::none, 301, "",
                         {{"http://a.example/", 9, "old", false}}));
  r.links.back().final_url = "http://a.example/new";
  return r;
}

TEST(link_report_text, groups_by_cause_and_shows_all_places) {
  EXPECT_EQ(to_text(example()),
            "404 Not Found (1)\n"
            "  http://me:***@a.example/z\n"
            "    docs/a,b: 100%.md:7  \"zed\"\n"
            "    http://me:***@a.example/\n"
            "    and 5 other places\n"
            "\n"
            "missing fragment (1)\n"
            "  http://a.example/p#x: no element has the id x\n"
            "    http://a.example/:4  \"<x> & \"y\"\"\n"
            "\n"
            "not checked: 429 Too Many Requests (1)\n"
            "  https://c.example/\n"
            "    http://a.example/:3  \"c\"\n"
            "\n"
            "redirected (1)\n"
            "  http://a.example/old -> http://a.example/new\n"
            "    http://a.example/:9  \"old\"\n"
            "\n"
            "2 broken links, 1 not checked, 1 redirected; 1,234 links to 300 URLs on 56 pages, skipped 2 "
            "mailto, 1 tel; "
            "1.50 s\n");
}

TEST(link_report_text, is_not_cut) {
  link_report r;
  for (int i = 0; i < 500; ++i)
    r.links.push_back(
        link("http://a.example/" + std::to_string(i), link_verdict::broken, link_cause::status, 404, "", {}));
  const auto text = to_text(r);
  for (int i = 0; i < 500; ++i) EXPECT_THAT(text, HasSubstr("http://a.example/" + std::to_string(i) + "\n"));
}

TEST(link_report_text, has_no_control_characters_and_only_utf8) {
  link_report r;
  r.links.push_back(link("http://a.example/", link_verdict::broken, link_cause::other, 0,
                         "bad \x1b[31m\xff answer\r\n", {{"p\x07", 1, "\xC2\x9Btext", true}}));
  for (const auto& out : {to_text(r), to_github(r), to_junit(r), to_html(r)}) {
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(out, Not(HasSubstr("\x07")));
    EXPECT_THAT(out, Not(HasSubstr("\xff")));
    EXPECT_THAT(out, Not(HasSubstr("\xC2\x9B")));
    EXPECT_THAT(out, HasSubstr("\xEF\xBF\xBD answer"));
  }
}

TEST(link_report_json, has_the_fields_that_scripts_rely_on) {
  const auto text = to_json(example());
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  const auto o = boost::json::parse(text).as_object();
  EXPECT_EQ(o.at("broken_links").to_number<int>(), 2);
  EXPECT_EQ(o.at("links").to_number<int>(), 1234);
  EXPECT_EQ(o.at("schemes").as_object().at("mailto").to_number<int>(), 2);
  EXPECT_EQ(o.at("complete").as_bool(), true);
  EXPECT_EQ(o.at("elapsed_s").as_double(), 1.5);
  const auto& first = o.at("broken").as_array().at(0).as_object();
  EXPECT_EQ(first.at("cause").as_string(), "status");
  EXPECT_EQ(first.at("status").to_number<int>(), 404);
  EXPECT_EQ(first.at("more_places").to_number<int>(), 5);
  const auto& place = first.at("places").as_array().at(0).as_object();
  EXPECT_EQ(place.at("page").as_string(), "docs/a,b: 100%.md");
  EXPECT_EQ(place.at("line").to_number<int>(), 7);
  EXPECT_EQ(place.at("text").as_string(), "zed");
  EXPECT_EQ(o.at("not_checked").as_array().size(), 1U);
  EXPECT_EQ(o.at("warning").as_array().size(), 0U);
  EXPECT_EQ(o.at("redirected").as_array().at(0).as_object().at("final_url").as_string(),
            "http://a.example/new");
}

TEST(link_report_junit, has_a_suite_per_page_and_a_case_per_place) {
  const auto xml = to_junit(example());
  EXPECT_THAT(xml, HasSubstr("<testsuites name=\"links\" tests=\"6\" failures=\"3\" errors=\"0\" "
                             "skipped=\"1\" time=\"1.500\">"));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"links\" name=\"295 good URLs\"/>"));
  EXPECT_THAT(
      xml, HasSubstr("<testcase classname=\"docs/a,b: 100%.md\" name=\"http://me:***@a.example/z (line 7)\" "
                     "file=\"docs/a,b: 100%.md\" line=\"7\">"));
  EXPECT_THAT(xml, HasSubstr("<failure type=\"status\" message=\"404 Not Found\">"));
  EXPECT_THAT(xml, HasSubstr("&lt;x&gt; &amp; &quot;y&quot;"));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"429 Too Many Requests\"/>"));
  EXPECT_THAT(xml, Not(HasSubstr("secret")));
}

TEST(link_report_github, annotates_files_and_escapes_properties) {
  const auto text = to_github(example());
  EXPECT_THAT(text, HasSubstr("::error file=docs/a%2Cb%3A 100%25.md,line=7,title=Broken link::"
                              "http://me:***@a.example/z: 404 Not Found\n"));
  EXPECT_THAT(
      text, HasSubstr("::error title=Broken link::http://a.example/p#x: no element has the id x (linked from "
                      "http://a.example/:4)\n"));
  EXPECT_THAT(text, HasSubstr("::warning title=Link not checked::https://c.example/: 429 Too Many Requests"));
  EXPECT_THAT(text, HasSubstr("::notice title=Redirected link::http://a.example/old: redirected -> "));
}

TEST(link_report_html, is_one_page_without_other_files) {
  const auto html = to_html(example());
  EXPECT_THAT(html, HasSubstr("<html lang=\"en\">"));
  EXPECT_THAT(html, HasSubstr("<dt>Broken links</dt><dd>2</dd>"));
  EXPECT_THAT(html, HasSubstr("&lt;x&gt; &amp; &quot;y&quot;"));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("secret")));
}

TEST(link_report_html, makes_no_link_of_other_schemes) {
  link_report r;
  r.links.push_back(link("javascript:alert(1)", link_verdict::broken, link_cause::invalid_url, 0, "",
                         {{"data:x", 1, "", false}}));
  EXPECT_THAT(to_html(r), Not(HasSubstr("href=")));
}

TEST(link_report_html, of_good_links_says_so) { EXPECT_THAT(to_html({}), HasSubstr("All links are good.")); }

TEST(link_report, of_an_incomplete_check_says_so_in_every_format) {
  link_report r;
  r.complete = false;
  EXPECT_THAT(to_text(r), HasSubstr("incomplete"));
  EXPECT_THAT(to_json(r), HasSubstr("\"complete\":false"));
  EXPECT_THAT(to_junit(r), HasSubstr("<skipped message=\"incomplete"));
  EXPECT_THAT(to_junit(r), HasSubstr("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(to_github(r), HasSubstr("::warning title=Link check incomplete::"));
  EXPECT_THAT(to_html(r), HasSubstr("incomplete"));
  EXPECT_THAT(to_html(r), Not(HasSubstr("All links are good")));
  r.complete = true;
  for (const auto& text : {to_text(r), to_junit(r), to_github(r), to_html(r)})
    EXPECT_THAT(text, Not(HasSubstr("incomplete")));
}

}  // namespace bight::crawl::link_report_test
