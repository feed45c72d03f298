// document: the tree of a page, searched with CSS selectors.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::crawl {

/// A selector that is malformed or uses a form that is not supported. what() shows the selector, the place
/// and the reason.
class selector_error : public std::invalid_argument {
 public:
  selector_error(std::string_view selector, std::size_t position, std::string_view reason);
  /// Byte offset of the fault in the selector.
  std::size_t position() const noexcept { return position_; }

 private:
  std::size_t position_;
};

/// A compiled CSS selector. Cheap to copy. Concurrency: const functions can be called from several threads.
///
/// Supported: `*`, `name`, `#id`, `.class`; `[name]`, `[name=value]`, `~=`, `|=`, `^=`, `$=`, `*=`, each also
/// with `i`; `a b`, `a > b`, `a + b`, `a ~ b`, `a, b`; :first-child, :last-child, :only-child,
/// :nth-child(2n+1), :nth-last-child(), :first-of-type, :last-of-type, :only-of-type, :nth-of-type(),
/// :nth-last-of-type(), :empty, :root; :not() and :is() around lists without combinators. Names of elements
/// and attributes are compared without case, everything else with.
class selector {
 public:
  /// Errors: selector_error.
  selector(std::string_view css);                                 // NOLINT(google-explicit-constructor)
  selector(const char* css) : selector(std::string_view{css}) {}  // NOLINT(google-explicit-constructor)
  selector(const std::string& css)
      : selector(std::string_view{css}) {}  // NOLINT(google-explicit-constructor)

  class impl;
  const impl& implementation() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

/// Limits of document::parse. Trivially copyable.
struct document_limits {
  std::size_t max_bytes = 8 * 1024 * 1024;                      ///< Size of the page.
  std::size_t max_memory = 256 * 1024 * 1024;                   ///< Memory that parsing takes.
  std::chrono::nanoseconds max_time = std::chrono::seconds{2};  ///< CPU time that parsing takes.
};

namespace detail {
struct dom;
}

/// An element of a document. Cheap to copy. Lifetime: valid as long as a copy of its document.
class element {
 public:
  /// The name in lower case: "div".
  std::string_view name() const noexcept;
  /// The value of an attribute, whose name is compared without case; nullopt if it is absent.
  std::optional<std::string_view> attribute(std::string_view name) const noexcept;
  /// The text in it and in its descendants, white space collapsed and trimmed, scripts and styles left out.
  std::string text() const;
  /// Its text as written, without that of its descendants.
  std::string own_text() const;
  /// nullopt for the root.
  std::optional<element> parent() const noexcept;

  /// The elements below it that match, in document order. The element itself may match the first parts of the
  /// selector, its ancestors do not. Complexity: linear in the descendants.
  std::vector<element> select(const selector& s) const;
  /// The first of them.
  std::optional<element> select_one(const selector& s) const;

  friend bool operator==(const element&, const element&) = default;

 private:
  friend class document;
  element(const detail::dom& tree, std::uint32_t node) noexcept : tree_(&tree), node_(node) {}
  std::vector<element> search(const selector& s, std::size_t most) const;

  const detail::dom* tree_;
  std::uint32_t node_;
};

/// The tree of a page, built as browsers do (by gumbo). Copies share it.
///
///     const auto page = crawl::document::parse(html);
///     for (const auto& quote : page.select("div.quote"))
///       std::cout << quote.select_one("span.text")->text() << '\n';
///
/// Concurrency: const functions can be called from several threads.
class document {
 public:
  /// Parses HTML in UTF-8; no input is malformed. Errors: std::length_error, naming the limit that a page
  /// exceeded.
  static document parse(std::string_view html, const document_limits& limits = {});

  /// The html element.
  element root() const noexcept;
  /// As element::select, with all elements, the root too.
  std::vector<element> select(const selector& s) const;
  std::optional<element> select_one(const selector& s) const;

 private:
  explicit document(std::shared_ptr<const detail::dom> tree) noexcept : tree_(std::move(tree)) {}
  std::shared_ptr<const detail::dom> tree_;
};

}  // namespace bight::crawl
