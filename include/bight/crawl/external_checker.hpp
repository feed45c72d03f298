// external_checker: checks that URLs can be followed, without crawling them.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/fragments.hpp>
#include <bight/crawl/link_report.hpp>
#include <bight/http/client.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::crawl {

/// A set of response statuses: "200,403,429" or "200-299,403".
class status_set {
 public:
  /// 200 to 299.
  status_set() = default;
  /// Errors: nullopt unless it is a list of statuses and ranges from 100 to 999, separated by commas.
  static std::optional<status_set> parse(std::string_view list);
  bool contains(int status) const noexcept;

 private:
  std::vector<std::pair<int, int>> ranges_{{200, 299}};
};

/// Options of external_checker. Not an aggregate, so that it is safe in co_await expressions.
struct external_options {
  external_options() {}

  /// Minimum time between two requests to one host, redirects and repetitions included. Default: 1 s; 0 for
  /// loopback addresses.
  std::optional<std::chrono::nanoseconds> host_delay;
  std::size_t max_concurrent = 32;                              ///< Maximum concurrent requests.
  std::size_t max_urls = 1'000'000;                             ///< Further URLs are not checked.
  std::chrono::nanoseconds timeout = std::chrono::seconds{30};  ///< Of one request.
  int max_redirects = 10;                                       ///< In one redirect chain.
  /// Further GET requests after 408, 500, 502, 503, 504 and connections that end early, with growing waits.
  unsigned max_retries = 0;
  std::uint64_t max_body = 8U << 20U;  ///< Maximum size of a page that is read for its ids.
  status_set accept;                   ///< The statuses of a good link.
};

/// The result for a URL.
struct external_result {
  link_verdict verdict = link_verdict::good;  ///< good, broken or not_checked.
  link_cause cause = link_cause::none;
  int status = 0;         ///< Of the last response; 0 if there was none.
  std::string reason;     ///< Empty for a good link.
  std::string final_url;  ///< The target of the last redirect; empty if there was none.
  /// With check_ids: the ids of the page; null if it is not HTML or Markdown, or could not be read.
  std::shared_ptr<const fragment_ids> ids;
};

/// Checks URLs by HEAD requests, as a polite guest: each URL once, one request a second and host.
///
///     crawl::external_checker checker{client};
///     auto found = co_await checker.check(url);
///     if (found.verdict == crawl::link_verdict::broken) report(url, found.reason);
///
/// A HEAD request that does not end with an accepted status is repeated as GET, whose body is not read:
/// many servers answer HEAD wrongly. Servers that refuse programs say nothing about the link, so these are
/// *not checked*: the statuses 401, 403, 407, 429, 451 and 999, 503 with Retry-After, challenge pages, and
/// what exceeds our limits. Redirects are followed. A host whose name does not resolve, or that could not be
/// reached six times in a row, is not asked again: further URLs have the same result. Concurrency: any number
/// of calls on one loop. Cancellation: the result of a cancelled call is lost, and a later call repeats it.
/// Lifetime: must outlive its calls.
class external_checker {
 public:
  explicit external_checker(http::client client, external_options options = {});
  external_checker(const external_checker&) = delete;
  external_checker& operator=(const external_checker&) = delete;
  ~external_checker();

  /// Checks an http or https URL; the fragment is ignored. Later calls with the same URL return the first
  /// result. Errors: none; network errors are results.
  [[nodiscard]] awaitable<external_result> check(http::url where);
  /// The same by GET, and reads the ids of the page.
  [[nodiscard]] awaitable<external_result> check_ids(http::url where);

  /// Sets the minimum time between two requests to a host, instead of external_options::host_delay.
  /// Precondition: no request to it waits.
  void set_host_delay(std::string_view host, std::chrono::nanoseconds delay);

  /// Requests so far, and URLs whose check is in progress.
  std::size_t requests() const noexcept;
  std::size_t active() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::crawl
