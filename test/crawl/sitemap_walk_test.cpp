// The sitemaps of a site: where they are, indexes and feeds, and what goes wrong.
#include <bight/crawl/sitemap_walk.hpp>

#include <bight/testing/async_test.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/web_site.hpp"

namespace bight::crawl::sitemap_walk_test {

using test::web_site;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct walked {
  std::vector<std::string> urls;
  std::vector<sitemap_outcome> sitemaps;
};

awaitable<walked> walk(std::vector<http::url> from, sitemap_walk_options options = sitemap_walk_options{}) {
  walked out;
  options.on_sitemap = [&](const sitemap_outcome& o) { out.sitemaps.push_back(o); };
  http::client client;
  auto all = sitemap_urls(client, std::move(from), std::move(options));
  auto next = co_await all.next();
  while (next) {
    out.urls.push_back(next->href());
    next = co_await all.next();
  }
  co_return out;
}

std::vector<http::url> at(const std::string& url) { return {http::url{url}}; }

std::string urlset(const std::string& loc) { return "<urlset><url><loc>" + loc + "</loc></url></urlset>"; }

ASYNC_TEST(sitemap_walk, robots_txt_names_them_and_else_they_have_the_usual_name) {
  web_site site;
  http::client client;
  const http::url page{site.url("/dir/page")};
  const auto usual = co_await sitemaps_of(client, page);
  EXPECT_THAT(usual, ElementsAre(http::url{site.url("/sitemap.xml")}));
  site.robots("Sitemap: http://other/a.xml\nSitemap: /b.txt\nSitemap: ftp://h/c\n");
  const auto named = co_await sitemaps_of(client, page);
  EXPECT_THAT(named, ElementsAre(http::url{"http://other/a.xml"}, http::url{site.url("/b.txt")}));
}

ASYNC_TEST(sitemap_walk, indexes_and_pages_of_feeds_are_followed_once) {
  web_site site;
  site.file("/i.xml", "text/xml",
            "<sitemapindex><sitemap><loc>/1.xml</loc></sitemap><sitemap><loc>/2.txt</loc></sitemap>"
            "<sitemap><loc>/i.xml</loc></sitemap><sitemap><loc>/feed</loc></sitemap></sitemapindex>");
  site.file("/1.xml", "text/xml", urlset("/a"));
  site.file("/2.txt", "text/plain", site.url("/b") + "\n" + site.url("/c"));
  site.file("/feed", "application/atom+xml",
            "<feed><link rel='next' href='/feed2'/><entry><link href='/d'/></entry></feed>");
  site.file("/feed2", "application/atom+xml",
            "<feed><link rel='next' href='/feed'/><entry><link href='/e'/></entry></feed>");
  auto start = at(site.url("/i.xml"));
  const auto got = co_await walk(std::move(start));
  EXPECT_THAT(got.urls,
              ElementsAre(site.url("/a"), site.url("/b"), site.url("/c"), site.url("/d"), site.url("/e")));
  EXPECT_THAT(got.sitemaps, SizeIs(5));
  for (const auto& s : got.sitemaps) {
    EXPECT_EQ(s.error, "") << s.url.href();
    EXPECT_EQ(site.visits_of(s.url.path()), 1U);
  }
}

ASYNC_TEST(sitemap_walk, a_fault_is_told_and_does_not_end_the_walk) {
  web_site site;
  site.file("/broken.xml", "text/xml", "<urlset><url><loc>/a</loc></url><url>");
  site.file("/page", "text/html", "<html><p>no</html>");
  auto start = at(site.url("/missing.xml"));
  start.emplace_back(site.url("/broken.xml"));
  start.emplace_back(site.url("/page"));
  start.emplace_back("http://127.0.0.1:1/closed.xml");
  const auto got = co_await walk(std::move(start));
  EXPECT_THAT(got.urls, ElementsAre(site.url("/a")));
  CO_ASSERT_THAT(got.sitemaps, SizeIs(4));
  EXPECT_EQ(got.sitemaps[0].error, "404 Not Found");
  EXPECT_THAT(got.sitemaps[1].error, HasSubstr("line 1: "));
  EXPECT_EQ(got.sitemaps[1].entries, 1U);
  EXPECT_THAT(got.sitemaps[2].error, HasSubstr("root element is <html>"));
  EXPECT_EQ(got.sitemaps[3].status, 0);
  EXPECT_NE(got.sitemaps[3].error, "");
}

ASYNC_TEST(sitemap_walk, limits_bound_sitemaps_urls_and_depth) {
  web_site site;
  site.fallback([](http::server_request& r) -> awaitable<http::server_response> {
    const std::string path{r.path()};
    http::server_response out{200, "<sitemapindex><sitemap><loc>" + path + "1</loc></sitemap><sitemap><loc>" +
                                       path + "2</loc></sitemap></sitemapindex>"};
    co_return out;
  });
  sitemap_walk_options options;
  options.max_sitemaps = 10;
  options.max_depth = 20;
  auto start = at(site.url("/i"));
  const auto many = co_await walk(start, options);
  CO_ASSERT_THAT(many.sitemaps, SizeIs(10));
  EXPECT_EQ(many.sitemaps[4].error, "more than 10 sitemaps; the rest were not read");
  options.max_depth = 1;
  const auto flat = co_await walk(start, options);
  EXPECT_THAT(flat.sitemaps, SizeIs(3));

  web_site list;
  std::string all;
  for (int i = 0; i != 100; ++i) all += list.url("/" + std::to_string(i)) + "\n";
  list.file("/list.txt", "text/plain", all);
  sitemap_walk_options few;
  few.max_urls = 30;
  auto from = at(list.url("/list.txt"));
  const auto first = co_await walk(std::move(from), few);
  EXPECT_THAT(first.urls, SizeIs(30));
}

ASYNC_TEST(sitemap_walk, a_failure_that_passes_is_waited_for) {
  web_site site;
  const auto second_time = [&site](const std::string& path, std::string body) {
    auto asked = std::make_shared<int>(0);
    site.add(path, [=](http::server_request&) -> awaitable<http::server_response> {
      http::server_response r{++*asked == 1 ? 503 : 200, body};
      r.headers().set(http::header_id::retry_after, "0");
      co_return r;
    });
  };
  second_time("/robots.txt", "Sitemap: /1.txt\n");
  second_time("/1.txt", site.url("/a") + "\n");
  http::client client;
  const http::url home{site.url()};
  auto maps = co_await sitemaps_of(client, home);
  CO_ASSERT_THAT(maps, SizeIs(1));
  EXPECT_EQ(maps[0].path(), "/1.txt");
  const auto got = co_await walk(std::move(maps));
  EXPECT_THAT(got.urls, ElementsAre(site.url("/a")));
  site.file("/never.xml", "text/xml", "", 500);
  auto never = at(site.url("/never.xml"));
  const auto failed = co_await walk(std::move(never));
  CO_ASSERT_THAT(failed.sitemaps, SizeIs(1));
  EXPECT_EQ(failed.sitemaps[0].error, "500 Internal Server Error");
  EXPECT_EQ(site.visits_of("/never.xml"), 3U);
}

}  // namespace bight::crawl::sitemap_walk_test
