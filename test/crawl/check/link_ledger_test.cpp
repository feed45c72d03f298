// The ledger of a link check: which links are good, which are not, and where they are.
#include "crawl/check/link_ledger.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace bight::crawl::link_ledger_test {

using check::link_ledger;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

external_result good() { return {}; }
external_result bad(int status) {
  external_result r;
  r.verdict = link_verdict::broken;
  r.cause = link_cause::status;
  r.status = status;
  r.reason = std::to_string(status);
  return r;
}
external_result with_ids(std::vector<std::string> ids) {
  auto made = std::make_shared<fragment_ids>();
  for (const auto& id : ids) made->add(id);
  external_result r;
  r.ids = made;
  return r;
}

struct setting {
  setting() : ledger(link_ledger::options{true, false, 3}) {}
  explicit setting(const link_ledger::options& o) : ledger(o) {}
  void link(const std::string& page, const std::string& url, const std::string& fragment = "",
            std::uint32_t line = 1) {
    auto found = std::ranges::find(pages, page);
    if (found == pages.end()) {
      ledger.add_page(page, false);
      pages.push_back(page);
      found = pages.end() - 1;
    }
    ledger.add_link(url, fragment, {static_cast<check::page_id>(found - pages.begin()), line, "t"});
  }
  // "verdict cause url: place place".
  std::vector<std::string> findings() const {
    std::vector<std::string> all;
    for (const auto& l : ledger.report().links) {
      auto text =
          std::string{to_string(l.verdict)} + ' ' + std::string{to_string(l.cause)} + ' ' + l.url + ':';
      for (const auto& p : l.places) text += ' ' + p.page + '/' + std::to_string(p.line);
      if (l.more_places != 0) text += " +" + std::to_string(l.more_places);
      all.push_back(std::move(text));
    }
    return all;
  }
  link_ledger ledger;
  std::vector<std::string> pages;
};

TEST(link_ledger, reports_links_whatever_came_first) {
  for (const bool link_first : {true, false}) {
    setting s;
    if (link_first) s.link("p", "u");
    s.ledger.settle("u", bad(404));
    if (!link_first) s.link("p", "u");
    EXPECT_THAT(s.findings(), ElementsAre("broken status u: p/1"));
    EXPECT_EQ(s.ledger.report().counts.urls, 1U);
    EXPECT_EQ(s.ledger.report().counts.good, 0U);
  }
}

TEST(link_ledger, good_links_are_counted_only) {
  setting s;
  s.link("p", "u");
  s.ledger.settle("u", good());
  s.link("q", "u");
  EXPECT_THAT(s.findings(), IsEmpty());
  EXPECT_EQ(s.ledger.report().counts.good, 1U);
  EXPECT_EQ(s.ledger.open_count(), 0U);
}

TEST(link_ledger, the_first_result_counts) {
  setting s;
  s.link("p", "u");
  s.ledger.settle("u", bad(404));
  s.ledger.settle("u", good());
  EXPECT_THAT(s.findings(), ElementsAre("broken status u: p/1"));
}

TEST(link_ledger, all_places_up_to_a_limit_and_the_number_of_the_rest) {
  setting s;
  for (std::uint32_t i = 1; i <= 5; ++i) s.link("p", "u", i % 2 ? "f" : "", i);
  s.ledger.settle("u", bad(404));
  EXPECT_THAT(s.findings(), ElementsAre("broken status u: p/2 p/4 p/1 +2"));
}

TEST(link_ledger, fragments_are_looked_up_in_the_page) {
  setting s;
  s.link("p", "u", "one", 1);
  s.link("p", "u", "two", 2);
  s.link("p", "u", "top", 3);
  s.link("p", "u", "%74wo", 4);
  s.ledger.settle("u", with_ids({"two"}));
  EXPECT_THAT(s.findings(), ElementsAre("broken fragment u#one: p/1"));
  EXPECT_EQ(s.ledger.report().counts.good, 3U) << "the page, two, %74wo";
  EXPECT_EQ(s.ledger.report().counts.urls, 4U);
}

TEST(link_ledger, fragments_of_pages_without_ids_are_good) {
  setting s;
  s.link("p", "image.png", "x");
  s.ledger.settle("image.png", good());
  EXPECT_THAT(s.findings(), IsEmpty());
}

TEST(link_ledger, fragments_are_not_checked_unless_asked_for) {
  setting s{link_ledger::options{false, false, 3}};
  s.link("p", "u", "one");
  s.ledger.settle("u", with_ids({}));
  EXPECT_THAT(s.findings(), IsEmpty());
}

TEST(link_ledger, redirects_have_the_verdict_of_their_target) {
  setting s;
  s.link("p", "a");
  s.ledger.settle_redirect("a", 301, "b");
  s.ledger.settle_redirect("b", 302, "c");
  EXPECT_THAT(s.findings(), IsEmpty()) << "not known yet";
  s.ledger.settle("c", bad(410));
  const auto links = s.ledger.report().links;
  ASSERT_EQ(links.size(), 1U) << "nothing links to b and c themselves";
  EXPECT_EQ(links[0].url, "a");
  EXPECT_EQ(links[0].status, 410);
  EXPECT_EQ(links[0].final_url, "c");
}

TEST(link_ledger, redirects_pass_fragments_on_unless_they_have_their_own) {
  setting s;
  s.link("p", "a", "x", 1);
  s.link("p", "b", "x", 2);
  s.ledger.settle_redirect("a", 301, "c");
  s.ledger.settle_redirect("b", 301, "c#y");
  const auto open = s.ledger.open();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].url, "c");
  EXPECT_TRUE(open[0].wants_ids);
  s.ledger.settle("c", with_ids({"y"}));
  EXPECT_THAT(s.findings(), ElementsAre("broken fragment a#x: p/1"));
}

TEST(link_ledger, redirect_loops_end) {
  setting s;
  s.link("p", "a");
  s.ledger.settle_redirect("a", 301, "b");
  s.ledger.settle_redirect("b", 301, "a");
  EXPECT_THAT(s.findings(), ElementsAre("broken redirect a: p/1"));
}

TEST(link_ledger, redirects_are_reported_if_asked_for) {
  setting s{link_ledger::options{true, true, 3}};
  s.link("p", "a");
  s.link("p", "b");
  s.ledger.settle_redirect("a", 301, "c");
  s.ledger.settle("c", good());
  external_result followed;
  followed.final_url = "d";
  s.ledger.settle("b", followed);
  s.link("q", "b");
  EXPECT_THAT(s.findings(), ElementsAre("redirected none b: p/1 q/1", "redirected none a: p/1"));
}

TEST(link_ledger, a_start_url_is_reported_though_nothing_links_to_it) {
  setting s;
  s.ledger.settle("a", bad(404), true);
  s.ledger.settle("b", bad(404), false);
  EXPECT_THAT(s.findings(), ElementsAre("broken status a:"));
}

TEST(link_ledger, knows_what_is_open_and_whether_its_ids_are_wanted) {
  setting s;
  s.link("p", "a");
  s.link("p", "b", "x");
  s.link("p", "c", "top");
  const auto open = s.ledger.open();
  ASSERT_EQ(open.size(), 3U);
  EXPECT_FALSE(open[0].wants_ids);
  EXPECT_TRUE(open[1].wants_ids);
  EXPECT_FALSE(open[2].wants_ids);
}

TEST(link_ledger, findings_of_the_link_itself_stand_beside_the_verdict_of_the_target) {
  setting s;
  s.link("p", "u");
  s.ledger.settle("u", good());
  s.ledger.add_finding(link_verdict::broken, link_cause::insecure, "u", "r", {check::page_id{0}, 7, "t"});
  s.ledger.add_finding(link_verdict::broken, link_cause::insecure, "u", "r", {check::page_id{0}, 8, "t"});
  EXPECT_THAT(s.findings(), ElementsAre("broken insecure u: p/7 p/8"));
}

}  // namespace bight::crawl::link_ledger_test
