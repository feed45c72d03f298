// Tests in virtual time: the sites are mocks, without a network.
#define CRAWLER_SERVICE_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>

using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

struct world {
  bight::testing::mock_http sites;
  crawls all;
  http::router api;

  explicit world(settings s = {}) : all(s, options()), api(make_api(all)) {
    sites.get("/robots.txt").respond(404);
  }
  http::client_options options() const {
    http::client_options o;
    o.transport = sites.transport();
    return o;
  }
  void page(const std::string& url, std::string body) {
    http::headers fields;
    fields.set("Content-Type", "text/html");
    sites.get(url).respond(200, std::move(body), fields);
  }
};

std::string with_links(int count) {
  std::string body;
  for (int i = 0; i != count; ++i) body += "<a href='/" + std::to_string(i) + "'>x</a>";
  return body;
}

// Waits until a crawl has ended.
bight::awaitable<crawl_state> ended(crawls& all, std::int64_t id) {
  while (!all.find(id)->ended()) co_await bight::sleep(100ms);
  co_return all.find(id)->state();
}

}  // namespace

ASYNC_TEST(crawler_service, a_crawl_is_started_and_its_pages_are_fetched) {
  world w;
  w.page("http://site.test/", with_links(2));
  w.page("http://site.test/0", "zero");
  w.sites.get("http://site.test/1").respond(404);
  const auto id = w.all.start({"http://site.test/", 100});
  EXPECT_EQ(w.all.find(id)->state().state, "waiting");
  const auto state = co_await ended(w.all, id);
  EXPECT_EQ(state.state, "complete");
  EXPECT_EQ(state.pages, 2U);
  EXPECT_EQ(state.failed, 1U);
  const auto pages = w.all.find(id)->pages(0);
  EXPECT_THAT(pages, HasSubstr("http://site.test/0"));
  EXPECT_THAT(pages, HasSubstr("404 Not Found"));
  co_await w.all.finish();
}

ASYNC_TEST(crawler_service, it_can_be_watched_while_it_runs) {
  world w;
  w.page("http://site.test/", with_links(3));
  for (int i = 0; i != 3; ++i) w.page("http://site.test/" + std::to_string(i), "x");
  const auto id = w.all.start({"http://site.test/", 100});
  auto feed = w.all.find(id)->watch();
  int lines = 0;
  auto line = co_await feed.next();
  while (line) {
    ++lines;
    line = co_await feed.next();
  }
  EXPECT_EQ(lines, 4);
  EXPECT_TRUE(w.all.find(id)->ended());
  auto late = w.all.find(id)->watch();
  const auto nothing = co_await late.next();
  EXPECT_FALSE(nothing);
  co_await w.all.finish();
}

ASYNC_TEST(crawler_service, crawls_beyond_the_places_wait_and_can_be_stopped) {
  settings s;
  s.at_a_time = 1;
  world w{s};
  w.page("http://a.test/", with_links(500));
  w.sites.get("http://a.test/*").respond(404);
  w.page("http://b.test/", "b");
  const auto first = w.all.start({"http://a.test/", 1000});
  const auto second = w.all.start({"http://b.test/", 10});
  const auto third = w.all.start({"http://b.test/", 10});
  co_await bight::sleep(10s);
  EXPECT_EQ(w.all.find(first)->state().state, "running");
  EXPECT_EQ(w.all.find(second)->state().state, "waiting");
  w.all.find(third)->stop();
  w.all.find(first)->stop();
  const auto one = co_await ended(w.all, first);
  const auto two = co_await ended(w.all, second);
  const auto three = co_await ended(w.all, third);
  EXPECT_EQ(one.state, "stopped");
  EXPECT_EQ(two.state, "complete");
  EXPECT_EQ(three.state, "stopped");
  EXPECT_THAT(w.all.all(), SizeIs(3));
  co_await w.all.finish();
}

ASYNC_TEST(crawler_service, old_crawls_are_forgotten) {
  settings s;
  s.kept = 2;
  world w{s};
  w.page("http://site.test/", "x");
  for (int i = 0; i != 5; ++i) {
    const auto id = w.all.start({"http://site.test/", 10});
    co_await ended(w.all, id);
  }
  EXPECT_THAT(w.all.all(), SizeIs(3));
  EXPECT_THROW(w.all.find(1), http::problem);
  co_await w.all.finish();
}
