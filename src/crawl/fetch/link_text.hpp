// Where a link is in its document, and what it says.
#pragma once
#include <bight/crawl/links.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace bight::crawl {

/// Finds lines and texts of links in a document. Links are to be asked for in order; going back costs a pass
/// over the document.
class link_text {
 public:
  /// Lifetime: that of `document`.
  explicit link_text(std::string_view document) noexcept : document_(document) {}

  /// The line of `offset`, from 1; 0 if it is beyond the document.
  std::uint32_t line(std::uint64_t offset);
  /// The text of the element at `offset`: of an anchor, its content; otherwise its alt attribute.
  std::string text(std::uint64_t offset, link_kind kind) const;

 private:
  std::string_view document_;
  std::uint64_t counted_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace bight::crawl
