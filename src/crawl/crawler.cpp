#include <bight/crawl/crawler.hpp>

#include <algorithm>
#include <bight/core/exception_group.hpp>
#include <bight/core/sleep.hpp>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

#include "crawl/crawler_impl.hpp"
#include "crawl/fetch/retryable.hpp"
#include "crawl/fetch/url_text.hpp"

namespace bight::crawl {

http::client_options client_options_for(const crawl_options& o) {
  http::client_options c;
  c.user_agent = o.user_agent;
  c.timeouts.total = c.timeouts.first_byte = c.timeouts.read = c.timeouts.connect = o.fetch_timeout;
  c.limits.max_connections = std::max<std::size_t>(o.max_concurrent, 1);
  c.limits.max_connections_per_host = std::max<std::size_t>(o.max_concurrent_per_host, 1);
  c.limits.max_head = 256U << 10U;
  c.limits.max_headers = 1'000;
  c.limits.max_ratio = 2'000;  // max_body bounds it; pages of white space and tables reach hundreds
  c.limits.max_body = std::numeric_limits<std::uint64_t>::max();  // as far as it is wanted
  c.tls = o.tls;
  return c;
}

namespace {

std::unique_ptr<frontier> make_store(const crawl_options& o) {
  frontier_options f;
  f.max_concurrent_per_host = std::max<std::size_t>(o.max_concurrent_per_host, 1);
  f.max_depth = o.max_depth;
  f.max_known = o.max_known;
  f.traps = o.traps;
  return make_memory_frontier(f);
}

generator<http::url> items_of(queue<http::url>& q) {
  while (true) {
    auto next = co_await q.get();
    if (!next) co_return;
    co_yield std::move(*next);
  }
}

}  // namespace

crawler::impl::impl(crawl_options o, std::optional<http::client> client, std::unique_ptr<frontier> store)
    : options_(std::move(o)),
      cut_depth_(store != nullptr),
      frontier_(store ? std::move(store) : make_store(options_)),
      client_(client ? std::move(*client) : http::client{client_options_for(options_)}),
      robots_(client_, options_),
      backoff_(retry_backoff()) {}

void crawler::impl::begin(const std::vector<http::url>& seeds) {
  if (started_) throw std::logic_error("bight: crawler::run has already been called");
  started_ = clock::now();
  auto made = scope::make(seeds, options_.scope);
  if (!made) throw std::invalid_argument(made.error().message());
  scope_.emplace(*std::move(made));
}

std::vector<std::string> crawler::impl::spell(const std::vector<http::url>& urls) const {
  std::vector<std::string> all;
  std::string buffer;
  for (const auto& u : urls)
    if (u.is_http()) all.emplace_back(normal_spelling(u.href_without_fragment(), buffer));
  return all;
}

awaitable<crawl_report> crawler::impl::run(std::vector<http::url> seeds) {
  begin(seeds);
  const auto texts = spell(seeds);
  const std::vector<std::string_view> urls{texts.begin(), texts.end()};
  co_await frontier_->add_seeds(urls);
  co_return co_await run_until_done(nullptr);
}

awaitable<crawl_report> crawler::impl::run(generator<http::url> seeds) {
  begin({});
  co_return co_await run_until_done(&seeds);
}

awaitable<crawl_report> crawler::impl::run_until_done(generator<http::url>* more) {
  const bool timed = options_.max_time != std::chrono::nanoseconds::max();
  if (stopped_) frontier_->stop();
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      task<void> timer;
      task<void> feeder;
      if (timed)
        timer = group.spawn([this]() -> awaitable<void> {
          co_await sleep(options_.max_time);
          stop();
        });
      if (more != nullptr) {
        frontier_->expect_seeds(true);
        feeder = group.spawn([this, more] { return feed_seeds(*more); });
      }
      co_await run_workers();
      if (timer.valid()) timer.cancel();
      if (feeder.valid()) feeder.cancel();
    });
  } catch (const exception_group& group) {
    std::rethrow_exception(group.flatten().front());  // the error that ended the crawl
  }
  ended_ = clock::now();
  const auto ignored = frontier_->counts();
  finished_ = !limited_ && ignored.dropped == 0 && ignored.trapped == 0;
  co_return report();
}

awaitable<void> crawler::impl::run_workers() {
  return task_group::run([this](task_group& group) -> awaitable<void> {
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.max_concurrent, 1); ++i)
      group.spawn([this] { return work(); }).detach();
    co_return;
  });
}

awaitable<void> crawler::impl::feed_seeds(generator<http::url>& seeds) {
  while (!stopped_) {
    while (frontier_->counts().pending >= options_.max_queued_seeds && !stopped_) co_await page_ended_.wait();
    auto seed = co_await seeds.next();
    if (!seed) break;
    scope_->add_seed(*seed);
    co_await add(std::move(*seed));
  }
  frontier_->expect_seeds(false);
}

awaitable<bool> crawler::impl::add(http::url where) {
  if (!where.is_http()) co_return false;
  std::string buffer;
  const std::string_view url = normal_spelling(where.href_without_fragment(), buffer);
  const auto fresh = co_await frontier_->add_seeds(std::span<const std::string_view>{&url, 1});
  co_return fresh != 0;
}

void crawler::impl::stop() noexcept {
  stopped_ = true;
  const auto c = frontier_->counts();
  limited_ = limited_ || !started_ || c.pending != 0 || c.active != 0;
  frontier_->stop();
  page_ended_.set();
  page_ended_.clear();
}

crawl_counts crawler::impl::counts() const noexcept {
  auto c = counts_;
  const auto f = frontier_->counts();
  c.known = f.known;
  c.dropped = f.dropped;
  c.trapped = f.trapped;
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

std::optional<crawl_wait> crawler::impl::waiting() const {
  if (frontier_->counts().active != 0) return std::nullopt;
  const auto first = frontier_->waiting();
  if (!first) return std::nullopt;
  crawl_wait w;
  w.host = first->host;
  w.until = first->until;
  w.reason = "delay";
  const auto known = hosts_.find(w.host);
  if (known == hosts_.end()) return w;
  if (known->second.crawl_delay) w.reason = "Crawl-delay";
  if (known->second.paused_until >= first->until) w.reason = known->second.reason;
  return w;
}

crawler::crawler(crawl_options options)
    : impl_(std::make_unique<impl>(std::move(options), std::nullopt, nullptr)) {}
crawler::crawler(crawl_options options, http::client client)
    : impl_(std::make_unique<impl>(std::move(options), std::move(client), nullptr)) {}
crawler::crawler(crawl_options options, std::unique_ptr<frontier> store)
    : impl_(std::make_unique<impl>(std::move(options), std::nullopt, std::move(store))) {}
crawler::crawler(crawl_options options, http::client client, std::unique_ptr<frontier> store)
    : impl_(std::make_unique<impl>(std::move(options), std::move(client), std::move(store))) {}
crawler::~crawler() = default;

void crawler::set_on_request(std::function<awaitable<void>(page_request&)> f) {
  impl_->hooks.on_request = std::move(f);
}
void crawler::set_on_response(std::function<awaitable<void>(page_response&)> f) {
  impl_->hooks.on_response = std::move(f);
}
void crawler::set_on_body(std::function<awaitable<void>(const page&, std::string_view)> f) {
  impl_->hooks.on_body = std::move(f);
}
void crawler::set_on_page(std::function<void(const page&)> f) {
  impl_->hooks.on_page = std::move(f);
  impl_->hooks.on_page_async = nullptr;
}
void crawler::set_on_page_async(std::function<awaitable<void>(const page&)> f) {
  impl_->hooks.on_page_async = std::move(f);
  impl_->hooks.on_page = nullptr;
}
void crawler::set_on_error(std::function<awaitable<void>(const fetch_failure&)> f) {
  impl_->hooks.on_error = std::move(f);
}

awaitable<crawl_report> crawler::run(std::vector<http::url> seeds) { return impl_->run(std::move(seeds)); }
awaitable<crawl_report> crawler::run(generator<http::url> seeds) { return impl_->run(std::move(seeds)); }
awaitable<crawl_report> crawler::run(queue<http::url>& seeds) { return impl_->run(items_of(seeds)); }
awaitable<bool> crawler::add(http::url where) { return impl_->add(std::move(where)); }
void crawler::stop() noexcept { impl_->stop(); }
crawl_counts crawler::counts() const noexcept { return impl_->counts(); }
crawl_report crawler::report() const { return impl_->report(); }
std::optional<crawl_wait> crawler::waiting() const { return impl_->waiting(); }

}  // namespace bight::crawl
