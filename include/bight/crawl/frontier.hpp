// frontier: which URLs are known, and which is next.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/links.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// Names a URL inside its frontier.
enum class url_id : std::uint64_t {};

/// A URL that was found.
struct discovery {
  /// Absolute, normalised, without fragment: http::url::href_without_fragment().
  std::string_view url;
  std::uint32_t depth = 0;
  link_kind kind = link_kind::anchor;
  /// It is the target of a redirect of the page that is being completed.
  bool redirect = false;
};

/// A URL that a worker shall fetch, and for which it has its host's permission now.
struct assignment {
  url_id id{};
  http::url url;
  std::uint32_t depth = 0;
  std::uint32_t attempt = 0;    ///< 0 the first time.
  std::uint32_t redirects = 0;  ///< Redirects that led here.
  bool seed = false;
  std::string referrer;  ///< Where it was found first; empty for a seed.
};

/// How an assignment ended.
enum class fetch_result : std::uint8_t {
  ok,       ///< Fetched, or a redirect: not to be fetched again.
  broken,   ///< An error that will not go away: a broken link.
  skipped,  ///< Not fetched, because of robots.txt for one.
};

/// A URL that could not be fetched, and who refers to it.
struct broken_url {
  std::string url;
  std::vector<std::string> referrers;  ///< The first ones, at most frontier::max_referrers.
  std::size_t more_referrers = 0;      ///< References beyond those.
  bool seed = false;
};

/// Politeness of a frontier. Trivially copyable.
struct frontier_options {
  /// Fetches at a time from one host and port. The first one of a host goes alone, so that slow_down can come
  /// before the second.
  std::size_t per_host = 4;
  std::chrono::nanoseconds delay =
      std::chrono::milliseconds{0};  ///< Between the starts of two fetches from one.
};

/// Counts of URLs.
struct frontier_counts {
  std::size_t known = 0;
  std::size_t pending = 0;
  std::size_t active = 0;
};

/// The set of known URLs and the queue of those to fetch, by host. One interface for every store: a crawler
/// takes `next`, fetches, and tells `complete`; marking a page done, adding what it links to and moving the
/// host's clock are one step there, so that a store can make them one transaction. Concurrency: one loop, any
/// number of workers.
class frontier {
 public:
  static constexpr std::size_t max_referrers = 10;

  virtual ~frontier() = default;
  /// Adds URLs to start from. Returns how many were new.
  virtual awaitable<std::size_t> add_seeds(std::span<const std::string_view> urls) = 0;
  /// The next URL whose host may be asked now; waits for one. Empty when nothing is pending or active any
  /// more, or after `stop`.
  virtual awaitable<std::optional<assignment>> next() = 0;
  /// Ends `done`: its links are added where they are new. Returns how many were.
  virtual awaitable<std::size_t> complete(const assignment& done, fetch_result result,
                                          std::span<const discovery> found) = 0;
  /// Puts `again` back, to be fetched after `wait`; `whole_host`: nothing else from its host before that
  /// either.
  virtual awaitable<void> retry(const assignment& again, std::chrono::nanoseconds wait, bool whole_host) = 0;
  /// A host asks for a longer delay (Crawl-delay of robots.txt).
  virtual void slow_down(const http::url& host, std::chrono::nanoseconds delay) = 0;
  /// True if `target` is `from`, or redirected to it on the way.
  virtual bool redirected_from(const assignment& from, std::string_view target) const = 0;
  /// Hands out nothing more.
  virtual void stop() noexcept = 0;
  virtual frontier_counts counts() const noexcept = 0;
  /// Every broken URL, in the order of discovery.
  virtual std::vector<broken_url> broken() const = 0;
};

/// A frontier in memory: about 100 bytes per known URL, besides its text.
std::unique_ptr<frontier> make_memory_frontier(const frontier_options& options = {});

}  // namespace bight::crawl
