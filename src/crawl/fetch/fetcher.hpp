// Fetches one URL and finds its links.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/crawl_options.hpp>
#include <bight/crawl/frontier.hpp>
#include <bight/crawl/scope.hpp>
#include <bight/http/client.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/response.hpp>
#include <cstdint>
#include <optional>

#include "crawl/fetch/fetched.hpp"
#include "crawl/fetch/hooks.hpp"
#include "crawl/fetch/page_reader.hpp"

namespace bight::crawl {

/// Fetches URLs, one at a time; owns the buffers of a worker.
class fetcher {
 public:
  /// With `cut_depth`, links beyond the maximum depth are left out: not needed if the frontier knows it.
  fetcher(http::client client, scope& s, const crawl_options& options, const crawl_hooks& hooks,
          bool cut_depth);

  /// Errors are stored in the page; throws only cancelled_error, and what a hook throws. With `redirects`, so
  /// many are followed at once; otherwise each is a page of its own.
  awaitable<void> fetch(const assignment& a, fetched& out, std::uint32_t redirects = 0);

 private:
  awaitable<std::optional<http::response>> send(http::request_builder request, const assignment& a,
                                                std::uint32_t redirects, fetched& out);
  awaitable<bool> ask_on_request(const assignment& a, http::request_builder& request, fetched& out);
  awaitable<bool> ask_on_response(const assignment& a, const http::response& response);
  static void read_head(const http::response& response, fetched& out);
  void redirect(const assignment& a, const http::response& response, fetched& out);

  http::client client_;
  scope& scope_;
  const crawl_options& options_;
  const crawl_hooks& hooks_;
  page_reader reader_;
  http::url target_;
  std::string location_;
};

}  // namespace bight::crawl
