// crawler: what robots.txt and robots directives ask for.
#include <bight/crawl/crawler.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/http/error.hpp>
#include <bight/http/transport.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/crawl_run.hpp"
#include "support/http_peer.hpp"
#include "support/web_site.hpp"

namespace bight::crawl::crawler_robots_test {

using namespace std::chrono_literals;
using test::crawl_run;
using test::scripted_server;
using test::web_site;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string link(std::string_view to) { return "<a href=\"" + std::string{to} + "\">x</a>"; }

ASYNC_TEST(crawler_robots, does_not_fetch_what_is_disallowed_and_says_so) {
  web_site site;
  site.robots("User-agent: *\nDisallow: /private/\nAllow: /private/open\n");
  site.page("/", link("/private/a") + link("/private/open") + link("/public"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/private/open", "/public"));
  const auto& refused = run.at(site.url("/private/a"));
  EXPECT_EQ(refused.status, 0);
  EXPECT_EQ(refused.error, "disallowed by robots.txt");
  EXPECT_EQ(run.report.counts.skipped, 1U);
  for (const auto& b : run.report.broken) EXPECT_NE(b.url, site.url("/private/a"));
}

ASYNC_TEST(crawler_robots, obeys_the_group_of_its_own_name) {
  web_site site;
  site.robots("User-agent: *\nDisallow:\n\nUser-agent: spider\nDisallow: /x\n");
  site.page("/", link("/x") + link("/y"));
  crawl_run run;
  run.options.user_agent = "Spider/2.0";
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/y"));
}

ASYNC_TEST(crawler_robots, the_query_is_part_of_what_rules_match) {
  web_site site;
  site.robots("User-agent: *\nDisallow: /*?print\n");
  site.page("/", link("/a?print=1") + link("/a"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/a"));
}

ASYNC_TEST(crawler_robots, is_asked_for_once_per_host_however_many_fetch) {
  web_site site;
  std::string all;
  for (int i = 0; i != 20; ++i) all += link("/" + std::to_string(i));
  site.page("/", all);
  crawl_run run;
  co_await run.from(site.url("/"), site.url("/x"), site.url("/y"), site.url("/z"));
  EXPECT_EQ(site.visits_of("/robots.txt"), 1U);
  CO_ASSERT_THAT(site.visits(), ::testing::Not(IsEmpty()));
  EXPECT_EQ(site.visits()[0].path, "/robots.txt") << "and first";
}

ASYNC_TEST(crawler_robots, a_missing_file_allows_everything) {
  for (const int status : {404, 403, 410}) {
    web_site site;
    site.file("/robots.txt", "text/plain", "User-agent: *\nDisallow: /\n", status);
    site.page("/", "x");
    crawl_run run;
    co_await run.from(site.url());
    EXPECT_EQ(run.report.counts.pages, 1U) << status;
  }
}

ASYNC_TEST(crawler_robots, a_server_error_disallows_everything_and_is_named) {
  for (const int status : {500, 503, 429}) {
    web_site site;
    site.file("/robots.txt", "text/plain", "", status);
    site.page("/", "x");
    crawl_run run;
    co_await run.from(site.url());
    EXPECT_THAT(site.paths(), IsEmpty()) << status;
    EXPECT_THAT(run.at(site.url()).error, HasSubstr("robots.txt"));
    EXPECT_THAT(run.at(site.url()).error, HasSubstr(std::to_string(status)));
    EXPECT_EQ(run.at(site.url()).verdict, page_verdict::not_checked);
    EXPECT_EQ(run.report.counts.not_checked, 1U);
    EXPECT_EQ(run.report.counts.seeds_fetched, 0U);
  }
}

ASYNC_TEST(crawler_robots, a_passing_failure_is_waited_for) {
  for (const int status : {500, 503, 429}) {
    web_site site;
    int asked = 0;
    site.add("/robots.txt", [&](http::server_request&) -> awaitable<http::server_response> {
      http::server_response r{++asked == 1 ? status : 200, "User-agent: *\nDisallow: /no\n"};
      if (status != 500) r.headers().set(http::header_id::retry_after, "0");
      co_return r;
    });
    site.page("/", link("/yes") + link("/no"));
    crawl_run run;
    run.options.max_retries = 1;
    co_await run.from(site.url());
    EXPECT_EQ(asked, 2) << status;
    EXPECT_THAT(site.paths(), ElementsAre("/", "/yes")) << status;
    EXPECT_EQ(run.report.counts.retries, 1U);
  }
}

ASYNC_TEST(crawler_robots, a_wait_for_it_is_told) {
  web_site site;
  int asked = 0;
  site.add("/robots.txt", [&](http::server_request&) -> awaitable<http::server_response> {
    co_return http::server_response{++asked == 1 ? 503 : 404, ""};
  });
  site.page("/", "x");
  crawl_options options;
  crawler c{options};
  std::vector<std::string> errors;
  std::string reason;
  c.on_error([&](const fetch_failure& f) -> awaitable<void> {
    errors.push_back(std::string{f.url.path()} + " " + f.error + (f.retry_in ? " again" : ""));
    co_return;
  });
  std::vector<http::url> seeds{http::url{site.url()}};
  auto crawl = spawn([&] { return c.run(seeds); });
  while (reason.empty()) {
    co_await sleep(1ms);
    if (const auto w = c.waiting()) reason = w->host + " " + w->reason;
  }
  co_await crawl;
  EXPECT_THAT(errors, ElementsAre("/robots.txt robots.txt: 503 Service Unavailable again"));
  EXPECT_EQ(reason, "http://" + site.authority() + " robots.txt: 503 Service Unavailable");
}

ASYNC_TEST(crawler_robots, a_host_that_cannot_be_reached_fails_with_the_reason) {
  crawl_run run;
  co_await run.from("http://127.0.0.1:1/");
  const auto& p = run.at("http://127.0.0.1:1/");
  EXPECT_EQ(p.status, 0);
  EXPECT_THAT(p.error, HasSubstr("refused"));
  EXPECT_EQ(run.report.counts.failed, 1U);
  EXPECT_EQ(run.report.counts.skipped, 0U);
}

ASYNC_TEST(crawler_robots, may_be_behind_redirects) {
  web_site site;
  site.redirect("/robots.txt", "/r1", 301);
  site.redirect("/r1", "/real");
  site.file("/real", "text/plain", "User-agent: *\nDisallow: /x\n");
  site.page("/", link("/x"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(site.visits_of("/x"), 0U);
}

ASYNC_TEST(crawler_robots, redirects_without_end_count_as_a_missing_file) {
  web_site site;
  site.redirect("/robots.txt", "/robots.txt");
  site.page("/", "x");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(run.report.counts.pages, 1U) << "RFC 9309 2.3.1.2";
}

ASYNC_TEST(crawler_robots, crawl_delay_is_kept) {
  web_site site;
  site.robots("User-agent: *\nCrawl-delay: 0.05\n");
  site.page("/", link("/1") + link("/2"));
  crawl_run run;
  co_await run.from(site.url("/"), site.url("/s1"), site.url("/s2"));
  std::vector<clock::time_point> times;
  for (const auto& v : site.visits())
    if (v.path != "/robots.txt") times.push_back(v.at);
  CO_ASSERT_THAT(times, SizeIs(5));
  EXPECT_GE(times.back() - times.front(), 180ms) << "several seeds on one host must not start together";
}

ASYNC_TEST(crawler_robots, an_absurd_crawl_delay_is_cut) {
  web_site site;
  site.robots("User-agent: *\nCrawl-delay: 86400\n");
  site.page("/", link("/1"));
  crawl_run run;
  run.options.max_crawl_delay = 20ms;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/1"));
}

ASYNC_TEST(crawler_robots, a_longer_delay_of_the_user_wins) {
  web_site site;
  site.robots("User-agent: *\nCrawl-delay: 0.01\n");
  site.page("/", link("/1") + link("/2"));
  crawl_run run;
  run.options.host_delay = 60ms;
  const auto begin = clock::now();
  co_await run.from(site.url());
  EXPECT_GE(clock::now() - begin, 120ms);
}

ASYNC_TEST(crawler_robots, nofollow_of_a_link_is_kept) {
  web_site site;
  site.page("/", "<a rel=\"noopener nofollow\" href=/no>x</a>" + link("/yes"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/yes"));
}

ASYNC_TEST(crawler_robots, nofollow_of_a_page_is_kept) {
  web_site site;
  site.page("/", link("/early") + "<meta name=robots content=\"noindex, nofollow\">" + link("/late"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/"));
  EXPECT_EQ(run.report.counts.pages, 1U);
}

ASYNC_TEST(crawler_robots, x_robots_tag_is_kept_for_its_own_name) {
  web_site site;
  const auto with_tag = [&](const std::string& path, std::string tag) {
    site.add(path, [tag = std::move(tag), path](http::server_request&) -> awaitable<http::server_response> {
      http::server_response r{200, link(path + "/x")};
      r.headers().set(http::header_id::content_type, "text/html");
      r.headers().set("X-Robots-Tag", tag);
      co_return r;
    });
  };
  site.page("/", link("/all") + link("/mine") + link("/theirs"));
  with_tag("/all", "nofollow");
  with_tag("/mine", "bight-crawl: nofollow");
  with_tag("/theirs", "otherbot: nofollow");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/all", "/mine", "/theirs", "/theirs/x"));
}

ASYNC_TEST(crawler_robots, nothing_of_it_counts_without_obedience) {
  web_site site;
  site.robots("User-agent: *\nDisallow: /\nCrawl-delay: 60\n");
  site.page("/", "<meta name=robots content=nofollow><a rel=nofollow href=/a>x</a>");
  crawl_run run;
  run.options.obey_robots = false;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/a"));
  EXPECT_EQ(site.visits_of("/robots.txt"), 0U);
}

ASYNC_TEST(crawler_robots, a_file_that_never_ends_is_cut) {
  web_site site;
  site.add("/robots.txt", [](http::server_request&) -> awaitable<http::server_response> {
    http::body_producer endless = [](http::body_writer& w) -> awaitable<void> {
      std::string first = "User-agent: *\nDisallow: /x\n";
      co_await w.write(first);
      const std::string more(64 * 1024, '#');
      while (true) co_await w.write(more);
    };
    co_return http::server_response{200, http::body::produce(std::move(endless))};
  });
  site.page("/", link("/x") + link("/y"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/y"));
}

// One that has no good answer for robots.txt, but pages.
class odd_host final : public http::transport {
 public:
  explicit odd_host(boost::system::error_code code) noexcept : code_(code) {}
  awaitable<http::response> send(http::request& r) override {
    if (r.url().path() == "/robots.txt") throw boost::system::system_error(code_, "robots");
    co_return http::response{200};
  }

 private:
  boost::system::error_code code_;
};

ASYNC_TEST(crawler_robots, a_bad_answer_to_it_says_nothing_about_the_pages) {
  for (const auto& [code, verdict] : std::vector<std::pair<boost::system::error_code, page_verdict>>{
           {make_error_code(http::errc::server_closed), page_verdict::not_checked},
           {make_error_code(http::errc::malformed_header), page_verdict::not_checked},
           {make_error_code(boost::system::errc::connection_reset), page_verdict::not_checked},
           {make_error_code(boost::system::errc::connection_refused), page_verdict::broken},
           {make_error_code(net::errc::host_not_found), page_verdict::broken}}) {
    http::client_options o;
    o.transport = std::make_shared<odd_host>(code);
    crawl_run run;
    crawler c{run.options, http::client{o}};
    c.on_page([&](const page& p) { run.pages.push_back(p); });
    std::vector<http::url> seeds{http::url{"http://a.example/"}};
    co_await c.run(std::move(seeds));
    CO_ASSERT_THAT(run.pages, SizeIs(1));
    EXPECT_EQ(run.pages[0].verdict, verdict) << code.message();
    EXPECT_EQ(run.pages[0].code, code);
    EXPECT_NE(run.pages[0].error, "");
  }
}

}  // namespace bight::crawl::crawler_robots_test
