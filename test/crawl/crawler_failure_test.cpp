// crawler: redirects, retries and broken links.
#include <bight/crawl/crawler.hpp>

#include <bight/core/clock.hpp>
#include <bight/testing/async_test.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/crawl_run.hpp"
#include "support/http_peer.hpp"
#include "support/web_site.hpp"

namespace bight::crawl::crawler_failure_test {

using namespace std::chrono_literals;
using test::crawl_run;
using test::peer;
using test::scripted_server;
using test::web_site;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string link(std::string_view to) { return "<a href=\"" + std::string{to} + "\">x</a>"; }

// ---- redirects ---------------------------------------------------------------------------------

ASYNC_TEST(crawler_redirect, is_a_page_of_its_own_and_its_target_another) {
  web_site site;
  site.page("/", link("/a"));
  site.redirect("/a", "/b", 301);
  site.redirect("/b", "c#part", 308);
  site.page("/c", "x");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/a", "/b", "/c"));
  EXPECT_EQ(run.at(site.url("/a")).status, 301);
  EXPECT_EQ(run.at(site.url("/a")).final_url.href(), site.url("/b"));
  EXPECT_EQ(run.at(site.url("/b")).final_url.href(), site.url("/c#part"));
  EXPECT_EQ(run.at(site.url("/c")).referrer, site.url("/b"));
  EXPECT_EQ(run.at(site.url("/c")).depth, 1U) << "a redirect is no link";
  EXPECT_EQ(run.report.counts.pages, 2U);
  EXPECT_EQ(run.report.counts.failed, 0U);
}

ASYNC_TEST(crawler_redirect, loop_is_an_error_of_its_last_url) {
  web_site site;
  site.page("/", link("/a"));
  site.redirect("/a", "/b");
  site.redirect("/b", "/c");
  site.redirect("/c", "/a");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/a", "/b", "/c"));
  EXPECT_EQ(run.at(site.url("/c")).error, "redirect loop");
  CO_ASSERT_THAT(run.report.broken, SizeIs(1));
  EXPECT_EQ(run.report.broken[0].url, site.url("/c"));
  EXPECT_THAT(run.report.broken[0].referrers, ElementsAre(site.url("/")));
}

ASYNC_TEST(crawler_redirect, to_itself_is_a_loop) {
  web_site site;
  site.page("/", link("/a") + link("/b"));
  site.redirect("/a", "/a");
  site.redirect("/b", "/b#again");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(run.at(site.url("/a")).error, "redirect loop");
  EXPECT_EQ(run.at(site.url("/b")).error, "redirect loop");
  EXPECT_EQ(run.report.counts.failed, 2U);
}

// A path that redirects to `to` until the request has the cookie, which `setter` sets.
void cookie_wall(web_site& site, const std::string& path, const std::string& to, bool setter,
                 std::string body) {
  site.add(path, [=](http::server_request& r) -> awaitable<http::server_response> {
    if (r.headers().get("Cookie").value_or("").find("k=1") != std::string_view::npos && !body.empty()) {
      http::server_response page{200, body};
      page.headers().set(http::header_id::content_type, "text/html");
      co_return page;
    }
    http::server_response moved{302, ""};
    moved.headers().set(http::header_id::location, to);
    if (setter) moved.headers().set(http::header_id::set_cookie, "k=1; Path=/");
    co_return moved;
  });
}

ASYNC_TEST(crawler_redirect, loops_that_a_cookie_opens_are_none) {
  web_site site;
  site.page("/", link("/wall") + link("/door") + link("/shut"));
  cookie_wall(site, "/wall", "/wall", true, link("/in"));
  cookie_wall(site, "/door", "/cookie", false, link("behind"));
  cookie_wall(site, "/cookie", "/door", true, "");
  cookie_wall(site, "/shut", "/shut", true, "");
  site.page("/in", "");
  site.page("/behind", "");
  crawl_options options;
  options.max_concurrent = 1;
  http::client_options session = client_options_for(options);
  session.cookies.emplace();
  crawler c{options, http::client{session}};
  crawl_run run;
  c.on_page([&](const page& p) { run.pages.push_back(p); });
  std::vector<http::url> seeds{http::url{site.url()}};
  run.report = co_await c.run(std::move(seeds));
  EXPECT_EQ(run.at(site.url("/wall")).status, 200);
  EXPECT_EQ(run.at(site.url("/wall")).verdict, page_verdict::ok);
  for (const auto* const path : {"/in", "/behind"}) EXPECT_TRUE(run.has(site.url(path))) << path;
  EXPECT_EQ(run.at(site.url("/shut")).error, "redirect loop");
  EXPECT_EQ(run.report.counts.failed, 1U);
  EXPECT_LE(site.visits_of("/shut"), 8U);
}

ASYNC_TEST(crawler_redirect, loop_between_urls_that_are_linked_to_is_found_too) {
  web_site site;
  site.page("/", link("/a") + link("/b"));
  site.redirect("/a", "/b");
  site.redirect("/b", "/a");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(run.report.counts.failed, 1U);
  CO_ASSERT_THAT(run.report.broken, SizeIs(1));
}

ASYNC_TEST(crawler_redirect, to_what_is_known_is_no_loop) {
  web_site site;
  site.page("/", link("/a") + link("/b"));
  site.redirect("/a", "/");
  site.redirect("/b", "/");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(run.report.counts.failed, 0U);
  EXPECT_THAT(run.report.broken, IsEmpty());
}

ASYNC_TEST(crawler_redirect, without_end_stops_at_the_limit) {
  for (const std::uint32_t limit : {0U, 3U, 300U}) {
    web_site site;
    site.page("/", link("/hop/0"));
    site.fallback([](http::server_request& r) -> awaitable<http::server_response> {
      http::server_response moved{302, ""};
      const auto n = std::stoi(std::string{r.path().substr(r.path().rfind('/') + 1)});
      moved.headers().set(http::header_id::location, "/hop/" + std::to_string(n + 1));
      co_return moved;
    });
    site.robots("");
    crawl_run run;
    run.options.max_redirects = limit;
    co_await run.from(site.url());
    EXPECT_THAT(site.paths(), SizeIs(limit + 2));
    const auto& last = run.pages.back();
    EXPECT_THAT(last.error, HasSubstr("too many redirects"));
    EXPECT_THAT(last.error, HasSubstr(std::to_string(limit)));
    CO_ASSERT_THAT(run.report.broken, SizeIs(1));
    EXPECT_THAT(run.report.broken[0].referrers, ElementsAre(site.url("/")));
  }
}

ASYNC_TEST(crawler_redirect, out_of_scope_is_not_followed) {
  web_site site;
  web_site other;
  site.page("/", link("/away") + link("/out"));
  site.redirect("/away", other.url("/x"));
  site.redirect("/out", "/excluded");
  crawl_run run;
  run.options.scope.exclude.emplace_back("excluded");
  co_await run.from(site.url());
  EXPECT_THAT(other.visits(), IsEmpty());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/away", "/out"));
  EXPECT_EQ(run.at(site.url("/away")).final_url.href(), other.url("/x"));
  EXPECT_EQ(run.at(site.url("/away")).error, "");
  EXPECT_THAT(run.report.broken, IsEmpty());
}

ASYNC_TEST(crawler_redirect, without_or_with_a_bad_location_is_an_error) {
  web_site site;
  site.page("/", link("/none") + link("/empty") + link("/bad") + link("/mail") + link("/not-modified"));
  site.file("/none", "text/plain", "", 302);
  site.redirect("/empty", "");
  site.redirect("/bad", "http://[::1");
  site.redirect("/mail", "mailto:x@y.org");
  site.file("/not-modified", "text/plain", "", 304);
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(run.at(site.url("/none")).error, HasSubstr("Location"));
  EXPECT_EQ(run.at(site.url("/empty")).error, "redirect without Location");
  EXPECT_THAT(run.at(site.url("/bad")).error, HasSubstr("http://[::1"));
  EXPECT_EQ(run.at(site.url("/mail")).error, "");
  EXPECT_EQ(run.at(site.url("/not-modified")).error, "");
  EXPECT_EQ(run.report.counts.failed, 3U);
}

ASYNC_TEST(crawler_redirect, text_of_a_server_cannot_move_the_cursor) {
  auto server = scripted_server::answering([](const test::raw_message& m) -> std::string {
    if (m.start_line().find("robots") != std::string::npos)
      return "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    return "HTTP/1.1 302 Found\r\nLocation: http://[\x1b[2J\r\nContent-Length: 0\r\n\r\n";
  });
  crawl_run run;
  co_await run.from(server->url());
  CO_ASSERT_THAT(run.pages, SizeIs(1));
  EXPECT_NE(run.pages[0].error, "");
  for (const char c : run.pages[0].error) EXPECT_GE(c, 0x20);
}

// ---- retries -----------------------------------------------------------------------------------

ASYNC_TEST(crawler_retry, of_503_waits_as_retry_after_says) {
  web_site site;
  int asked = 0;
  site.page("/", link("/busy"));
  site.add("/busy", [&](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{++asked < 3 ? 503 : 200, "x"};
    r.headers().set(http::header_id::retry_after, "0");
    co_return r;
  });
  crawl_run run;
  run.options.max_retries = 2;
  co_await run.from(site.url());
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(run.at(site.url("/busy")).status, 200);
  EXPECT_EQ(run.report.counts.retries, 2U);
  EXPECT_EQ(run.report.counts.fetched, 2U) << "attempts do not count";
  EXPECT_EQ(run.report.counts.failed, 0U);
}

ASYNC_TEST(crawler_retry, gives_up_after_retries) {
  web_site site;
  site.page("/", link("/busy"));
  site.add("/busy", [&](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{503, "x"};
    r.headers().set(http::header_id::retry_after, "0");
    co_return r;
  });
  crawl_run run;
  run.options.max_retries = 2;
  co_await run.from(site.url());
  EXPECT_EQ(site.visits_of("/busy"), 3U) << "at once, at once, and not after a wait of the crawler's own";
  EXPECT_EQ(run.at(site.url("/busy")).error, "503 Service Unavailable");
  EXPECT_EQ(run.at(site.url("/busy")).verdict, page_verdict::not_checked) << "it was asked to come back";
  EXPECT_THAT(run.report.broken, IsEmpty());
}

ASYNC_TEST(crawler_retry, a_host_that_is_throttling_costs_time_and_no_url_its_attempts) {
  web_site site;
  std::string all;
  for (int i = 0; i != 30; ++i) all += link("/" + std::to_string(i));
  site.page("/", all);
  std::optional<clock::time_point> first;
  site.robots("");
  site.fallback([&](http::server_request&) -> awaitable<http::server_response> {
    if (!first) first = clock::now();
    co_return http::server_response{clock::now() - *first < 1500ms ? 429 : 200, "x"};
  });
  crawl_run run;
  run.options.max_retries = 0;
  run.options.max_host_wait = 1min;
  co_await run.from(site.url());
  EXPECT_EQ(run.report.counts.not_checked, 0U);
  EXPECT_EQ(run.report.counts.fetched, 31U);
  EXPECT_LT(site.visits().size(), 50U) << "after the first burst, one asks for all";
}

ASYNC_TEST(crawler_retry, a_page_that_is_always_503_is_broken_and_the_others_of_its_host_are_not) {
  web_site site;
  site.page("/", link("/busy") + link("/1") + link("/2") + link("/3") + link("/4"));
  site.robots("");
  site.file("/busy", "text/plain", "", 503);
  site.fallback([](http::server_request&) -> awaitable<http::server_response> {
    co_return http::server_response{200, "x"};
  });
  crawl_run run;
  run.options.max_retries = 1;
  run.options.max_host_wait = 1min;
  co_await run.from(site.url());
  EXPECT_EQ(run.at(site.url("/busy")).verdict, page_verdict::broken);
  EXPECT_EQ(run.report.counts.failed, 1U);
  EXPECT_EQ(run.report.counts.fetched, 6U);
}

ASYNC_TEST(crawler_retry, of_408_and_500_succeeds) {
  for (const int status : {408, 500}) {
    web_site site;
    int asked = 0;
    site.page("/", link("/a"));
    site.add("/a", [&](http::server_request&) -> awaitable<http::server_response> {
      co_return http::server_response{++asked == 1 ? status : 200, "x"};
    });
    crawl_run run;
    run.options.max_retries = 1;
    co_await run.from(site.url());
    EXPECT_EQ(run.at(site.url("/a")).verdict, page_verdict::ok) << status;
    EXPECT_EQ(asked, 2);
  }
}

ASYNC_TEST(crawler_retry, an_absurd_retry_after_is_cut_and_holds_back_the_whole_host) {
  web_site site;
  std::vector<clock::time_point> busy;
  site.page("/", link("/busy") + link("/a") + link("/b"));
  site.add("/busy", [&](http::server_request&) -> awaitable<http::server_response> {
    busy.push_back(clock::now());
    http::server_response r{busy.size() == 1 ? 429 : 200, "x"};
    r.headers().set(http::header_id::retry_after, "999999999");
    co_return r;
  });
  crawl_run run;
  run.options.max_retries = 1;
  run.options.max_concurrent_per_host = 1;
  run.options.max_retry_after = 60ms;
  run.options.max_host_wait = 1min;
  co_await run.from(site.url());
  CO_ASSERT_THAT(busy, SizeIs(2));
  EXPECT_GE(busy[1] - busy[0], 55ms);
  for (const auto& v : site.visits()) {
    if (v.path == "/a" || v.path == "/b") { EXPECT_GE(v.at, busy[1]); }
  }
}

ASYNC_TEST(crawler_retry, of_a_dropped_connection_succeeds) {
  int asked = 0;
  scripted_server server{[&](peer& p) -> awaitable<void> {
    while (true) {
      const auto m = co_await p.read_message();
      if (m.empty()) co_return;
      if (m.start_line().find("robots") != std::string::npos) {
        co_await p.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        continue;
      }
      if (++asked == 1) {
        co_await p.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: text/html\r\n\r\nhalf");
        co_return;
      }
      auto whole = test::ok("whole", "Content-Type: text/html\r\n");
      co_await p.send(whole);
    }
  }};
  crawl_run run;
  run.options.max_retries = 1;
  co_await run.from(server.url());
  EXPECT_EQ(asked, 2);
  CO_ASSERT_THAT(run.pages, SizeIs(1));
  EXPECT_EQ(run.pages[0].error, "");
  EXPECT_EQ(run.report.counts.pages, 1U);
  EXPECT_EQ(run.report.counts.retries, 1U);
  EXPECT_EQ(run.report.counts.fetched, 1U);
}

ASYNC_TEST(crawler_retry, does_not_repeat_what_will_not_change) {
  web_site site;
  site.page("/", link("/gone") + link("/error"));
  site.file("/error", "text/plain", "", 501);
  crawl_run run;
  run.options.max_retries = 2;
  co_await run.from(site.url());
  EXPECT_EQ(site.visits_of("/gone"), 1U);
  EXPECT_EQ(site.visits_of("/error"), 1U);
  EXPECT_EQ(run.report.counts.retries, 0U);
}

ASYNC_TEST(crawler_retry, a_server_that_never_answers_is_given_up_after_the_timeout) {
  web_site site;
  site.page("/", link("/slow"));
  site.add("/slow", [](http::server_request&) -> awaitable<http::server_response> {
    co_await sleep(forever);
    co_return http::server_response{200, ""};
  });
  crawl_run run;
  run.options.fetch_timeout = 100ms;
  co_await run.from(site.url());
  EXPECT_THAT(run.at(site.url("/slow")).error, HasSubstr("tim"));
  EXPECT_EQ(run.report.counts.failed, 1U);
}

// ---- broken links ------------------------------------------------------------------------------

ASYNC_TEST(crawler_broken, links_are_reported_with_who_refers_to_them) {
  web_site site;
  site.page("/", link("/a") + link("/gone"));
  site.page("/a", link("/gone") + link("/old"));
  site.redirect("/old", "/gone-too");
  crawl_run run;
  co_await run.from(site.url());
  CO_ASSERT_THAT(run.report.broken, SizeIs(2));
  EXPECT_EQ(run.report.broken[0].url, site.url("/gone"));
  EXPECT_THAT(run.report.broken[0].referrers, ElementsAre(site.url("/"), site.url("/a")));
  EXPECT_EQ(run.report.broken[1].url, site.url("/gone-too"));
  EXPECT_THAT(run.report.broken[1].referrers, ElementsAre(site.url("/a")));
  EXPECT_EQ(run.at(site.url("/gone")).error, "404 Not Found");
  EXPECT_EQ(run.report.counts.failed, 2U);
  EXPECT_EQ(run.report.counts.fetched, 5U);
}

ASYNC_TEST(crawler_broken, a_seed_that_no_page_refers_to_is_no_broken_link) {
  web_site site;
  site.page("/", "x");
  crawl_run run;
  co_await run.from(site.url(), site.url("/gone"));
  EXPECT_THAT(run.report.broken, IsEmpty());
  EXPECT_EQ(run.report.counts.failed, 1U);
}

ASYNC_TEST(crawler_broken, a_seed_that_a_page_refers_to_is_one) {
  web_site site;
  site.page("/", link("/gone"));
  crawl_run run;
  co_await run.from(site.url(), site.url("/gone"));
  CO_ASSERT_THAT(run.report.broken, SizeIs(1));
  EXPECT_THAT(run.report.broken[0].referrers, ElementsAre(site.url("/")));
}

}  // namespace bight::crawl::crawler_failure_test
