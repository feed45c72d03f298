// report: what a crawl has found, in sum.
#pragma once
#include <bight/crawl/frontier.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bight::crawl {

/// Counts of a crawl, while it runs and at its end.
struct crawl_counts {
  std::size_t pages = 0;    ///< 2xx HTML documents.
  std::size_t fetched = 0;  ///< Responses of any kind.
  std::size_t failed = 0;   ///< Errors and statuses of 400 and more, after the last attempt.
  std::size_t skipped = 0;  ///< Not fetched: robots.txt.
  std::size_t retries = 0;
  std::size_t seeds_fetched = 0;
  std::uint64_t bytes = 0;  ///< Of bodies, as sent.
  std::size_t queued = 0;   ///< URLs still to fetch.
  std::size_t known = 0;
};

/// The end of a crawl.
struct crawl_report {
  crawl_counts counts;
  std::chrono::nanoseconds elapsed{};
  /// URLs that could not be fetched and that some page refers to.
  std::vector<broken_url> broken;
  bool complete = false;  ///< It ended by itself: no limit, no interrupt.
};

/// One JSON object with pages, fetched, failed, broken_links, bytes, elapsed_s, pages_per_s and more; without
/// a line end. Passwords in URLs are shown as `***`, here and in the text.
std::string to_json(const crawl_report& r);
/// For people: some lines, each ended, at most `max_broken` broken links with who refers to them.
std::string to_text(const crawl_report& r, std::size_t max_broken = 20);

}  // namespace bight::crawl
