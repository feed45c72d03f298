#include <bight/crawl/sitemap_walk.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/crawl/robots.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/response.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "crawl/fetch/describe_error.hpp"
#include "crawl/fetch/retry_after.hpp"
#include "crawl/fetch/retryable.hpp"

namespace bight::crawl {
namespace {

struct waiting_sitemap {
  http::url url;
  std::uint32_t depth = 0;
};

// After a failure that may pass, once more, and again: without the list, the crawl misses pages.
awaitable<http::response> get_patiently(http::client client, http::url where) {
  constexpr unsigned max_retries = 2;
  constexpr std::chrono::seconds longest{60};
  const auto backoff = retry_backoff();
  for (unsigned failed = 1;; ++failed) {
    auto wait = backoff.delay(failed);
    try {
      auto response = co_await client.get(where);
      if (!is_retryable_status(response.status().code()) || failed > max_retries) co_return response;
      if (const auto after = response.headers().get(http::header_id::retry_after))
        wait = std::clamp<clock::duration>(read_retry_after(*after), wait, longest);
    } catch (const boost::system::system_error& e) {
      if (!is_retryable(e.code()) || failed > max_retries) throw;
    }
    co_await sleep(wait);
  }
}

// The sitemaps that are still to be fetched, each once.
class sitemap_queue {
 public:
  explicit sitemap_queue(std::size_t most) : most_(most) {}
  void add(const http::url& where, std::uint32_t depth) {
    if (known_.size() >= most_) {
      full_ = full_ || !known_.contains(std::string{where.href_without_fragment()});
      return;
    }
    if (known_.emplace(where.href_without_fragment()).second) waiting_.push_back({where, depth});
  }
  // Whether one was left out since the last call.
  bool take_full() noexcept { return std::exchange(full_, false); }
  bool empty() const noexcept { return waiting_.empty(); }
  waiting_sitemap take() {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

 private:
  std::size_t most_;
  std::unordered_set<std::string> known_;
  std::deque<waiting_sitemap> waiting_;
  bool full_ = false;
};

// One sitemap, piece by piece.
class sitemap_reader {
 public:
  sitemap_reader(http::client client, waiting_sitemap from, const sitemap_walk_options& options,
                 sitemap_queue& queue)
      : client_(std::move(client)), from_(std::move(from)), options_(options), queue_(queue) {
    outcome_.url = from_.url;
  }

  // Fills `found`. Returns: whether there may be more.
  awaitable<bool> next(std::vector<http::url>& found);
  const sitemap_outcome& outcome() const noexcept { return outcome_; }

 private:
  awaitable<bool> open();
  void note(const sitemap_entry& e, std::vector<http::url>& found);
  void close() {
    outcome_.format = parser_->format();
    outcome_.entries = parser_->entries();
    outcome_.dropped = parser_->dropped();
    outcome_.error = parser_->error();
    if (queue_.take_full() && outcome_.error.empty())
      outcome_.error =
          "more than " + std::to_string(options_.max_sitemaps) + " sitemaps; the rest were not read";
  }

  http::client client_;
  waiting_sitemap from_;
  const sitemap_walk_options& options_;
  sitemap_queue& queue_;
  sitemap_outcome outcome_;
  std::optional<http::response> response_;
  std::optional<sitemap_parser> parser_;
};

awaitable<bool> sitemap_reader::open() {
  auto response = co_await get_patiently(client_, from_.url);
  outcome_.status = response.status().code();
  if (!response.status().is_success()) {
    outcome_.error = std::to_string(outcome_.status);
    if (const auto phrase = response.status().reason_phrase(); !phrase.empty())
      outcome_.error.append(" ").append(phrase);
    constexpr std::size_t max_drain = 256U << 10U;
    co_await response.drain(max_drain);
    co_return false;
  }
  const auto type = response.headers().get(http::header_id::content_type);
  parser_.emplace(response.url(), type.value_or(std::string_view{}), options_.limits);
  response_.emplace(std::move(response));
  co_return true;
}

void sitemap_reader::note(const sitemap_entry& e, std::vector<http::url>& found) {
  if (e.kind == sitemap_entry_kind::sitemap) {
    if (from_.depth < options_.max_depth) queue_.add(e.url, from_.depth + 1);
    return;
  }
  if (e.kind == sitemap_entry_kind::alternate && !options_.alternates) return;
  if (e.kind == sitemap_entry_kind::enclosure && !options_.enclosures) return;
  found.push_back(e.url);
}

awaitable<bool> sitemap_reader::next(std::vector<http::url>& found) {
  const auto sink = [&](const sitemap_entry& e) { note(e, found); };
  bool more = false;
  try {
    if (!response_) {
      const bool opened = co_await open();
      if (!opened) co_return false;
    }
    const auto piece = co_await response_->read_piece();
    more = !piece.empty() && parser_->feed(piece, sink);
    if (piece.empty()) parser_->finish(sink);
    if (!more) close();
  } catch (const boost::system::system_error& e) {
    if (parser_) close();
    outcome_.error = describe_error(e, from_.url.redacted());
  }
  co_return more;
}

}  // namespace

awaitable<std::vector<http::url>> sitemaps_of(http::client client, http::url site) {
  std::vector<http::url> out;
  const auto robots = http::url::parse("/robots.txt", site);
  if (!robots || !robots->is_http()) co_return out;
  const robots_limits limits;
  std::string body;
  try {
    auto response = co_await get_patiently(client, *robots);
    const bool success = response.status().is_success();
    while (success && body.size() <= limits.max_bytes) {
      const auto piece = co_await response.read_piece();
      if (piece.empty()) break;
      body.append(piece);
    }
  } catch (const boost::system::system_error&) { body.clear(); }
  const auto rules = robots_rules::parse(body, limits);
  for (const auto& listed : rules.sitemaps())
    if (auto where = http::url::parse(listed, *robots); where && where->is_http())
      out.push_back(std::move(*where));
  if (out.empty())
    if (auto usual = http::url::parse("/sitemap.xml", site)) out.push_back(std::move(*usual));
  co_return out;
}

generator<http::url> sitemap_urls(http::client client, std::vector<http::url> sitemaps,
                                  sitemap_walk_options options) {
  sitemap_queue queue(options.max_sitemaps);
  for (const auto& where : sitemaps) queue.add(where, 0);
  std::size_t yielded = 0;
  std::vector<http::url> found;
  while (!queue.empty() && yielded < options.max_urls) {
    sitemap_reader reader(client, queue.take(), options, queue);
    bool more = true;
    while (more && yielded < options.max_urls) {
      found.clear();
      more = co_await reader.next(found);
      for (auto& where : found) {
        if (yielded == options.max_urls) break;
        ++yielded;
        co_yield std::move(where);
      }
    }
    if (options.on_sitemap) options.on_sitemap(reader.outcome());
  }
}

}  // namespace bight::crawl
