// What a crawler does to the text of servers: spelling URLs, telling types by first bytes, places and texts
// of links.
#include <bight/crawl/links.hpp>
#include <bight/http/url.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "crawl/fetch/body_kind.hpp"
#include "crawl/fetch/link_text.hpp"
#include "crawl/fetch/url_text.hpp"
#include "fuzz/require.hpp"

namespace {

namespace crawl = bight::crawl;
namespace http = bight::http;

void check_spelling(std::string_view text) {
  std::string first;
  std::string second;
  const std::string kept{crawl::keep_bytes(text, first)};
  require(crawl::keep_bytes(kept, second) == kept);
  http::url where;
  const http::url base{"http://h/dir/page"};
  if (!http::url::resolve_into(kept, base, where)) return;
  require(where.href().find("%EF%BF%BD") == std::string::npos || text.find("\xEF\xBF\xBD") != text.npos ||
          text.find('%') != text.npos || text.find('\0') != text.npos);
  const std::string spelled{crawl::normal_spelling(where.href_without_fragment(), first)};
  require(crawl::normal_spelling(spelled, second) == spelled);
  const auto again = http::url::parse(spelled);
  if (!where.is_http()) return;
  require(again.has_value());
  require(again->origin() == where.origin());
}

void check_sniffing(std::string_view text) {
  for (const std::string_view type : {"", "text/xml"}) {
    const auto kind = crawl::sniff_body(type, text);
    require(kind == crawl::sniff_body(type, text.substr(0, crawl::sniffed_bytes)));
  }
}

void check_places(std::string_view text) {
  crawl::link_text forward{text};
  crawl::extract_links(text, [&](const crawl::link& l) {
    const auto line = forward.line(l.offset);
    require(line >= 1 || l.offset >= text.size());
    require(line == crawl::link_text{text}.line(l.offset));
    require(forward.text(l.offset, l.kind).size() <= 200);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_spelling(text);
  check_sniffing(text);
  check_places(text);
  return 0;
}
