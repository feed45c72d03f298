// The fetches of a crawler: what is fetched, and what becomes of it.
#include <algorithm>
#include <bight/net/address.hpp>
#include <limits>
#include <span>
#include <utility>

#include "crawl/crawler_impl.hpp"
#include "crawl/fetch/retryable.hpp"

namespace bight::crawl {
namespace {

bool is_loopback(const http::url& u) {
  if (u.host() == "localhost") return true;
  const auto address = net::ip_address::parse(u.host_without_brackets());
  return address && address->is_loopback();
}

std::chrono::nanoseconds delay_for(const crawl_options& o, const http::url& host) {
  if (o.host_delay) return *o.host_delay;
  return is_loopback(host) ? std::chrono::nanoseconds{0} : std::chrono::milliseconds{250};
}

}  // namespace

// With a page limit, a fetch starts only while it cannot make one page too many.
awaitable<bool> crawler::impl::may_start() {
  while (options_.max_pages != crawl_options::unlimited && counts_.pages + in_flight_ >= options_.max_pages) {
    if (counts_.pages >= options_.max_pages) {
      if (frontier_->counts().pending != 0) limited_ = true;
      frontier_->stop();
      co_return false;
    }
    co_await page_ended_.wait();
  }
  co_return true;
}

awaitable<void> crawler::impl::work() {
  fetcher worker{client_, *scope_, options_, hooks, cut_depth_};
  fetched f;
  while (true) {
    const bool go_on = co_await may_start();
    if (!go_on) co_return;
    struct in_flight_count {
      impl& i;
      explicit in_flight_count(impl& owner) : i(owner) { ++i.in_flight_; }
      ~in_flight_count() {
        --i.in_flight_;
        i.page_ended_.set();
        i.page_ended_.clear();
      }
    } const counted{*this};
    auto a = co_await frontier_->next();
    if (!a) co_return;
    auto& host = host_of(a->url);
    if (host.given_up) {
      co_await refuse(*a, page_verdict::not_checked, host.reason);
      continue;
    }
    const auto* const robots = robots_.known(host.origin);
    const bool quickly_allowed = robots != nullptr && !robots->failure &&
                                 robots->rules.allows(options_.user_agent, a->url.request_target());
    if (options_.obey_robots && !quickly_allowed) {
      const bool allowed = co_await is_allowed(*a, host);
      if (!allowed) continue;
    }
    const auto started = clock::now();
    f.clear();
    co_await worker.fetch(*a, f);
    if (f.redirected && f.result.headers.contains(http::header_id::set_cookie)) redirects_set_cookies_ = true;
    if (redirects_set_cookies_ && closes_loop(*a, f)) {  // unless such a cookie opens it
      constexpr std::uint32_t max_redirects = 5;
      fetched behind;
      co_await worker.fetch(*a, behind, max_redirects);
      if (behind.result.status != 0 && !behind.redirected) f = std::move(behind);
    }
    co_await settle(*a, f, host, started);
  }
}

crawler::impl::host_state& crawler::impl::host_of(const http::url& where) {
  const auto [at, fresh] = hosts_.try_emplace(where.origin());
  if (fresh) {
    at->second.origin = at->first;
    frontier_->slow_down(where, delay_for(options_, where));
  }
  return at->second;
}

// Otherwise the URL has been dealt with.
awaitable<bool> crawler::impl::is_allowed(const assignment& a, host_state& host) {
  bool fresh = false;
  const auto answer = co_await robots_.ask(a.url, fresh);
  if (answer.pending()) {
    co_await wait_for_robots(a, host, answer);
    co_return false;
  }
  if (fresh && answer.failure && hooks.on_error) {
    auto told = hooks.on_error(*answer.failure);
    co_await std::move(told);
  }
  if (const auto delay = fresh ? answer.rules.crawl_delay(product_of(options_.user_agent)) : std::nullopt) {
    host.crawl_delay = true;
    frontier_->slow_down(a.url, std::min<std::chrono::nanoseconds>(*delay, options_.max_crawl_delay));
  }
  if (!answer.unreachable.empty())
    co_await refuse(a, page_verdict::broken, answer.unreachable, answer.code);
  else if (!answer.refused.empty())
    co_await refuse(a, page_verdict::not_checked, answer.refused, answer.code);
  else if (!answer.rules.allows(options_.user_agent, a.url.request_target()))
    co_await refuse(a, page_verdict::skipped, "disallowed by robots.txt");
  else
    co_return true;
  co_return false;
}

awaitable<void> crawler::impl::wait_for_robots(const assignment& a, host_state& host,
                                               const robots_answer& answer) {
  const auto& failure = *answer.failure;
  host.reason = failure.status == 0 ? "robots.txt: " + failure.error : failure.error;
  host.paused_until = clock::now() + *failure.retry_in;
  if (hooks.on_error) {
    auto told = hooks.on_error(failure);
    co_await std::move(told);
  }
  ++counts_.retries;
  retry_plan plan;
  plan.wait = *failure.retry_in;
  plan.whole_host = true;
  plan.counts = false;
  co_await frontier_->retry(a, plan);
}

// Reports a URL that is not fetched.
awaitable<void> crawler::impl::refuse(const assignment& a, page_verdict verdict, std::string reason,
                                      boost::system::error_code code) {
  page p;
  p.url = p.final_url = a.url;
  p.depth = a.depth;
  p.seed = a.from_seed;
  p.referrer = a.referrer;
  p.verdict = verdict;
  p.error = std::move(reason);
  p.code = code;
  count(a, p);
  if (auto told = tell(p)) co_await std::move(*told);
  const auto result = verdict == page_verdict::broken ? fetch_result::broken : fetch_result::skipped;
  co_await frontier_->complete(a, result, std::span<const discovery>{});
}

// A host that asks to wait loses time, and its URLs lose no attempts, unless it answers others meanwhile.
std::optional<retry_plan> crawler::impl::plan_throttled(const assignment& a, const fetched& f,
                                                        host_state& host, clock::time_point started) {
  constexpr std::uint32_t max_throttled = 20;  // of a URL, while its host answers others
  const auto now = clock::now();
  const bool told = f.retry_after >= f.retry_after.zero();
  const bool patient = told || f.result.status == 429;
  if (host.throttles == 0) host.throttled_since = now;
  host.reason = f.result.error;
  auto& url = throttled_[static_cast<std::uint64_t>(a.id)];
  if (url.times == 0 || url.successes != host.successes) ++url.times;
  url.successes = host.successes;
  if (url.times > (patient ? std::max(max_throttled, options_.max_retries) : options_.max_retries + 1))
    return std::nullopt;
  retry_plan plan;
  plan.whole_host = true;
  plan.counts = false;
  if (started < host.paused_until && now < host.paused_until) {  // one of a burst
    plan.wait = host.paused_until - now;
    return plan;
  }
  ++host.throttles;
  // A host that says "now" again and again does not mean it.
  const auto own = !told                ? backoff_.delay(host.throttles)
                   : host.throttles > 2 ? backoff_.delay(host.throttles - 2)
                                        : clock::duration::zero();
  plan.wait = std::max(own, std::min(f.retry_after, options_.max_retry_after));
  const bool too_long = patient ? now + plan.wait - host.throttled_since > options_.max_host_wait
                                : host.throttles > options_.max_retries + 3;
  if (too_long) {
    host.given_up = patient;
    return std::nullopt;
  }
  host.paused_until = now + plan.wait;
  return plan;
}

std::optional<retry_plan> crawler::impl::plan_retry(const assignment& a, const fetched& f, host_state& host,
                                                    clock::time_point started) {
  if (asks_to_wait(f.result.status)) return plan_throttled(a, f, host, started);
  if (f.result.status != 0) {
    ++host.successes;
    host.throttles = 0;
  }
  const bool again = f.retryable || (!f.cut.empty() && f.cut_by_network);
  if (!again || a.attempt >= options_.max_retries) return std::nullopt;
  retry_plan plan;
  plan.wait = f.retry_after >= f.retry_after.zero() ? std::min(f.retry_after, options_.max_retry_after)
                                                    : backoff_.delay(a.attempt + 1);
  return plan;
}

bool crawler::impl::closes_loop(const assignment& a, fetched& f) const {
  return f.redirected && f.result.error.empty() &&
         std::ranges::any_of(f.found.view(), [&](const discovery& d) {
           return d.redirect && frontier_->redirected_from(a, d.url);
         });
}

// The verdict, after the last attempt.
void crawler::impl::judge(const assignment& a, fetched& f) const {
  auto& p = f.result;
  if (closes_loop(a, f)) p.error = "redirect loop";
  const auto found = f.found.view();
  const bool lost = a.from_seed && f.redirected && p.error.empty() &&
                    std::ranges::none_of(found, [](const discovery& d) { return d.redirect; });
  if (lost) p.error = "redirects to " + p.final_url.redacted() + ", which is out of scope";
  if (!f.cut.empty()) p.warnings.push_back("the body ended early: " + f.cut);
  const bool throttled = p.status == 429 || (p.status == 503 && f.retry_after >= f.retry_after.zero());
  if (f.skipped)
    p.verdict = page_verdict::skipped;
  else if (throttled || lost)
    p.verdict = page_verdict::not_checked;
  else if (!p.error.empty())
    p.verdict = page_verdict::broken;
  else if (!p.warnings.empty())
    p.verdict = page_verdict::warning;
}

void crawler::impl::count(const assignment& a, const page& p) {
  if (p.status != 0) ++counts_.fetched;
  if (a.seed && p.status != 0) ++counts_.seeds_fetched;
  if (p.verdict == page_verdict::broken) ++counts_.failed;
  if (p.verdict == page_verdict::skipped) ++counts_.skipped;
  if (p.verdict == page_verdict::not_checked) ++counts_.not_checked;
  if (p.verdict == page_verdict::warning) ++counts_.warnings;
  if (p.html && (p.verdict == page_verdict::ok || p.verdict == page_verdict::warning)) ++counts_.pages;
}

awaitable<void> crawler::impl::tell_error(const assignment& a, const page& p,
                                          std::optional<retry_plan> plan) {
  fetch_failure failure;
  failure.url = a.url;
  failure.status = p.status;
  failure.error = p.error.empty() && !p.warnings.empty() ? p.warnings.back() : p.error;
  failure.attempt = a.attempt;
  if (plan) failure.retry_in = plan->wait;
  auto told = hooks.on_error(failure);
  co_await std::move(told);
}

awaitable<void> crawler::impl::settle(const assignment& a, fetched& f, host_state& host,
                                      clock::time_point started) {
  auto& p = f.result;
  counts_.bytes += p.bytes;
  const auto plan = plan_retry(a, f, host, started);
  if (!plan) judge(a, f);
  const bool failed = plan || p.verdict == page_verdict::broken || p.verdict == page_verdict::not_checked;
  if (failed && hooks.on_error) {
    if (p.error.empty()) p.error = f.cut;  // of an attempt that is repeated
    co_await tell_error(a, p, plan);
  }
  if (counts_.bytes >= options_.max_bytes) stop();
  if (plan) {
    ++counts_.retries;
    co_await frontier_->retry(a, *plan);
    co_return;
  }
  if (!throttled_.empty()) throttled_.erase(static_cast<std::uint64_t>(a.id));
  count(a, p);
  if (auto told = tell(p)) co_await std::move(*told);
  const auto result = p.verdict == page_verdict::broken ? fetch_result::broken
                      : p.verdict == page_verdict::ok || p.verdict == page_verdict::warning
                          ? fetch_result::ok
                          : fetch_result::skipped;
  co_await frontier_->complete(a, result, f.found.view());
}

}  // namespace bight::crawl
