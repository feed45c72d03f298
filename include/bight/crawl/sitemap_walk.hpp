// sitemap_urls: the URLs of the sitemaps of a site, indexes followed.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/generator.hpp>
#include <bight/crawl/sitemap.hpp>
#include <bight/http/client.hpp>
#include <bight/http/url.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bight::crawl {

/// What became of a sitemap.
struct sitemap_outcome {
  http::url url;
  int status = 0;  ///< 0 if there was no response.
  sitemap_format format = sitemap_format::unknown;
  std::size_t entries = 0;
  std::size_t dropped = 0;  ///< URLs in it that are none.
  std::string error;        ///< Empty if nothing is wrong with it.
};

/// Options and limits of sitemap_urls. Not an aggregate, so that it is safe in co_await expressions.
struct sitemap_walk_options {
  sitemap_walk_options() {}

  sitemap_limits limits;  ///< Of each sitemap.
  /// Sitemaps that are fetched; further ones are ignored (sitemaps.org: 50,000 in an index).
  std::size_t max_sitemaps = 50'000;
  std::size_t max_urls = 10'000'000;  ///< URLs that are yielded.
  std::uint32_t max_depth = 3;        ///< Indexes on the way to a sitemap (sitemaps.org: 1).
  bool alternates = true;             ///< Also translations (hreflang).
  bool enclosures = true;             ///< Also files of feeds.
  /// Called with each sitemap when it has been read.
  std::function<void(const sitemap_outcome&)> on_sitemap;
};

/// The sitemaps that the robots.txt of a site names; /sitemap.xml if it names none or cannot be fetched.
/// after two more attempts. `site`: any URL of it. Errors: none.
awaitable<std::vector<http::url>> sitemaps_of(http::client client, http::url site);

/// Fetches sitemaps and feeds and yields the URLs in them, in order; those of an index and the further pages
/// of feeds are fetched in turn, each once, and up to twice more after a failure that may pass. A URL that is
/// listed twice is yielded twice. A sitemap that cannot be fetched or read yields what came before its fault;
/// sitemap_walk_options::on_sitemap tells why.
///
///     auto sitemaps = co_await crawl::sitemaps_of(client, site);
///     auto listed = crawl::sitemap_urls(client, std::move(sitemaps));
///     auto next = co_await listed.next();
///     while (next) {
///       std::cout << next->href() << '\n';
///       next = co_await listed.next();
///     }
///
/// Redirects are those of the client. Cancellation: closes the connection. Memory: the entries of one piece
/// of a body, and the names of the sitemaps.
generator<http::url> sitemap_urls(http::client client, std::vector<http::url> sitemaps,
                                  sitemap_walk_options options = sitemap_walk_options{});

}  // namespace bight::crawl
