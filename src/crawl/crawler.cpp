#include <bight/crawl/crawler.hpp>

#include <algorithm>
#include <bight/core/backoff.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/task_group.hpp>
#include <bight/net/address.hpp>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

#include "crawl/fetch/fetcher.hpp"
#include "crawl/fetch/robots_cache.hpp"

namespace bight::crawl {
namespace {

http::client make_client(const crawl_options& o, int redirects) {
  http::client_options c;
  c.user_agent = o.user_agent;
  c.timeouts.total = c.timeouts.first_byte = c.timeouts.read = c.timeouts.connect = o.fetch_timeout;
  c.limits.max_redirects = redirects;
  c.limits.max_connections = std::max<std::size_t>(o.max_concurrent, 1);
  c.limits.max_connections_per_host = std::max<std::size_t>(o.max_concurrent_per_host, 1);
  c.limits.max_body = o.max_body;
  c.tls = o.tls;
  return http::client{std::move(c)};
}

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

class crawler::impl {
 public:
  impl(crawl_options o, std::unique_ptr<frontier> store)
      : options_(std::move(o)),
        frontier_(store ? std::move(store)
                        : make_memory_frontier({.max_concurrent_per_host = std::max<std::size_t>(
                                                    options_.max_concurrent_per_host, 1)})),
        client_(make_client(options_, 0)),
        robots_(make_client(options_, robots_redirects), product_of(options_.user_agent)) {}

  void on_page(std::function<void(const page&)> f) { on_page_ = std::move(f); }
  void on_page_async(std::function<awaitable<void>(const page&)> f) { on_page_async_ = std::move(f); }
  awaitable<crawl_report> run(std::vector<http::url> seeds);
  crawl_counts counts() const noexcept;
  crawl_report report() const;

 private:
  static constexpr int robots_redirects = 5;  // RFC 9309 2.3.1.2
  awaitable<void> work(const scope& s);
  // Whether robots.txt allows a URL.
  class permission {
   public:
    enum kind : std::uint8_t { granted, denied, unreachable };
    permission(kind k, std::string reason) : kind_(k), reason_(std::move(reason)) {}
    bool is(kind k) const noexcept { return kind_ == k; }
    const std::string& reason() const noexcept { return reason_; }

   private:
    kind kind_;
    std::string reason_;
  };
  awaitable<permission> ask_robots(const assignment& a);
  awaitable<void> refuse(const assignment& a, const permission& verdict);
  awaitable<void> settle(const assignment& a, fetched& f);
  awaitable<bool> may_start();
  std::chrono::nanoseconds retry_wait(const assignment& a, const fetched& f) const;
  bool is_broken(const assignment& a, fetched& f) const;
  // Reports a page. Returns the coroutine of the user, if any, to be awaited.
  std::optional<awaitable<void>> tell(const page& p) {
    if (on_page_) on_page_(p);
    if (!on_page_async_) return std::nullopt;
    return on_page_async_(p);
  }

  crawl_options options_;
  std::unique_ptr<frontier> frontier_;
  http::client client_;
  robots_cache robots_;
  std::function<void(const page&)> on_page_;
  std::function<awaitable<void>(const page&)> on_page_async_;
  std::unordered_set<std::string> hosts_;
  crawl_counts counts_;
  std::optional<clock::time_point> started_;
  std::optional<clock::time_point> ended_;
  event page_ended_;
  std::size_t in_flight_ = 0;
  backoff backoff_ = backoff{std::chrono::milliseconds{500}, std::chrono::minutes{10}}.jitter(0.5);
  bool limited_ = false;
  bool finished_ = false;
};

awaitable<crawl_report> crawler::impl::run(std::vector<http::url> seeds) {
  if (started_) throw std::logic_error("bight: crawler::run has already been called");
  started_ = clock::now();
  auto made = scope::make(seeds, options_.scope);
  if (!made) throw std::invalid_argument(made.error().message());
  const auto& in_scope = *made;
  std::vector<std::string_view> urls;
  for (const auto& s : seeds)
    if (s.is_http()) urls.push_back(s.href_without_fragment());
  co_await frontier_->add_seeds(urls);
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (std::size_t i = 0; i < std::max<std::size_t>(options_.max_concurrent, 1); ++i)
        group.spawn([this, &in_scope] { return work(in_scope); }).detach();
      co_return;
    });
  } catch (const exception_group& group) {
    std::rethrow_exception(group.flatten().front());  // the error that ended the crawl
  }
  ended_ = clock::now();
  finished_ = !limited_;
  co_return report();
}

// With a page limit, a fetch starts only while it cannot make one page too many.
awaitable<bool> crawler::impl::may_start() {
  while (options_.max_pages != crawl_options::unlimited && counts_.pages + in_flight_ >= options_.max_pages) {
    if (counts_.pages >= options_.max_pages) {
      limited_ = frontier_->counts().pending != 0;
      frontier_->stop();
      co_return false;
    }
    co_await page_ended_.wait();
  }
  co_return true;
}

awaitable<void> crawler::impl::work(const scope& s) {
  fetcher worker{client_, s, options_};
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
    const auto verdict = co_await ask_robots(*a);
    if (!verdict.is(permission::granted)) {
      co_await refuse(*a, verdict);
      continue;
    }
    f.result = {};
    f.found.clear();
    f.retryable = f.redirected = false;
    f.retry_after = std::chrono::nanoseconds{-1};
    co_await worker.fetch(*a, f);
    co_await settle(*a, f);
  }
}

awaitable<crawler::impl::permission> crawler::impl::ask_robots(const assignment& a) {
  const auto origin = a.url.origin();
  if (hosts_.insert(origin).second) frontier_->slow_down(a.url, delay_for(options_, a.url));
  if (!options_.obey_robots) co_return permission(permission::granted, "");
  bool fresh = false;
  const auto answer = co_await robots_.ask(a.url, fresh);
  if (fresh) {
    if (const auto delay = answer.rules.crawl_delay(product_of(options_.user_agent)))
      frontier_->slow_down(a.url, std::min<std::chrono::nanoseconds>(*delay, options_.max_crawl_delay));
  }
  if (!answer.unreachable.empty()) co_return permission(permission::unreachable, answer.unreachable);
  if (answer.rules.allows(options_.user_agent, a.url.request_target()))
    co_return permission(permission::granted, "");
  co_return permission(permission::denied,
                       answer.refused.empty() ? "disallowed by robots.txt" : answer.refused);
}

// An unreachable robots.txt is a failure; a URL that it disallows is skipped.
awaitable<void> crawler::impl::refuse(const assignment& a, const permission& verdict) {
  page p;
  p.url = p.final_url = a.url;
  p.depth = a.depth;
  p.referrer = a.referrer;
  p.error = verdict.reason();
  const bool failed = verdict.is(permission::unreachable);
  ++(failed ? counts_.failed : counts_.skipped);
  if (auto told = tell(p)) co_await std::move(*told);
  const auto result = failed ? fetch_result::broken : fetch_result::skipped;
  const std::span<const discovery> nothing;
  co_await frontier_->complete(a, result, nothing);
}

std::chrono::nanoseconds crawler::impl::retry_wait(const assignment& a, const fetched& f) const {
  if (f.retry_after >= f.retry_after.zero()) return std::min(f.retry_after, options_.max_retry_after);
  return backoff_.delay(a.attempt + 1);
}

bool crawler::impl::is_broken(const assignment& a, fetched& f) const {
  auto& p = f.result;
  if (p.error.empty() && f.redirected && frontier_->redirected_from(a, p.final_url.href_without_fragment()))
    p.error = "redirect loop";
  return !p.error.empty();
}

awaitable<void> crawler::impl::settle(const assignment& a, fetched& f) {
  auto& p = f.result;
  counts_.bytes += p.bytes;
  if (p.status != 0) ++counts_.fetched;
  if (f.retryable && a.attempt < options_.max_retries) {
    ++counts_.retries;
    if (p.status != 0) --counts_.fetched;  // counted when it is settled
    const bool whole_host = p.status == 429 || p.status == 503;
    co_await frontier_->retry(a, retry_wait(a, f), whole_host);
    co_return;
  }
  const bool broken = is_broken(a, f);
  if (broken) ++counts_.failed;
  if (p.html && !broken) ++counts_.pages;
  if (a.seed && p.status != 0) ++counts_.seeds_fetched;
  if (auto told = tell(p)) co_await std::move(*told);
  const auto result = broken ? fetch_result::broken : fetch_result::ok;
  co_await frontier_->complete(a, result, f.found.view());
}

crawl_counts crawler::impl::counts() const noexcept {
  auto c = counts_;
  const auto f = frontier_->counts();
  c.known = f.known;
  c.queued = f.pending + f.active;
  return c;
}

crawl_report crawler::impl::report() const {
  crawl_report r;
  r.counts = counts();
  if (started_) r.elapsed = ended_.value_or(clock::now()) - *started_;
  r.complete = finished_;
  for (auto& b : frontier_->broken())
    if (!b.referrers.empty()) r.broken.push_back(std::move(b));
  return r;
}

crawler::crawler(crawl_options options) : crawler(std::move(options), nullptr) {}
crawler::crawler(crawl_options options, std::unique_ptr<frontier> store)
    : impl_(std::make_unique<impl>(std::move(options), std::move(store))) {}
crawler::~crawler() = default;

void crawler::on_page(std::function<void(const page&)> f) { impl_->on_page(std::move(f)); }
void crawler::on_page_async(std::function<awaitable<void>(const page&)> f) {
  impl_->on_page_async(std::move(f));
}
awaitable<crawl_report> crawler::run(std::vector<http::url> seeds) { return impl_->run(std::move(seeds)); }
crawl_counts crawler::counts() const noexcept { return impl_->counts(); }
crawl_report crawler::report() const { return impl_->report(); }

}  // namespace bight::crawl
