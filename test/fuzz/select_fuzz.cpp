// Any selector is compiled or refused with a place in it; any page has a tree, and what is found are elements
// below the root. The first line of the input is the selector.
#include <algorithm>
#include <bight/crawl/document.hpp>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "fuzz/require.hpp"

namespace {

namespace crawl = bight::crawl;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = std::min(input.find('\n'), input.size());
  const auto css = input.substr(0, cut);
  try {
    const auto page = crawl::document::parse(input.substr(std::min(cut + 1, input.size())));
    const auto all = page.select("*");
    require(!all.empty() && all.front() == page.root());
    const crawl::selector selector{css};
    const auto found = page.select(selector);
    require(found.size() <= all.size());
    for (const auto& e : found) {
      require(std::ranges::find(all, e) != all.end());
      static_cast<void>(e.text());
      for (const auto& inner : e.select(selector)) require(inner.parent().has_value());
    }
    if (found.empty()) require(!page.select_one(selector));
  } catch (const crawl::selector_error& e) {
    require(e.position() <= css.size());
  } catch (const std::length_error&) {}
  return 0;
}
