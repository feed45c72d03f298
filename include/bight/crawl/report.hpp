// report: the results of a crawl.
#pragma once
#include <bight/crawl/frontier.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bight::crawl {

/// Counts of a running or finished crawl.
struct crawl_counts {
  std::size_t pages = 0;        ///< 2xx HTML documents.
  std::size_t fetched = 0;      ///< Responses with any status.
  std::size_t failed = 0;       ///< Errors and 4xx and 5xx responses, after the last attempt.
  std::size_t skipped = 0;      ///< Not fetched because of robots.txt or on_request.
  std::size_t not_checked = 0;  ///< page_verdict::not_checked.
  std::size_t warnings = 0;     ///< page_verdict::warning.
  std::size_t retries = 0;
  std::size_t dropped = 0;  ///< Links that were ignored because of crawl_options::max_known.
  std::size_t trapped = 0;  ///< URLs that were ignored because of crawl_options::traps.
  std::size_t seeds_fetched = 0;
  std::uint64_t bytes = 0;  ///< Size of all bodies before decoding.
  std::size_t queued = 0;   ///< URLs still to fetch.
  std::size_t known = 0;
};

/// The report of a crawl.
struct crawl_report {
  crawl_counts counts;
  std::chrono::nanoseconds elapsed{};
  /// URLs that could not be fetched and that a page links to.
  std::vector<broken_url> broken;
  bool complete = false;  ///< The crawl completed: no limit was reached, and it was not interrupted.
};

/// Returns a JSON object with pages, fetched, failed, broken_links, bytes, elapsed_s, pages_per_s and more,
/// without a newline. Passwords in URLs are replaced by `***`.
std::string to_json(const crawl_report& r);
/// Returns the report as text, with at most `max_broken` broken links and their referrers. Passwords in URLs
/// are replaced by `***`.
std::string to_text(const crawl_report& r, std::size_t max_broken = 20);

}  // namespace bight::crawl
