// The link check of a run: its checker, its cache and its report.
#pragma once
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <functional>
#include <memory>
#include <string>

#include "check_options.hpp"
#include "settings.hpp"

namespace crawler {

class link_check {
 public:
  /// `site`: the client of the crawl, for links within the site that it does not follow. Errors:
  /// std::invalid_argument for patterns; std::system_error for files.
  link_check(const settings& s, const bight::http::client& site);

  void add(const bight::crawl::page& p) { checker_.add(p); }
  /// Checks local files, and what `crawl` adds meanwhile. Reads the cache.
  bight::awaitable<void> run(std::function<bight::awaitable<void>()> crawl);
  /// Writes the cache, also of an interrupted check. A file that is none is left alone.
  bight::awaitable<void> save_cache() const;
  /// Writes the report, also of an interrupted check. `stdout_has_lines`: text goes to stderr. `crawl`: its
  /// limits are those of the check; null if there was none.
  void print(bool stdout_has_lines, const bight::crawl::crawl_report* crawl) const;
  /// 0, or 3 if links are broken.
  int exit_status() const;
  /// The number of links that wait for an answer.
  std::size_t pending() const noexcept { return checker_.pending(); }

 private:
  const settings& settings_;
  std::shared_ptr<bight::crawl::link_cache> cache_;  // null: none
  bool cache_loaded_ = false;
  bight::crawl::link_checker checker_;
};

}  // namespace crawler
