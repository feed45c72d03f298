// frontier: the known URLs and the queue of URLs to fetch.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/crawl/links.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// Identifies a URL in its frontier.
enum class url_id : std::uint64_t {};

/// A discovered URL.
struct discovery {
  /// Absolute, normalised, without fragment: http::url::href_without_fragment().
  std::string_view url;
  std::uint32_t depth = 0;
  link_kind kind = link_kind::anchor;
  /// Whether it is the redirect target of the completed page.
  bool redirect = false;
};

/// A URL to fetch now.
struct assignment {
  url_id id{};
  http::url url;
  std::uint32_t depth = 0;
  std::uint32_t attempt = 0;    ///< 0 for the first attempt.
  std::uint32_t redirects = 0;  ///< Length of the redirect chain so far.
  bool seed = false;
  bool from_seed = false;  ///< A seed, or reached from a seed by redirects alone.
  std::string referrer;    ///< The first page that links to it; empty for a seed.
};

/// The outcome of an assignment.
enum class fetch_result : std::uint8_t {
  ok,       ///< Fetched, or a redirect.
  broken,   ///< A permanent error: a broken link.
  skipped,  ///< Not fetched, for example because of robots.txt.
};

/// A URL that could not be fetched, and the pages that link to it.
struct broken_url {
  std::string url;
  std::vector<std::string> referrers;  ///< The first referrers, at most frontier::max_referrers.
  std::size_t more_referrers = 0;      ///< The number of further referrers.
  bool seed = false;
};

/// How to fetch a URL again.
struct retry_plan {
  std::chrono::nanoseconds wait{};
  /// Pauses the whole host. Afterwards one fetch runs alone, until it is completed.
  bool whole_host = false;
  /// Whether this is a further attempt at the URL. If not, it goes to the end of the queue of its host.
  bool counts = true;
};

/// The host that may be contacted first.
struct host_wait {
  std::string_view host;  ///< Its origin. Lifetime: that of the frontier.
  clock::time_point until;
};

/// Limits for sites without end: calendars, session ids, paths that grow. URLs beyond them are ignored.
/// Trivially copyable.
struct trap_limits {
  std::size_t max_queries_per_path = 100'000;  ///< URLs that differ in their query alone.
  std::size_t max_path_segments = 100;
  std::size_t max_repeated_segments = 8;  ///< Of one segment in a path: "/a/b/a/b" has two of each.
};

/// Politeness and limits of a frontier. Trivially copyable.
struct frontier_options {
  /// Maximum concurrent fetches per host and port. The first fetch from a host runs alone, so that slow_down
  /// can be called before the second.
  std::size_t max_concurrent_per_host = 4;
  std::chrono::nanoseconds host_delay =
      std::chrono::milliseconds{0};  ///< Minimum time between the starts of two fetches from one host.
  /// Maximum depth. URLs beyond it are remembered, and fetched if a shorter path to them is found.
  std::uint32_t max_depth = std::numeric_limits<std::uint32_t>::max();
  /// Maximum number of known URLs. Further ones are dropped.
  std::size_t max_known = std::numeric_limits<std::size_t>::max();
  trap_limits traps = {};
};

/// Counts of URLs.
struct frontier_counts {
  std::size_t known = 0;  ///< Without those beyond the maximum depth.
  std::size_t pending = 0;
  std::size_t active = 0;
  std::size_t dropped = 0;  ///< Because of frontier_options::max_known.
  std::size_t trapped = 0;  ///< Because of trap_limits.
};

/// The set of known URLs and a queue per host of those to fetch. The interface for all stores: a crawler
/// calls `next`, fetches the URL, and calls `complete`, which marks the page as done, adds its links and
/// updates the delay of its host in one step, so that a store can use a single transaction. Concurrency: one
/// loop, any number of workers.
class frontier {
 public:
  static constexpr std::size_t max_referrers = 10;

  virtual ~frontier() = default;
  /// Adds start URLs. Returns: the number of new ones.
  virtual awaitable<std::size_t> add_seeds(std::span<const std::string_view> urls) = 0;
  /// Waits for the next URL whose host may be contacted. Returns: nullopt if no URLs are pending or active,
  /// or after `stop`.
  virtual awaitable<std::optional<assignment>> next() = 0;
  /// Completes `done` and adds its links. Returns: the number of new ones.
  virtual awaitable<std::size_t> complete(const assignment& done, fetch_result result,
                                          std::span<const discovery> found) = 0;
  /// Requeues `again`.
  virtual awaitable<void> retry(const assignment& again, const retry_plan& plan) = 0;
  /// Sets a longer delay for a host (Crawl-delay in robots.txt).
  virtual void slow_down(const http::url& host, std::chrono::nanoseconds delay) = 0;
  /// Whether `target` is `from` or part of the redirect chain that led to it.
  virtual bool redirected_from(const assignment& from, std::string_view target) const = 0;
  /// While `on`, `next` waits for further seeds where it would return nullopt.
  virtual void expect_seeds(bool on) noexcept = 0;
  /// The host that may be contacted first, if no host may be now.
  virtual std::optional<host_wait> waiting() const = 0;
  /// Makes `next` return nullopt.
  virtual void stop() noexcept = 0;
  virtual frontier_counts counts() const noexcept = 0;
  /// All broken URLs, in order of discovery.
  virtual std::vector<broken_url> broken() const = 0;
};

/// Creates a frontier in memory. It uses about 100 bytes per known URL, plus its text.
std::unique_ptr<frontier> make_memory_frontier(const frontier_options& options = {});

}  // namespace bight::crawl
