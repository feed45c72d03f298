// crawler: what a program that embeds it sees and decides.
#include <bight/crawl/crawler.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "support/crawl_run.hpp"
#include "support/web_site.hpp"

namespace bight::crawl::crawler_hooks_test {

using namespace std::chrono_literals;
using test::web_site;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string link(std::string_view to, std::string_view text = "x") {
  return "<a href=\"" + std::string{to} + "\">" + std::string{text} + "</a>";
}
std::vector<http::url> seed(const std::string& url) {
  std::vector<http::url> seeds;
  seeds.emplace_back(url);
  return seeds;
}

// ---- what a page carries -----------------------------------------------------------------------

ASYNC_TEST(crawler_page, has_the_headers_of_its_response) {
  web_site site;
  site.add("/", [](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, "x"};
    r.headers().set("X-Colour", "green");
    co_return r;
  });
  crawler c;
  std::string colour;
  c.on_page([&](const page& p) { colour = p.headers.get("x-colour").value_or("none"); });
  co_await c.run(seed(site.url()));
  EXPECT_EQ(colour, "green");
}

ASYNC_TEST(crawler_page, has_links_with_kind_text_and_line_if_asked_for) {
  web_site site;
  site.page("/", "<title>t</title>\n<p>\n" + link("/a", " the\n <b>first</b> &amp; best ") + "\n" +
                     "<a rel=nofollow href='https://elsewhere.invalid/x#y'>away</a>" +
                     "<img alt='a picture' src=/pic>\n<a href=#top><img src=/pic alt=Up></a>" +
                     "<a href='mailto:x@example.org'>mail</a>");
  crawl_options options;
  options.keep_links = true;
  crawler c{options};
  std::vector<page_link> links;
  c.on_page([&](const page& p) {
    if (p.depth == 0) links = p.links;
  });
  co_await c.run(seed(site.url()));
  CO_ASSERT_THAT(links, SizeIs(6));
  EXPECT_EQ(links[0].url.href(), site.url("/a"));
  EXPECT_EQ(links[0].kind, link_kind::anchor);
  EXPECT_EQ(links[0].text, "the first & best");
  EXPECT_EQ(links[0].line, 3U);
  EXPECT_FALSE(links[0].nofollow);
  EXPECT_EQ(links[1].url.href(), "https://elsewhere.invalid/x#y");
  EXPECT_TRUE(links[1].nofollow);
  EXPECT_EQ(links[1].line, 5U);
  EXPECT_EQ(links[2].kind, link_kind::image);
  EXPECT_EQ(links[2].text, "a picture");
  EXPECT_EQ(links[3].url.href(), site.url("/#top"));
  EXPECT_EQ(links[3].text, "Up");
  EXPECT_EQ(links[3].line, 6U);
  EXPECT_EQ(links[5].url.href(), "mailto:x@example.org");
}

ASYNC_TEST(crawler_page, has_no_links_and_no_body_unless_asked_for) {
  web_site site;
  site.page("/", link("/a"));
  crawler c;
  std::size_t pages = 0;
  c.on_page([&](const page& p) {
    ++pages;
    EXPECT_THAT(p.links, IsEmpty());
    EXPECT_THAT(p.body, IsEmpty());
  });
  co_await c.run(seed(site.url()));
  EXPECT_EQ(pages, 2U);
}

ASYNC_TEST(crawler_page, has_the_start_of_its_body_if_asked_for) {
  web_site site;
  site.page("/", link("/long") + link("/file"));
  site.page("/long", std::string(100, 'x'));
  site.file("/file", "application/octet-stream", std::string(5000, 'y'));
  crawl_options options;
  options.keep_body = true;
  options.max_kept = 40;
  crawler c{options};
  std::map<std::string, std::string> bodies;
  c.on_page([&](const page& p) { bodies[std::string{p.url.path()}] = p.body; });
  co_await c.run(seed(site.url()));
  EXPECT_EQ(bodies["/"], (link("/long") + link("/file")).substr(0, 40));
  EXPECT_EQ(bodies["/long"], std::string(40, 'x'));
  EXPECT_EQ(bodies["/file"], std::string(40, 'y'));
}

// ---- hooks -------------------------------------------------------------------------------------

ASYNC_TEST(crawler_hooks, on_request_adds_headers_and_skips_urls) {
  web_site site;
  site.page("/", link("/a") + link("/private"));
  std::vector<std::string> tokens;
  site.add("/a", [&](http::server_request& r) -> awaitable<http::server_response> {
    tokens.emplace_back(r.headers().get("x-token").value_or("none"));
    co_return http::server_response{200, "x"};
  });
  crawler c;
  c.on_request([](page_request& r) -> awaitable<void> {
    co_await yield();
    r.headers().set("X-Token", "secret");
    if (r.url().path() == "/private") r.skip("not ours");
  });
  std::map<std::string, std::string> skipped;
  c.on_page([&](const page& p) {
    if (p.verdict == page_verdict::skipped) skipped[std::string{p.url.path()}] = p.error;
  });
  const auto report = co_await c.run(seed(site.url()));
  EXPECT_THAT(tokens, ElementsAre("secret"));
  EXPECT_THAT(skipped, ElementsAre(std::pair<const std::string, std::string>{"/private", "not ours"}));
  EXPECT_EQ(site.visits_of("/private"), 0U);
  EXPECT_EQ(report.counts.skipped, 1U);
  EXPECT_THAT(report.broken, IsEmpty());
}

ASYNC_TEST(crawler_hooks, on_response_may_leave_the_body_out) {
  web_site site;
  site.page("/", link("/en") + link("/de"));
  for (const std::string language : {"en", "de"})
    site.add("/" + language, [language](http::server_request&) -> awaitable<http::server_response> {
      http::server_response r{200, link("/" + language + "/next")};
      r.headers().set("Content-Type", "text/html");
      r.headers().set("Content-Language", language);
      co_return r;
    });
  crawler c;
  c.on_response([](page_response& r) {
    if (r.headers().get("content-language").value_or("en") != "en") r.skip_body();
  });
  const auto report = co_await c.run(seed(site.url()));
  EXPECT_EQ(site.visits_of("/en/next"), 1U);
  EXPECT_EQ(site.visits_of("/de/next"), 0U);
  EXPECT_EQ(report.counts.fetched, 4U);
}

ASYNC_TEST(crawler_hooks, on_body_gets_every_piece_of_bodies_of_all_types) {
  web_site site;
  const std::string large(300'000, 'z');
  site.page("/", link("/file"));
  site.file("/file", "application/octet-stream", large);
  std::map<std::string, std::string> bodies;
  std::map<std::string, int> ends;
  crawler c;
  c.on_body([&](const page& p, std::string_view piece) {
    bodies[std::string{p.url.path()}] += piece;
    if (piece.empty()) ++ends[std::string{p.url.path()}];
  });
  co_await c.run(seed(site.url()));
  EXPECT_EQ(bodies["/"], link("/file"));
  EXPECT_EQ(bodies["/file"], large);
  EXPECT_EQ(ends["/file"], 1);
}

ASYNC_TEST(crawler_hooks, on_error_hears_of_every_failed_attempt) {
  web_site site;
  int asked = 0;
  site.page("/", link("/flaky") + link("/gone"));
  site.add("/flaky", [&](http::server_request&) -> awaitable<http::server_response> {
    co_return http::server_response{++asked == 1 ? 500 : 200, "x"};
  });
  crawler c;
  std::vector<std::string> errors;
  c.on_error([&](const fetch_failure& f) {
    errors.push_back(std::string{f.url.path()} + " " + f.error + (f.retry_in ? " again" : " final"));
  });
  const auto report = co_await c.run(seed(site.url()));
  EXPECT_THAT(errors, ::testing::UnorderedElementsAre("/flaky 500 Internal Server Error again",
                                                      "/gone 404 Not Found final"));
  EXPECT_EQ(report.counts.retries, 1U);
  EXPECT_EQ(report.counts.failed, 1U);
}

ASYNC_TEST(crawler_hooks, an_exception_of_any_hook_ends_the_crawl_even_if_it_is_a_system_error) {
  for (int hook = 0; hook != 4; ++hook) {
    web_site site;
    site.page("/", link("/a"));
    crawler c;
    const auto fail = [](auto&) {
      throw boost::system::system_error(make_error_code(boost::system::errc::no_space_on_device));
    };
    if (hook == 0) c.on_request([&](page_request& r) { fail(r); });
    if (hook == 1) c.on_response([&](page_response& r) { fail(r); });
    if (hook == 2) c.on_body([&](const page& p, std::string_view) { fail(p); });
    if (hook == 3) c.on_error([&](const fetch_failure& f) { fail(f); });
    boost::system::error_code code;
    try {
      co_await c.run(seed(site.url()));
    } catch (const boost::system::system_error& e) { code = e.code(); }
    EXPECT_EQ(code, boost::system::errc::no_space_on_device) << hook;
  }
}

// ---- where URLs come from ----------------------------------------------------------------------

ASYNC_TEST(crawler_seeds, can_be_added_while_it_runs) {
  web_site site;
  site.page("/", "page 1");
  site.page("/2", "page 2" + link("/not-followed"));
  crawl_options options;
  options.max_depth = 0;
  crawler c{options};
  c.on_page([&](const page& p) -> awaitable<void> {
    if (p.url.path() != "/") co_return;
    const bool first = co_await c.add(http::url{site.url("/2")});
    const bool second = co_await c.add(http::url{site.url("/2")});
    EXPECT_TRUE(first);
    EXPECT_FALSE(second);
  });
  co_await c.run(seed(site.url()));
  EXPECT_THAT(site.paths(), ElementsAre("/", "/2"));
}

generator<http::url> numbered(web_site& site, int n) {
  for (int i = 0; i != n; ++i) {
    co_await sleep(1ms);
    co_yield http::url{site.url("/" + std::to_string(i))};
  }
}

ASYNC_TEST(crawler_seeds, may_come_from_a_generator) {
  web_site site;
  site.page("/1", link("/linked"));
  crawl_options options;
  options.max_queued_seeds = 2;
  crawler c{options};
  const auto report = co_await c.run(numbered(site, 5));
  EXPECT_THAT(site.paths(), ElementsAre("/0", "/1", "/2", "/3", "/4", "/linked"));
  EXPECT_TRUE(report.complete);
}

ASYNC_TEST(crawler_seeds, may_come_from_a_queue) {
  web_site site;
  queue<http::url> urls;
  crawler c;
  auto crawl = spawn([&] { return c.run(urls); });
  co_await urls.put(http::url{site.url("/1")});
  co_await sleep(5ms);
  EXPECT_FALSE(crawl.done()) << "the queue has not ended";
  co_await urls.put(http::url{site.url("/2")});
  urls.shutdown();
  const auto report = co_await crawl;
  EXPECT_THAT(site.paths(), ElementsAre("/1", "/2"));
  EXPECT_EQ(report.counts.known, 2U);
}

// ---- ends --------------------------------------------------------------------------------------

ASYNC_TEST(crawler_stop, finishes_the_fetches_in_progress) {
  web_site site;
  site.page("/", link("/1") + link("/2") + link("/3"));
  crawl_options options;
  options.max_concurrent = 1;
  crawler c{options};
  std::size_t pages = 0;
  c.on_page([&](const page&) {
    if (++pages == 2) c.stop();
  });
  const auto report = co_await c.run(seed(site.url()));
  EXPECT_EQ(pages, 2U);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.counts.queued, 2U);
}

ASYNC_TEST(crawler_stop, before_the_start_fetches_nothing) {
  web_site site;
  site.page("/", "x");
  crawler c;
  c.stop();
  const auto report = co_await c.run(seed(site.url()));
  EXPECT_THAT(site.visits(), IsEmpty());
  EXPECT_FALSE(report.complete);
}

// An endless site: page n links to the next two.
void make_endless(web_site& site) {
  site.robots("");
  site.fallback([](http::server_request& r) -> awaitable<http::server_response> {
    const auto n = std::stoull("0" + std::string{r.path().substr(1)});
    co_await sleep(1ms);
    http::server_response page{200,
                               link("/" + std::to_string(2 * n + 1)) + link("/" + std::to_string(2 * n + 2))};
    page.headers().set("Content-Type", "text/html");
    co_return page;
  });
}

ASYNC_TEST(crawler_limits, of_time_bytes_and_known_urls_end_an_endless_site) {
  for (int limit = 0; limit != 3; ++limit) {
    web_site site;
    make_endless(site);
    crawl_options options;
    if (limit == 0) options.max_time = 50ms;
    if (limit == 1) options.max_bytes = 2'000;
    if (limit == 2) options.max_known = 30;
    crawler c{options};
    const auto report = co_await c.run(seed(site.url()));
    EXPECT_FALSE(report.complete) << limit;
    if (limit == 1) { EXPECT_LT(report.counts.bytes, 4'000U); }
    if (limit == 2) { EXPECT_EQ(report.counts.known, 30U); }
    if (limit == 2) { EXPECT_EQ(report.counts.fetched, 30U); }
  }
}

// ---- a client of one's own ---------------------------------------------------------------------

ASYNC_TEST(crawler_client, sends_what_the_client_sends) {
  web_site site;
  std::vector<std::string> cookies;
  site.add("/", [](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, link("/a") + link("/moved")};
    r.headers().set("Content-Type", "text/html");
    r.headers().set("Set-Cookie", "session=7");
    co_return r;
  });
  site.redirect("/moved", "/b");
  for (const std::string path : {"/a", "/b"})
    site.add(path, [&](http::server_request& r) -> awaitable<http::server_response> {
      cookies.emplace_back(r.headers().get("cookie").value_or("none"));
      cookies.emplace_back(r.headers().get("x-tenant").value_or("none"));
      co_return http::server_response{200, "x"};
    });
  auto of_client = client_options_for(crawl_options{});
  of_client.default_headers.set("X-Tenant", "blue");
  of_client.cookies.emplace();
  crawler c{crawl_options{}, http::client{of_client}};
  std::size_t redirects = 0;
  c.on_page([&](const page& p) { redirects += p.status == 302 ? 1U : 0U; });
  co_await c.run(seed(site.url()));
  EXPECT_THAT(cookies, ElementsAre("session=7", "blue", "session=7", "blue"));
  EXPECT_EQ(redirects, 1U) << "redirects are pages";
}

}  // namespace bight::crawl::crawler_hooks_test
