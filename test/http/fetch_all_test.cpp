// Many URLs at once.
#include <bight/http/fetch_all.hpp>

#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace bight::http::fetch_all_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Answers /N after N seconds, and counts who asks at a time.
class slow_site final : public transport {
 public:
  awaitable<response> send(request& r) override {
    struct counted {
      slow_site& s;
      explicit counted(slow_site& site) : s(site) { s.most = std::max(s.most, ++s.now); }
      ~counted() { --s.now; }
    } const here{*this};
    ++calls;
    const int n = std::stoi(std::string{r.url().path().substr(1)});
    co_await sleep(std::chrono::seconds{n});
    if (n == 13) throw boost::system::system_error(make_error_code(errc::server_closed), "13");
    if (n == 5 && ++fives == 1) co_return response{503};
    co_return response{200, "page " + std::to_string(n)};
  }
  int now = 0;
  int most = 0;
  int calls = 0;
  int fives = 0;
};

client over(const std::shared_ptr<slow_site>& site) {
  client_options options;
  options.transport = site;
  return client{std::move(options)};
}

template <class... N>
std::vector<url> pages(N... numbers) {
  std::vector<url> all;
  (all.emplace_back("http://site.test/" + std::to_string(numbers)), ...);
  return all;
}

awaitable<std::vector<fetched>> collect(generator<fetched> all) {
  std::vector<fetched> out;
  auto one = co_await all.next();
  while (one) {
    out.push_back(std::move(*one));
    one = co_await all.next();
  }
  co_return out;
}

ASYNC_TEST(fetch_all, yields_as_responses_arrive) {
  const auto site = std::make_shared<slow_site>();
  const auto start = clock::now();
  const auto all = co_await collect(fetch_all(over(site), pages(3, 1, 2)));
  CO_ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].body, "page 1");
  EXPECT_EQ(all[0].index, 1U);
  EXPECT_EQ(all[0].status, 200);
  EXPECT_EQ(all[0].url.href(), "http://site.test/1");
  EXPECT_EQ(all[0].elapsed, 1s);
  EXPECT_EQ(all[2].body, "page 3");
  EXPECT_EQ(all[2].elapsed, 3s);
  EXPECT_EQ(clock::now() - start, 3s);
}

ASYNC_TEST(fetch_all, yields_in_order_if_asked_to) {
  const auto site = std::make_shared<slow_site>();
  fetch_options options;
  options.in_order = true;
  options.max_concurrent = 2;
  const auto all = co_await collect(fetch_all(over(site), pages(3, 1, 2, 1, 4, 1), options));
  CO_ASSERT_EQ(all.size(), 6U);
  for (std::size_t i = 0; i != all.size(); ++i) EXPECT_EQ(all[i].index, i);
  EXPECT_EQ(site->most, 2);
}

ASYNC_TEST(fetch_all, keeps_to_its_limit_and_waits_for_who_takes_nothing) {
  const auto site = std::make_shared<slow_site>();
  fetch_options options;
  options.max_concurrent = 3;
  std::vector<url> many;
  for (int i = 0; i != 40; ++i) many.emplace_back("http://site.test/1");
  auto all = fetch_all(over(site), std::move(many), options);
  const auto first = co_await all.next();
  EXPECT_TRUE(first);
  co_await sleep(1h);
  EXPECT_LE(site->calls, 7);
  const auto rest = co_await collect(std::move(all));
  EXPECT_EQ(rest.size(), 39U);
  EXPECT_EQ(site->most, 3);
}

ASYNC_TEST(fetch_all, a_failure_is_a_result_and_stops_nothing) {
  const auto site = std::make_shared<slow_site>();
  std::vector<std::string> where{"http://site.test/13", "no url", "http://site.test/1"};
  fetch_options options;
  options.in_order = true;
  const auto all = co_await collect(fetch_all(over(site), where, options));
  CO_ASSERT_EQ(all.size(), 3U);
  EXPECT_FALSE(all[0].ok());
  EXPECT_EQ(all[0].url.path(), "/13");
  EXPECT_THROW(all[0].raise_for_status(), boost::system::system_error);
  EXPECT_FALSE(all[1].ok());
  EXPECT_TRUE(all[2].ok());
  EXPECT_EQ(all[2].body, "page 1");
}

ASYNC_TEST(fetch_all, retries_by_its_policy) {
  const auto site = std::make_shared<slow_site>();
  fetch_options options;
  retry_policy policy;
  policy.attempts(2).backoff(1s, 1s);
  options.retries = policy;
  const auto all = co_await collect(fetch_all(over(site), pages(5), options));
  CO_ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].status, 200);
  EXPECT_EQ(site->calls, 2);
}

class busy_site final : public transport {
 public:
  awaitable<response> send(request&) override {
    ++calls;
    headers fields;
    fields.append("Retry-After", "7");
    co_return response{503, "busy", std::move(fields)};
  }
  int calls = 0;
};

ASYNC_TEST(fetch_all, retries_when_the_server_says_and_yields_the_last_answer) {
  const auto site = std::make_shared<busy_site>();
  client_options under;
  under.transport = site;
  retry_policy policy;
  policy.attempts(3).backoff(1ms, 1ms);
  under.retries = policy;
  fetch_options options;
  options.retries = policy;
  const auto all = co_await collect(fetch_all(client{std::move(under)}, pages(1), options));
  CO_ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].ok());
  EXPECT_EQ(all[0].status, 503);
  EXPECT_EQ(all[0].body, "busy");
  EXPECT_EQ(all[0].elapsed, 14s);
  EXPECT_EQ(site->calls, 3) << "those of the client and of fetch_all are not multiplied";
  EXPECT_THROW(all[0].raise_for_status(), status_error);
}

ASYNC_TEST(fetch_all, a_status_of_an_error_is_a_result) {
  const auto site = std::make_shared<slow_site>();
  const auto all = co_await collect(fetch_all(over(site), pages(5)));
  CO_ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].ok());
  EXPECT_EQ(all[0].status, 503);
  EXPECT_THROW(all[0].raise_for_status(), status_error);
}

ASYNC_TEST(fetch_all, destroying_the_generator_cancels_what_runs) {
  const auto site = std::make_shared<slow_site>();
  {
    auto all = fetch_all(over(site), pages(1, 100, 100));
    co_await all.next();
    EXPECT_EQ(site->now, 2);
  }
  co_await sleep(1s);
  EXPECT_EQ(site->now, 0);
}

ASYNC_TEST(fetch_all, of_no_urls_and_no_concurrency) {
  const auto site = std::make_shared<slow_site>();
  std::vector<url> nothing;
  const auto none = co_await collect(fetch_all(over(site), nothing));
  EXPECT_TRUE(none.empty());
  fetch_options options;
  options.max_concurrent = 0;
  auto refused = fetch_all(over(site), pages(1), options);
  bool thrown = false;
  try {
    co_await refused.next();
  } catch (const std::invalid_argument&) { thrown = true; }
  EXPECT_TRUE(thrown);
}

}  // namespace bight::http::fetch_all_test
