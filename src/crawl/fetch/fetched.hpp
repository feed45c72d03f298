// The result of a fetch, before the crawler has decided what it means.
#pragma once
#include <bight/crawl/page.hpp>
#include <chrono>
#include <string>

#include "crawl/fetch/found_links.hpp"

namespace bight::crawl {

struct fetched {
  page result;
  found_links found;
  bool skipped = false;                      // by on_request
  bool retryable = false;                    // a further attempt may succeed
  bool redirected = false;                   // to result.final_url
  std::chrono::nanoseconds retry_after{-1};  // Retry-After; negative if there was none
  /// Why the body ended early; a further attempt may get all of it if `cut_by_network`.
  std::string cut;
  bool cut_by_network = false;

  void clear() {
    result = {};
    found.clear();
    skipped = retryable = redirected = cut_by_network = false;
    retry_after = std::chrono::nanoseconds{-1};
    cut.clear();
  }
};

}  // namespace bight::crawl
