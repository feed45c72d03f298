#include <bight/crawl/frontier.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/timeout.hpp>
#include <deque>
#include <functional>
#include <unordered_map>
#include <utility>

#include "crawl/trap_guard.hpp"
#include "crawl/url_table.hpp"

namespace bight::crawl {
namespace {

using namespace detail;

struct host {
  std::string_view name;
  std::deque<index> pending;
  std::size_t active = 0;
  std::chrono::nanoseconds delay{};
  clock::time_point not_before{};
  bool listed = false;     // in ready_ or in delayed_
  bool contacted = false;  // a URL has ended since the start or the last pause
};

struct waiting_retry {
  clock::time_point due;
  index id;
  bool operator>(const waiting_retry& other) const noexcept { return due > other.due; }
};

// Scheme, host and port; who asks does not matter to the host.
void assign_host(std::string& key, std::string_view href) {
  const auto scheme = href.find("://");
  const auto authority = scheme == href.npos ? 0 : scheme + 3;
  const auto end = std::min(href.find_first_of("/?#", authority), href.size());
  const auto user = href.substr(authority, end - authority).rfind('@');
  const auto host = user == href.npos ? authority : authority + user + 1;
  key.assign(href.substr(0, authority)).append(href.substr(host, end - host));
}

class memory_frontier final : public frontier {
 public:
  explicit memory_frontier(const frontier_options& options) : options_(options), traps_(options.traps) {}

  awaitable<std::size_t> add_seeds(std::span<const std::string_view> urls) override;
  awaitable<std::optional<assignment>> next() override;
  awaitable<std::size_t> complete(const assignment& done, fetch_result result,
                                  std::span<const discovery> found) override;
  awaitable<void> retry(const assignment& again, const retry_plan& plan) override;
  void slow_down(const http::url& where, std::chrono::nanoseconds delay) override;
  bool redirected_from(const assignment& from, std::string_view target) const override;
  void expect_seeds(bool on) noexcept override {
    seeds_expected_ = on;
    wake_workers();
  }
  std::optional<host_wait> waiting() const override;
  void stop() noexcept override {
    stopped_ = true;
    wake_workers();
  }
  frontier_counts counts() const noexcept override {
    return {urls_.size() - beyond_ - trapped_, pending_, active_, dropped_, trapped_};
  }
  std::vector<broken_url> broken() const override;

 private:
  static index of(url_id id) noexcept { return static_cast<index>(id); }
  host& host_at(std::string_view href);
  std::size_t may_be_active(const host& h) const noexcept {
    return h.contacted ? options_.max_concurrent_per_host : 1;
  }
  void enqueue(index id, bool first);
  void list(host& h);
  void release_due(clock::time_point now);
  std::optional<assignment> take();
  void end(const assignment& a, state now);
  std::pair<index, bool> add(const discovery& d, const assignment& from, std::uint32_t tag);
  bool admit(index id, std::uint32_t depth);
  void shorten(index id);
  void refer(index to, index from);
  index end_of_redirects(index i) const;
  void list_referrers(index i, broken_url& b) const;
  void wake_workers() noexcept {
    changed_.set();
    changed_.clear();
  }
  clock::time_point earliest() const noexcept;

  frontier_options options_;
  trap_guard traps_;
  url_table urls_;
  std::unordered_map<std::string, host> hosts_;
  std::string host_key_;
  std::deque<host*> ready_;
  std::vector<host*> delayed_;
  std::vector<waiting_retry> retries_;  // a heap, earliest first
  // Referrers beyond the first, while a URL is not known to be fine. The count goes on past the list.
  struct extra_referrers {
    std::vector<index> first;
    std::size_t more = 0;
    index last = none;
  };
  std::unordered_map<index, extra_referrers> referrers_;
  std::unordered_map<index, index> targets_;  // of redirects
  event changed_;
  link_graph links_;  // only with a maximum depth
  std::vector<index> shortened_;
  std::vector<std::uint32_t> tags_;
  std::size_t pending_ = 0;
  std::size_t active_ = 0;
  std::size_t beyond_ = 0;
  std::size_t dropped_ = 0;
  std::size_t trapped_ = 0;
  bool seeds_expected_ = false;
  bool stopped_ = false;
};

host& memory_frontier::host_at(std::string_view href) {
  assign_host(host_key_, href);
  const auto [at, fresh] = hosts_.try_emplace(host_key_);
  if (fresh) {
    at->second.delay = options_.host_delay;
    at->second.name = at->first;
  }
  return at->second;
}

// Puts a host with work on the list that fits its clock.
void memory_frontier::list(host& h) {
  if (h.listed || h.pending.empty() || h.active >= may_be_active(h)) return;
  h.listed = true;
  if (h.not_before != clock::time_point{} && h.not_before > clock::now())
    delayed_.push_back(&h);
  else
    ready_.push_back(&h);
}

void memory_frontier::enqueue(index id, bool first) {
  auto& h = host_at(urls_.text(id));
  if (first)
    h.pending.push_front(id);
  else
    h.pending.push_back(id);
  ++pending_;
  list(h);
}

void memory_frontier::release_due(clock::time_point now) {
  for (std::size_t i = 0; i < delayed_.size();) {
    if (delayed_[i]->not_before > now) {
      ++i;
      continue;
    }
    ready_.push_back(delayed_[i]);
    delayed_[i] = delayed_.back();
    delayed_.pop_back();
  }
  while (!retries_.empty() && retries_.front().due <= now) {
    std::pop_heap(retries_.begin(), retries_.end(), std::greater<>{});
    const auto id = retries_.back().id;
    retries_.pop_back();
    --pending_;  // enqueue counts it again
    enqueue(id, true);
  }
}

clock::time_point memory_frontier::earliest() const noexcept {
  auto first = retries_.empty() ? clock::time_point::max() : retries_.front().due;
  for (const auto* h : delayed_) first = std::min(first, h->not_before);
  return first;
}

std::optional<assignment> memory_frontier::take() {
  // A host may have been paused, or its fetches limited to one, after it was listed.
  for (; !ready_.empty(); ready_.pop_front()) {
    auto& h = *ready_.front();
    if (h.active >= may_be_active(h))
      h.listed = false;
    else if (h.not_before > clock::now())
      delayed_.push_back(&h);
    else
      break;
  }
  if (ready_.empty()) return std::nullopt;
  auto& h = *ready_.front();
  ready_.pop_front();
  h.listed = false;
  const auto id = h.pending.front();
  h.pending.pop_front();
  --pending_;
  ++h.active;
  ++active_;
  if (h.delay > h.delay.zero()) h.not_before = std::max(h.not_before, clock::now() + h.delay);
  list(h);
  auto& e = urls_[id];
  e.now = state::active;
  assignment a;
  a.id = url_id{id};
  a.url = http::url::parse(urls_.text(id)).value();
  a.depth = e.depth;
  a.attempt = e.attempts;
  a.redirects = e.redirects;
  a.seed = e.referrer == none;
  index origin = id;
  while (urls_[origin].redirected) origin = urls_[origin].referrer;
  a.from_seed = urls_[origin].referrer == none;
  if (!a.seed) a.referrer = urls_.text(e.referrer);
  return a;
}

awaitable<std::optional<assignment>> memory_frontier::next() {
  while (!stopped_) {
    if (!delayed_.empty() || !retries_.empty()) release_due(clock::now());
    if (auto a = take()) co_return a;
    if (pending_ == 0 && active_ == 0 && !seeds_expected_) {
      wake_workers();
      break;
    }
    const auto due = earliest();
    if (due == clock::time_point::max()) {
      co_await changed_.wait();
      continue;
    }
    const auto wait = std::max(due - clock::now(), clock::duration{1});
    co_await move_on_after(wait, [&]() -> awaitable<void> { co_await changed_.wait(); });
  }
  co_return std::nullopt;
}

awaitable<std::size_t> memory_frontier::add_seeds(std::span<const std::string_view> urls) {
  std::size_t fresh = 0;
  for (const auto url : urls) {
    const auto [id, is_new] = urls_.insert(url);
    if (!is_new) {
      if (urls_[id].depth != 0) {
        urls_[id].depth = 0;
        if (urls_[id].now == state::beyond) ++fresh;
        shorten(id);
      }
      continue;
    }
    ++fresh;
    urls_[id].now = state::pending;
    enqueue(id, false);
  }
  if (fresh != 0) wake_workers();
  co_return fresh;
}

void memory_frontier::refer(index to, index from) {
  const auto& e = urls_[to];
  if (e.now == state::trapped || e.now == state::ok || e.now == state::skipped || e.referrer == from ||
      to == from)
    return;
  auto& r = referrers_[to];
  if (r.last == from || std::find(r.first.begin(), r.first.end(), from) != r.first.end()) return;
  r.last = from;
  if (r.first.size() + 1 < max_referrers)
    r.first.push_back(from);
  else
    ++r.more;
}

// Queues a URL that is within the maximum depth; otherwise remembers that it is not.
bool memory_frontier::admit(index id, std::uint32_t depth) {
  urls_[id].depth = depth;
  if (depth > options_.max_depth) {
    ++beyond_;
    return false;
  }
  urls_[id].now = state::pending;
  enqueue(id, false);
  return true;
}

// Passes the depth of a URL on to those behind it, and queues them if they are not too deep any more.
void memory_frontier::shorten(index id) {
  shortened_.assign(1, id);
  while (!shortened_.empty()) {
    const auto at = shortened_.back();
    shortened_.pop_back();
    if (urls_[at].now == state::beyond && urls_[at].depth <= options_.max_depth) {
      --beyond_;
      urls_[at].now = state::pending;
      enqueue(at, false);
    }
    for (const auto& e : links_.from(at)) {
      const auto depth = urls_[at].depth + (e.redirect != 0U ? 0U : 1U);
      if (depth >= urls_[e.to].depth) continue;
      urls_[e.to].depth = depth;
      shortened_.push_back(e.to);
    }
  }
}

std::pair<index, bool> memory_frontier::add(const discovery& d, const assignment& from, std::uint32_t tag) {
  if (urls_.size() >= options_.max_known && urls_.find(d.url) == none) {
    ++dropped_;
    return {none, false};
  }
  const auto [id, is_new] = urls_.insert(d.url, tag);
  const auto source = of(from.id);
  auto& e = urls_[id];
  // The page may have got a smaller depth since it was handed out.
  const auto depth = d.depth - std::min(d.depth, from.depth - std::min(from.depth, urls_[source].depth));
  if (options_.max_depth != std::numeric_limits<std::uint32_t>::max()) links_.add(source, id, d.redirect);
  if (!is_new) {
    if (!d.redirect) refer(id, source);
    if (depth < e.depth) {
      e.depth = depth;
      shorten(id);
    }
    return {id, false};
  }
  e.referrer = source;
  if (traps_.catches(d.url)) {
    e.now = state::trapped;
    ++trapped_;
    return {none, false};
  }
  e.redirected = d.redirect;
  e.redirects = d.redirect ? from.redirects + 1 : 0;
  return {id, admit(id, depth)};
}

void memory_frontier::end(const assignment& a, state now) {
  auto& e = urls_[of(a.id)];
  e.now = now;
  auto& h = host_at(urls_.text(of(a.id)));
  --h.active;
  --active_;
  h.contacted = true;
  list(h);
}

awaitable<std::size_t> memory_frontier::complete(const assignment& done, fetch_result result,
                                                 std::span<const discovery> found) {
  const auto id = of(done.id);
  std::size_t fresh = 0;
  index target = none;
  // Most links are known; their entries are far apart in memory, so that they are asked for ahead of time.
  constexpr std::size_t ahead = 6;
  tags_.clear();
  for (const auto& d : found) {
    tags_.push_back(url_table::hash(d.url));
    urls_.prefetch_slot(tags_.back());
  }
  for (std::size_t i = 0; i != found.size(); ++i) {
    if (i + ahead < found.size()) urls_.prefetch_entry(tags_[i + ahead]);
    const auto& d = found[i];
    const auto [to, is_new] = add(d, done, tags_[i]);
    if (is_new) ++fresh;
    if (d.redirect && to != none) target = to;
  }
  const bool redirect = target != none && result == fetch_result::ok;
  if (redirect) targets_[id] = target;
  end(done, redirect                         ? state::redirect
            : result == fetch_result::ok     ? state::ok
            : result == fetch_result::broken ? state::broken
                                             : state::skipped);
  // Who refers to a redirect refers to its target, which may turn out to be broken.
  if (result != fetch_result::broken && !redirect && !referrers_.empty()) referrers_.erase(id);
  wake_workers();
  co_return fresh;
}

awaitable<void> memory_frontier::retry(const assignment& again, const retry_plan& plan) {
  const auto id = of(again.id);
  const auto due = clock::now() + plan.wait;
  if (plan.counts) ++urls_[id].attempts;
  auto& h = host_at(urls_.text(id));
  end(again, state::pending);
  if (plan.whole_host) {
    h.not_before = std::max(h.not_before, due);
    h.contacted = false;
  }
  if (plan.counts) {
    ++pending_;
    retries_.push_back({due, id});
    std::push_heap(retries_.begin(), retries_.end(), std::greater<>{});
  } else {
    enqueue(id, false);
  }
  wake_workers();
  co_return;
}

std::optional<host_wait> memory_frontier::waiting() const {
  if (!ready_.empty() && ready_.front()->not_before <= clock::now()) return std::nullopt;
  std::optional<host_wait> first;
  const auto consider = [&](std::string_view host, clock::time_point until) {
    if (!first || until < first->until) first = host_wait{host, until};
  };
  for (const auto* h : delayed_) consider(h->name, h->not_before);
  for (const auto* h : ready_) consider(h->name, h->not_before);
  if (!retries_.empty()) {
    const auto href = urls_.text(retries_.front().id);
    std::string key;
    assign_host(key, href);
    consider(hosts_.at(key).name, retries_.front().due);
  }
  return first;
}

void memory_frontier::slow_down(const http::url& where, std::chrono::nanoseconds delay) {
  auto& h = host_at(where.href());
  if (delay <= h.delay) return;
  h.delay = delay;
  h.not_before = std::max(h.not_before, clock::now() + delay);
}

// Follows redirects, as far as they are known.
index memory_frontier::end_of_redirects(index i) const {
  for (std::size_t n = 0; n <= targets_.size(); ++n) {  // two workers may close a loop at the same time
    const auto next = targets_.find(i);
    if (next == targets_.end()) break;
    i = next->second;
  }
  return i;
}

bool memory_frontier::redirected_from(const assignment& from, std::string_view target) const {
  const auto to = urls_.find(target);
  return to != none && end_of_redirects(to) == of(from.id);
}

void memory_frontier::list_referrers(index i, broken_url& b) const {
  const auto list = [&](index page) {
    const auto text = urls_.text(page);
    if (std::find(b.referrers.begin(), b.referrers.end(), text) != b.referrers.end()) return;
    if (b.referrers.size() < max_referrers)
      b.referrers.emplace_back(text);
    else
      ++b.more_referrers;
  };
  // The page that has the link is before the redirects that led here.
  if (!urls_[i].redirected && urls_[i].referrer != none) list(urls_[i].referrer);
  if (const auto more = referrers_.find(i); more != referrers_.end()) {
    for (const auto page : more->second.first) list(page);
    b.more_referrers += more->second.more;
  }
}

std::vector<broken_url> memory_frontier::broken() const {
  std::unordered_map<index, std::vector<index>> ways;  // redirects that end at a broken URL
  for (const auto& [from, to] : targets_)
    if (const auto end = end_of_redirects(to); urls_[end].now == state::broken) ways[end].push_back(from);
  std::vector<broken_url> all;
  for (index i = 0; i != urls_.size(); ++i) {
    if (urls_[i].now != state::broken) continue;
    broken_url b;
    b.url = urls_.text(i);
    index origin = i;
    while (urls_[origin].redirected) origin = urls_[origin].referrer;
    b.seed = urls_[origin].referrer == none;
    list_referrers(i, b);
    if (const auto to = ways.find(i); to != ways.end()) {
      std::sort(to->second.begin(), to->second.end());
      for (const auto from : to->second) list_referrers(from, b);
    }
    all.push_back(std::move(b));
  }
  return all;
}

}  // namespace

std::unique_ptr<frontier> make_memory_frontier(const frontier_options& options) {
  return std::make_unique<memory_frontier>(options);
}

}  // namespace bight::crawl
