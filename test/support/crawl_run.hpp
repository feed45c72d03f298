// Crawls in tests: what was found, by URL.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/crawler.hpp>
#include <bight/http/url.hpp>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::test {

/// A crawl, its pages in order, and its report.
class crawl_run {
 public:
  crawl_run() {
    options.max_retries = 0;
    options.max_host_wait = std::chrono::nanoseconds{0};
  }

  /// Crawls from these URLs.
  template <class... Text>
  awaitable<void> from(Text... urls) {
    std::vector<http::url> seeds;
    (seeds.push_back(http::url::parse(urls).value()), ...);
    crawl::crawler c{options};
    c.on_page([this](const crawl::page& p) { pages.push_back(p); });
    report = co_await c.run(std::move(seeds));
  }
  /// The only line about a URL.
  const crawl::page& at(const std::string& url) const {
    const crawl::page* found = nullptr;
    for (const auto& p : pages) {
      if (p.url.href() != url) continue;
      if (found) throw std::logic_error(url + " was reported twice");
      found = &p;
    }
    if (!found) throw std::logic_error(url + " was not reported");
    return *found;
  }
  bool has(const std::string& url) const {
    for (const auto& p : pages)
      if (p.url.href() == url) return true;
    return false;
  }

  crawl::crawl_options options;
  std::vector<crawl::page> pages;
  crawl::crawl_report report;
};

}  // namespace bight::test
