// The elements of sitemaps and feeds that mean something.
#pragma once
#include <cstdint>
#include <string_view>

namespace bight::crawl::sitemap {

enum class element : std::uint8_t {
  none,
  other,
  urlset,
  index,
  url,
  sitemap,
  loc,
  lastmod,
  alternate,  // xhtml:link in a url
  rss,
  channel,
  item,
  item_link,
  guid,
  date,  // pubDate, dc:date, updated
  enclosure,
  feed,
  entry,
  atom_link,
};

/// What an element named `local`, whatever its namespace, is inside `parent`. `parent` is none for the root,
/// which is other if the document is no sitemap and no feed. `has_href`: links of Atom, which RSS borrows,
/// have that attribute, those of RSS a text.
element classify(element parent, std::string_view local, bool has_href) noexcept;

/// Whether the text of the element is wanted.
constexpr bool has_text(element e) noexcept {
  return e == element::loc || e == element::lastmod || e == element::item_link || e == element::guid ||
         e == element::date;
}

}  // namespace bight::crawl::sitemap
