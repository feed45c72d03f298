// The tree of a page in document order, in a few blocks of memory.
#pragma once
#include <bight/crawl/document.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::detail {

/// Nodes are numbered in document order. 0 is the document itself, whose child is the html element. The
/// descendants of a node are the numbers behind it up to its `end`.
struct dom {
  struct range {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct node {
    std::uint32_t parent = 0;
    std::uint32_t end = 0;
    range text;  ///< The name of an element; a text.
    std::uint32_t attributes = 0;
    std::uint32_t attribute_count = 0;
    bool is_element = false;
  };
  struct attribute {
    range name;
    range value;
  };

  std::string_view at(range r) const noexcept { return std::string_view{characters}.substr(r.begin, r.size); }
  std::optional<std::string_view> attribute_of(std::uint32_t number, std::string_view lower) const noexcept;

  std::string characters;
  std::vector<node> nodes;
  std::vector<attribute> all_attributes;
};

/// Parses with gumbo. Errors: std::length_error.
dom parse_html(std::string_view html, const document_limits& limits);

/// The elements in (node, end of node) that match, at most `most`. The node itself may match the first parts.
std::vector<std::uint32_t> find(const dom& tree, std::uint32_t node, const selector::impl& s,
                                std::size_t most);

}  // namespace bight::crawl::detail
