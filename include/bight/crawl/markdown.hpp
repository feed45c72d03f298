// markdown: the links and anchors of a Markdown document.
#pragma once
#include <bight/crawl/fragments.hpp>
#include <bight/crawl/links.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// A link of a Markdown document, as written.
struct markdown_link {
  link_kind kind = link_kind::anchor;  ///< anchor or image; in HTML of the document, any kind.
  std::string url;
  std::string text;        ///< The text of the link, or the alternative text of the image, on one line.
  std::uint32_t line = 0;  ///< From 1.
};

/// The links and anchors of a document.
struct markdown_page {
  std::vector<markdown_link> links;
  /// The anchors that GitHub gives to headings and footnotes, and the ids in HTML of the document.
  fragment_ids ids;
};

/// Limits of read_markdown.
struct markdown_limits {
  std::size_t max_bytes = 2U << 20U;  ///< Maximum size of the document.
  std::size_t max_text_bytes = 256;   ///< Link texts are truncated to this size.
};

/// Reads a document in GitHub Flavored Markdown: CommonMark with tables, autolinks, strikethrough, task lists
/// and footnotes, and HTML in it. A front matter between lines of `---` at the start is skipped; line numbers
/// count it. Invalid UTF-8 is replaced by U+FFFD. Errors: boost::system::errc::file_too_large beyond the
/// limit.
markdown_page read_markdown(std::string_view document, const markdown_limits& limits = {});

/// The anchor that GitHub gives to the first heading with this text; further ones get "-1", "-2" and so on.
/// In lower case, without punctuation, with `-` for spaces.
std::string heading_anchor(std::string_view text);

}  // namespace bight::crawl
