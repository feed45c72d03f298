// crawler: all of a site, once, within its limits.
#include <bight/crawl/crawler.hpp>

#include <zlib.h>
#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/crawl_run.hpp"
#include "support/web_site.hpp"

namespace bight::crawl::crawler_test {

using namespace std::chrono_literals;
using test::crawl_run;
using test::web_site;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string link(std::string_view to) { return "<a href=\"" + std::string{to} + "\">x</a>"; }

// ---- a small site ------------------------------------------------------------------------------

ASYNC_TEST(crawler, fetches_every_page_of_a_site_once) {
  web_site site;
  site.page("/", link("/a") + link("b") + link("/a#part") + link("/"));
  site.page("/a", link("/b?q=1&amp;r=2") + link("/"));
  site.page("/b", link("a") + link("/c"));
  site.page("/c", link("//" + site.authority() + "/a"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/a", "/b", "/b?q=1&r=2", "/c"));
  EXPECT_THAT(run.pages, SizeIs(5));
  EXPECT_EQ(run.report.counts.pages, 5U);
  EXPECT_EQ(run.report.counts.fetched, 5U);
  EXPECT_EQ(run.report.counts.failed, 0U);
  EXPECT_EQ(run.report.counts.known, 5U);
  EXPECT_EQ(run.report.counts.queued, 0U);
  EXPECT_EQ(run.report.counts.seeds_fetched, 1U);
  EXPECT_TRUE(run.report.complete);
  EXPECT_THAT(run.report.broken, IsEmpty());
}

// Everything but robots.txt, for whoever says the password: "me:sword@fish".
class closed_site {
 public:
  closed_site() {
    site_.fallback([this](http::server_request& r) -> awaitable<http::server_response> {
      const auto said = r.headers().get(http::header_id::authorization).value_or("nothing");
      seen_.push_back(std::string{r.path()} + " " + std::string{said});
      const auto found = pages_.find(std::string{r.path()});
      http::server_response answer{found == pages_.end() ? 404 : 200,
                                   found == pages_.end() ? "" : found->second};
      answer.headers().set(http::header_id::content_type, "text/html");
      if (r.path() == "/moved") answer = moved("http://" + site_.authority() + "/there");
      if (r.path() == "/away") answer = moved(away_);
      co_return answer;
    });
  }
  void page(const std::string& path, std::string body) { pages_[path] = std::move(body); }
  void send_away_to(std::string where) { away_ = std::move(where); }
  std::string authority() const { return site_.authority(); }
  std::string url(const std::string& path) const { return "http://me:sword%40fish@" + authority() + path; }
  std::vector<std::string> seen() const {
    auto all = seen_;
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  static http::server_response moved(const std::string& where) {
    http::server_response r{302, ""};
    r.headers().set(http::header_id::location, where);
    return r;
  }
  std::map<std::string, std::string> pages_;
  std::string away_ = "/";
  std::vector<std::string> seen_;
  web_site site_;
};

ASYNC_TEST(crawler, sends_the_password_of_a_seed_to_its_origin_alone_and_shows_it_nowhere) {
  closed_site site;
  closed_site other;
  site.page("/", link("/a") + link("http://" + site.authority() + "/a") + link("/moved") + link("/broken") +
                     link("/away") + link("http://" + other.authority() + "/b"));
  site.page("/a", "");
  site.page("/there", "");
  site.send_away_to("http://you:swordfish@" + other.authority() + "/c");
  other.page("/", "");
  other.page("/b", "");
  other.page("/c", "");
  crawl_run run;
  co_await run.from(site.url("/"), "http://" + other.authority() + "/");
  const std::string basic = " Basic bWU6c3dvcmRAZmlzaA==";
  EXPECT_THAT(site.seen(), ElementsAre("/" + basic, "/a" + basic, "/away" + basic, "/broken" + basic,
                                       "/moved" + basic, "/robots.txt" + basic, "/there" + basic));
  EXPECT_THAT(other.seen(), ElementsAre("/ nothing", "/b nothing", "/c nothing", "/robots.txt nothing"));
  CO_ASSERT_EQ(run.report.broken.size(), 1U);
  std::string shown = to_json(run.report) + to_text(run.report);
  for (const auto& p : run.pages) shown += to_json(p);
  EXPECT_THAT(shown, Not(HasSubstr("fish")));
  EXPECT_THAT(shown, HasSubstr("http://me:***@" + site.authority() + "/broken"));
}

ASYNC_TEST(crawler, is_one_crawl) {
  web_site site;
  site.page("/", "");
  crawler c;
  const std::vector<http::url> seeds{http::url{site.url()}};
  co_await c.run(seeds);
  try {
    co_await c.run(seeds);
    ADD_FAILURE() << "no error";
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "bight: crawler::run has already been called");
  }
}

ASYNC_TEST(crawler, tells_what_it_knows_of_a_page) {
  web_site site;
  site.page("/", link("/a"));
  site.page("/a", link("/") + link("http://elsewhere.invalid/") + link("mailto:x@y.org") + link("#top") +
                      link("/"));
  crawl_run run;
  co_await run.from(site.url("/#intro"));
  const auto& a = run.at(site.url("/a"));
  EXPECT_EQ(a.final_url, a.url);
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.depth, 1U);
  EXPECT_EQ(a.referrer, site.url("/"));
  EXPECT_EQ(a.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(a.link_count, 3U) << "http and https, in scope or not";
  EXPECT_EQ(a.error, "");
  EXPECT_TRUE(a.html);
  const auto& root = run.at(site.url("/"));
  EXPECT_EQ(root.referrer, "");
  EXPECT_EQ(root.depth, 0U);
  EXPECT_EQ(root.bytes, link("/a").size());
}

ASYNC_TEST(crawler, counts_add_up) {
  web_site site;
  site.robots("User-agent: *\nDisallow: /secret\n");
  site.page("/", link("/a") + link("/gone") + link("/secret") + link("/pic.png") + link("/old"));
  site.page("/a", "text");
  site.file("/pic.png", "image/png", std::string(1000, 'x'));
  site.redirect("/old", "/a");
  crawl_run run;
  co_await run.from(site.url());
  const auto& c = run.report.counts;
  EXPECT_EQ(c.known, 6U);
  EXPECT_EQ(c.pages, 2U);
  EXPECT_EQ(c.fetched, 5U);
  EXPECT_EQ(c.failed, 1U);
  EXPECT_EQ(c.skipped, 1U);
  EXPECT_EQ(c.retries, 0U);
  EXPECT_EQ(c.fetched + c.skipped, c.known);
  std::uint64_t bytes = 0;
  for (const auto& p : run.pages) bytes += p.bytes;
  EXPECT_EQ(c.bytes, bytes);
  EXPECT_EQ(run.at(site.url("/pic.png")).bytes, 1000U);
  EXPECT_THAT(run.pages, SizeIs(6));
}

ASYNC_TEST(crawler, names_itself) {
  web_site site;
  site.page("/", "x");
  crawl_run run;
  run.options.user_agent = "tester/1.0 (+http://example.org/)";
  co_await run.from(site.url());
  CO_ASSERT_THAT(site.visits(), SizeIs(2));
  for (const auto& v : site.visits()) EXPECT_EQ(v.user_agent, "tester/1.0 (+http://example.org/)");
}

// ---- links -------------------------------------------------------------------------------------

ASYNC_TEST(crawler, checks_links_of_every_kind) {
  web_site site;
  site.page("/", R"html(<!doctype html><link rel=stylesheet href=/style.css><link rel=icon href=/icon>
    <style>@import "/imported.css"; body { background: url(/background) }</style><script src=/script></script>
    <img src=/img srcset="/small 1x, /large 2x"><iframe src=/frame></iframe><p style="background:url('/inline')">
    <video poster=/poster src=/video></video><object data=/object></object><map><area href=/area></map>
    <picture><source srcset=/source></picture><link rel=next href=/next><embed src=/embed>)html");
  site.file("/style.css", "text/css", "@import url(/more.css); a { background: url(/from-css) }");
  site.file("/more.css", "text/css;charset=utf-8", "@font-face { src: url(font) }");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(),
              ElementsAre("/", "/area", "/background", "/embed", "/font", "/frame", "/from-css", "/icon",
                          "/img", "/imported.css", "/inline", "/large", "/more.css", "/next", "/object",
                          "/poster", "/script", "/small", "/source", "/style.css", "/video"));
  EXPECT_EQ(run.report.counts.pages, 1U);
  EXPECT_THAT(run.report.broken, SizeIs(18)) << "all but / and the two style sheets";
  EXPECT_FALSE(run.at(site.url("/style.css")).html);
}

ASYNC_TEST(crawler, resolves_links_against_a_base_that_comes_late) {
  web_site site;
  site.page("/dir/", link("early") + "<base href=\"/other/\"><base href=\"/ignored/\">" + link("late"));
  crawl_run run;
  co_await run.from(site.url("/dir/"));
  EXPECT_THAT(site.paths(), ElementsAre("/dir/", "/other/early", "/other/late"));
}

ASYNC_TEST(crawler, ignores_a_base_that_is_no_web_address) {
  web_site site;
  site.page("/dir/", "<base href=\"data:,x\">" + link("a"));
  crawl_run run;
  co_await run.from(site.url("/dir/"));
  EXPECT_THAT(site.paths(), ElementsAre("/dir/", "/dir/a"));
}

ASYNC_TEST(crawler, follows_meta_refresh) {
  web_site site;
  site.page("/", R"(<meta http-equiv="refresh" content="5; url=/next">)");
  site.page("/next", "x");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/next"));
  EXPECT_EQ(run.report.counts.pages, 2U);
}

ASYNC_TEST(crawler, looks_for_links_in_html_and_css_only) {
  web_site site;
  site.page("/", link("/text") + link("/xhtml") + link("/none") + link("/error"));
  site.file("/text", "text/plain", link("/from-text"));
  site.file("/xhtml", "Application/XHTML+XML ; charset=utf-8", link("/from-xhtml"));
  site.file("/none", "", link("/from-none"));
  site.file("/error", "text/html", link("/from-error"), 404);
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(),
              ElementsAre("/", "/error", "/from-none", "/from-xhtml", "/none", "/text", "/xhtml"));
  EXPECT_EQ(run.report.counts.pages, 3U) << "/, /xhtml and /none, which looks like HTML";
  EXPECT_FALSE(run.at(site.url("/error")).html);
}

// ---- scope -------------------------------------------------------------------------------------

ASYNC_TEST(crawler, stays_on_the_host_and_port_of_its_seed) {
  web_site site;
  web_site other;
  other.page("/", "x");
  site.page("/", link(other.url("/")) + "<img src=\"" + other.url("/pic") + "\">" +
                     link("http://nowhere.invalid/"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(run.pages, SizeIs(1));
  EXPECT_THAT(other.visits(), IsEmpty()) << "not even its robots.txt";
  EXPECT_EQ(run.report.counts.known, 1U);
}

ASYNC_TEST(crawler, two_seeds_are_two_hosts) {
  web_site site;
  web_site other;
  site.page("/", link(other.url("/a")));
  other.page("/", "x");
  other.page("/a", "x");
  crawl_run run;
  co_await run.from(site.url(), other.url());
  EXPECT_THAT(other.paths(), ElementsAre("/", "/a"));
  EXPECT_EQ(run.report.counts.pages, 3U);
  EXPECT_EQ(run.report.counts.seeds_fetched, 2U);
  EXPECT_EQ(site.visits_of("/robots.txt"), 1U);
  EXPECT_EQ(other.visits_of("/robots.txt"), 1U);
}

ASYNC_TEST(crawler, prefix_stays_below_the_folder) {
  web_site site;
  site.page("/docs/index.html",
            link("a") + link("/docs/b/c") + link("/other") + link("/docs2") + "<img src=/logo.png>");
  crawl_run run;
  run.options.scope.mode = scope_mode::prefix;
  co_await run.from(site.url("/docs/index.html"));
  EXPECT_THAT(site.paths(), ElementsAre("/docs/a", "/docs/b/c", "/docs/index.html"));
}

ASYNC_TEST(crawler, include_and_exclude_choose_what_is_fetched) {
  web_site site;
  site.page("/", link("/docs/1") + link("/docs/private/2") + link("/blog/3"));
  crawl_run run;
  run.options.scope.include.emplace_back("/docs/");
  run.options.scope.exclude.emplace_back("private");
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/docs/1"))
      << "patterns are for links; a seed is asked for by name";
}

ASYNC_TEST(crawler, refuses_a_bad_pattern) {
  crawl_run run;
  run.options.scope.include.emplace_back("(");
  std::string what;
  try {
    co_await run.from("http://127.0.0.1:9/");
  } catch (const std::invalid_argument& e) { what = e.what(); }
  EXPECT_THAT(what, HasSubstr("include"));
}

// ---- limits ------------------------------------------------------------------------------------

ASYNC_TEST(crawler, depth_counts_links_from_a_seed) {
  web_site site;
  site.page("/", link("/1"));
  site.page("/1", link("/2"));
  site.page("/2", link("/3"));
  for (std::uint32_t depth = 0; depth != 4; ++depth) {
    crawl_run run;
    run.options.max_depth = depth;
    co_await run.from(site.url());
    EXPECT_THAT(run.pages, SizeIs(depth + 1));
    EXPECT_EQ(run.pages.back().depth, depth);
    EXPECT_TRUE(run.report.complete);
  }
}

ASYNC_TEST(crawler, a_page_limit_is_exact_however_many_fetch_at_a_time) {
  web_site site;
  std::string all;
  for (int i = 0; i != 40; ++i) {
    const auto path = "/" + std::to_string(i);
    all += link(path) + "<img src=\"/pic" + std::to_string(i) + "\">";
    site.page(path, "x");
  }
  site.page("/", all);
  for (const std::size_t limit :
       {std::size_t{1}, std::size_t{2}, std::size_t{17}, std::size_t{41}, std::size_t{1000}}) {
    crawl_run run;
    run.options.max_pages = limit;
    run.options.max_concurrent = 16;
    run.options.max_concurrent_per_host = 16;
    co_await run.from(site.url());
    EXPECT_EQ(run.report.counts.pages, std::min<std::size_t>(limit, 41));
    EXPECT_EQ(run.report.complete, limit > 41) << limit;
    EXPECT_EQ(run.report.counts.queued == 0, limit > 41) << limit;
  }
}

ASYNC_TEST(crawler, a_page_limit_that_everything_fits_in_does_not_end_the_crawl_early) {
  web_site site;
  site.page("/", link("/gone1") + link("/gone2") + link("/gone3") + link("/a"));
  site.page("/a", link("/gone4"));
  crawl_run run;
  run.options.max_pages = 3;
  co_await run.from(site.url());
  EXPECT_EQ(run.report.counts.fetched, 6U);
  EXPECT_TRUE(run.report.complete);
}

// Answers when as many requests have come as may, and not at once then, so that one too many would show.
web_site::answer crowd(std::size_t& here, std::size_t& most, event& full, std::size_t limit) {
  return [&here, &most, &full, limit](http::server_request&) -> awaitable<http::server_response> {
    most = std::max(most, ++here);
    if (here == limit) full.set();
    co_await full.wait();
    for (int i = 0; i != 20; ++i) co_await yield();
    --here;
    co_return http::server_response{200, "x"};
  };
}

ASYNC_TEST(crawler, asks_a_host_for_at_most_per_host_pages_at_a_time) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{3}}) {
    web_site site;
    std::string all;
    for (int i = 0; i != 30; ++i) all += link("/" + std::to_string(i));
    site.page("/", all);
    site.robots("");
    std::size_t here = 0;
    std::size_t most = 0;
    event full;
    site.fallback(crowd(here, most, full, limit));
    crawl_run run;
    run.options.max_concurrent_per_host = limit;
    co_await run.from(site.url());
    EXPECT_EQ(run.report.counts.fetched, 31U);
    EXPECT_EQ(most, limit);
  }
}

ASYNC_TEST(crawler, concurrency_limits_all_hosts_together) {
  web_site one;
  web_site two;
  for (auto* const site : {&one, &two}) {
    std::string all;
    for (int i = 0; i != 10; ++i) all += link("/" + std::to_string(i));
    site->page("/", all);
  }
  std::size_t here = 0;
  std::size_t most = 0;
  event full;
  one.fallback(crowd(here, most, full, 3));
  two.fallback(crowd(here, most, full, 3));
  crawl_run run;
  run.options.max_concurrent = 3;
  run.options.obey_robots = false;
  co_await run.from(one.url(), two.url());
  EXPECT_EQ(run.report.counts.fetched, 22U);
  EXPECT_EQ(most, 3U);
}

ASYNC_TEST(crawler, waits_between_two_fetches_from_a_host) {
  web_site site;
  site.page("/", link("/1") + link("/2") + link("/3"));
  crawl_run run;
  run.options.host_delay = 30ms;
  co_await run.from(site.url());
  std::vector<clock::time_point> times;
  for (const auto& v : site.visits())
    if (v.path != "/robots.txt") times.push_back(v.at);
  CO_ASSERT_THAT(times, SizeIs(4));
  // The server sees the end of a start; what it saw late before can make a gap shorter, never the sum.
  EXPECT_GE(times.back() - times.front(), 80ms);
}

ASYNC_TEST(crawler, does_not_wait_on_loopback_unless_told_to) {
  web_site site;
  std::string all;
  for (int i = 0; i != 20; ++i) all += link("/" + std::to_string(i));
  site.page("/", all);
  crawl_run run;
  const auto begin = clock::now();
  co_await run.from(site.url());
  EXPECT_LT(clock::now() - begin, 4s) << "20 x 250 ms would be 5 s";
}

// ---- bodies ------------------------------------------------------------------------------------

std::string gzip(const std::string& text) {
  z_stream z{};
  ::deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(::deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&z, Z_FINISH);
  packed.resize(z.total_out);
  ::deflateEnd(&z);
  return packed;
}
void serve_gzip(web_site& site, const std::string& path, const std::string& text) {
  site.add(path, [packed = gzip(text)](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, packed};
    r.headers().set(http::header_id::content_type, "text/html");
    r.headers().set(http::header_id::content_encoding, "gzip");
    co_return r;
  });
}

ASYNC_TEST(crawler, reads_compressed_pages_and_counts_what_was_sent) {
  web_site site;
  std::string body = std::string(10'000, ' ') + link("/a");
  serve_gzip(site, "/", body);
  site.page("/a", "x");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(run.report.counts.pages, 2U);
  EXPECT_EQ(run.at(site.url("/")).bytes, gzip(body).size());
}

ASYNC_TEST(crawler, a_compression_bomb_is_read_up_to_the_limit_and_its_links_up_to_there_count) {
  web_site site;
  site.page("/", link("/bomb"));
  serve_gzip(site, "/bomb", link("/a") + std::string(8U << 20U, '\0') + link("/b"));
  crawl_run run;
  run.options.max_body = 1U << 20U;
  co_await run.from(site.url());
  const auto& bomb = run.at(site.url("/bomb"));
  EXPECT_EQ(bomb.verdict, page_verdict::warning);
  CO_ASSERT_THAT(bomb.warnings, SizeIs(1));
  EXPECT_THAT(bomb.warnings[0], HasSubstr("longer than 1048576 bytes"));
  EXPECT_EQ(run.report.counts.pages, 2U);
  EXPECT_TRUE(run.has(site.url("/a")));
  EXPECT_FALSE(run.has(site.url("/b")));
}

ASYNC_TEST(crawler, pages_that_compress_well_are_no_bombs) {
  web_site site;
  std::string table;
  for (int row = 0; row != 20'000; ++row) table += "<tr><td>0</td><td>0</td><td>0</td><td>0</td></tr>\n";
  EXPECT_GT(table.size() / gzip(table).size(), 250U);
  serve_gzip(site, "/", table + link("/a"));
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_EQ(run.at(site.url("/")).verdict, page_verdict::ok);
  EXPECT_TRUE(run.has(site.url("/a")));
}

ASYNC_TEST(crawler, cuts_a_page_at_max_body_and_says_so) {
  web_site site;
  site.page("/", link("/huge") + link("/fits"));
  site.page("/huge", std::string(10'001, ' '));
  site.page("/fits", std::string(10'000, ' '));
  crawl_run run;
  run.options.max_body = 10'000;
  co_await run.from(site.url());
  EXPECT_EQ(run.at(site.url("/fits")).verdict, page_verdict::ok);
  const auto& huge = run.at(site.url("/huge"));
  EXPECT_EQ(huge.verdict, page_verdict::warning);
  CO_ASSERT_THAT(huge.warnings, SizeIs(1));
  EXPECT_THAT(huge.warnings[0], HasSubstr("10000")) << "the limit is named";
  EXPECT_EQ(run.report.counts.pages, 3U);
  EXPECT_EQ(run.report.counts.warnings, 1U);
  EXPECT_EQ(run.report.counts.failed, 0U);
}

// ---- its end -----------------------------------------------------------------------------------

ASYNC_TEST(crawler, no_seeds_is_the_end) {
  crawler c;
  std::vector<http::url> none;
  const auto report = co_await c.run(std::move(none));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.counts.known, 0U);
}

ASYNC_TEST(crawler, knows_nothing_before_it_runs) {
  const crawler c;
  EXPECT_EQ(c.counts().known, 0U);
  EXPECT_EQ(c.report().elapsed, 0s);
  EXPECT_FALSE(c.report().complete);
  co_return;
}

ASYNC_TEST(crawler, an_exception_of_on_page_ends_the_crawl_and_comes_out) {
  web_site site;
  site.page("/", link("/1") + link("/2") + link("/3"));
  crawler c;
  int calls = 0;
  c.on_page([&](const page&) {
    if (++calls == 2) throw std::domain_error("full");
  });
  std::vector<http::url> seeds;
  seeds.emplace_back(site.url());
  bool thrown = false;
  try {
    co_await c.run(std::move(seeds));
  } catch (const std::domain_error& e) { thrown = std::string{e.what()} == "full"; }
  EXPECT_TRUE(thrown);
  EXPECT_EQ(calls, 2);
  EXPECT_FALSE(c.report().complete);
}

ASYNC_TEST(crawler, cancellation_leaves_consistent_counts) {
  web_site site;
  std::string all;
  for (int i = 0; i != 10; ++i) all += link("/" + std::to_string(i));
  site.page("/", all);
  int answered = 0;
  event five;
  site.fallback([&](http::server_request&) -> awaitable<http::server_response> {
    if (++answered > 5) co_await sleep(forever);
    co_return http::server_response{200, "x"};
  });
  site.robots("");
  crawler c;
  std::size_t told = 0;
  c.on_page([&](const page&) {
    if (++told == 6) five.set();
  });
  std::vector<http::url> seeds;
  seeds.emplace_back(site.url());
  auto crawl = spawn([&] { return c.run(seeds); });
  co_await five.wait();
  crawl.cancel();
  co_await crawl.wait();
  EXPECT_TRUE(crawl.cancelled());
  const auto counts = c.counts();
  EXPECT_EQ(counts.fetched, 6U);
  EXPECT_EQ(counts.known, 11U);
  EXPECT_EQ(counts.queued, 5U) << "what was in flight counts as not done";
  EXPECT_FALSE(c.report().complete);
  EXPECT_THAT(c.report().broken, IsEmpty());
}

}  // namespace bight::crawl::crawler_test
