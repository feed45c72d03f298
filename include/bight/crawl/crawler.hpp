// crawler: fetches a site, following its links.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/frontier.hpp>
#include <bight/crawl/page.hpp>
#include <bight/crawl/report.hpp>
#include <bight/crawl/scope.hpp>
#include <bight/http/client.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace bight::crawl {

/// Options of a crawler. A class and not an aggregate, so that it is safe inside co_await expressions.
struct crawl_options {
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::uint32_t any_depth = std::numeric_limits<std::uint32_t>::max();

  crawl_options() {}

  scope_options scope;
  std::uint32_t max_depth = any_depth;  ///< Links from a seed; 0 fetches the seeds alone.
  std::size_t max_pages = unlimited;    ///< 2xx HTML documents; the crawl ends with that many.
  std::size_t concurrency = 16;         ///< Fetches at a time.
  std::size_t per_host = 4;             ///< ... from one host and port.
  /// Between the starts of two fetches from one host. Not set: 250 ms, and none for loopback addresses.
  std::optional<std::chrono::nanoseconds> delay;
  std::chrono::nanoseconds max_crawl_delay =
      std::chrono::seconds{60};  ///< A longer Crawl-delay is cut to this.
  std::chrono::nanoseconds max_retry_after =
      std::chrono::minutes{5};       ///< A longer Retry-After is cut to this.
  std::uint32_t retries = 2;         ///< Of connection errors, time-outs, 429, 502, 503 and 504.
  std::uint32_t max_redirects = 10;  ///< In one chain.
  bool obey_robots = true;           ///< robots.txt, meta robots and rel=nofollow.
  std::chrono::nanoseconds timeout = std::chrono::seconds{30};  ///< For one fetch.
  std::uint64_t max_body = 64U << 20U;                          ///< Decoded bytes of one document.
  std::string user_agent = "bight-crawl/0.1";
  std::optional<net::tls_client_context> tls;
};

/// Crawls everything in scope of some seeds: pages and, to check them, every other link in scope.
///
///     crawl::crawler c{options};
///     c.on_page([](const crawl::page& p) { std::cout << crawl::to_json(p) << '\n'; });
///     std::vector<http::url> seeds{http::url{"http://localhost:8080/"}};
///     auto report = co_await c.run(std::move(seeds));
///
/// A redirect is a page of its own, whose target is fetched if it is in scope. User name and password of a
/// URL hold for all links from it to its origin that have none; a redirect to another origin has none.
/// Concurrency: one loop. Lifetime: one crawler is one crawl: `run` is called once
/// (std::logic_error otherwise).
/// Cancellation: fetches in flight are dropped; `counts` and `report` tell what was done.
class crawler {
 public:
  explicit crawler(crawl_options options = {});
  /// With a frontier of one's own, whose politeness options are then its own too.
  crawler(crawl_options options, std::unique_ptr<frontier> store);
  crawler(const crawler&) = delete;
  crawler& operator=(const crawler&) = delete;
  ~crawler();

  /// Called for every URL that was fetched, or could not be. An exception out of it ends the crawl.
  void on_page(std::function<void(const page&)> f);
  /// The same for a coroutine, or what returns an awaitable: each fetch slot waits for its own, so one that
  /// is slow slows the crawl. Cancellation: when the crawl is cancelled, so is it.
  template <class F>
    requires std::same_as<std::invoke_result_t<F&, const page&>, awaitable<void>>
  void on_page(F f) {
    on_page_async(std::move(f));
  }

  /// Crawls until nothing is left, or a limit is reached. Errors: std::invalid_argument for a bad pattern;
  /// what on_page throws.
  [[nodiscard]] awaitable<crawl_report> run(std::vector<http::url> seeds);

  /// What has been done so far.
  crawl_counts counts() const noexcept;
  crawl_report report() const;

 private:
  void on_page_async(std::function<awaitable<void>(const page&)> f);

  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::crawl
