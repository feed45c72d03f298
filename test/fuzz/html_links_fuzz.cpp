// However a page or style sheet is cut into pieces, its links and facts are the same.
#include <bight/crawl/links.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"

namespace {

namespace crawl = bight::crawl;

struct outcome {
  std::string links;
  crawl::page_facts facts;
};

/// Reads `page` in pieces whose sizes `sizes` gives in turn; each piece has memory of its own.
outcome read(std::string_view page, const crawl::link_options& options,
             const std::vector<std::size_t>& sizes) {
  outcome result;
  const auto sink = [&](const crawl::link& found) {
    result.links += crawl::to_string(found.kind);
    result.links += found.nofollow ? "! " : " ";
    result.links += std::to_string(found.offset);
    result.links += ' ';
    result.links += found.url;
    result.links += '\n';
  };
  crawl::link_extractor extractor(options);
  for (std::size_t turn = 0; !page.empty(); ++turn) {
    const auto piece = page.substr(0, sizes[turn % sizes.size()]);
    const std::vector<char> bytes(piece.begin(), piece.end());
    extractor.feed({bytes.data(), bytes.size()}, sink);
    page.remove_prefix(piece.size());
  }
  extractor.finish(sink);
  result.facts = extractor.facts();
  return result;
}

void require_same(const outcome& a, const outcome& b) {
  require(a.links == b.links);
  require(a.facts.base == b.facts.base && a.facts.canonical == b.facts.canonical);
  require(a.facts.refresh == b.facts.refresh && a.facts.robots == b.facts.robots);
  require(a.facts.charset == b.facts.charset && a.facts.title == b.facts.title);
  require(a.facts.dropped_attributes == b.facts.dropped_attributes);
  require(a.facts.dropped_css_urls == b.facts.dropped_css_urls);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  crawl::link_options options;
  options.kinds = (data[0] & 1u) != 0 ? crawl::link_kinds::all() : crawl::link_kinds::pages();
  options.source = (data[0] & 2u) != 0 ? crawl::link_source::css : crawl::link_source::html;
  if ((data[0] & 4u) != 0) {
    options.max_attribute_bytes = 8;
    options.max_tag_bytes = 20;
    options.max_css_url_bytes = 6;
    options.max_title_bytes = 5;
  }
  const std::vector<std::size_t> sizes = {data[1] + std::size_t{1}, data[2] + std::size_t{1}};
  const std::string_view page(reinterpret_cast<const char*>(data) + 3, size - 3);

  const auto whole = read(page, options, {page.size()});
  require_same(whole, read(page, options, {1}));
  require_same(whole, read(page, options, sizes));

  const auto sink = [](const crawl::link&) {};
  crawl::parse_link_header(page, sink);
  crawl::robots_directives directives;
  crawl::parse_x_robots_tag(page, "bight", directives);
  return 0;
}
