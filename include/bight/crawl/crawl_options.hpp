// crawl_options: options and limits of a crawler.
#pragma once
#include <bight/crawl/frontier.hpp>
#include <bight/crawl/links.hpp>
#include <bight/crawl/scope.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace bight::crawl {

/// Options of a crawler. Not an aggregate, so that it is safe in co_await expressions.
struct crawl_options {
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::uint32_t any_depth = std::numeric_limits<std::uint32_t>::max();

  crawl_options() {}

  scope_options scope;
  /// The kinds of links that are followed. link_kinds::pages() leaves out images, scripts and style sheets.
  link_kinds kinds = link_kinds::defaults();

  // Limits. A crawl that reaches one ends when the fetches in progress are done, and is not `complete`.
  std::uint32_t max_depth = any_depth;  ///< Maximum number of links from a seed; 0 fetches only the seeds.
  std::size_t max_pages = unlimited;    ///< Maximum number of 2xx HTML documents.
  std::size_t max_known = 10'000'000;   ///< Maximum number of known URLs; further ones are ignored.
  std::chrono::nanoseconds max_time = std::chrono::nanoseconds::max();  ///< Maximum duration.
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();  ///< Maximum size of all bodies.
  trap_limits traps = {};
  std::size_t max_queued_seeds = 1'000;  ///< Seeds of a generator or queue that wait to be fetched.
  std::size_t max_url_length = 8'192;    ///< Longer links are ignored.

  // Politeness.
  std::size_t max_concurrent = 16;          ///< Maximum concurrent fetches.
  std::size_t max_concurrent_per_host = 4;  ///< Maximum concurrent fetches per host and port.
  /// Minimum time between the starts of two fetches from one host. Default: 250 ms; 0 for loopback addresses.
  std::optional<std::chrono::nanoseconds> host_delay;
  std::chrono::nanoseconds max_crawl_delay = std::chrono::seconds{60};  ///< Upper bound for Crawl-delay.
  std::chrono::nanoseconds max_retry_after = std::chrono::minutes{5};   ///< Upper bound for Retry-After.
  /// How long a host is waited for that answers 429 or 503 to every request. Waiting for a host costs its
  /// URLs no attempts.
  std::chrono::nanoseconds max_host_wait = std::chrono::minutes{5};
  bool obey_robots = true;  ///< Honour robots.txt, meta robots and rel=nofollow.

  // Fetches.
  std::uint32_t max_retries = 2;     ///< After connection errors, timeouts, 408, 500, 502 and 504.
  std::uint32_t max_redirects = 10;  ///< In one redirect chain.
  std::chrono::nanoseconds fetch_timeout = std::chrono::seconds{30};  ///< Timeout of one fetch.
  /// Maximum decoded size of a document in bytes. The rest is not read; its links up to there count.
  std::uint64_t max_body = 64U << 20U;
  std::string user_agent = "bight-crawl/0.1";
  std::optional<net::tls_client_context> tls;  ///< Not used with a client of one's own.

  // What a page tells. Off, it costs nothing.
  bool keep_links = false;               ///< Fill page::links.
  bool keep_ids = false;                 ///< Fill page::ids.
  bool keep_body = false;                ///< Fill page::body.
  std::size_t max_kept = 8U << 20U;      ///< Maximum size of page::body in bytes; the rest is left out.
  std::size_t max_kept_links = 100'000;  ///< Maximum number of page::links; further ones are left out.
};

}  // namespace bight::crawl
