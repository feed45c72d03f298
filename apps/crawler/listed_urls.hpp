// The URLs that sitemaps list.
#pragma once
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <string>
#include <vector>

#include "settings.hpp"

namespace crawler {

/// Reads sitemaps while a crawl runs, and adds what they list to it.
class listed_urls {
 public:
  listed_urls(const settings& s, bight::http::client client);

  /// Whether there are any to be read.
  static bool wanted(const settings& s) noexcept { return s.site_sitemaps || !s.sitemaps.empty(); }
  /// Puts the start URLs into `seeds`, adds what the sitemaps list to `c`, as far as it is in scope, and
  /// shuts the queue down.
  bight::awaitable<void> feed(bight::crawl::crawler& c, bight::queue<bight::http::url>& seeds);
  /// What was wrong with sitemaps, one line each.
  const std::vector<std::string>& errors() const noexcept { return errors_; }

 private:
  bight::awaitable<std::vector<bight::http::url>> find();
  bool in_scope(const bight::http::url& where) const;
  void note(const bight::crawl::sitemap_outcome& o);

  const settings& settings_;
  bight::http::client client_;
  bight::crawl::scope scope_;
  std::vector<std::string> guessed_;  // that there is none is no error
  std::vector<std::string> errors_;
};

}  // namespace crawler
