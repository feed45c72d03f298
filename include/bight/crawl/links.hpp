// Links of HTML pages, style sheets and HTTP header fields, found without a document tree.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::crawl {

/// Where in a page a link was found; one link has one kind.
enum class link_kind : std::uint8_t {
  anchor,      ///< a href; in inline SVG also a xlink:href.
  area,        ///< area href of an image map.
  frame,       ///< frame src, iframe src.
  form,        ///< form action; button and input formaction.
  refresh,     ///< The URL of meta http-equiv=refresh or of the Refresh header.
  canonical,   ///< link rel=canonical.
  alternate,   ///< link rel=alternate, style sheets apart.
  next,        ///< link rel=next.
  prev,        ///< link rel=prev or previous.
  stylesheet,  ///< link rel=stylesheet.
  icon,        ///< link rel=icon, "shortcut icon", apple-touch-icon, mask-icon.
  preload,     ///< link rel=preload, modulepreload, prefetch or prerender.
  manifest,    ///< link rel=manifest.
  other,       ///< link with a rel that has no kind of its own (author, license, search, ...).
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
/// How many link_kind values there are.
inline constexpr std::size_t link_kind_count = 25;

/// Returns the enumerator's name, for reports; static storage.
std::string_view to_string(link_kind kind) noexcept;

/// A set of kinds, as a value.
class link_kinds {
 public:
  constexpr link_kinds() = default;
  /// All kinds but form and cite: what a crawler follows or fetches.
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

/// A link as written in the page: not resolved, not validated.
/// Lifetime: `url` is valid until the sink that receives it returns.
struct link {
  link_kind kind = link_kind::anchor;
  /// The element's own rel has nofollow. The page's is in page_facts::robots.
  bool nofollow = false;
  /// Where in the input, in bytes: the element's '<'; in a style sheet the URL or its opening quote; in a
  /// Link header the '<'.
  std::uint64_t offset = 0;
  /// Character references decoded; C0 controls and spaces trimmed at both ends (WHATWG URL). Empty for
  /// anchors and areas only.
  std::string_view url;
};

/// A reference to a callable that takes `const link&`; two words, never owns.
/// Lifetime: the callable outlives the call that the sink is passed to.
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

/// What a page, or its X-Robots-Tag, asks of robots.
struct robots_directives {
  bool noindex = false;    ///< noindex or none.
  bool nofollow = false;   ///< nofollow or none.
  bool noarchive = false;  ///< noarchive or nocache.
  friend bool operator==(const robots_directives&, const robots_directives&) = default;
};

/// The value of meta http-equiv=refresh or of a Refresh header.
struct refresh_target {
  std::uint32_t seconds = 0;  ///< Delay; saturates.
  std::string url;            ///< Empty: the page reloads itself.
  friend bool operator==(const refresh_target&, const refresh_target&) = default;
};

/// What the head of a page says about the page; filled while it is fed. Values are decoded and trimmed as
/// link::url is.
struct page_facts {
  /// The first base href: resolve every link of the page against it.
  std::optional<std::string> base;
  /// The first link rel=canonical.
  std::optional<std::string> canonical;
  /// The first valid meta refresh.
  std::optional<refresh_target> refresh;
  /// Union of meta name=robots and of meta of the agent's own name.
  robots_directives robots;
  /// Label of the byte order mark, or of the first meta that declares one, in lower case; or empty.
  std::string charset;
  /// Text of the first title outside SVG, white space collapsed.
  std::string title;
  /// Attributes that were over a limit and so were ignored.
  std::uint64_t dropped_attributes = 0;
  /// Style sheet URLs that were over the limit.
  std::uint64_t dropped_css_urls = 0;
};

/// What feed() is given.
enum class link_source : std::uint8_t {
  html,  ///< text/html; XHTML is read with the same rules, as browsers do for text/html.
  css,   ///< text/css
};

/// Options of link_extractor, with every limit.
struct link_options {
  link_source source = link_source::html;
  /// What is reported. Facts are collected regardless.
  link_kinds kinds = link_kinds::defaults();
  /// Meta name that counts besides "robots", e.g. the crawler's product token.
  std::string robots_name;
  /// A longer attribute value, as written, is dropped and counted.
  std::size_t max_attribute_bytes = 64 * 1024;
  /// An attribute that makes those kept of a tag larger than this, together, is dropped and counted.
  std::size_t max_tag_bytes = 256 * 1024;
  /// A longer URL in a style sheet is dropped and counted.
  std::size_t max_css_url_bytes = 64 * 1024;
  /// The title is cut here, at a character.
  std::size_t max_title_bytes = 1024;
};

/// Finds the links of one page (or style sheet) in one pass over its bytes, in pieces of any size.
///
/// The tokenizer follows the WHATWG HTML standard, 13.2.5; where pieces are cut makes no difference. There is
/// no tree, so these differ from a browser:
/// - noscript and template content counts as markup;
/// - tags that the tree builder would ignore count: inside select, in a frameset, a nested form;
/// - in SVG and MathML, what other elements left open or closed too early is not repaired: a title, style or
/// script after
///   an svg that only the end tag of an outer element closes is read as SVG's.
///
/// Input is any ASCII-compatible encoding; UTF-16 has to be transcoded first.
/// Complexity: one pass, no allocation per token. Holds at most max_tag_bytes + max_attribute_bytes +
/// max_css_url_bytes + 8 max_title_bytes + a few KiB, besides decoded copies of single values.
class link_extractor {
 public:
  explicit link_extractor(link_options options = {});
  link_extractor(link_extractor&&) noexcept;
  link_extractor& operator=(link_extractor&&) noexcept;
  ~link_extractor();

  /// Reads the next bytes of the page; calls `on_link` for each link that they complete, in order.
  /// An exception of `on_link` passes through and leaves the extractor fit for reset() only.
  void feed(std::string_view bytes, link_sink on_link);
  /// Says that the page has ended. Afterwards only facts() and reset() may be called.
  void finish(link_sink on_link);
  /// Gets ready for another page, keeping options and buffers.
  void reset();

  /// Returns what was learnt so far. Lifetime: until reset() or destruction.
  const page_facts& facts() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// Finds the links of a whole page. Returns its facts.
page_facts extract_links(std::string_view page, link_sink on_link, link_options options = {});

/// Finds the links of an HTTP Link field value (RFC 8288 3), kinds as for the link element.
/// Links with an anchor parameter are about another resource and are skipped, as are malformed ones.
void parse_link_header(std::string_view value, link_sink on_link);

/// Reads a Refresh header or meta refresh content (HTML standard 4.2.5.3). Returns nullopt where a browser
/// would not refresh.
std::optional<refresh_target> parse_refresh(std::string_view value);

/// Adds the directives of a meta robots content, e.g. "noindex, nofollow", to `directives`.
void parse_robots_meta(std::string_view content, robots_directives& directives) noexcept;

/// Adds the directives of an X-Robots-Tag field value to `directives`; those for other robots than `product`
/// are left out.
void parse_x_robots_tag(std::string_view value, std::string_view product,
                        robots_directives& directives) noexcept;

}  // namespace bight::crawl
