// Any bytes are a sitemap or an error; the sizes of the pieces change nothing.
#include <algorithm>
#include <bight/crawl/sitemap.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/require.hpp"

namespace {

namespace crawl = bight::crawl;

std::string read(std::string_view body, std::size_t piece) {
  crawl::sitemap_limits limits;
  limits.max_bytes = 1 << 20;
  limits.max_entries = 1000;
  crawl::sitemap_parser parser(bight::http::url{"http://h/sitemap.xml"}, {}, limits);
  std::string seen;
  const auto note = [&](const crawl::sitemap_entry& e) {
    require(e.url.is_http());
    seen.append(e.url.href()).append(e.changed).append(e.language).push_back('\n');
  };
  bool more = true;
  for (; more && !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    more = parser.feed(body.substr(0, piece), note);
  parser.finish(note);
  require(parser.entries() <= limits.max_entries);
  require(parser.format() != crawl::sitemap_format::unknown || !parser.error().empty());
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto whole = read(body, size + 1);
  require(read(body, 1) == whole);
  require(read(body, 7) == whole);
  return 0;
}
