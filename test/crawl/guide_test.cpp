// The code of docs/crawler.md and docs/from-scrapy.md, run against sites on loopback.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <bight/testing/async_test.hpp>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/web_site.hpp"

namespace bight::crawl::guide_test {

namespace crawl = bight::crawl;
using namespace std::chrono_literals;
using test::web_site;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the documents print.
std::ostringstream out;

std::string printed() {
  auto text = out.str();
  out.str("");
  return text;
}

// clang-format off

// ---- docs/crawler.md

bight::awaitable<void> crawl_a_site(http::url start) {
  crawl::crawler crawler;
  crawler.on_page([](const crawl::page& page) {
    out << page.status << ' ' << page.url.path() << '\n';
  });
  std::vector<http::url> seeds{start};
  auto report = co_await crawler.run(std::move(seeds));
  out << report.counts.pages << " pages, " << report.broken.size() << " broken links\n";
}

bight::awaitable<void> read_titles(http::url start) {
  crawl::crawl_options options;
  options.keep_body = true;
  crawl::crawler crawler{options};
  crawler.on_page([](const crawl::page& page) {
    if (auto title = page.select_one("title")) out << title->text() << '\n';
  });
  std::vector<http::url> seeds{start};
  co_await crawler.run(std::move(seeds));
}

bight::awaitable<void> logged_in(http::url start) {
  crawl::crawl_options options;
  http::client_options session = crawl::client_options_for(options);
  session.cookies = http::cookie_jar{};
  session.default_headers.set("X-Test", "1");
  http::client client{session};
  co_await client.post(*http::url::parse("/login", start)).form("user", "ann");

  crawl::crawler crawler{options, client};
  std::vector<http::url> seeds{start};
  auto report = co_await crawler.run(std::move(seeds));
  out << report.counts.pages << " pages\n";
}

bight::awaitable<void> politely(http::url start) {
  crawl::crawl_options options;
  options.host_delay = 100ms;
  options.max_concurrent_per_host = 1;
  crawl::crawler crawler{options};
  crawler.on_request([](crawl::page_request& request) {
    if (request.url().path().starts_with("/private")) request.skip("private");
    request.headers().set("X-Depth", std::to_string(request.depth()));
  });
  crawler.on_error([](const crawl::fetch_failure& failure) -> bight::awaitable<void> {
    out << failure.url.path() << ": " << failure.error << '\n';
    co_return;
  });
  std::vector<http::url> seeds{start};
  co_await crawler.run(std::move(seeds));
}

bight::awaitable<void> from_sitemaps(http::url site) {
  http::client client;
  auto sitemaps = co_await crawl::sitemaps_of(client, site);
  crawl::crawl_options options;
  options.max_depth = 0;
  crawl::crawler crawler{options, client};
  auto listed = crawl::sitemap_urls(client, std::move(sitemaps));
  auto report = co_await crawler.run(std::move(listed));
  out << report.counts.pages << " pages\n";
}

// ---- docs/from-scrapy.md

bight::awaitable<void> crawl_quotes(http::url start) {
  crawl::crawl_options options;
  options.keep_body = true;
  options.max_depth = 0;
  crawl::crawler spider{options};
  spider.on_page([&spider](const crawl::page& page) -> bight::awaitable<void> {
    for (const auto& quote : page.select("div.quote"))
      out << quote.select_one("small.author")->text() << ": " << quote.select_one("span.text")->text() << '\n';
    if (const auto next = page.select_one("li.next a[href]"))
      co_await spider.add(page.resolve(*next->attribute("href")));
  });
  std::vector<http::url> seeds{start};
  co_await spider.run(std::move(seeds));
}

// clang-format on

void three_pages(web_site& site) {
  site.page("/", "<title>Start</title><a href=/a>a</a><a href=/b>b</a><a href=/gone>x</a>");
  site.page("/a", "<title>A</title>");
  site.page("/b", "<title>B</title><a href=/private/c>c</a>");
  site.page("/private/c", "<title>C</title>");
}

ASYNC_TEST(crawler_guide, the_code_runs) {
  web_site site;
  three_pages(site);
  const http::url start{site.url()};
  co_await crawl_a_site(start);
  EXPECT_THAT(printed(), HasSubstr("4 pages, 1 broken links\n"));
  co_await read_titles(start);
  const auto titles = printed();
  for (const auto* const title : {"Start\n", "A\n", "B\n"}) EXPECT_THAT(titles, HasSubstr(title));
  co_await politely(start);
  EXPECT_EQ(printed(), "/gone: 404 Not Found\n");
  EXPECT_EQ(site.visits_of("/private/c"), 2U) << "not by the last crawl";
}

ASYNC_TEST(crawler_guide, a_session_is_used) {
  web_site site;
  site.add("/login", [](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200};
    r.headers().set("Set-Cookie", "id=7; Path=/");
    co_return r;
  });
  site.add("/", [](http::server_request& r) -> awaitable<http::server_response> {
    const bool known = r.headers().get("Cookie") == "id=7" && r.headers().get("X-Test") == "1";
    http::server_response made{known ? 200 : 403, "<p>"};
    made.headers().set("Content-Type", "text/html");
    co_return made;
  });
  const http::url start{site.url()};
  co_await logged_in(start);
  EXPECT_EQ(printed(), "1 pages\n");
}

ASYNC_TEST(crawler_guide, sitemaps_are_start_urls) {
  web_site site;
  site.robots("Sitemap: /list.txt\n");
  site.file("/list.txt", "text/plain", site.url("/a") + "\n" + site.url("/b") + "\n");
  three_pages(site);
  const http::url start{site.url()};
  co_await from_sitemaps(start);
  EXPECT_EQ(printed(), "2 pages\n");
}

ASYNC_TEST(scrapy_guide, the_spider_follows_the_next_pages_alone) {
  web_site site;
  const auto quote = [](const std::string& text, const std::string& author) {
    return "<div class=quote><span class=text>" + text + "</span><small class=author>" + author +
           "</small></div>";
  };
  site.page("/", quote("one", "Ann") + quote("two", "Bob") +
                     "<li class=next><a href='page/2/'>Next</a><a href=/x>x</a>");
  site.page("/page/2/", quote("three", "Cid") + "<li class=previous><a href='/'>Previous</a>");
  const http::url start{site.url()};
  co_await crawl_quotes(start);
  EXPECT_EQ(printed(), "Ann: one\nBob: two\nCid: three\n");
  EXPECT_THAT(site.paths(), ElementsAre("/", "/page/2/"));
}

}  // namespace bight::crawl::guide_test
