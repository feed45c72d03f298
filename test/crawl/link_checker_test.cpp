// link_checker: a crawl and its links, to pages of the site, to others, and within pages.
#include <bight/crawl/link_checker.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/crawl/crawler.hpp>
#include <bight/http/transport.hpp>
#include <bight/testing/async_test.hpp>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::crawl::link_checker_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// The web, by URL. Virtual time.
class web final : public http::transport {
 public:
  struct reply {
    int status = 200;
    std::string type = "text/html";
    std::string body;
    std::string location;
  };
  awaitable<http::response> send(http::request& r) override {
    seen.push_back(std::string{r.method().name()} + ' ' + r.url().href());
    const auto found = pages.find(r.url().href());
    const reply missing{404, "text/html", "", ""};
    const auto& p = found == pages.end() ? missing : found->second;
    http::headers h;
    h.set("Content-Type", p.type);
    if (!p.location.empty()) h.set("Location", p.location);
    co_return http::response{p.status, r.method() == http::method::head ? "" : p.body, std::move(h), r.url()};
  }
  void page(const std::string& url, std::string body) {
    pages[url] = {200, "text/html", std::move(body), ""};
  }
  std::size_t count(const std::string& line) const {
    return static_cast<std::size_t>(std::ranges::count(seen, line));
  }
  std::map<std::string, reply> pages;
  std::vector<std::string> seen;
};

struct setting {
  setting() : site(std::make_shared<web>()) {
    crawl.keep_links = crawl.keep_ids = true;
    crawl.obey_robots = true;
    crawl.host_delay = 0s;
    crawl.max_retries = 0;
    check.external = check.fragments = true;
    site->pages["http://a.example/robots.txt"] = {404, "text/plain", "", ""};
    site->pages["https://a.example/robots.txt"] = {404, "text/plain", "", ""};
  }
  http::client client() const {
    http::client_options o;
    o.transport = site;
    o.limits.max_redirects = 0;
    return http::client{std::move(o)};
  }
  awaitable<void> run(std::string seed = "http://a.example/") {
    crawler walker{crawl, client()};
    link_checker checker{client(), check};
    walker.on_page([&](const page& p) { checker.add(p); });
    const auto walk = [&]() -> awaitable<void> {
      std::vector<http::url> seeds{http::url{seed}};
      co_await walker.run(std::move(seeds));
    };
    report = co_await checker.run(walk);
  }
  // "verdict cause url: page/line".
  std::vector<std::string> findings() const {
    std::vector<std::string> all;
    for (const auto& l : report.links) {
      auto text =
          std::string{to_string(l.verdict)} + ' ' + std::string{to_string(l.cause)} + ' ' + l.url + ':';
      for (const auto& p : l.places) text += ' ' + p.page + '/' + std::to_string(p.line);
      all.push_back(std::move(text));
    }
    return all;
  }
  std::shared_ptr<web> site;
  crawl_options crawl;
  link_check_options check;
  link_report report;
};

ASYNC_TEST(link_checker, finds_broken_links_of_the_site_and_of_others) {
  setting s;
  s.site->page("http://a.example/",
               "<a href=/b>to b</a>\n<a href=/gone>gone</a>\n<img src=http://b.example/i.png alt=pic>");
  s.site->page("http://a.example/b",
               "<a href=http://b.example/>good</a><a href=http://b.example/none>bad</a>");
  s.site->page("http://b.example/", "");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("broken status http://a.example/gone: http://a.example//2",
                                        "broken status http://b.example/i.png: http://a.example//3",
                                        "broken status http://b.example/none: http://a.example/b/1"));
  CO_ASSERT_EQ(s.report.links.size(), 3U);
  EXPECT_EQ(s.report.links[0].places[0].text, "gone");
  EXPECT_EQ(s.report.links[0].reason, "404 Not Found");
  EXPECT_EQ(s.report.links[1].places[0].text, "pic");
  EXPECT_EQ(s.report.counts.pages, 2U);
  EXPECT_EQ(s.report.counts.links, 5U);
  EXPECT_EQ(s.report.counts.urls, 5U);
  EXPECT_EQ(s.report.counts.good, 2U);
  EXPECT_TRUE(s.report.complete);
  EXPECT_EQ(s.site->count("GET http://b.example/"), 0U) << "HEAD is enough, and it is never crawled";
}

ASYNC_TEST(link_checker, leaves_other_sites_alone_unless_asked) {
  setting s;
  s.check.external = false;
  s.site->page("http://a.example/", "<a href=http://b.example/>x</a><a href=http://b.example/#y>y</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), IsEmpty());
  EXPECT_EQ(s.report.counts.external, 1U);
  for (const auto& line : s.site->seen) EXPECT_THAT(line, HasSubstr("a.example"));
}

ASYNC_TEST(link_checker, checks_fragments_within_the_site) {
  setting s;
  s.site->page(
      "http://a.example/",
      "<p id=here><a href=#here>1</a>\n<a href=#not>2</a>\n<a href=b#there>3</a>\n<a href=b#nowhere>4</a>\n"
      "<a href=#top>5</a><a href=#>6</a><a href='b#:~:text=x'>7</a><a href='#/app'>8</a>");
  s.site->page("http://a.example/b", "<a name=there>");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("broken fragment http://a.example/#not: http://a.example//2",
                                        "broken fragment http://a.example/b#nowhere: http://a.example//4"));
}

ASYNC_TEST(link_checker, does_not_check_fragments_of_other_sites) {
  setting s;
  s.site->page("http://a.example/", "<a href=http://b.example/#made-by-a-script>1</a>");
  s.site->page("http://b.example/", "");
  co_await s.run();
  EXPECT_THAT(s.findings(), IsEmpty());
}

ASYNC_TEST(link_checker, checks_but_does_not_follow_nofollow_links) {
  setting s;
  s.site->page(
      "http://a.example/",
      "<a rel=nofollow href=/b>x</a>\n<a rel=nofollow href=/gone#z>y</a><a rel=nofollow href=/b#q>z</a>");
  s.site->page("http://a.example/b", "<p id=p><a href=/c>never seen</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("broken status http://a.example/gone: http://a.example//2",
                                        "broken fragment http://a.example/b#q: http://a.example//2"));
  for (const auto& line : s.site->seen) EXPECT_THAT(line, ::testing::Not(HasSubstr("/c")));
}

ASYNC_TEST(link_checker, one_page_is_depth_zero) {
  setting s;
  s.crawl.max_depth = 0;
  s.site->page("http://a.example/", "<a href=/b>x</a><a href=/gone>y</a><a href=http://b.example/>z</a>");
  s.site->page("http://a.example/b", "<a href=/c>never seen</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), UnorderedElementsAre("broken status http://a.example/gone: http://a.example//1",
                                                 "broken status http://b.example/: http://a.example//1"));
  EXPECT_EQ(s.site->count("GET http://a.example/b"), 0U);
}

ASYNC_TEST(link_checker, redirects_have_the_verdict_of_their_target) {
  setting s;
  s.check.redirects = true;
  s.site->page("http://a.example/", "<a href=/old>1</a>\n<a href=/lost>2</a>\n<a href=/away#p>3</a>");
  s.site->pages["http://a.example/old"] = {301, "", "", "/new"};
  s.site->page("http://a.example/new", "");
  s.site->pages["http://a.example/lost"] = {301, "", "", "/gone"};
  s.site->pages["http://a.example/away"] = {302, "", "", "http://b.example/"};
  s.site->page("http://b.example/", "");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("broken status http://a.example/lost: http://a.example//2",
                                        "redirected none http://a.example/old: http://a.example//1",
                                        "redirected none http://a.example/away: http://a.example//3"));
  CO_ASSERT_EQ(s.report.links.size(), 3U);
  EXPECT_EQ(s.report.links[0].final_url, "http://a.example/gone");
}

ASYNC_TEST(link_checker, counts_other_schemes) {
  setting s;
  s.site->page(
      "http://a.example/",
      "<a href=mailto:me@a.example>1</a><a href=tel:123>2</a><a href='data:,x'>3</a><a href=mailto:x>4</a>"
      "<a href='javascript:void(0)'>5</a><a href=file:///etc/passwd>6</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), IsEmpty());
  const std::map<std::string, std::size_t, std::less<>> expected{
      {"mailto", 2}, {"tel", 1}, {"data", 1}, {"javascript", 1}, {"file", 1}};
  EXPECT_EQ(s.report.counts.schemes, expected);
}

ASYNC_TEST(link_checker, ignores_what_the_patterns_say) {
  setting s;
  s.check.ignore = read_ignore_file("# comment\n\n/gone$\r\n[#]part", "f");
  s.check.exclude_external = {{"b\\.example", "--exclude-external"}};
  s.site->page(
      "http://a.example/",
      "<a href=/gone>1</a><a href=/#part>2</a><a href=http://b.example/>3</a><a href=/b.example>4</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("broken status http://a.example/b.example: http://a.example//1"));
  EXPECT_EQ(s.report.counts.ignored, 3U);
}

TEST(link_checker_patterns, have_the_place_of_what_is_wrong) {
  link_check_options options;
  options.ignore = read_ignore_file("ok\n#\nfoo(\n", "ignore.txt");
  try {
    const link_checker checker{http::client{}, options};
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("ignore.txt:3: 'foo(' is not a valid pattern: missing )"));
  }
}

ASYNC_TEST(link_checker, http_is_broken_where_https_is_required) {
  setting s;
  s.check.require_https = true;
  s.site->page(
      "https://a.example/",
      "<a href=http://b.example/>1</a>\n<a href=https://b.example/>2</a><a href=http://127.0.0.1/>3</a>");
  s.site->page("http://b.example/", "");
  s.site->page("https://b.example/", "");
  s.site->page("http://127.0.0.1/", "");
  co_await s.run("https://a.example/");
  EXPECT_THAT(s.findings(), ElementsAre("broken insecure http://b.example/: https://a.example//1"));
}

ASYNC_TEST(link_checker, warns_of_mixed_content) {
  setting s;
  s.site->page("https://a.example/",
               "<img src=http://b.example/i>\n<a href=http://b.example/i>no</a>\n<script "
               "src=http://b.example/s></script>");
  s.site->page("http://b.example/i", "");
  s.site->page("http://b.example/s", "");
  co_await s.run("https://a.example/");
  EXPECT_THAT(s.findings(), ElementsAre("warning mixed_content http://b.example/i: https://a.example//1",
                                        "warning mixed_content http://b.example/s: https://a.example//3"));
}

ASYNC_TEST(link_checker, accepts_statuses_on_the_site_too) {
  setting s;
  s.check.requests.accept = status_set::parse("200,404").value();
  s.site->page("http://a.example/", "<a href=/gone>1</a><a href=http://b.example/gone>2</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), IsEmpty());
}

ASYNC_TEST(link_checker, what_robots_txt_disallows_is_not_checked) {
  setting s;
  s.site->pages["http://a.example/robots.txt"] = {200, "text/plain", "User-agent: *\nDisallow: /private\n",
                                                  ""};
  s.site->page("http://a.example/", "<a href=/private/x>1</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(),
              ElementsAre("not_checked robots http://a.example/private/x: http://a.example//1"));
}

ASYNC_TEST(link_checker, invalid_urls_are_broken_links) {
  setting s;
  s.site->page("http://a.example/",
               "\n<a href='http://a b/'>1</a><a href='http://[::1/'>2</a><a href='http://a:99999/'>3</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("broken invalid_url http://[::1/: http://a.example//2",
                                        "broken invalid_url http://a b/: http://a.example//2",
                                        "broken invalid_url http://a:99999/: http://a.example//2"));
}

ASYNC_TEST(link_checker, a_dead_start_url_is_reported) {
  setting s;
  co_await s.run("http://a.example/nothing");
  EXPECT_THAT(s.findings(), ElementsAre("broken status http://a.example/nothing:"));
}

ASYNC_TEST(link_checker, other_sites_are_checked_while_the_crawl_runs) {
  setting s;
  s.crawl.host_delay = 2s;
  std::string links;
  for (int i = 0; i < 5; ++i) {
    links +=
        "<a href=/p" + std::to_string(i) + ">x</a><a href=http://b.example/" + std::to_string(i) + ">y</a>";
    s.site->page("http://a.example/p" + std::to_string(i), "");
    s.site->page("http://b.example/" + std::to_string(i), "");
  }
  s.site->page("http://a.example/", links);
  const auto begun = clock::now();
  co_await s.run();
  EXPECT_THAT(s.findings(), IsEmpty());
  EXPECT_LE(clock::now() - begun, 11s) << "5 pages at 2 s; 5 links at 1 s meanwhile";
}

ASYNC_TEST(link_checker, remembers_good_links_of_other_sites) {
  setting s;
  s.check.cache = std::make_shared<link_cache>();
  s.site->page("http://a.example/", "<a href=http://b.example/good>1</a><a href=http://b.example/bad>2</a>");
  s.site->page("http://b.example/good", "");
  co_await s.run();
  co_await s.run();
  EXPECT_EQ(s.site->count("HEAD http://b.example/good"), 1U);
  EXPECT_EQ(s.site->count("HEAD http://b.example/bad"), 2U) << "what was broken may have been repaired";
  EXPECT_EQ(s.report.counts.cached, 1U);
  EXPECT_EQ(s.report.counts.good, 1U);
}

ASYNC_TEST(link_checker, other_hosts_do_not_get_the_clients_fields_of_the_site) {
  setting s;
  auto own = std::make_shared<web>();
  own->pages = s.site->pages;
  own->page("http://a.example/", "<a rel=nofollow href=/b>1</a><a href=http://b.example/>2</a>");
  own->page("http://a.example/b", "");
  http::client_options o;
  o.transport = own;
  o.limits.max_redirects = 0;
  s.check.site_client = http::client{o};
  s.site->page("http://b.example/", "");
  crawler walker{s.crawl, *s.check.site_client};
  link_checker checker{s.client(), s.check};
  walker.on_page([&](const page& p) { checker.add(p); });
  const auto walk = [&]() -> awaitable<void> {
    std::vector<http::url> seeds{http::url{"http://a.example/"}};
    co_await walker.run(std::move(seeds));
  };
  co_await checker.run(walk);
  EXPECT_EQ(own->count("HEAD http://a.example/b"), 1U);
  EXPECT_THAT(s.site->seen, ElementsAre("HEAD http://b.example/"));
}

ASYNC_TEST(link_checker, an_error_of_the_body_is_thrown_and_the_results_so_far_remain) {
  setting s;
  link_checker checker{s.client(), s.check};
  const auto walk = [&]() -> awaitable<void> {
    page p;
    p.url = p.final_url = http::url{"http://a.example/"};
    p.status = 404;
    p.seed = true;
    p.verdict = page_verdict::broken;
    p.error = "404 Not Found";
    checker.add(p);
    throw std::runtime_error("enough");
    co_return;
  };
  std::string error;
  try {
    co_await checker.run(walk);
  } catch (const std::runtime_error& e) { error = e.what(); }
  EXPECT_EQ(error, "enough");
  EXPECT_EQ(checker.report().links.size(), 1U);
  EXPECT_FALSE(checker.report().complete);
}

ASYNC_TEST(link_checker, a_page_of_the_site_that_refuses_programs_is_not_checked) {
  setting s;
  std::string links;
  for (const int status : {401, 403, 407, 451, 999}) {
    const auto path = "/" + std::to_string(status);
    links += "<a href=" + path + ">x</a><a rel=nofollow href=" + path + "?nofollow>x</a>";
    s.site->pages["http://a.example" + path] = {status, "text/html", "", ""};
    s.site->pages["http://a.example" + path + "?nofollow"] = {status, "text/html", "", ""};
  }
  s.site->page("http://a.example/", links);
  co_await s.run();
  EXPECT_EQ(s.report.count(link_verdict::broken), 0U);
  EXPECT_EQ(s.report.count(link_verdict::not_checked), 10U);
}

ASYNC_TEST(link_checker, a_page_that_was_not_read_to_its_end_is_a_warning) {
  setting s;
  s.crawl.max_body = 40;
  s.site->page("http://a.example/", "<a href=/b>x</a>");
  s.site->page("http://a.example/b", "<a href=/>x</a>" + std::string(100, ' ') + "<a href=/unseen>x</a>");
  co_await s.run();
  EXPECT_THAT(s.findings(), ElementsAre("warning other http://a.example/b: http://a.example/b/0"));
  CO_ASSERT_EQ(s.report.links.size(), 1U);
  EXPECT_THAT(s.report.links[0].reason, HasSubstr("longer than 40 bytes"));
  s.crawl.max_body = 1000;
  s.crawl.max_kept_links = 2;
  s.site->page("http://a.example/", "<a href=/>1</a><a href=/>2</a><a href=/gone>3</a>");
  co_await s.run();
  CO_ASSERT_EQ(s.report.links.size(), 1U);
  EXPECT_THAT(s.report.links[0].reason, HasSubstr("more than 2 links"));
}

ASYNC_TEST(link_checker, remembers_nothing_that_only_accept_makes_good) {
  setting s;
  s.check.cache = std::make_shared<link_cache>();
  s.site->page("http://a.example/", "<a href=http://b.example/gone>1</a><a href=http://b.example/>2</a>");
  s.site->page("http://b.example/", "");
  s.check.requests.accept = status_set::parse("200-299,404").value();
  co_await s.run();
  EXPECT_EQ(s.report.count(link_verdict::broken), 0U);
  EXPECT_EQ(s.check.cache->size(), 1U);
  s.check.requests.accept = status_set{};
  co_await s.run();
  EXPECT_EQ(s.report.count(link_verdict::broken), 1U);
  s.check.requests.accept = status_set::parse("404").value();
  co_await s.run();
  EXPECT_THAT(s.findings(), ::testing::Contains(HasSubstr("http://b.example/:")))
      << "200 is not accepted now";
}

}  // namespace bight::crawl::link_checker_test
