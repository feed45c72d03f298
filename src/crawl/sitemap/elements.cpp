#include "crawl/sitemap/elements.hpp"

namespace bight::crawl::sitemap {
namespace {

element root(std::string_view local) noexcept {
  if (local == "urlset") return element::urlset;
  if (local == "sitemapindex") return element::index;
  if (local == "rss" || local == "RDF") return element::rss;
  return local == "feed" ? element::feed : element::other;
}

// Of RSS 1.0, the items stand beside the channel.
element in_rss(element parent, std::string_view local) noexcept {
  if (local == "channel" && parent == element::rss) return element::channel;
  return local == "item" ? element::item : element::other;
}

element in_item(std::string_view local) noexcept {
  if (local == "guid") return element::guid;
  if (local == "pubDate" || local == "date") return element::date;
  return local == "enclosure" ? element::enclosure : element::other;
}

}  // namespace

element classify(element parent, std::string_view local, bool has_href) noexcept {
  switch (parent) {
    case element::none:
      return root(local);
    case element::urlset:  // some are within themselves
      if (local == "urlset") return element::urlset;
      return local == "url" ? element::url : element::other;
    case element::index:
      if (local == "sitemapindex") return element::index;
      return local == "sitemap" ? element::sitemap : element::other;
    case element::url:
      if (local == "link") return element::alternate;
      [[fallthrough]];
    case element::sitemap:
      if (local == "loc") return element::loc;
      return local == "lastmod" ? element::lastmod : element::other;
    case element::rss:
    case element::channel:
    case element::item:
      if (local == "link") return has_href ? element::atom_link : element::item_link;
      return parent == element::item ? in_item(local) : in_rss(parent, local);
    case element::feed:
      if (local == "entry") return element::entry;
      return local == "link" ? element::atom_link : element::other;
    case element::entry:
      if (local == "link") return element::atom_link;
      return local == "updated" ? element::date : element::other;
    default:
      return element::other;
  }
}

}  // namespace bight::crawl::sitemap
