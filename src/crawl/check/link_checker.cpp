#include <bight/crawl/link_checker.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/task_group.hpp>
#include <deque>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "crawl/check/link_ledger.hpp"
#include "crawl/check/link_rules.hpp"
#include "crawl/check/local_files.hpp"
#include "crawl/check/verdicts.hpp"
#include "crawl/fetch/page_reader.hpp"
#include "crawl/fetch/url_text.hpp"

namespace bight::crawl {
namespace {

// What a browser loads to show a page.
bool is_part_of_page(link_kind kind) {
  using enum link_kind;
  switch (kind) {
    case frame:
    case stylesheet:
    case icon:
    case preload:
    case manifest:
    case script:
    case image:
    case image_set:
    case media:
    case poster:
    case track:
    case object:
    case embed:
    case css_import:
    case css_url:
      return true;
    default:
      return false;
  }
}

bool is_local(std::string_view url) { return url.starts_with("file:"); }

std::string shown(std::string url) {
  if (!is_local(url)) return url;
  const auto parsed = http::url::parse(url);
  if (!parsed) return url;
  auto text = check::shown_path(check::path_of(*parsed));
  if (parsed->has_fragment()) text.append("#").append(parsed->fragment());
  return text;
}

external_result result_of(const page& p, const status_set& accept) {
  external_result r;
  r.status = p.status;
  if (p.verdict == page_verdict::ok || p.verdict == page_verdict::warning) return r;
  if (p.status != 0 && accept.contains(p.status)) return r;
  if (p.status >= 400 && p.verdict != page_verdict::skipped) return check::judge(p.status, p.headers, accept);
  r.verdict = p.verdict == page_verdict::broken ? link_verdict::broken : link_verdict::not_checked;
  r.reason = p.error;
  if (p.verdict == page_verdict::skipped)
    r.cause = link_cause::robots;
  else if (p.status / 100 == 3)
    r.cause = link_cause::redirect;
  else if (p.code)
    r.cause = check::cause_of(p.code);
  else
    r.cause = p.verdict == page_verdict::broken ? link_cause::other : link_cause::limit;
  return r;
}

}  // namespace

class link_checker::impl {
 public:
  impl(const http::client& client, link_check_options options)
      : options_(std::move(options)),
        ignore_(options_.ignore, options_.max_pattern_memory),
        exclude_(options_.exclude_external, options_.max_pattern_memory),
        external_(client, options_.requests),
        site_(options_.site_client.value_or(client), options_.requests),
        ledger_(check::link_ledger::options{options_.fragments, options_.redirects, options_.max_places}) {}

  void add(const page& p);
  void add_file(const std::filesystem::path& path, std::string shown_as, std::span<const page_link> links,
                fragment_ids ids);
  void add_unreadable_file(const std::filesystem::path& path, std::string reason);
  awaitable<link_report> run(std::function<awaitable<void>()> body);
  link_report report() const;
  std::size_t pending() const noexcept { return waiting_ + active_; }

 private:
  // Checks to make at one host, in order.
  struct host_queue {
    std::deque<std::pair<std::string, bool>> waiting;
    std::size_t active = 0;
  };
  static constexpr std::size_t max_active_per_host = 32;

  struct origin_page {
    check::page_id id;
    const http::url* url;  // null: a local file
  };
  void add_link(const origin_page& from, const page_link& link);
  void check_schemes(const origin_page& from, const http::url& to, const page_link& link);
  bool is_of_crawl(const http::url& url) const;
  void note_crawled(const http::url& url);
  std::string key_of(const http::url& url) {
    return std::string{normal_spelling(url.href_without_fragment(), spelling_)};
  }
  void plan(const std::string& url, bool ids);
  void start(const std::string& host);
  awaitable<void> check_one(std::string host, std::string url, bool ids);
  awaitable<external_result> result_for(std::string url, bool ids);
  void plan_the_rest();

  link_check_options options_;
  check::link_rules ignore_;
  check::link_rules exclude_;
  external_checker external_;
  external_checker site_;  // for the hosts of the crawl
  check::link_ledger ledger_;
  link_counts counts_;
  std::unordered_set<std::string> crawled_hosts_;  // and ports
  std::unordered_set<std::string> planned_;
  std::unordered_map<std::string, host_queue> hosts_;
  task_group* group_ = nullptr;  // while `run` runs
  event idle_;
  std::size_t waiting_ = 0;
  std::size_t active_ = 0;
  std::string spelling_;
  std::optional<clock::time_point> started_;
  std::optional<clock::time_point> ended_;
  bool complete_ = true;
};

void link_checker::impl::note_crawled(const http::url& url) {
  if (!crawled_hosts_.emplace(url.host_and_port()).second) return;
  const std::chrono::nanoseconds usual =
      check::is_loopback_host(url) ? std::chrono::milliseconds{0} : std::chrono::milliseconds{250};
  site_.set_host_delay(url.host(), options_.crawl_delay.value_or(usual));
}

bool link_checker::impl::is_of_crawl(const http::url& url) const {
  return crawled_hosts_.contains(std::string{url.host_and_port()}) ||
         (options_.crawled && options_.crawled(url));
}

void link_checker::impl::add(const page& p) {
  note_crawled(p.url);
  const auto url = key_of(p.url);
  const bool seed = p.seed && p.referrer.empty();
  const bool redirected = p.verdict != page_verdict::broken && p.status / 100 == 3 && p.final_url != p.url;
  auto result = result_of(p, options_.requests.accept);
  if (redirected) {
    auto target = key_of(p.final_url);
    if (p.final_url.has_fragment()) target.append("#").append(p.final_url.fragment());
    ledger_.settle_redirect(url, p.status, std::move(target), seed);
  } else {
    if (options_.fragments && p.ids) result.ids = p.ids;
    if (result.verdict == link_verdict::not_checked && result.cause == link_cause::limit) complete_ = false;
    ledger_.settle(url, std::move(result), seed);
  }
  if (p.links.empty() && !p.html) return;
  ++counts_.pages;
  const origin_page from{ledger_.add_page(p.url.href(), false), &p.url};
  for (const auto& l : p.links) add_link(from, l);
  if (!p.html) return;
  for (const auto& w : p.warnings)  // links that nobody has seen
    ledger_.add_finding(link_verdict::warning, link_cause::other, url, w, {from.id, 0, {}});
}

void link_checker::impl::add_file(const std::filesystem::path& path, std::string shown_as,
                                  std::span<const page_link> links, fragment_ids ids) {
  ++counts_.pages;
  external_result here;
  ids.pack();
  here.ids = std::make_shared<const fragment_ids>(std::move(ids));
  ledger_.settle(check::file_url(path), std::move(here));
  const origin_page from{ledger_.add_page(std::move(shown_as), true), nullptr};
  for (const auto& l : links) add_link(from, l);
}

void link_checker::impl::add_unreadable_file(const std::filesystem::path& path, std::string reason) {
  external_result result;
  result.verdict = link_verdict::not_checked;
  result.cause = link_cause::unreadable_file;
  result.reason = std::move(reason);
  ledger_.settle(check::file_url(path), std::move(result), true);
}

void link_checker::impl::add_link(const origin_page& from, const page_link& link) {
  ++counts_.links;
  if (!link.invalid.empty()) {
    if (ignore_.match(link.invalid))
      ++counts_.ignored;
    else
      ledger_.add_finding(link_verdict::broken, link_cause::invalid_url, link.invalid, "invalid URL",
                          {from.id, link.line, link.text});
    return;
  }
  auto to = link.url;
  if (from.url) settle_credentials(*from.url, to, false);
  // A page of the web never leads to files.
  const bool file = !from.url && to.scheme() == "file";
  if (!to.is_http() && !file) {
    ++counts_.schemes[std::string{to.scheme()}];
    return;
  }
  const bool external = !file && !is_of_crawl(to);
  if (ignore_.match(to.href()) || (external && exclude_.match(to.href()))) {
    ++counts_.ignored;
    return;
  }
  check_schemes(from, to, link);
  auto url = file ? std::string{to.href_without_fragment()} : key_of(to);
  if (file) url = url.substr(0, url.find('?'));
  const auto fragment = external ? std::string_view{} : to.fragment();
  const bool fresh = ledger_.add_link(url, fragment, {from.id, link.line, link.text});
  if (fresh && external && options_.external) plan(url, false);
}

void link_checker::impl::check_schemes(const origin_page& from, const http::url& to, const page_link& link) {
  if (to.scheme() != "http") return;
  const bool within = from.url && from.url->scheme() == "http" && from.url->host() == to.host();
  if (options_.require_https && !within && !check::is_loopback_host(to))
    ledger_.add_finding(link_verdict::broken, link_cause::insecure, to.href(), "http instead of https",
                        {from.id, link.line, link.text});
  if (from.url && from.url->scheme() == "https" && is_part_of_page(link.kind))
    ledger_.add_finding(link_verdict::warning, link_cause::mixed_content, to.href(),
                        std::string{to_string(link.kind)} + " loaded by http on an https page",
                        {from.id, link.line, link.text});
}

// ---- checks ------------------------------------------------------------------------------------

void link_checker::impl::plan(const std::string& url, bool ids) {
  if (!planned_.insert(url).second) return;
  if (!ids && options_.cache && options_.requests.accept.contains(200)) {
    if (auto known = options_.cache->find(url)) {
      ++counts_.cached;
      external_result good;
      good.status = 200;
      good.final_url = std::move(*known);
      ledger_.settle(url, std::move(good));
      return;
    }
  }
  const auto parsed = http::url::parse(url);
  const std::string host = parsed && !is_local(url) ? std::string{parsed->host()} : "";
  hosts_[host].waiting.emplace_back(url, ids);
  ++waiting_;
  if (group_) start(host);
}

void link_checker::impl::start(const std::string& host) {
  auto& queue = hosts_[host];
  while (queue.active < max_active_per_host && !queue.waiting.empty()) {
    auto [url, ids] = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    ++queue.active;
    ++active_;
    --waiting_;
    group_->spawn([this, host, url = std::move(url), ids = ids] { return check_one(host, url, ids); })
        .detach();
  }
}

awaitable<external_result> link_checker::impl::result_for(std::string url, bool ids) {
  const auto parsed = http::url::parse(url);
  if (!parsed) {
    external_result r;
    r.verdict = link_verdict::broken;
    r.cause = link_cause::invalid_url;
    r.reason = "invalid URL";
    co_return r;
  }
  if (is_local(url)) {
    auto path = check::path_of(*parsed);
    co_return co_await check::check_file(std::move(path), ids);
  }
  auto& checker = is_of_crawl(*parsed) ? site_ : external_;
  if (ids) co_return co_await checker.check_ids(*parsed);
  co_return co_await checker.check(*parsed);
}

awaitable<void> link_checker::impl::check_one(std::string host, std::string url, bool ids) {
  auto result = co_await result_for(url, ids);
  // What is good by --accept alone may not be so for the next run.
  const bool usual = status_set{}.contains(result.status);
  const bool keep = options_.cache && !ids && !is_local(url) && result.verdict == link_verdict::good && usual;
  if (keep && url.find('@') == url.npos) options_.cache->add(url, result.final_url);
  ledger_.settle(url, std::move(result));
  --active_;
  --hosts_[host].active;
  start(host);
  if (active_ == 0) idle_.set();
}

// What the crawl has not fetched: beyond its depth, behind nofollow, or the target of a redirect.
void link_checker::impl::plan_the_rest() {
  for (const auto& open : ledger_.open()) {
    const auto url = http::url::parse(open.url);
    const bool own = is_local(open.url) || (url && is_of_crawl(*url));
    if (own || options_.external) plan(open.url, own && open.wants_ids && options_.fragments);
  }
}

awaitable<link_report> link_checker::impl::run(std::function<awaitable<void>()> body) {
  if (started_) throw std::logic_error("bight: link_checker::run has already been called");
  started_ = clock::now();
  struct group_guard {
    impl& i;
    ~group_guard() { i.group_ = nullptr; }
  };
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group_ = &group;
      const group_guard guard{*this};
      auto work = body();
      co_await std::move(work);
      plan_the_rest();
      while (active_ != 0) {
        idle_.clear();
        co_await idle_.wait();
      }
    });
  } catch (const exception_group& group) {
    std::rethrow_exception(group.flatten().front());  // the error of the body
  }
  ended_ = clock::now();
  co_return report();
}

link_report link_checker::impl::report() const {
  auto r = ledger_.report(shown);
  const auto urls = r.counts.urls;
  const auto good = r.counts.good;
  r.counts = counts_;
  r.counts.urls = urls;
  r.counts.good = good;
  for (const auto& open : ledger_.open()) {
    const auto url = http::url::parse(open.url);
    if (url && url->is_http() && !is_of_crawl(*url) && !options_.external) ++r.counts.external;
  }
  if (started_) r.elapsed = ended_.value_or(clock::now()) - *started_;
  r.complete = complete_ && ended_.has_value();
  return r;
}

link_checker::link_checker(const http::client& client, link_check_options options)
    : impl_(std::make_unique<impl>(client, std::move(options))) {}
link_checker::~link_checker() = default;
void link_checker::add(const page& p) { impl_->add(p); }
void link_checker::add_file(const std::filesystem::path& path, std::string shown,
                            std::span<const page_link> links, fragment_ids ids) {
  impl_->add_file(path, std::move(shown), links, std::move(ids));
}
void link_checker::add_unreadable_file(const std::filesystem::path& path, std::string reason) {
  impl_->add_unreadable_file(path, std::move(reason));
}
awaitable<link_report> link_checker::run(std::function<awaitable<void>()> body) {
  return impl_->run(std::move(body));
}
link_report link_checker::report() const { return impl_->report(); }
std::size_t link_checker::pending() const noexcept { return impl_->pending(); }

}  // namespace bight::crawl
