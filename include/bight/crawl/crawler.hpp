// crawler: crawls web sites and checks their links.
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

/// Options of a crawler. Not an aggregate, so that it is safe in co_await expressions.
struct crawl_options {
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::uint32_t any_depth = std::numeric_limits<std::uint32_t>::max();

  crawl_options() {}

  scope_options scope;
  std::uint32_t max_depth = any_depth;  ///< Maximum number of links from a seed; 0 fetches only the seeds.
  std::size_t max_pages = unlimited;    ///< Maximum number of 2xx HTML documents.
  std::size_t max_concurrent = 16;      ///< Maximum concurrent fetches.
  std::size_t max_concurrent_per_host = 4;  ///< Maximum concurrent fetches per host and port.
  /// Minimum time between the starts of two fetches from one host. Default: 250 ms; 0 for loopback addresses.
  std::optional<std::chrono::nanoseconds> host_delay;
  std::chrono::nanoseconds max_crawl_delay = std::chrono::seconds{60};  ///< Upper bound for Crawl-delay.
  std::chrono::nanoseconds max_retry_after = std::chrono::minutes{5};   ///< Upper bound for Retry-After.
  std::uint32_t max_retries = 2;     ///< After connection errors, timeouts, 429, 502, 503 and 504.
  std::uint32_t max_redirects = 10;  ///< In one redirect chain.
  bool obey_robots = true;           ///< Honour robots.txt, meta robots and rel=nofollow.
  std::chrono::nanoseconds fetch_timeout = std::chrono::seconds{30};  ///< Timeout of one fetch.
  std::uint64_t max_body = 64U << 20U;  ///< Maximum decoded size of a document in bytes.
  std::string user_agent = "bight-crawl/0.1";
  std::optional<net::tls_client_context> tls;
};

/// Crawls all pages in the scope of some seeds, and checks all other links in scope.
///
///     crawl::crawler c{options};
///     c.on_page([](const crawl::page& p) { std::cout << crawl::to_json(p) << '\n'; });
///     std::vector<http::url> seeds{http::url{"http://localhost:8080/"}};
///     auto report = co_await c.run(std::move(seeds));
///
/// A redirect counts as a page; its target is fetched if it is in scope. The user name and password of a URL
/// are also used for links from that page to the same origin, but not for redirects to other origins.
/// Concurrency: one loop. Precondition: `run` is called at most once (otherwise std::logic_error).
/// Cancellation: drops fetches in progress; `counts` and `report` return the results so far.
class crawler {
 public:
  explicit crawler(crawl_options options = {});
  /// Uses the given frontier, including its politeness options.
  crawler(crawl_options options, std::unique_ptr<frontier> store);
  crawler(const crawler&) = delete;
  crawler& operator=(const crawler&) = delete;
  ~crawler();

  /// Sets a function that is called for every URL, fetched or failed. If it throws, the crawl ends.
  void on_page(std::function<void(const page&)> f);
  /// Same for a coroutine. Each fetch slot awaits its call, so a slow one slows the crawl down. Cancellation:
  /// cancelled together with the crawl.
  template <class F>
    requires std::same_as<std::invoke_result_t<F&, const page&>, awaitable<void>>
  void on_page(F f) {
    on_page_async(std::move(f));
  }

  /// Crawls until no URLs are left or a limit is reached. Errors: std::invalid_argument for an invalid
  /// pattern; exceptions of on_page.
  [[nodiscard]] awaitable<crawl_report> run(std::vector<http::url> seeds);

  /// The results so far.
  crawl_counts counts() const noexcept;
  crawl_report report() const;

 private:
  void on_page_async(std::function<awaitable<void>(const page&)> f);

  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::crawl
