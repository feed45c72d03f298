// crawler: waits of minutes and days, in virtual time.
#include <bight/crawl/crawler.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/http/transport.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bight::crawl::crawler_time_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A site without a network: what it answers, and what it was asked when.
class fake_site final : public http::transport {
 public:
  using answers = std::function<http::response(const std::string& path)>;
  explicit fake_site(answers a) : answers_(std::move(a)) {}

  awaitable<http::response> send(http::request& r) override {
    const std::string path{r.url().path()};
    asked.emplace_back(path, clock::now() - began_);
    co_await yield();
    co_return answers_(path);
  }
  std::size_t times(const std::string& path) const {
    std::size_t n = 0;
    for (const auto& [p, at] : asked) n += p == path ? 1U : 0U;
    return n;
  }
  std::vector<std::pair<std::string, clock::duration>> asked;

 private:
  answers answers_;
  clock::time_point began_ = clock::now();
};

http::response answer(int status, std::string body = "", std::string retry_after = "") {
  http::headers fields;
  fields.set("Content-Type", "text/html");
  if (!retry_after.empty()) fields.set("Retry-After", retry_after);
  return http::response{status, std::move(body), std::move(fields)};
}
http::client client_of(const std::shared_ptr<fake_site>& site) {
  http::client_options options;
  options.transport = site;
  return http::client{options};
}
std::string links(int n) {
  std::string all;
  for (int i = 0; i != n; ++i) all += "<a href=/" + std::to_string(i) + ">x</a>";
  return all;
}
std::vector<http::url> home() {
  std::vector<http::url> seeds;
  seeds.emplace_back("http://site.example/");
  return seeds;
}

ASYNC_TEST(crawler_time, robots_txt_is_asked_for_again_after_a_day) {
  const auto site = std::make_shared<fake_site>(
      [](const std::string& path) { return path == "/robots.txt" ? answer(404) : answer(200, links(30)); });
  crawl_options options;
  options.host_delay = 1h;
  crawler c{options, client_of(site)};
  const auto report = co_await c.run(home());
  EXPECT_EQ(report.counts.pages, 31U);
  EXPECT_EQ(site->times("/robots.txt"), 2U);
}

generator<http::url> now_and_then() {
  co_yield http::url{"http://site.example/now"};
  co_await sleep(10min);
  co_yield http::url{"http://site.example/then"};
}

ASYNC_TEST(crawler_time, a_refusal_because_of_robots_txt_holds_for_minutes) {
  const auto begin = clock::now();
  const auto site = std::make_shared<fake_site>([begin](const std::string& path) {
    return answer(path == "/robots.txt" && clock::now() - begin < 5min ? 500 : 200);
  });
  crawler c{crawl_options{}, client_of(site)};
  std::map<std::string, page_verdict> verdicts;
  c.on_page([&](const page& p) { verdicts[std::string{p.url.path()}] = p.verdict; });
  co_await c.run(now_and_then());
  EXPECT_EQ(verdicts["/now"], page_verdict::not_checked);
  EXPECT_EQ(verdicts["/then"], page_verdict::ok);
  EXPECT_EQ(site->times("/robots.txt"), 4U) << "three attempts, and one later";
}

ASYNC_TEST(crawler_time, a_host_that_says_when_to_come_back_costs_time_alone) {
  const auto begin = clock::now();
  const auto site = std::make_shared<fake_site>([begin](const std::string& path) {
    if (path == "/" || path == "/robots.txt") return answer(200, path == "/" ? links(30) : "");
    return clock::now() - begin < 100s ? answer(503, "", "120") : answer(200);
  });
  crawl_options options;
  options.max_retries = 0;
  options.host_delay = 0s;
  crawler c{options, client_of(site)};
  const auto report = co_await c.run(home());
  EXPECT_EQ(report.counts.fetched, 31U);
  EXPECT_EQ(report.counts.failed + report.counts.not_checked, 0U);
  EXPECT_GE(report.elapsed, 120s);
  EXPECT_LT(report.elapsed, 130s);
  EXPECT_LT(site->asked.size(), 40U);
}

ASYNC_TEST(crawler_time, a_host_that_never_answers_anything_but_429_is_given_up) {
  const auto site = std::make_shared<fake_site>([](const std::string& path) {
    if (path == "/" || path == "/robots.txt") return answer(200, path == "/" ? links(1000) : "");
    return answer(429);
  });
  crawl_options options;
  options.host_delay = 0s;
  crawler c{options, client_of(site)};
  const auto report = co_await c.run(home());
  EXPECT_EQ(report.counts.not_checked, 1000U);
  EXPECT_EQ(report.counts.failed, 0U);
  EXPECT_THAT(report.broken, IsEmpty());
  EXPECT_LT(site->asked.size(), 50U) << "what is left is not asked for";
  EXPECT_LT(report.elapsed, 7min);
}

ASYNC_TEST(crawler_time, it_can_be_asked_what_it_waits_for) {
  const auto begin = clock::now();
  const auto site = std::make_shared<fake_site>([begin](const std::string& path) {
    if (path != "/") return answer(200, path == "/robots.txt" ? "User-agent: *\nCrawl-delay: 30\n" : "");
    return clock::now() - begin < 31s ? answer(429, "", "60") : answer(200, links(2));
  });
  crawl_options options;
  options.host_delay = 0s;
  crawler c{options, client_of(site)};
  auto crawl = spawn([&] { return c.run(home()); });
  std::vector<std::string> waits;
  while (!crawl.done()) {
    if (const auto w = c.waiting()) {
      const auto text = w->host + " " + w->reason;
      if (waits.empty() || waits.back() != text) waits.push_back(text);
    }
    co_await sleep(1s);
  }
  co_await crawl;
  EXPECT_THAT(waits,
              ElementsAre("http://site.example 429 Too Many Requests", "http://site.example Crawl-delay"));
}

}  // namespace bight::crawl::crawler_time_test
