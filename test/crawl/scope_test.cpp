#include <bight/crawl/scope.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::scope_test {

using urls = std::vector<http::url>;

scope_reason reason(const scope& rules, std::string_view url) { return rules.decide(http::url(url)).reason; }
scope make(std::vector<std::string> seeds, scope_options options = {}) {
  urls parsed;
  for (const auto& seed : seeds) parsed.emplace_back(seed);
  return scope::make(parsed, std::move(options)).value();
}
scope_options mode(scope_mode value) {
  scope_options options;
  options.mode = value;
  return options;
}
scope_options patterns(std::vector<std::string> include, std::vector<std::string> exclude = {}) {
  scope_options options;
  options.include = std::move(include);
  options.exclude = std::move(exclude);
  return options;
}

TEST(scope, of_a_host_is_its_every_path) {
  const auto rules = make({"https://example.org/docs/"});
  EXPECT_EQ(reason(rules, "https://example.org/docs/a"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "https://EXAMPLE.org/"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "https://www.example.org/docs/"), scope_reason::host);
  EXPECT_EQ(reason(rules, "https://org/docs/"), scope_reason::host);
}
TEST(scope, takes_the_default_ports_for_the_same) {
  const auto rules = make({"http://example.org/"});
  EXPECT_EQ(reason(rules, "https://example.org/"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://example.org:80/"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://example.org:443/"), scope_reason::host);
}
TEST(scope, compares_other_ports) {
  const auto rules = make({"http://127.0.0.1:8080/"});
  EXPECT_EQ(reason(rules, "http://127.0.0.1:8080/x"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://127.0.0.1:8081/"), scope_reason::host);
  EXPECT_EQ(reason(rules, "http://127.0.0.1/"), scope_reason::host);
}
TEST(scope, may_leave_ports_out) {
  scope_options options;
  options.any_port = true;
  const auto rules = make({"http://example.org:8080/"}, options);
  EXPECT_EQ(reason(rules, "https://example.org:1/"), scope_reason::in_scope);
}
TEST(scope, of_subdomains_is_the_host_and_what_is_below_it) {
  const auto rules = make({"https://www.example.org/docs/"}, mode(scope_mode::subdomains));
  for (const auto url : {"https://example.org/", "https://www.example.org/x", "http://a.b.example.org/"})
    EXPECT_EQ(reason(rules, url), scope_reason::in_scope) << url;
  for (const auto url :
       {"https://notexample.org/", "https://org/", "https://example.org:8080/", "https://b.org/"})
    EXPECT_EQ(reason(rules, url), scope_reason::host) << url;
  const auto address = make({"http://0.0.1/"}, mode(scope_mode::subdomains));
  EXPECT_EQ(reason(address, "http://9.0.0.1/"), scope_reason::host);
}
TEST(scope, a_list_of_hosts_adds_to_the_mode_or_stands_alone) {
  auto options = mode(scope_mode::host);
  options.hosts = {"b.org", "*.c.org", "127.0.0.1",
                   "B\xc3\xbc"
                   "cher.example"};
  const auto rules = make({"http://a.org/"}, options);
  for (const auto url : {"http://a.org/", "https://b.org:81/", "http://c.org/", "http://x.y.c.org/",
                         "http://127.0.0.1:8080/", "http://xn--bcher-kva.example/"})
    EXPECT_EQ(reason(rules, url), scope_reason::in_scope) << url;
  for (const auto url : {"http://x.b.org/", "http://ac.org/", "http://a.org:81/"})
    EXPECT_EQ(reason(rules, url), scope_reason::host) << url;
  options.mode = scope_mode::hosts;
  const auto alone = make({"http://a.org/"}, options);
  EXPECT_EQ(reason(alone, "http://a.org/"), scope_reason::host);
  EXPECT_EQ(reason(alone, "http://b.org/"), scope_reason::in_scope);
  for (const auto host : {"", "a b", "http://x/", "x/y", "x:81", "*"}) {
    options.hosts = {host};
    const auto made = scope::make({}, options);
    ASSERT_FALSE(made) << host;
    EXPECT_EQ(made.error().option, "host");
  }
}
TEST(scope, joins_its_seeds) {
  const auto rules = make({"http://a.org/", "http://b.org:81/x", "http://b.org:82/"});
  for (const auto url : {"http://a.org/z", "http://b.org:81/", "http://b.org:82/"}) {
    EXPECT_EQ(reason(rules, url), scope_reason::in_scope) << url;
  }
  EXPECT_EQ(reason(rules, "http://b.org/"), scope_reason::host);
}
TEST(scope, of_a_prefix_ends_at_the_last_slash_of_the_seed) {
  const auto rules = make({"http://a.org/docs/v1/index.html?x=/y/"}, mode(scope_mode::prefix));
  EXPECT_EQ(reason(rules, "http://a.org/docs/v1/"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://a.org/docs/v1/a/b?c#d"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://a.org/docs/v1"), scope_reason::prefix);
  EXPECT_EQ(reason(rules, "http://a.org/docs/v10/"), scope_reason::prefix);
  EXPECT_EQ(reason(rules, "http://a.org/docs/v1/../"), scope_reason::prefix);
  EXPECT_EQ(reason(rules, "http://b.org/docs/v1/"), scope_reason::host);
}
TEST(scope, of_several_prefixes_is_any_of_them) {
  const auto rules = make({"http://a.org/x/y/", "http://a.org/x/", "http://a.org:81/", "http://a.org/z/"},
                          mode(scope_mode::prefix));
  EXPECT_EQ(reason(rules, "http://a.org/x/q"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://a.org/z/q"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://a.org/q"), scope_reason::prefix);
  EXPECT_EQ(reason(rules, "http://a.org:81/q"), scope_reason::in_scope);
}
TEST(scope, may_follow_http_to_https_on_any_port) {
  scope_options options;
  options.https_upgrade = true;
  const auto rules = make({"http://example.org:8080/"}, options);
  EXPECT_EQ(reason(rules, "https://example.org:8443/"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://example.org:8081/"), scope_reason::host);
  EXPECT_EQ(reason(make({"https://example.org:8443/"}, options), "https://example.org/"), scope_reason::host);
}
TEST(scope, takes_a_redirect_of_a_seed_along) {
  auto rules = make({"http://a.org/x"});
  EXPECT_FALSE(rules.follow_seed(http::url{"http://a.org/x"}, http::url{"http://a.org/y"}));
  EXPECT_EQ(reason(rules, "http://www.a.org/"), scope_reason::host);
  EXPECT_TRUE(rules.follow_seed(http::url{"http://a.org/x"}, http::url{"http://www.a.org/x"}));
  EXPECT_EQ(reason(rules, "http://www.a.org/"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://a.org/"), scope_reason::in_scope);
  EXPECT_FALSE(rules.follow_seed(http::url{"http://a.org/x"}, http::url{"mailto:x@a.org"}));
}
TEST(scope, of_a_prefix_that_redirects_to_its_folder_is_the_folder) {
  auto rules = make({"http://a.org/docs"}, mode(scope_mode::prefix));
  EXPECT_EQ(reason(rules, "http://a.org/blog"), scope_reason::in_scope) << "the folder of /docs is /";
  EXPECT_FALSE(rules.follow_seed(http::url{"http://a.org/docs"}, http::url{"http://a.org/docs/"}));
  EXPECT_EQ(reason(rules, "http://a.org/blog"), scope_reason::prefix);
  EXPECT_EQ(reason(rules, "http://a.org/docs/x"), scope_reason::in_scope);
  EXPECT_TRUE(
      rules.follow_seed(http::url{"http://a.org/docs/"}, http::url{"http://a.org/v2/docs/index.html"}));
  EXPECT_EQ(reason(rules, "http://a.org/v2/docs/x"), scope_reason::in_scope);
}
TEST(scope, of_a_prefix_keeps_what_another_seed_needs) {
  auto rules = make({"http://a.org/docs", "http://a.org/index.html"}, mode(scope_mode::prefix));
  rules.follow_seed(http::url{"http://a.org/docs"}, http::url{"http://a.org/docs/"});
  EXPECT_EQ(reason(rules, "http://a.org/blog"), scope_reason::in_scope);
}
TEST(scope, grows_by_seeds) {
  auto rules = make({});
  EXPECT_EQ(reason(rules, "http://a.org/"), scope_reason::host);
  rules.add_seed(http::url{"http://a.org/x"});
  EXPECT_EQ(reason(rules, "http://a.org/"), scope_reason::in_scope);
}
TEST(scope, of_anywhere_has_no_place) {
  const auto rules = make({"http://a.org/"}, mode(scope_mode::any));
  EXPECT_EQ(reason(rules, "https://b.org:99/"), scope_reason::in_scope);
}
TEST(scope, is_http_and_https) {
  const auto rules = make({"ftp://a.org/", "http://b.org/"}, mode(scope_mode::any));
  for (const auto url :
       {"ftp://a.org/", "mailto:x@b.org", "data:,x", "javascript:x", "file:///x", "ws://b.org/"}) {
    EXPECT_EQ(reason(rules, url), scope_reason::scheme) << url;
  }
}
TEST(scope, without_seeds_is_empty) { EXPECT_EQ(reason(make({}), "http://a.org/"), scope_reason::host); }

TEST(scope, excludes_by_pattern) {
  const auto rules = make({"http://a.org/"}, patterns({}, {R"(\.(zip|pdf)$)", "[?&]sort="}));
  EXPECT_EQ(reason(rules, "http://a.org/x.html"), scope_reason::in_scope);
  EXPECT_EQ(reason(rules, "http://a.org/x.pdf"), scope_reason::excluded);
  const auto decision = rules.decide(http::url("http://a.org/x.pdf?sort=1"));
  EXPECT_EQ(decision.reason, scope_reason::excluded);
  EXPECT_EQ(decision.pattern, "[?&]sort=");
  EXPECT_FALSE(decision);
}
TEST(scope, includes_by_pattern_within_the_mode) {
  const auto rules = make({"http://a.org/"}, patterns({"/de/", "/en/"}));
  const auto decision = rules.decide(http::url("http://a.org/en/x"));
  EXPECT_TRUE(decision);
  EXPECT_EQ(decision.pattern, "/en/");
  EXPECT_EQ(reason(rules, "http://a.org/fr/"), scope_reason::not_included);
  EXPECT_EQ(reason(rules, "http://b.org/en/"), scope_reason::host);
}
TEST(scope, lets_exclude_win_over_include) {
  const auto rules = make({"http://a.org/"}, patterns({"/en/"}, {"/en/old/"}));
  EXPECT_EQ(reason(rules, "http://a.org/en/old/x"), scope_reason::excluded);
}
TEST(scope, searches_patterns_in_the_whole_href) {
  EXPECT_EQ(reason(make({"http://a.org/"}, patterns({"^http://a"})), "http://a.org/"),
            scope_reason::in_scope);
  EXPECT_EQ(reason(make({"http://a.org/"}, patterns({"#x$"})), "http://a.org/#x"), scope_reason::in_scope);
}
TEST(scope, gives_seeds_no_exemption) {
  EXPECT_EQ(reason(make({"http://a.org/x"}, patterns({}, {"x"})), "http://a.org/x"), scope_reason::excluded);
}

TEST(scope_error, names_the_pattern_the_place_and_the_reason) {
  const auto result = scope::make({}, patterns({"ok", "a(b"}, {}));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().option, "include");
  EXPECT_EQ(result.error().index, 1u);
  EXPECT_EQ(result.error().pattern, "a(b");
  EXPECT_FALSE(result.error().reason.empty());
  EXPECT_NE(result.error().message().find("include pattern 2, \"a(b\": missing"), std::string::npos)
      << result.error().message();
}
TEST(scope_error, gives_the_position_of_the_wrong_part) {
  const auto result = scope::make({}, patterns({}, {"ab[z-a]"}));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().option, "exclude");
  EXPECT_EQ(result.error().fragment, "z-a");
  EXPECT_EQ(result.error().position, 3u);
}
TEST(scope_error, is_thrown_by_value) {
  EXPECT_THROW(scope::make({}, patterns({"*"})).value(), std::invalid_argument);
}
TEST(scope_error, reports_a_pattern_over_the_memory_limit) {
  scope_options options = patterns({"((a{100}){10}){10}"});
  options.max_pattern_memory = 10'000;
  EXPECT_TRUE(scope::make({}, options).has_error());
}
TEST(scope_reason, has_names) {
  EXPECT_EQ(to_string(scope_reason::in_scope), "in_scope");
  EXPECT_EQ(to_string(scope_reason::not_included), "not_included");
}

}  // namespace bight::crawl::scope_test
