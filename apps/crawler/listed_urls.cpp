#include "listed_urls.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace crawler {

namespace crawl = bight::crawl;
namespace http = bight::http;

listed_urls::listed_urls(const settings& s, http::client client)
    : settings_(s), client_(std::move(client)), scope_(crawl::scope::make(s.seeds, s.crawl.scope).value()) {}

bight::awaitable<void> listed_urls::feed(crawl::crawler& c, bight::queue<http::url>& seeds) {
  for (const auto& seed : settings_.seeds) co_await seeds.put(seed);
  auto sitemaps = co_await find();
  crawl::sitemap_walk_options options;
  options.on_sitemap = [this](const crawl::sitemap_outcome& o) { note(o); };
  auto listed = crawl::sitemap_urls(client_, std::move(sitemaps), std::move(options));
  auto next = co_await listed.next();
  while (next) {
    if (in_scope(*next)) co_await c.add(std::move(*next));
    next = co_await listed.next();
  }
  seeds.shutdown();
}

// A site that redirects example.org to www.example.org lists URLs of the latter.
bool listed_urls::in_scope(const http::url& where) const {
  if (scope_.decide(where)) return true;
  auto other = where;
  const auto host = std::string{where.host()};
  const bool www = host.starts_with("www.");
  return other.set_host(www ? host.substr(4) : "www." + host) && scope_.decide(other);
}

// Those of the options and those of the sites of the start URLs.
bight::awaitable<std::vector<http::url>> listed_urls::find() {
  auto sitemaps = settings_.sitemaps;
  std::set<std::string> sites;
  for (const auto& seed : settings_.seeds) {
    if (!settings_.site_sitemaps || !sites.insert(seed.origin()).second) continue;
    const auto found = co_await crawl::sitemaps_of(client_, seed);
    for (const auto& where : found) {
      if (found.size() == 1 && where.path() == "/sitemap.xml") guessed_.push_back(where.href());
      sitemaps.push_back(where);
    }
  }
  co_return sitemaps;
}

void listed_urls::note(const crawl::sitemap_outcome& o) {
  const bool page = o.status / 100 == 2 && o.format == crawl::sitemap_format::unknown;
  const bool none = page || o.status == 404 || o.status == 410;
  if (o.error.empty() || (none && std::ranges::find(guessed_, o.url.href()) != guessed_.end())) return;
  errors_.push_back("sitemap " + o.url.redacted() + ": " + o.error);
}

}  // namespace crawler
