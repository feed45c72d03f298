// Every Markdown document has links with lines in it and texts within their limit.
#include <bight/crawl/markdown.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace crawl = bight::crawl;
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  crawl::markdown_limits limits;
  limits.max_text_bytes = 16;
  if (size > limits.max_bytes) return 0;
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(document, '\n')) +
                     static_cast<std::uint32_t>(std::ranges::count(document, '\r')) + 1;
  const auto page = crawl::read_markdown(document, limits);
  for (const auto& l : page.links) {
    require(l.line <= lines);
    require(l.text.size() <= limits.max_text_bytes);
  }
  const auto anchor = crawl::heading_anchor(document);
  require(anchor.find(' ') == anchor.npos);
  require(crawl::heading_anchor(anchor) == anchor);
  return 0;
}
