// Link extraction from HTML, CSS and HTTP headers, without a document tree.
#pragma once
#include <bight/crawl/fragments.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::crawl {

/// The kind of a link, by the element or attribute in which it was found.
enum class link_kind : std::uint8_t {
  anchor,      ///< a href; in inline SVG also a xlink:href.
  area,        ///< area href of an image map.
  frame,       ///< frame src, iframe src.
  form,        ///< form action; button and input formaction.
  refresh,     ///< The URL of meta http-equiv=refresh or of the Refresh header.
  canonical,   ///< link rel=canonical.
  alternate,   ///< link rel=alternate, except style sheets.
  next,        ///< link rel=next.
  prev,        ///< link rel=prev or previous.
  stylesheet,  ///< link rel=stylesheet.
  icon,        ///< link rel=icon, "shortcut icon", apple-touch-icon, mask-icon.
  preload,     ///< link rel=preload, modulepreload, prefetch or prerender.
  manifest,    ///< link rel=manifest.
  other,       ///< link with another rel (author, license, search, ...).
  script,      ///< script src.
  image,       ///< img src, input type=image src, background; image, use and feImage of inline SVG.
  image_set,   ///< One candidate of srcset or imagesrcset.
  media,       ///< video, audio and source src.
  poster,      ///< video poster.
  track,       ///< track src.
  object,      ///< object data.
  embed,       ///< embed src.
  cite,        ///< cite of blockquote, q, ins and del.
  css_import,  ///< @import of a style element or style sheet.
  css_url,     ///< url() of a style element, style attribute or style sheet.
};
/// The number of link_kind values.
inline constexpr std::size_t link_kind_count = 25;

/// The name of the enumerator, in static storage.
std::string_view to_string(link_kind kind) noexcept;

/// A set of link kinds.
class link_kinds {
 public:
  constexpr link_kinds() = default;
  /// All kinds except form and cite.
  static constexpr link_kinds defaults() noexcept {
    return all().without(link_kind::form).without(link_kind::cite);
  }
  static constexpr link_kinds all() noexcept { return link_kinds{(std::uint32_t{1} << link_kind_count) - 1}; }
  /// Links to other documents: anchor, area, frame, refresh, canonical, alternate, next, prev.
  static constexpr link_kinds pages() noexcept;

  constexpr link_kinds with(link_kind kind) const noexcept { return link_kinds{bits_ | bit(kind)}; }
  constexpr link_kinds without(link_kind kind) const noexcept { return link_kinds{bits_ & ~bit(kind)}; }
  constexpr bool contains(link_kind kind) const noexcept { return (bits_ & bit(kind)) != 0; }
  friend constexpr bool operator==(link_kinds, link_kinds) = default;

 private:
  constexpr explicit link_kinds(std::uint32_t bits) noexcept : bits_(bits) {}
  static constexpr std::uint32_t bit(link_kind kind) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(kind);
  }
  std::uint32_t bits_ = 0;
};

constexpr link_kinds link_kinds::pages() noexcept {
  using enum link_kind;
  return link_kinds{}
      .with(anchor)
      .with(area)
      .with(frame)
      .with(refresh)
      .with(canonical)
      .with(alternate)
      .with(next)
      .with(prev);
}

/// A link as written in the page, neither resolved nor validated.
/// Lifetime: `url` is valid until the sink returns.
struct link {
  link_kind kind = link_kind::anchor;
  /// Whether the rel attribute of the element has nofollow. For the page, see page_facts::robots.
  bool nofollow = false;
  /// Byte offset in the input: of the '<' of the element or of the Link header, or of the URL or its opening
  /// quote in a style sheet.
  std::uint64_t offset = 0;
  /// The URL with decoded character references, trimmed of C0 controls and spaces (WHATWG URL). Empty only
  /// for anchors and areas.
  std::string_view url;
};

/// A non-owning reference to a callable that takes `const link&`.
/// Lifetime: the callable must outlive the call that the sink is passed to.
class link_sink {
 public:
  template <typename Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, link_sink> &&
             std::invocable<Function&, const link&>)
  link_sink(Function&& function) noexcept  // NOLINT(google-explicit-constructor): a parameter type
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, const link& found) {
          (*static_cast<std::remove_reference_t<Function>*>(object))(found);
        }) {}
  void operator()(const link& found) const { call_(object_, found); }

 private:
  void* object_;
  void (*call_)(void*, const link&);
};

/// The robots directives of a page or its X-Robots-Tag header.
struct robots_directives {
  bool noindex = false;    ///< noindex or none.
  bool nofollow = false;   ///< nofollow or none.
  bool noarchive = false;  ///< noarchive or nocache.
  friend bool operator==(const robots_directives&, const robots_directives&) = default;
};

/// The value of meta http-equiv=refresh or of a Refresh header.
struct refresh_target {
  std::uint32_t seconds = 0;  ///< The delay; saturates.
  std::string url;            ///< Empty if the page reloads itself.
  friend bool operator==(const refresh_target&, const refresh_target&) = default;
};

/// Metadata of a page, collected while it is parsed. Values are decoded and trimmed as in link::url.
struct page_facts {
  /// The first base href, against which the links of the page are to be resolved.
  std::optional<std::string> base;
  /// The first link rel=canonical.
  std::optional<std::string> canonical;
  /// The first valid meta refresh.
  std::optional<refresh_target> refresh;
  /// The union of meta robots and of meta with the robots_name of the options.
  robots_directives robots;
  /// The encoding label of the byte order mark or of the first meta charset, in lower case; empty if none.
  std::string charset;
  /// The text of the first title outside SVG, with whitespace collapsed.
  std::string title;
  /// With link_options::ids: the `id` of each element and the `name` of each a element. Not packed.
  fragment_ids ids;
  /// The number of attributes that were ignored because they exceeded a limit.
  std::uint64_t dropped_attributes = 0;
  /// The number of style sheet URLs that exceeded the limit.
  std::uint64_t dropped_css_urls = 0;
};

/// The input format of feed().
enum class link_source : std::uint8_t {
  html,   ///< text/html
  css,    ///< text/css
  xhtml,  ///< XHTML sent as XML: as html, but `<script src="x"/>` and the like are empty elements.
};

/// Options and limits of link_extractor.
struct link_options {
  link_source source = link_source::html;
  /// The kinds of links to report. Does not affect page_facts.
  link_kinds kinds = link_kinds::defaults();
  /// Collect page_facts::ids.
  bool ids = false;
  /// An additional meta name besides "robots", for example the product token of the crawler.
  std::string robots_name;
  /// Maximum length of an attribute value as written; longer ones are dropped and counted.
  std::size_t max_attribute_bytes = 64 * 1024;
  /// Maximum total length of the attributes of a tag; attributes beyond it are dropped and counted.
  std::size_t max_tag_bytes = 256 * 1024;
  /// Maximum length of a URL in a style sheet; longer ones are dropped and counted.
  std::size_t max_css_url_bytes = 64 * 1024;
  /// Maximum length of the title, which is truncated at a character boundary.
  std::size_t max_title_bytes = 1024;
};

/// Extracts the links of a page or style sheet incrementally, in one pass over its bytes.
///
/// The tokenizer follows the WHATWG HTML standard, 13.2.5; the sizes of the pieces do not affect the result.
/// Since it builds no tree, it differs from browsers as follows:
/// - the contents of noscript and template are treated as markup;
/// - tags that a tree builder would ignore are processed: inside select, in a frameset, nested forms;
/// - unclosed or misnested elements in SVG and MathML are not repaired: after an svg element that is closed
/// only by
///   the end tag of an outer element, title, style and script are treated as SVG elements.
///
/// Accepts any ASCII-compatible encoding; UTF-16 must be transcoded first.
/// Complexity: one pass, no allocation per token. Uses at most max_tag_bytes + max_attribute_bytes +
/// max_css_url_bytes + 8 max_title_bytes + a few KiB, plus decoded copies of single values.
class link_extractor {
 public:
  explicit link_extractor(link_options options = {});
  link_extractor(link_extractor&&) noexcept;
  link_extractor& operator=(link_extractor&&) noexcept;
  ~link_extractor();

  /// Processes the next bytes of the page and calls `on_link` for each complete link, in order. Exceptions of
  /// `on_link` are propagated; afterwards only reset() may be called.
  void feed(std::string_view bytes, link_sink on_link);
  /// Signals the end of the page. Afterwards only facts() and reset() may be called.
  void finish(link_sink on_link);
  /// Prepares for another page, keeping options and buffers.
  void reset();

  /// The metadata collected so far. Lifetime: until reset() or destruction.
  const page_facts& facts() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// Extracts the links of a complete page. Returns: its metadata.
page_facts extract_links(std::string_view page, link_sink on_link, link_options options = {});

/// Extracts the links of an HTTP Link header (RFC 8288 3), with the kinds of the link element. Malformed
/// links and links with an anchor parameter, which concern another resource, are skipped.
void parse_link_header(std::string_view value, link_sink on_link);

/// Parses a Refresh header or the content of meta refresh (HTML standard 4.2.5.3). Returns: nullopt if a
/// browser would not refresh.
std::optional<refresh_target> parse_refresh(std::string_view value);

/// Adds the directives of a meta robots element, such as "noindex, nofollow", to `directives`.
void parse_robots_meta(std::string_view content, robots_directives& directives) noexcept;

/// Adds the directives of an X-Robots-Tag header to `directives`, except those for robots other than
/// `product`.
void parse_x_robots_tag(std::string_view value, std::string_view product,
                        robots_directives& directives) noexcept;

}  // namespace bight::crawl
