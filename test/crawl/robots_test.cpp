#include <bight/crawl/robots.hpp>

#include "crawl/robots_path.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::robots_test {

using namespace std::chrono_literals;

bool allowed(std::string_view body, std::string_view product, std::string_view path) {
  return robots_rules::parse(body).allows(product, path).allowed;
}
bool disallows(std::string_view pattern, std::string_view path) {
  return !allowed("User-agent: *\nDisallow: " + std::string(pattern), "bight", path);
}

// RFC 9309 2.2.1, user-agent lines and groups

constexpr std::string_view rfc_groups =
    "User-agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n"
    "User-agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n"
    "User-agent: barbot\nUser-agent: bazbot\nDisallow: /example/page.html\n\n"
    "User-agent: quxbot\n";

TEST(robots_rules, follow_the_example_of_the_rfc) {
  EXPECT_FALSE(allowed(rfc_groups, "bight", "/x.gif"));
  EXPECT_FALSE(allowed(rfc_groups, "bight", "/example/"));
  EXPECT_TRUE(allowed(rfc_groups, "bight", "/publications/"));
  EXPECT_TRUE(allowed(rfc_groups, "bight", "/x.gif?y"));
  EXPECT_FALSE(allowed(rfc_groups, "foobot", "/x"));
  EXPECT_TRUE(allowed(rfc_groups, "foobot", "/example/page.html"));
  EXPECT_TRUE(allowed(rfc_groups, "foobot", "/example/allowed.gif"));
  EXPECT_FALSE(allowed(rfc_groups, "barbot", "/example/page.html"));
  EXPECT_FALSE(allowed(rfc_groups, "bazbot", "/example/page.html"));
  EXPECT_TRUE(allowed(rfc_groups, "bazbot", "/example/"));
  EXPECT_TRUE(allowed(rfc_groups, "quxbot", "/example/page.html"));
}
TEST(robots_rules, match_the_product_token_in_any_case) {
  EXPECT_FALSE(allowed("user-agent: BiGhT\ndisallow: /", "bigHT", "/x"));
  EXPECT_FALSE(allowed("user-agent: bight/1.0 crawler\ndisallow: /", "bight/0.1 (+https://x)", "/x"));
}
TEST(robots_rules, match_the_whole_product_token) {
  EXPECT_TRUE(allowed("user-agent: big\ndisallow: /", "bight", "/x"));
  EXPECT_TRUE(allowed("user-agent: bight-news\ndisallow: /", "bight", "/x"));
  EXPECT_TRUE(allowed("user-agent: bight2\ndisallow: /", "bight", "/x"));
}
TEST(robots_rules, prefer_a_group_of_their_own_to_that_for_all) {
  const std::string_view body = "user-agent: *\ndisallow: /\nuser-agent: bight\ndisallow: /x";
  EXPECT_TRUE(allowed(body, "bight", "/y"));
  EXPECT_FALSE(allowed(body, "bight", "/x"));
  EXPECT_FALSE(allowed(body, "other", "/y"));
}
TEST(robots_rules, combine_the_groups_of_one_robot) {
  const std::string_view body =
      "user-agent: a\ndisallow: /1\nuser-agent: b\ndisallow: /2\nuser-agent: A\ndisallow: /3\nallow: /1/ok";
  EXPECT_FALSE(allowed(body, "a", "/1"));
  EXPECT_TRUE(allowed(body, "a", "/1/ok"));
  EXPECT_TRUE(allowed(body, "a", "/2"));
  EXPECT_FALSE(allowed(body, "a", "/3"));
}
TEST(robots_rules, combine_the_groups_for_all) {
  const std::string_view body =
      "user-agent: *\ndisallow: /1\nuser-agent: b\ndisallow: /2\nuser-agent: * \ndisallow: /3";
  EXPECT_FALSE(allowed(body, "a", "/1"));
  EXPECT_FALSE(allowed(body, "a", "/3"));
  EXPECT_TRUE(allowed(body, "b", "/3"));
}
TEST(robots_rules, give_a_group_to_all_that_it_names) {
  const std::string_view body =
      "user-agent: a\n\n# x\nuser-agent: b\nsitemap: z\nuser-agent: c\ndisallow: /x\nuser-agent: d\nallow: /";
  for (const auto product : {"a", "b", "c"}) EXPECT_FALSE(allowed(body, product, "/x")) << product;
  EXPECT_TRUE(allowed(body, "d", "/x"));
}
TEST(robots_rules, ignore_rules_before_any_group) {
  EXPECT_TRUE(allowed("disallow: /\nuser-agent: *\nallow: /y", "bight", "/x"));
}
TEST(robots_rules, do_not_know_wildcards_in_names) {
  EXPECT_TRUE(allowed("user-agent: *bot\ndisallow: /", "bight", "/x"));
  EXPECT_TRUE(allowed("user-agent:\ndisallow: /", "bight", "/x"));
}
TEST(robots_rules, allow_everything_when_nothing_applies) {
  EXPECT_TRUE(allowed("", "bight", "/x"));
  EXPECT_TRUE(allowed("user-agent: other\ndisallow: /", "bight", "/x"));
  EXPECT_EQ(robots_rules{}.allows("bight", "/x").line, 0u);
}

// 2.2.2, allow and disallow lines

TEST(robots_rules, let_the_longest_match_decide) {
  const std::string_view body = "user-agent: *\nallow: /p\ndisallow: /\ndisallow: /page/x\nallow: /page";
  EXPECT_TRUE(allowed(body, "bight", "/page"));
  EXPECT_FALSE(allowed(body, "bight", "/page/x/y"));
  EXPECT_TRUE(allowed(body, "bight", "/pa"));
  EXPECT_FALSE(allowed(body, "bight", "/q"));
}
TEST(robots_rules, let_allow_win_a_tie) {
  EXPECT_TRUE(allowed("user-agent: *\ndisallow: /folder\nallow: /folder", "bight", "/folder/page"));
  EXPECT_TRUE(allowed("user-agent: *\nallow: /folder\ndisallow: /folder", "bight", "/folder/page"));
  EXPECT_TRUE(allowed("user-agent: a\ndisallow: /f\nuser-agent: a\nallow: /f", "a", "/f"));
}
TEST(robots_rules, count_wildcards_in_the_length) {
  EXPECT_FALSE(allowed("user-agent: *\nallow: /page\ndisallow: /*.htm", "bight", "/page.htm"));
  EXPECT_TRUE(allowed("user-agent: *\nallow: /$\ndisallow: /", "bight", "/"));
  EXPECT_FALSE(allowed("user-agent: *\nallow: /$\ndisallow: /", "bight", "/page.htm"));
}
TEST(robots_rules, take_an_empty_disallow_for_nothing) {
  EXPECT_TRUE(allowed("user-agent: *\ndisallow:\n", "bight", "/x"));
  EXPECT_FALSE(allowed("user-agent: *\nallow:\ndisallow: /", "bight", "/x"));
}
TEST(robots_rules, compare_paths_with_their_case) {
  EXPECT_TRUE(allowed("user-agent: *\ndisallow: /X", "bight", "/x"));
}
TEST(robots_rules, always_allow_robots_txt) {
  EXPECT_TRUE(allowed("user-agent: *\ndisallow: /", "bight", "/robots.txt"));
  EXPECT_FALSE(allowed("user-agent: *\ndisallow: /", "bight", "/robots.txt.bak"));
  EXPECT_TRUE(robots_rules::disallow_all().allows("bight", "/robots.txt").allowed);
}
TEST(robots_rules, say_which_line_decided) {
  const auto rules = robots_rules::parse("# x\r\nUser-agent: *\r\n\r\nDisallow: /a # b\rAllow: /a/%7eb\n");
  const auto no = rules.allows("bight", "/a/x");
  EXPECT_FALSE(no);
  EXPECT_EQ(no.line, 4u);
  EXPECT_EQ(no.rule, "/a");
  const auto yes = rules.allows("bight", "/a/~b/c");
  EXPECT_TRUE(yes);
  EXPECT_EQ(yes.line, 5u);
  EXPECT_EQ(yes.rule, "/a/~b");
  EXPECT_EQ(rules.allows("bight", "/b").line, 0u);
}
TEST(robots_rules, take_a_path_without_its_slash) {
  EXPECT_FALSE(allowed("user-agent: *\ndisallow: x", "bight", "/x"));
  EXPECT_FALSE(allowed("user-agent: *\ndisallow: /x", "bight", "x"));
  EXPECT_FALSE(allowed("user-agent: *\ndisallow: /$", "bight", ""));
  EXPECT_FALSE(allowed("user-agent: *\ndisallow: /?x", "bight", "?x"));
}
TEST(robots_rules, see_the_query_but_not_the_fragment) {
  EXPECT_FALSE(disallows("/x?y", "/x#?y"));
  EXPECT_TRUE(disallows("/x$", "/x#y"));
  EXPECT_TRUE(disallows("/*?", "/x?y"));
}

// 2.2.2, percent-encoding

TEST(robots_rules, compare_encoded_and_raw_bytes_alike) {
  EXPECT_TRUE(disallows("/foo/bar?baz=quz", "/foo/bar?baz=quz"));
  EXPECT_TRUE(disallows("/foo/bar?baz=http://foo.bar", "/foo/bar?baz=http%3A%2F%2Ffoo.bar"));
  EXPECT_TRUE(disallows("/foo/bar?baz=http%3a%2F%2ffoo.bar", "/foo/bar?baz=http://foo.bar"));
  EXPECT_TRUE(disallows("/foo/bar/\xE3\x83\x84", "/foo/bar/%E3%83%84"));
  EXPECT_TRUE(disallows("/foo/bar/%e3%83%84", "/foo/bar/\xE3\x83\x84"));
  EXPECT_TRUE(disallows("/foo/bar/%62%61%7A", "/foo/bar/baz"));
  EXPECT_TRUE(disallows("/foo/bar/baz", "/foo/bar/%62%61%7A"));
  EXPECT_TRUE(disallows("/a b", "/a%20b"));
}
TEST(robots_rules, keep_reserved_characters_apart_from_their_encoding) {
  EXPECT_FALSE(disallows("/a/b", "/a%2Fb"));
  EXPECT_TRUE(disallows("/a%2fb", "/a%2Fb"));
  EXPECT_FALSE(disallows("/x?a=1&b", "/x?a=1%26b"));
}
TEST(robots_rules, take_a_percent_sign_without_digits_as_it_is) {
  EXPECT_TRUE(disallows("/%zz%", "/%zz%"));
  EXPECT_TRUE(disallows("/%zz%", "/%25zz%25"));
  EXPECT_FALSE(disallows("/%3%33", "/3"));
}

// 2.2.3, special characters

TEST(robots_rules, know_the_star) {
  EXPECT_TRUE(disallows("/fish*", "/fishheads/yummy.html"));
  EXPECT_TRUE(disallows("*/fish", "/a/fish"));
  EXPECT_TRUE(disallows("/*.php", "/folder/any.php.file.html"));
  EXPECT_FALSE(disallows("/*.php", "/windows.PHP"));
  EXPECT_TRUE(disallows("/a*b*c", "/aXXbYYbZc"));
  EXPECT_FALSE(disallows("/a*b*c", "/aXXcYYb"));
  EXPECT_TRUE(disallows("/a**b", "/ab"));
  EXPECT_TRUE(disallows("*", "/"));
}
TEST(robots_rules, know_the_dollar_at_the_end) {
  EXPECT_TRUE(disallows("/*.php$", "/filename.php"));
  EXPECT_FALSE(disallows("/*.php$", "/filename.php?x"));
  EXPECT_FALSE(disallows("/*.php$", "/filename.php5"));
  EXPECT_TRUE(disallows("/a*b$", "/abab"));
  EXPECT_TRUE(disallows("/a*$", "/abc"));
  EXPECT_FALSE(disallows("/aba*aba$", "/aba"));
  EXPECT_TRUE(disallows("/fish$", "/fish"));
  EXPECT_FALSE(disallows("/fish$", "/fish/"));
}
TEST(robots_rules, take_a_dollar_elsewhere_literally) {
  EXPECT_TRUE(disallows("/a$b", "/a$b"));
  EXPECT_TRUE(disallows("/a$b", "/a%24b"));
  EXPECT_FALSE(disallows("/a$b", "/a"));
}
TEST(robots_rules, name_special_characters_by_their_encoding) {
  EXPECT_TRUE(disallows("/a%2Ab", "/a*b"));
  EXPECT_FALSE(disallows("/a%2Ab", "/aXb"));
  EXPECT_TRUE(disallows("/a%24", "/a$b"));
}
TEST(robots_match, needs_no_second_try) {
  std::string pattern = "/";
  for (int i = 0; i != 500; ++i) pattern += "*a";
  EXPECT_FALSE(robots_match(pattern + "*b", "/" + std::string(5000, 'a')));
  EXPECT_TRUE(robots_match(pattern, "/" + std::string(5000, 'a')));
}
TEST(robots_match, finds_long_parts) {
  std::string part;
  for (int i = 0; i != 30; ++i) part += "aab";
  EXPECT_TRUE(robots_match("/*" + part + "x", "/aab" + part + part + "xy"));
  EXPECT_FALSE(robots_match("/*" + part + "x", "/aab" + part + part + "y"));
  EXPECT_FALSE(robots_match("/*" + std::string(2000, 'a') + "b*", "/" + std::string(8000, 'a')));
}

// 2.3, 2.5: the file

TEST(robots_rules, accept_any_line_end_and_a_byte_order_mark) {
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    const auto body = "\xEF\xBB\xBFUser-agent: *" + end + end + "Disallow: /x" + end + "Disallow: /y";
    EXPECT_FALSE(allowed(body, "bight", "/x"));
    EXPECT_FALSE(allowed(body, "bight", "/y"));
    EXPECT_EQ(robots_rules::parse(body).allows("bight", "/y").line, 4u);
  }
}
TEST(robots_rules, ignore_comments_and_space) {
  EXPECT_FALSE(allowed(" \tuser-agent \t: \t* #x\n#disallow: /y\n  disallow  :/x#y ", "bight", "/x"));
  EXPECT_TRUE(allowed("user-agent: *\n#disallow: /", "bight", "/x"));
}
TEST(robots_rules, accept_what_deployed_files_contain) {
  for (const std::string key : {"Disallow /", "dissallow: /", "Disalow: /", "DISALLAW:/"}) {
    EXPECT_FALSE(allowed("useragent: *\n" + key, "bight", "/x")) << key;
    EXPECT_FALSE(allowed("User agent: *\n" + key, "bight", "/x")) << key;
  }
}
TEST(robots_rules, skip_lines_that_make_no_sense) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(allowed("<html>\n:\n: :\nuser-agent: *\n\0\x01\xFF\nfoo: bar\ndisallow: /"sv, "bight", "/x"));
}
TEST(robots_rules, do_not_read_past_the_limit) {
  const std::string head = "user-agent: *\ndisallow: /a\n";
  const auto rules = robots_rules::parse(head + "disallow: /b/c\n", {.max_bytes = head.size() + 11});
  EXPECT_TRUE(rules.truncated());
  EXPECT_FALSE(rules.allows("bight", "/a").allowed);
  EXPECT_TRUE(rules.allows("bight", "/b/x").allowed) << "half a line is no rule";
  EXPECT_FALSE(robots_rules::parse(head, {.max_bytes = head.size()}).truncated());
  EXPECT_TRUE(robots_rules::parse("disallow: /", {.max_bytes = 3}).truncated());
}
TEST(robots_rules, read_at_least_500_kib_by_default) {
  std::string body = "user-agent: *\n";
  while (body.size() < 500 * 1024 - 20) body += "#########################################\n";
  body.resize(500 * 1024 - 14, '#');
  body += "\ndisallow: /a\n";
  EXPECT_EQ(body.size(), 500u * 1024);
  EXPECT_FALSE(allowed(body, "bight", "/a"));
}
TEST(robots_rules, ignore_rules_over_the_path_limit) {
  const auto rules =
      robots_rules::parse("user-agent: *\ndisallow: /1234\ndisallow: /x", {.max_path_bytes = 4});
  EXPECT_TRUE(rules.allows("bight", "/1234").allowed);
  EXPECT_FALSE(rules.allows("bight", "/x234567").allowed);
}
TEST(robots_rules, disallow_what_costs_too_much_to_decide) {
  std::string body = "user-agent: *\n";
  for (int i = 0; i != 100; ++i) body += "allow: *ab*ba*aab*bbb\n";
  const auto path = "/" + std::string(500, 'a') + "bbab" + std::string(490, 'a');
  EXPECT_TRUE(robots_rules::parse(body).allows("bight", path).allowed);
  const auto decision = robots_rules::parse(body, {.max_steps = 50'000}).allows("bight", path);
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.line, 52u);
  EXPECT_TRUE(robots_rules::parse(body, {.max_steps = 50'000}).allows("bight", "/a").allowed);
}
TEST(robots_signature, of_a_pattern_is_part_of_that_of_what_it_matches) {
  const auto within = [](std::string_view pattern, std::string_view path) {
    return (robots_signature(pattern) & ~robots_signature(path)) == 0;
  };
  EXPECT_TRUE(within("/a*cd$", "/abcd"));
  EXPECT_TRUE(within("*$", "/"));
  EXPECT_FALSE(within("/xy", "/abcd"));
}
TEST(robots_rules, stay_valid_as_copies) {
  robots_rules copy;
  std::string_view rule;
  {
    const auto rules = robots_rules::parse("user-agent: *\ndisallow: /x");
    rule = rules.allows("bight", "/x").rule;
    copy = rules;
  }
  EXPECT_EQ(rule, "/x");
  EXPECT_FALSE(copy.allows("bight", "/x").allowed);
}

// Other records

TEST(robots_rules, read_crawl_delays) {
  const auto rules = robots_rules::parse(
      "user-agent: a\nuser-agent: b\ncrawl-delay: 2.5\ndisallow: /x\ncrawl-delay: 1\n\nuser-agent: "
      "*\nCrawl-Delay: 10s\n"
      "user-agent: c\ndisallow:\nuser-agent: d\ncrawl-delay: soon\nallow:\nuser-agent: e\ncrawl-delay: "
      "99999999999\nallow:\nuser-agent: f\ncrawl-delay: .0625");
  EXPECT_EQ(rules.crawl_delay("a"), 2500ms);
  EXPECT_EQ(rules.crawl_delay("B"), 2500ms);
  EXPECT_EQ(rules.crawl_delay("c"), std::nullopt) << "c joined the group after the delay";
  EXPECT_EQ(rules.crawl_delay("zzz"), 10s);
  EXPECT_EQ(rules.crawl_delay("d"), std::nullopt);
  EXPECT_EQ(rules.crawl_delay("f"), 62ms);
  EXPECT_EQ(rules.crawl_delay("e"), 24 * 24h);
  EXPECT_EQ(robots_rules{}.crawl_delay("a"), std::nullopt);
}
TEST(robots_rules, list_sitemaps_of_any_place) {
  const auto rules = robots_rules::parse(
      "Sitemap: https://x/a.xml#1\nuser-agent: *\nSITEMAP:/b.xml\ndisallow: /\nsitemap:\n");
  EXPECT_EQ(rules.sitemaps(), (std::vector<std::string>{"https://x/a.xml", "/b.xml"}));
  EXPECT_TRUE(robots_rules{}.sitemaps().empty());
}

// 2.3.1, the outcome of the fetch

TEST(robots_rules, that_disallow_all_name_no_line) {
  const auto decision = robots_rules::disallow_all().allows("bight", "/");
  EXPECT_FALSE(decision);
  EXPECT_EQ(decision.line, 0u);
}
TEST(robots_status, follows_the_rfc) {
  EXPECT_EQ(robots_status(200), robots_access::parse);
  EXPECT_EQ(robots_status(206), robots_access::parse);
  EXPECT_EQ(robots_status(301), robots_access::allow_all);
  for (const int status : {400, 401, 403, 404, 410, 499})
    EXPECT_EQ(robots_status(status), robots_access::allow_all) << status;
  for (const int status : {0, 100, 500, 503, 599, 600, -1})
    EXPECT_EQ(robots_status(status), robots_access::disallow_all) << status;
}
TEST(robots_status, lets_429_be_either) {
  EXPECT_EQ(robots_status(429), robots_access::disallow_all);
  EXPECT_EQ(robots_status(429, {.too_many_requests_is_unreachable = false}), robots_access::allow_all);
}

}  // namespace bight::crawl::robots_test
