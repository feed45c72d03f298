// Fetches one URL and finds its links.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/crawler.hpp>
#include <bight/crawl/links.hpp>
#include <bight/crawl/page.hpp>
#include <bight/crawl/scope.hpp>
#include <bight/http/client.hpp>
#include <bight/http/response.hpp>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// The links of a page that are in scope, stored in one string.
class found_links {
 public:
  void clear() noexcept {
    text_.clear();
    places_.clear();
  }
  void add(std::string_view url, std::uint32_t depth, link_kind kind, bool redirect) {
    places_.push_back({text_.size(), url.size(), depth, kind, redirect});
    text_.append(url);
  }
  /// The links for the frontier. Lifetime: until the next call of any member.
  std::span<const discovery> view() {
    discoveries_.clear();
    const std::string_view all = text_;
    for (const auto& p : places_)
      discoveries_.push_back({all.substr(p.begin, p.size), p.depth, p.kind, p.redirect});
    return discoveries_;
  }

 private:
  struct place {
    std::size_t begin;
    std::size_t size;
    std::uint32_t depth;
    link_kind kind;
    bool redirect;
  };
  std::string text_;
  std::vector<place> places_;
  std::vector<discovery> discoveries_;
};

/// The result of a fetch.
struct fetched {
  page result;
  found_links found;
  bool retryable = false;
  bool redirected = false;                   ///< To result.final_url.
  std::chrono::nanoseconds retry_after{-1};  ///< Retry-After; negative if there was none.
};

/// Fetches URLs, one at a time; owns the buffers of a worker.
class fetcher {
 public:
  fetcher(http::client client, const scope& s, const crawl_options& options);

  /// Errors are stored in the page; throws only cancelled_error.
  awaitable<void> fetch(const assignment& a, fetched& out);

 private:
  awaitable<void> read_links(http::response& response, link_extractor& extractor);
  static void read_headers(const http::response& response, fetched& out);
  void redirect(const assignment& a, const http::response& response, fetched& out);
  void settle_credentials(const http::url& from, bool redirect);
  void resolve_links(const assignment& a, const page_facts& facts, bool nofollow, fetched& out);
  void add(const http::url& target, std::uint32_t depth, link_kind kind, bool is_redirect, fetched& out);

  struct raw_link {
    std::size_t begin;
    std::size_t size;
    link_kind kind;
    bool nofollow;
  };

  http::client client_;
  const scope& scope_;
  const crawl_options& options_;
  std::string product_;
  link_extractor html_;
  link_extractor css_;
  std::string raw_text_;
  std::vector<raw_link> raw_;
  http::url target_;
};

/// "name" of "name/1.0 (...)".
std::string product_of(std::string_view user_agent);

}  // namespace bight::crawl
