// report: what a crawl has found, for machines and for people.
#include <bight/crawl/report.hpp>

#include <gmock/gmock.h>
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace bight::crawl::report_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

broken_url broken(std::string url, std::vector<std::string> referrers, std::size_t more = 0) {
  broken_url b;
  b.url = std::move(url);
  b.referrers = std::move(referrers);
  b.more_referrers = more;
  return b;
}

crawl_report example() {
  crawl_report r;
  r.counts.pages = 1169;
  r.counts.fetched = 1200;
  r.counts.failed = 2;
  r.counts.skipped = 3;
  r.counts.retries = 4;
  r.counts.known = 1203;
  r.counts.queued = 0;
  r.counts.bytes = 12'345'678;
  r.elapsed = 500ms;
  r.complete = true;
  r.broken.push_back(broken("http://a/x\"y", {"http://a/1", "http://a/2"}, 7));
  r.broken.push_back(broken("http://a/z", {"http://a/1"}));
  return r;
}

boost::json::object parsed(const crawl_report& r) { return boost::json::parse(to_json(r)).as_object(); }

TEST(report_json, shows_no_password_and_neither_does_the_text) {
  crawl_report r;
  r.broken.push_back(broken("http://me:swordfish@a/x", {"http://me:swordfish@a/1"}));
  for (const auto& shown : {to_json(r), to_text(r)}) {
    EXPECT_THAT(shown, HasSubstr("http://me:***@a/x"));
    EXPECT_THAT(shown, HasSubstr("http://me:***@a/1"));
    EXPECT_THAT(shown, Not(HasSubstr("swordfish")));
  }
}

TEST(report_json, has_the_fields_that_scripts_rely_on) {
  const auto o = parsed(example());
  EXPECT_EQ(o.at("pages").to_number<int>(), 1169);
  EXPECT_EQ(o.at("fetched").to_number<int>(), 1200);
  EXPECT_EQ(o.at("failed").to_number<int>(), 2);
  EXPECT_EQ(o.at("broken_links").to_number<int>(), 2);
  EXPECT_EQ(o.at("skipped").to_number<int>(), 3);
  EXPECT_EQ(o.at("retries").to_number<int>(), 4);
  EXPECT_EQ(o.at("known").to_number<int>(), 1203);
  EXPECT_EQ(o.at("queued").to_number<int>(), 0);
  EXPECT_EQ(o.at("bytes").to_number<int>(), 12'345'678);
  EXPECT_NEAR(o.at("elapsed_s").to_number<double>(), 0.5, 0.001);
  EXPECT_NEAR(o.at("pages_per_s").to_number<double>(), 2338, 0.1);
  EXPECT_TRUE(o.at("complete").as_bool());
}

TEST(report_json, is_one_line) {
  EXPECT_THAT(to_json(example()), Not(HasSubstr("\n")));
  EXPECT_TRUE(to_json(example()).starts_with('{'));
  EXPECT_TRUE(to_json(example()).ends_with('}'));
}

TEST(report_json, lists_all_broken_links_with_who_refers_to_them) {
  const auto o = parsed(example());
  const auto& list = o.at("broken").as_array();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].at("url").as_string(), "http://a/x\"y");
  ASSERT_EQ(list[0].at("referrers").as_array().size(), 2U);
  EXPECT_EQ(list[0].at("referrers").at(1).as_string(), "http://a/2");
  EXPECT_EQ(list[0].at("more_referrers").to_number<int>(), 7);
  EXPECT_EQ(list[1].at("more_referrers").to_number<int>(), 0);
}

TEST(report_json, of_a_crawl_that_took_no_time_has_no_infinity) {
  crawl_report r;
  r.counts.pages = 1;
  const auto o = parsed(r);
  EXPECT_EQ(o.at("pages_per_s").to_number<double>(), 0);
  EXPECT_EQ(o.at("elapsed_s").to_number<double>(), 0);
  EXPECT_FALSE(o.at("complete").as_bool());
  EXPECT_TRUE(o.at("broken").as_array().empty());
}

TEST(report_text, tells_the_sum_and_every_broken_link) {
  const auto text = to_text(example());
  EXPECT_TRUE(text.starts_with(
      "1169 pages, 1200 fetched, 2 failed, 2 broken links, 12.3 MB in 0.50 s (2338 pages/s)\n"))
      << text;
  EXPECT_THAT(text, HasSubstr("3 URLs disallowed by robots.txt\n"));
  EXPECT_THAT(text, HasSubstr("broken: http://a/x\"y\n  linked from http://a/1\n  linked from http://a/2\n"
                              "  and from 7 other pages\n"));
  EXPECT_THAT(text, HasSubstr("broken: http://a/z\n  linked from http://a/1\n"));
  EXPECT_THAT(text, Not(HasSubstr("incomplete")));
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST(report_text, knows_the_singular) {
  crawl_report r;
  r.counts.pages = r.counts.fetched = r.counts.failed = r.counts.skipped = r.counts.queued = 1;
  r.broken.push_back(broken("http://a/x", {"http://a/1"}, 1));
  r.broken.push_back(broken("http://a/y", {"http://a/1"}));
  const auto text = to_text(r, 1);
  EXPECT_TRUE(text.starts_with("1 page, 1 fetched, 1 failed, 2 broken links, ")) << text;
  EXPECT_THAT(text, HasSubstr("1 URL disallowed"));
  EXPECT_THAT(text, HasSubstr("incomplete: 1 URL not fetched\n"));
  EXPECT_THAT(text, HasSubstr("and from 1 other page\n"));
  EXPECT_THAT(text, HasSubstr("... and 1 more broken link\n"));
}

TEST(report_text, cuts_a_long_list_and_says_how_long_it_was) {
  crawl_report r;
  for (int i = 0; i != 25; ++i)
    r.broken.push_back(broken("http://a/gone" + std::to_string(i), {"http://a/"}));
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  EXPECT_THAT(to_text(r), HasSubstr("... and 5 more broken links\n"));
  EXPECT_THAT(to_text(r), HasSubstr("gone19\n"));
  EXPECT_THAT(to_text(r), Not(HasSubstr("gone20\n")));
  EXPECT_THAT(to_text(r, 25), Not(HasSubstr("more broken")));
  EXPECT_LT(lines(to_text(r, 0)), 5);
  EXPECT_THAT(to_text(r, 0), HasSubstr("... and 25 more broken links\n"));
}

}  // namespace bight::crawl::report_test
