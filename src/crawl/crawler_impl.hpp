// The parts of a crawler that its sources share.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/backoff.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/task_group.hpp>
#include <bight/crawl/crawler.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawl/fetch/fetched.hpp"
#include "crawl/fetch/fetcher.hpp"
#include "crawl/fetch/hooks.hpp"
#include "crawl/fetch/robots_cache.hpp"

namespace bight::crawl {

class crawler::impl {
 public:
  impl(crawl_options o, std::optional<http::client> client, std::unique_ptr<frontier> store);

  awaitable<crawl_report> run(std::vector<http::url> seeds);
  awaitable<crawl_report> run(generator<http::url> seeds);
  awaitable<bool> add(http::url where);
  void stop() noexcept;
  crawl_counts counts() const noexcept;
  crawl_report report() const;
  std::optional<crawl_wait> waiting() const;

  crawl_hooks hooks;

 private:
  // What is known of a host.
  struct host_state {
    bool crawl_delay = false;     // robots.txt asks for it
    bool given_up = false;        // it has answered 429 or 503 for too long
    unsigned throttles = 0;       // such answers since the last other one, those to a burst as one
    std::uint64_t successes = 0;  // other answers
    clock::time_point throttled_since;
    clock::time_point paused_until;
    std::string reason;  // of the pause
    std::string origin;
  };
  // How often a URL was throttled while its host answered others.
  struct throttled_url {
    std::uint64_t successes = 0;
    std::uint32_t times = 0;
  };

  void begin(const std::vector<http::url>& seeds);
  awaitable<crawl_report> run_until_done(generator<http::url>* more);
  awaitable<void> run_workers();
  awaitable<void> feed_seeds(generator<http::url>& seeds);
  awaitable<void> work();
  awaitable<bool> may_start();
  awaitable<bool> is_allowed(const assignment& a, host_state& host);
  awaitable<void> wait_for_robots(const assignment& a, host_state& host, const robots_answer& answer);
  awaitable<void> refuse(const assignment& a, page_verdict verdict, std::string reason,
                         boost::system::error_code code = {});
  awaitable<void> settle(const assignment& a, fetched& f, host_state& host, clock::time_point started);
  std::optional<retry_plan> plan_retry(const assignment& a, const fetched& f, host_state& host,
                                       clock::time_point started);
  std::optional<retry_plan> plan_throttled(const assignment& a, const fetched& f, host_state& host,
                                           clock::time_point started);
  awaitable<void> tell_error(const assignment& a, const page& p, std::optional<retry_plan> plan);
  bool closes_loop(const assignment& a, fetched& f) const;
  void judge(const assignment& a, fetched& f) const;
  void count(const assignment& a, const page& p);
  host_state& host_of(const http::url& where);
  std::vector<std::string> spell(const std::vector<http::url>& urls) const;
  // Reports a page. Returns the coroutine of the user, if any, to be awaited.
  std::optional<awaitable<void>> tell(const page& p) {
    if (hooks.on_page) hooks.on_page(p);
    if (!hooks.on_page_async) return std::nullopt;
    return hooks.on_page_async(p);
  }

  crawl_options options_;
  bool cut_depth_;
  std::unique_ptr<frontier> frontier_;
  http::client client_;
  robots_cache robots_;
  std::optional<scope> scope_;
  std::unordered_map<std::string, host_state> hosts_;  // by origin
  std::unordered_map<std::uint64_t, throttled_url> throttled_;
  crawl_counts counts_;
  std::optional<clock::time_point> started_;
  std::optional<clock::time_point> ended_;
  event page_ended_;
  std::size_t in_flight_ = 0;
  backoff backoff_;
  bool redirects_set_cookies_ = false;
  bool limited_ = false;
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace bight::crawl
