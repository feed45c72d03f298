// frontier: every URL once, hosts in turn, politeness, and an end that is exact.
#include <bight/crawl/frontier.hpp>

#include <malloc.h>
#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bight::crawl::frontier_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr discovery link_to(std::string_view url, std::uint32_t depth = 1) {
  return {.url = url, .depth = depth};
}
constexpr discovery redirect_to(std::string_view url) {
  return {.url = url, .depth = 0, .kind = link_kind::refresh, .redirect = true};
}

retry_plan plan(std::chrono::nanoseconds wait, bool whole_host, bool counts = true) {
  return {.wait = wait, .whole_host = whole_host, .counts = counts};
}

// A frontier with what a test says to it, in words.
struct store {
  explicit store(const frontier_options& options = {}) : made(make_memory_frontier(options)), f(*made) {}

  template <class... Text>
  awaitable<std::size_t> seed(Text... urls) {
    const std::vector<std::string_view> views{urls...};
    co_return co_await f.add_seeds(views);
  }
  awaitable<std::size_t> seed_all(const std::vector<std::string>& urls) {
    const std::vector<std::string_view> views(urls.begin(), urls.end());
    co_return co_await f.add_seeds(views);
  }
  awaitable<assignment> take() {
    auto a = co_await f.next();
    if (!a) throw std::logic_error("the frontier has nothing");
    co_return std::move(*a);
  }
  awaitable<std::string> take_url() {
    const auto a = co_await take();
    co_return a.url.href();
  }
  template <class... Link>
  awaitable<std::size_t> done(const assignment& a, Link... found) {
    const std::vector<discovery> all{found...};
    co_return co_await f.complete(a, fetch_result::ok, all);
  }
  awaitable<void> end(const assignment& a, fetch_result result) {
    const std::span<const discovery> nothing;
    co_await f.complete(a, result, nothing);
  }
  // Takes the next URL and completes it.
  template <class... Link>
  awaitable<std::string> pass(Link... found) {
    const auto a = co_await take();
    const std::vector<discovery> all{found...};
    co_await f.complete(a, fetch_result::ok, all);
    co_return a.url.href();
  }
  template <class... Link>
  awaitable<void> pass_as(fetch_result result, Link... found) {
    const auto a = co_await take();
    const std::vector<discovery> all{found...};
    co_await f.complete(a, result, all);
  }
  // The first URL of a host goes alone; most tests are about what comes after it.
  awaitable<void> meet(std::string_view host) {
    const auto url = "http://" + std::string{host} + "/met";
    const std::vector<std::string_view> one{url};
    co_await f.add_seeds(one);
    co_await pass();
  }
  // Takes and completes everything, in the order in which it comes.
  awaitable<std::vector<std::string>> drain() {
    std::vector<std::string> order;
    while (true) {
      const auto a = co_await f.next();
      if (!a) co_return order;
      order.push_back(a->url.href());
      const std::span<const discovery> nothing;
      co_await f.complete(*a, fetch_result::ok, nothing);
    }
  }

  std::unique_ptr<frontier> made;
  frontier& f;
};

ASYNC_TEST(frontier, hands_out_the_urls_of_a_host_in_the_order_of_their_discovery) {
  store s;
  const auto fresh = co_await s.seed("http://a/1", "http://a/2", "http://a/3");
  EXPECT_EQ(fresh, 3U);
  const auto first = co_await s.take();
  EXPECT_EQ(first.url.href(), "http://a/1");
  EXPECT_TRUE(first.seed);
  EXPECT_EQ(first.referrer, "");
  EXPECT_EQ(first.depth, 0U);
  co_await s.done(first, link_to("http://a/4"), link_to("http://a/5"));
  const auto order = co_await s.drain();
  EXPECT_THAT(order, ElementsAre("http://a/2", "http://a/3", "http://a/4", "http://a/5"));
}

ASYNC_TEST(frontier, gives_hosts_their_turns) {
  store s;
  co_await s.seed("http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://b/2", "http://c/1");
  const auto order = co_await s.drain();
  EXPECT_THAT(
      order, ElementsAre("http://a/1", "http://b/1", "http://c/1", "http://a/2", "http://b/2", "http://a/3"));
}

ASYNC_TEST(frontier, counts_scheme_host_and_port_as_a_host) {
  store s{{.max_concurrent_per_host = 1}};
  co_await s.seed("http://a/1", "http://a:81/1", "https://a/1", "http://a/2");
  std::set<std::string> at_once;
  for (int i = 0; i != 3; ++i) {
    auto url = co_await s.take_url();
    at_once.insert(std::move(url));
  }
  EXPECT_THAT(at_once, ElementsAre("http://a/1", "http://a:81/1", "https://a/1"));
}

ASYNC_TEST(frontier, counts_urls_with_different_user_names_as_one_host) {
  store s{{.max_concurrent_per_host = 1}};
  co_await s.seed("http://x@a/1", "http://y:z@a/2");
  const auto first = co_await s.take();
  auto second = spawn([&] { return s.take(); });
  co_await sleep(1h);
  EXPECT_FALSE(second.done());
  co_await s.done(first);
  co_await second;
}

ASYNC_TEST(frontier, hands_out_at_most_per_host_urls_of_a_host_at_a_time) {
  store s{{.max_concurrent_per_host = 2}};
  co_await s.meet("a");
  co_await s.meet("b");
  co_await s.seed("http://a/1", "http://a/2", "http://a/3", "http://b/1");
  const auto a1 = co_await s.take();
  const auto b1 = co_await s.take();
  const auto a2 = co_await s.take();
  EXPECT_EQ(b1.url.host(), "b");
  EXPECT_EQ(a2.url.href(), "http://a/2");
  auto a3 = spawn([&] { return s.take(); });
  co_await sleep(1h);
  EXPECT_FALSE(a3.done());
  EXPECT_EQ(s.f.counts().active, 3U);
  EXPECT_EQ(s.f.counts().pending, 1U);
  co_await s.done(b1);
  co_await sleep(1h);
  EXPECT_FALSE(a3.done()) << "another host's place is not this host's";
  co_await s.done(a1);
  co_await a3;
  EXPECT_EQ(a3.result().url.href(), "http://a/3");
}

// Before its robots.txt is known, a host's Crawl-delay is not known either.
ASYNC_TEST(frontier, the_first_url_of_a_host_goes_alone) {
  store s{{.max_concurrent_per_host = 4}};
  co_await s.seed("http://a/1", "http://a/2", "http://a/3");
  const auto first = co_await s.take();
  auto second = spawn([&] { return s.take(); });
  co_await sleep(1h);
  EXPECT_FALSE(second.done());
  co_await s.f.retry(first, plan(1h, false));
  co_await second;
  const auto third = co_await s.take_url();
  EXPECT_EQ(third, "http://a/3") << "an attempt is enough";
}

ASYNC_TEST(frontier, keeps_the_delay_between_the_starts_of_two_fetches_from_a_host) {
  store s{{.max_concurrent_per_host = 4, .host_delay = 250ms}};
  co_await s.meet("a");
  co_await s.meet("b");
  co_await s.seed("http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://b/2");
  const auto begin = clock::now();
  std::map<std::string, std::vector<clock::duration>> starts;
  for (int i = 0; i != 5; ++i) {
    const auto a = co_await s.take();  // never completed: starts count, not ends
    starts[std::string{a.url.host()}].push_back(clock::now() - begin);
  }
  EXPECT_THAT(starts["a"], ElementsAre(250ms, 500ms, 750ms));
  EXPECT_THAT(starts["b"], ElementsAre(250ms, 500ms));
}

ASYNC_TEST(frontier, slow_down_lengthens_the_delay_from_now_on_even_if_more_was_ready) {
  store s;
  co_await s.meet("a");
  co_await s.seed("http://a/1", "http://a/2", "http://a/3");
  const auto begin = clock::now();
  const auto first = co_await s.take();
  s.f.slow_down(first.url, 2s);
  s.f.slow_down(first.url, 1s);  // never shorter again
  co_await s.take();
  EXPECT_EQ(clock::now() - begin, 2s);
  co_await s.take();
  EXPECT_EQ(clock::now() - begin, 4s);
}

ASYNC_TEST(frontier, slow_down_is_for_one_host) {
  store s;
  co_await s.meet("b");
  co_await s.seed("http://a/1", "http://b/1", "http://b/2");
  const auto begin = clock::now();
  const auto first = co_await s.take();
  s.f.slow_down(first.url, 1h);
  co_await s.take();
  co_await s.take();
  EXPECT_EQ(clock::now() - begin, 0s);
}

ASYNC_TEST(frontier, a_retry_comes_after_its_wait_and_before_what_is_pending) {
  store s{{.max_concurrent_per_host = 1}};
  co_await s.seed("http://a/1", "http://a/2", "http://a/3", "http://a/4");
  const auto begin = clock::now();
  const auto first = co_await s.take();
  co_await s.f.retry(first, plan(10s, false));
  const auto second = co_await s.take();
  EXPECT_EQ(second.url.href(), "http://a/2") << "the others go on";
  co_await sleep(10s);
  co_await s.done(second);
  const auto again = co_await s.take();
  EXPECT_EQ(again.url.href(), "http://a/1");
  EXPECT_EQ(again.attempt, 1U);
  EXPECT_TRUE(again.seed);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(clock::now() - begin, 10s);
}

ASYNC_TEST(frontier, a_retry_that_is_all_there_is_keeps_the_workers_waiting) {
  store s;
  co_await s.seed("http://a/1");
  const auto begin = clock::now();
  const auto first = co_await s.take();
  co_await s.f.retry(first, plan(90s, false));
  EXPECT_EQ(s.f.counts().pending, 1U);
  EXPECT_EQ(s.f.counts().active, 0U);
  const auto again = co_await s.take();
  EXPECT_EQ(clock::now() - begin, 90s);
  co_await s.f.retry(again, plan(1s, false));
  const auto third = co_await s.take();
  EXPECT_EQ(third.attempt, 2U);
  co_await s.done(third);
  const auto rest = co_await s.drain();
  EXPECT_THAT(rest, IsEmpty());
}

ASYNC_TEST(frontier, a_retry_of_the_whole_host_holds_back_what_was_ready) {
  store s{{.max_concurrent_per_host = 4}};
  co_await s.seed("http://a/1", "http://a/2", "http://b/1");
  const auto begin = clock::now();
  const auto first = co_await s.take();
  co_await s.f.retry(first, plan(30s, true));
  const auto other = co_await s.take();
  EXPECT_EQ(other.url.href(), "http://b/1");
  EXPECT_EQ(clock::now() - begin, 0s);
  const auto again = co_await s.take();
  EXPECT_EQ(clock::now() - begin, 30s);
  EXPECT_EQ(again.url.href(), "http://a/1") << "what had failed comes first";
  co_await s.done(again);
  const auto next = co_await s.take();
  EXPECT_EQ(next.url.href(), "http://a/2");
  EXPECT_EQ(clock::now() - begin, 30s);
}

ASYNC_TEST(frontier, one_fetch_runs_alone_after_a_pause_of_the_host) {
  store s{{.max_concurrent_per_host = 4}};
  co_await s.seed("http://a/1", "http://a/2", "http://a/3");
  const auto first = co_await s.take();
  co_await s.f.retry(first, plan(30s, true, false));
  const auto probe = co_await s.take();
  EXPECT_EQ(probe.url.href(), "http://a/2") << "what was put off goes to the end";
  auto next = spawn([&] { return s.f.next(); });
  co_await sleep(1h);
  EXPECT_FALSE(next.done());
  co_await s.done(probe);
  const auto then = co_await next;
  EXPECT_EQ(then->url.href(), "http://a/3");
  const auto last = co_await s.take();
  EXPECT_EQ(last.url.href(), "http://a/1");
  EXPECT_EQ(last.attempt, 0U) << "a wait for the host is no attempt at the URL";
}

ASYNC_TEST(frontier, a_shorter_path_found_later_brings_back_what_was_too_deep) {
  store s{{.max_depth = 2}};
  co_await s.seed("http://a/");
  const auto root = co_await s.take();
  co_await s.done(root, link_to("http://a/1"), link_to("http://b/slow"));
  const auto slow_or_one = co_await s.take();
  const auto other = co_await s.take();
  const auto& one = slow_or_one.url.host() == "a" ? slow_or_one : other;
  const auto& slow = slow_or_one.url.host() == "a" ? other : slow_or_one;
  co_await s.done(one, link_to("http://a/2", 2));
  const auto two = co_await s.take();
  EXPECT_EQ(two.depth, 2U);
  const auto fresh = co_await s.done(two, link_to("http://a/3", 3));
  EXPECT_EQ(fresh, 0U) << "too deep";
  EXPECT_EQ(s.f.counts().known, 4U);
  EXPECT_EQ(s.f.counts().pending, 0U);
  discovery shortcut = redirect_to("http://a/2");
  shortcut.depth = 1;
  co_await s.done(slow, shortcut);
  const auto three = co_await s.take();
  EXPECT_EQ(three.url.href(), "http://a/3");
  EXPECT_EQ(three.depth, 2U);
  EXPECT_EQ(s.f.counts().known, 5U);
}

ASYNC_TEST(frontier, drops_what_exceeds_its_limit_and_counts_it) {
  store s{{.max_known = 3}};
  co_await s.seed("http://a/");
  const auto root = co_await s.take();
  const auto fresh = co_await s.done(root, link_to("http://a/1"), link_to("http://a/2"),
                                     link_to("http://a/3"), link_to("http://a/1"));
  EXPECT_EQ(fresh, 2U);
  EXPECT_EQ(s.f.counts().known, 3U);
  EXPECT_EQ(s.f.counts().dropped, 1U);
}

ASYNC_TEST(frontier, ignores_what_looks_endless_and_counts_it) {
  frontier_options options;
  options.traps = {.max_queries_per_path = 2, .max_path_segments = 5, .max_repeated_segments = 2};
  store s{options};
  co_await s.seed("http://a/");
  const auto root = co_await s.take();
  const auto fresh =
      co_await s.done(root, link_to("http://a/?1"), link_to("http://a/?2"), link_to("http://a/?3"),
                      link_to("http://a/?1"), link_to("http://b/?1"), link_to("http://a/x/y/x/y"),
                      link_to("http://a/x/y/x/y/x"), link_to("http://a/1/2/3/4/5/6"));
  EXPECT_EQ(fresh, 4U);
  EXPECT_EQ(s.f.counts().trapped, 3U);
  EXPECT_EQ(s.f.counts().known, 5U);
  const auto again = co_await s.take();
  co_await s.done(again, link_to("http://a/?3"));
  EXPECT_EQ(s.f.counts().trapped, 3U) << "once each";
}

ASYNC_TEST(frontier, tells_which_host_it_waits_for) {
  store s;
  co_await s.seed("http://user@a/1", "http://a/2");
  EXPECT_FALSE(s.f.waiting());
  const auto first = co_await s.take();
  co_await s.f.retry(first, plan(30s, true));
  const auto waiting = s.f.waiting();
  CO_ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->host, "http://a");
  EXPECT_EQ(waiting->until - clock::now(), 30s);
}

ASYNC_TEST(frontier, waits_for_seeds_that_are_expected) {
  store s;
  s.f.expect_seeds(true);
  auto next = spawn([&] { return s.f.next(); });
  co_await sleep(1h);
  EXPECT_FALSE(next.done());
  co_await s.seed("http://a/");
  const auto first = co_await next;
  CO_ASSERT_TRUE(first);
  co_await s.done(*first);
  s.f.expect_seeds(false);
  const auto end = co_await s.f.next();
  EXPECT_FALSE(end);
}

ASYNC_TEST(frontier, attempts_and_redirects_do_not_wrap_around) {
  store s;
  co_await s.seed("http://a/0");
  for (std::uint32_t i = 0; i != 300; ++i) {
    const auto a = co_await s.take();
    CO_ASSERT_EQ(a.redirects, i);
    const auto target = "http://a/" + std::to_string(i + 1);
    co_await s.done(a, redirect_to(target));
  }
  for (std::uint32_t i = 0; i != 70'000; ++i) {
    const auto a = co_await s.take();
    CO_ASSERT_EQ(a.attempt, i);
    co_await s.f.retry(a, plan(0s, false));
  }
}

ASYNC_TEST(frontier, knows_every_url_exactly_once) {
  constexpr std::size_t count = 100'000;
  store s;
  co_await s.seed("http://a/");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i != count; ++i) texts.push_back("http://a/page/" + std::to_string(i));
  std::vector<discovery> found;
  for (const auto& t : texts) found.push_back(link_to(t));
  found.insert(found.end(), found.begin(), found.begin() + count);
  const auto first = co_await s.take();
  const auto fresh = co_await s.f.complete(first, fetch_result::ok, found);
  EXPECT_EQ(fresh, count);
  EXPECT_EQ(s.f.counts().known, count + 1);
  const auto order = co_await s.drain();
  EXPECT_EQ(order, texts);
  EXPECT_EQ(s.f.counts().pending, 0U);
}

ASYNC_TEST(frontier, a_known_seed_is_not_new) {
  store s;
  co_await s.seed("http://a/", "http://a/");
  const auto fresh = co_await s.seed("http://a/", "http://a/2");
  EXPECT_EQ(fresh, 1U);
  const auto order = co_await s.drain();
  EXPECT_THAT(order, ElementsAre("http://a/", "http://a/2"));
}

ASYNC_TEST(frontier, tells_depth_and_the_first_referrer) {
  store s;
  co_await s.seed("http://a/");
  co_await s.pass(link_to("http://a/x", 1), link_to("http://a/y", 1));
  co_await s.pass(link_to("http://a/z", 2), link_to("http://a/y", 2));
  const auto y = co_await s.take();
  EXPECT_EQ(y.url.href(), "http://a/y");
  EXPECT_EQ(y.referrer, "http://a/");
  EXPECT_EQ(y.depth, 1U);
  EXPECT_FALSE(y.seed);
  const auto z = co_await s.take();
  EXPECT_EQ(z.referrer, "http://a/x");
  EXPECT_EQ(z.depth, 2U);
}

ASYNC_TEST(frontier, a_shorter_way_to_a_pending_url_gives_it_its_depth) {
  store s;
  co_await s.seed("http://a/");
  const auto root = co_await s.take();
  co_await s.done(root, link_to("http://a/x", 5));
  co_await s.seed("http://a/2");
  const auto x = co_await s.take();
  const auto two = co_await s.take();
  co_await s.done(x, link_to("http://a/deep", 6));
  co_await s.done(two, link_to("http://a/deep", 1));
  const auto deep = co_await s.take();
  EXPECT_EQ(deep.depth, 1U);
}

// ---- the end -----------------------------------------------------------------------------------

ASYNC_TEST(frontier, an_empty_one_ends_at_once) {
  store s;
  const auto nothing = co_await s.f.next();
  EXPECT_FALSE(nothing.has_value());
}

ASYNC_TEST(frontier, next_ends_exactly_when_nothing_is_pending_or_active) {
  store s;
  co_await s.seed("http://a/");
  const auto first = co_await s.take();
  std::vector<task<std::optional<assignment>>> waiting;
  for (int i = 0; i != 3; ++i) waiting.push_back(spawn([&] { return s.f.next(); }));
  co_await sleep(1h);
  for (const auto& w : waiting) EXPECT_FALSE(w.done()) << "the active one may find more";
  co_await s.done(first, link_to("http://a/x"));
  co_await sleep(1h);
  const auto served = std::count_if(waiting.begin(), waiting.end(), [](const auto& w) { return w.done(); });
  EXPECT_EQ(served, 1);
  CO_ASSERT_TRUE(waiting[0].done());
  const auto x = waiting[0].result();
  CO_ASSERT_TRUE(x.has_value());
  co_await s.done(*x);
  for (const auto& w : waiting) co_await w;
  EXPECT_FALSE(waiting[1].result().has_value());
  EXPECT_FALSE(waiting[2].result().has_value());
}

ASYNC_TEST(frontier, stop_wakes_the_workers_and_hands_out_nothing_more) {
  store s;
  co_await s.meet("a");
  co_await s.seed("http://a/1", "http://a/2");
  const auto a1 = co_await s.take();
  const auto a2 = co_await s.take();
  auto waiting = spawn([&] { return s.f.next(); });
  co_await yield();
  s.f.stop();
  co_await waiting;
  EXPECT_FALSE(waiting.result().has_value());
  co_await s.done(a1, link_to("http://a/3"));
  const auto nothing = co_await s.f.next();
  EXPECT_FALSE(nothing.has_value());
  co_await s.done(a2);
  EXPECT_EQ(s.f.counts().pending, 1U);
  EXPECT_EQ(s.f.counts().active, 0U);
}

ASYNC_TEST(frontier, a_cancelled_worker_takes_no_url_with_it) {
  store s{{.max_concurrent_per_host = 1}};
  co_await s.seed("http://a/1", "http://a/2");
  const auto first = co_await s.take();
  auto waiting = spawn([&] { return s.f.next(); });
  co_await yield();
  waiting.cancel();
  co_await waiting.wait();
  EXPECT_TRUE(waiting.cancelled());
  co_await s.done(first);
  const auto second = co_await s.take_url();
  EXPECT_EQ(second, "http://a/2");
}

ASYNC_TEST(frontier, many_workers_share_many_hosts_and_all_come_home) {
  store s{{.max_concurrent_per_host = 2, .host_delay = 10ms}};
  std::vector<std::string> seeds;
  for (int h = 0; h != 20; ++h)
    for (int p = 0; p != 10; ++p) seeds.push_back("http://h" + std::to_string(h) + "/" + std::to_string(p));
  co_await s.seed_all(seeds);
  std::map<std::string, int> active;
  std::map<std::string, clock::time_point> last;
  std::multiset<std::string> seen;
  bool polite = true;
  auto work = [&]() -> awaitable<void> {
    while (true) {
      const auto a = co_await s.f.next();
      if (!a) co_return;
      const std::string host{a->url.host()};
      seen.insert(a->url.href());
      const auto now = clock::now();
      polite = polite && ++active[host] <= 2 && (!last.contains(host) || now - last[host] >= 10ms);
      last[host] = now;
      co_await sleep(15ms);
      --active[host];
      const std::span<const discovery> nothing;
      co_await s.f.complete(*a, fetch_result::ok, nothing);
    }
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 30; ++i) group.spawn(std::ref(work)).detach();
    co_return;
  });
  EXPECT_TRUE(polite);
  EXPECT_EQ(seen, std::multiset<std::string>(seeds.begin(), seeds.end()));
}

// ---- broken links ------------------------------------------------------------------------------

ASYNC_TEST(frontier, names_the_pages_that_refer_to_a_broken_url) {
  store s;
  co_await s.seed("http://a/1", "http://a/2", "http://a/3");
  for (int i = 0; i != 2; ++i) co_await s.pass(link_to("http://a/gone"), link_to("http://a/gone"));
  const auto third = co_await s.take();
  co_await s.pass_as(fetch_result::broken);
  co_await s.done(third, link_to("http://a/gone"));  // after it turned out to be broken
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_EQ(broken[0].url, "http://a/gone");
  EXPECT_THAT(broken[0].referrers, ElementsAre("http://a/1", "http://a/2", "http://a/3"));
  EXPECT_EQ(broken[0].more_referrers, 0U);
  EXPECT_FALSE(broken[0].seed);
}

ASYNC_TEST(frontier, lists_ten_referrers_and_counts_the_pages_beyond) {
  store s;
  std::vector<std::string> pages;
  for (int i = 0; i != 25; ++i) pages.push_back("http://a/" + std::to_string(i));
  co_await s.seed_all(pages);
  for (int i = 0; i != 25; ++i)
    co_await s.pass(link_to("http://a/gone"), link_to("http://a/gone"), link_to("http://a/gone"));
  co_await s.pass_as(fetch_result::broken);
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_EQ(broken[0].referrers, std::vector<std::string>(pages.begin(), pages.begin() + 10));
  EXPECT_EQ(broken[0].more_referrers, 15U) << "pages, not links";
}

ASYNC_TEST(frontier, a_page_that_refers_to_itself_is_not_its_referrer) {
  store s;
  co_await s.seed("http://a/1");
  co_await s.pass(link_to("http://a/gone"));
  co_await s.pass_as(fetch_result::broken, link_to("http://a/gone"));
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_THAT(broken[0].referrers, ElementsAre("http://a/1"));
}

ASYNC_TEST(frontier, lists_broken_urls_in_the_order_of_discovery_and_marks_seeds) {
  store s;
  co_await s.meet("a");
  co_await s.seed("http://a/1", "http://a/2");
  const auto one = co_await s.take();
  co_await s.pass_as(fetch_result::broken);
  co_await s.done(one, link_to("http://a/x"), link_to("http://a/y"), link_to("http://a/z"));
  const auto x = co_await s.take();
  co_await s.pass_as(fetch_result::broken);
  co_await s.pass_as(fetch_result::skipped);
  co_await s.end(x, fetch_result::broken);
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(3));
  EXPECT_EQ(broken[0].url, "http://a/2");
  EXPECT_TRUE(broken[0].seed);
  EXPECT_THAT(broken[0].referrers, IsEmpty());
  EXPECT_EQ(broken[1].url, "http://a/x");
  EXPECT_EQ(broken[2].url, "http://a/y");
}

// ---- redirects ---------------------------------------------------------------------------------

ASYNC_TEST(frontier, the_page_before_the_redirects_refers_to_their_broken_end) {
  store s;
  co_await s.seed("http://a/page");
  co_await s.pass(link_to("http://a/r1"));
  const auto r1 = co_await s.take();
  EXPECT_EQ(r1.redirects, 0U);
  co_await s.done(r1, redirect_to("http://a/r2"));
  const auto r2 = co_await s.take();
  EXPECT_EQ(r2.redirects, 1U);
  EXPECT_EQ(r2.referrer, "http://a/r1");
  co_await s.done(r2, redirect_to("http://a/end"));
  const auto end = co_await s.take();
  EXPECT_EQ(end.redirects, 2U);
  co_await s.end(end, fetch_result::broken);
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_EQ(broken[0].url, "http://a/end");
  EXPECT_THAT(broken[0].referrers, ElementsAre("http://a/page"));
}

ASYNC_TEST(frontier, later_pages_that_link_to_a_redirect_refer_to_its_broken_end_too) {
  store s;
  co_await s.seed("http://a/page");
  const auto page = co_await s.take();
  co_await s.done(page, link_to("http://a/old"), link_to("http://a/page2"), link_to("http://a/page3"));
  co_await s.pass(redirect_to("http://a/end"));
  co_await s.pass(link_to("http://a/old"));  // page2, when it is known that /old redirects
  co_await s.pass(link_to("http://a/end"));  // page3, directly
  co_await s.pass_as(fetch_result::broken);
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_THAT(broken[0].referrers,
              ::testing::UnorderedElementsAre("http://a/page", "http://a/page2", "http://a/page3"));
}

ASYNC_TEST(frontier, a_redirect_to_a_known_url_brings_its_page_as_referrer) {
  store s;
  co_await s.seed("http://a/1", "http://a/2");
  co_await s.pass(link_to("http://a/end"));
  co_await s.pass(link_to("http://a/old"));
  const auto end = co_await s.take();
  co_await s.pass(redirect_to("http://a/end"));
  co_await s.end(end, fetch_result::broken);
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_THAT(broken[0].referrers, ElementsAre("http://a/1", "http://a/2"));
}

ASYNC_TEST(frontier, the_broken_end_of_a_seeds_redirects_counts_as_a_seed) {
  store s;
  co_await s.seed("http://a/");
  co_await s.pass(redirect_to("http://a/end"));
  co_await s.pass_as(fetch_result::broken);
  const auto broken = s.f.broken();
  CO_ASSERT_THAT(broken, SizeIs(1));
  EXPECT_TRUE(broken[0].seed);
}

ASYNC_TEST(frontier, knows_where_a_chain_of_redirects_has_been) {
  store s;
  co_await s.seed("http://a/page");
  co_await s.pass(link_to("http://a/r1"), link_to("http://a/other"));
  const auto r1 = co_await s.take();
  EXPECT_TRUE(s.f.redirected_from(r1, "http://a/r1"));
  EXPECT_FALSE(s.f.redirected_from(r1, "http://a/page")) << "a link back is no loop";
  EXPECT_FALSE(s.f.redirected_from(r1, "http://a/unknown"));
  co_await s.done(r1, redirect_to("http://a/r2"));
  co_await s.pass();
  const auto r2 = co_await s.take();
  EXPECT_TRUE(s.f.redirected_from(r2, "http://a/r1"));
  EXPECT_TRUE(s.f.redirected_from(r2, "http://a/r2"));
  EXPECT_FALSE(s.f.redirected_from(r2, "http://a/other"));
}

ASYNC_TEST(frontier, knows_a_loop_of_redirects_between_urls_that_were_linked_to) {
  store s;
  co_await s.seed("http://a/page");
  co_await s.pass(link_to("http://a/x"), link_to("http://a/y"), link_to("http://a/z"));
  co_await s.pass(redirect_to("http://a/y"));
  co_await s.pass(redirect_to("http://a/z"));
  const auto z = co_await s.take();
  EXPECT_TRUE(s.f.redirected_from(z, "http://a/x"));
  EXPECT_TRUE(s.f.redirected_from(z, "http://a/y"));
  EXPECT_FALSE(s.f.redirected_from(z, "http://a/page"));
}

// ---- memory ------------------------------------------------------------------------------------

#if !defined(__SANITIZE_ADDRESS__)
ASYNC_TEST(frontier, a_million_urls_take_little_memory) {
  constexpr std::size_t count = 1'000'000;
  constexpr std::size_t at_a_time = 1000;
  store s;
  co_await s.seed("http://www.example.org/");
  auto from = co_await s.take();
  const auto in_use = [] {
    const auto m = ::mallinfo2();
    return m.uordblks + m.hblkhd;
  };
  const auto before = in_use();
  std::size_t text = 0;
  std::vector<std::string> urls(at_a_time);
  std::vector<discovery> found(at_a_time);
  for (std::size_t n = 0; n != count;) {
    for (std::size_t i = 0; i != at_a_time; ++i, ++n) {
      urls[i] = "http://www.example.org/some/folder/page-" + std::to_string(1'000'000 + n) + ".html";
      found[i] = link_to(urls[i]);
      text += urls[i].size();
    }
    co_await s.f.complete(from, fetch_result::ok, found);
    from = co_await s.take();
  }
  const auto used = in_use() - before;
  std::printf("[ MEMORY   ] %.1f bytes per known URL, %.1f of them text\n", static_cast<double>(used) / count,
              static_cast<double>(text) / count);
  EXPECT_EQ(s.f.counts().known, count + 1);
  EXPECT_LE(used, 150U * count);
}
#endif

}  // namespace bight::crawl::frontier_test
