// Sitemaps and feeds: the URLs that a site lists itself.
#pragma once
#include <bight/http/url.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::crawl {

/// The format of a sitemap, recognised by its content.
enum class sitemap_format : std::uint8_t {
  unknown,  ///< Nothing was read yet, or it is none of these.
  urlset,   ///< A sitemap (sitemaps.org).
  index,    ///< A list of sitemaps (sitemaps.org).
  rss,      ///< RSS 0.9x, 1.0 or 2.0.
  atom,     ///< Atom (RFC 4287).
  text,     ///< One URL a line.
};
/// The name of the enumerator, in static storage.
std::string_view to_string(sitemap_format format) noexcept;

/// What an entry leads to.
enum class sitemap_entry_kind : std::uint8_t {
  page,       ///< A page of the site.
  sitemap,    ///< Another sitemap: an entry of an index.
  alternate,  ///< A translation of a page: xhtml:link with hreflang.
  enclosure,  ///< A file of a feed, for example a podcast's.
};

/// An entry of a sitemap or feed.
/// Lifetime: valid until the sink returns.
struct sitemap_entry {
  const http::url& url;
  sitemap_entry_kind kind = sitemap_entry_kind::page;
  /// lastmod, updated or pubDate as written; empty if absent or behind the URL.
  std::string_view changed;
  /// The language of an alternate.
  std::string_view language;
};

/// A non-owning reference to a callable that takes `const sitemap_entry&`.
/// Lifetime: the callable must outlive the call that the sink is passed to.
class sitemap_sink {
 public:
  template <typename Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, sitemap_sink> &&
             std::invocable<Function&, const sitemap_entry&>)
  sitemap_sink(Function&& function) noexcept  // NOLINT(google-explicit-constructor): a parameter type
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, const sitemap_entry& found) {
          (*static_cast<std::remove_reference_t<Function>*>(object))(found);
        }) {}
  void operator()(const sitemap_entry& found) const { call_(object_, found); }

 private:
  void* object_;
  void (*call_)(void*, const sitemap_entry&);
};

/// Limits of a sitemap_parser. What is read before one is exceeded counts. Trivially copyable.
struct sitemap_limits {
  std::size_t max_bytes = 50 * 1024 * 1024;  ///< Decompressed size (sitemaps.org: 50 MB).
  std::size_t max_entries = 50'000;          ///< Entries (sitemaps.org); alternates are not counted.
  std::size_t max_alternates = 500'000;      ///< Alternates of all entries together.
  std::size_t max_url_bytes = 8 * 1024;      ///< Length of a URL; longer ones are dropped and counted.
  std::size_t max_depth = 64;                ///< Elements within each other.
};

/// Parses sitemaps and feeds as they arrive: sitemaps.org XML and indexes, RSS, Atom, text; each also
/// compressed with gzip, whatever its name.
///
///     crawl::sitemap_parser parser{where};
///     const auto print = [](const crawl::sitemap_entry& e) { std::cout << e.url.href() << '\n'; };
///     for (const std::string& piece : pieces)
///       if (!parser.feed(piece, print)) break;
///     parser.finish(print);
///     if (!parser.error().empty()) std::cerr << parser.error() << '\n';
///
/// Reads no external entities, and refuses documents that declare entities. Characters in front of the XML
/// declaration are skipped if they are white space. Relative URLs, which sitemaps must not have, are resolved
/// against the sitemap, those of feeds against xml:base. Other URLs than http and https are dropped.
/// Complexity: linear; memory: max_url_bytes and a few KiB. Concurrency: distinct objects: safe.
class sitemap_parser {
 public:
  /// `where`: the URL of the sitemap. `content_type`: the header, whose charset counts before that of the XML
  /// declaration; may be empty.
  explicit sitemap_parser(http::url where, std::string_view content_type = {},
                          const sitemap_limits& limits = {});
  sitemap_parser(sitemap_parser&&) noexcept;
  sitemap_parser& operator=(sitemap_parser&&) noexcept;
  ~sitemap_parser();

  /// Parses the next bytes and calls `on_entry` for each complete entry. Exceptions of `on_entry` are
  /// propagated; afterwards the parser may only be destroyed. Returns: whether more is wanted; false after an
  /// error or at a limit.
  bool feed(std::string_view bytes, sitemap_sink on_entry);
  /// Signals the end.
  void finish(sitemap_sink on_entry);

  sitemap_format format() const noexcept;
  /// Why reading stopped, with the line: not well-formed, a limit, not a sitemap at all. Empty if nothing is
  /// wrong. The entries found before it are good.
  const std::string& error() const noexcept;
  /// The number of entries, alternates not included.
  std::size_t entries() const noexcept;
  /// The number of URLs that were dropped: invalid, too long, not http or https.
  std::size_t dropped() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::crawl
