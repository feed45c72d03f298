// link_checker: checks the links of a crawl, of single pages and of local files.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/external_checker.hpp>
#include <bight/crawl/fragments.hpp>
#include <bight/crawl/link_cache.hpp>
#include <bight/crawl/link_report.hpp>
#include <bight/crawl/page.hpp>
#include <bight/http/client.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// A pattern and where it was written, for error messages: "--exclude-external", "ignore.txt:3".
struct link_pattern {
  std::string text;  ///< RE2; may match anywhere in the URL.
  std::string where;
};

/// The patterns of an ignore file: one a line; empty lines and lines that begin with `#` are skipped.
/// `name`: of the file, for link_pattern::where.
std::vector<link_pattern> read_ignore_file(std::string_view text, const std::string& name);

/// Options of link_checker. Not an aggregate, so that it is safe in co_await expressions.
struct link_check_options {
  link_check_options() {}

  bool external = false;   ///< Check links that lead out of the crawl.
  bool fragments = false;  ///< Check that HTML and Markdown pages have the elements that fragments name.
  bool redirects = false;  ///< Report redirected links.
  bool require_https =
      false;  ///< http URLs are broken links, except those of loopback and of an http site to itself.
  std::vector<link_pattern> ignore;            ///< Links that match are not checked.
  std::vector<link_pattern> exclude_external;  ///< The same for links that lead out of the crawl.
  external_options requests;                   ///< Requests for links that the crawl does not fetch.
  /// Minimum time between two requests to a host that the crawl fetches from. Default: 250 ms; 0 for
  /// loopback.
  std::optional<std::chrono::nanoseconds> crawl_delay;
  std::size_t max_places = 100;  ///< Maximum number of link_places of a link; others are counted.
  std::size_t max_pattern_memory = 8U << 20U;  ///< Maximum memory of a compiled pattern in bytes.
  /// The client for hosts that the crawl fetches from, with its cookies, fields and credentials. Default:
  /// that of the constructor.
  std::optional<http::client> site_client;
  /// Whether a crawl will fetch a URL, as far as one knows. Optional: saves requests.
  std::function<bool(const http::url&)> crawled;
  std::shared_ptr<link_cache> cache;  ///< Results of earlier runs.
};

/// Collects the links of pages, checks those that no crawl fetches, and reports all that are not good.
///
///     crawl::crawl_options options;
///     options.keep_links = options.keep_ids = true;
///     crawl::crawler crawler{options};
///     crawl::link_checker checker{client, check_options};
///     crawler.on_page([&](const crawl::page& p) { checker.add(p); });
///     auto walk = [&]() -> bight::awaitable<void> { co_await crawler.run(seeds); };
///     auto report = co_await checker.run(walk);
///     std::cout << crawl::to_text(report);
///
/// A link to a page that the crawl has fetched has the verdict of the crawl, also by way of redirects. All
/// other http and https links are given to an external_checker: at once if they lead to hosts that the crawl
/// does not fetch from, otherwise after the crawl. Memory: about 50 bytes for each link to a URL whose
/// verdict is not known yet, and 8 for each id of a page. Concurrency: one loop.
class link_checker {
 public:
  /// `client`: for links to other hosts. Errors: std::invalid_argument with the place of a pattern that is
  /// not valid.
  explicit link_checker(const http::client& client, link_check_options options = {});
  link_checker(const link_checker&) = delete;
  link_checker& operator=(const link_checker&) = delete;
  ~link_checker();

  /// Adds the result for a URL, with its links and ids.
  void add(const page& p);
  /// Adds a local file. `path`: absolute. `shown`: as it appears in the report. Its links are resolved
  /// already.
  void add_file(const std::filesystem::path& path, std::string shown, std::span<const page_link> links,
                fragment_ids ids);
  /// Reports a local file whose links cannot be checked. `path`: absolute.
  void add_unreadable_file(const std::filesystem::path& path, std::string reason);

  /// Runs `body`, which adds pages, checks links at the same time and, when it has returned, all that are
  /// left. Precondition: called once. Cancellation: `report` returns the results so far. Errors: those of
  /// `body`.
  [[nodiscard]] awaitable<link_report> run(std::function<awaitable<void>()> body);

  /// The results so far.
  link_report report() const;
  /// The number of links that are still to be checked.
  std::size_t pending() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::crawl
