#include <bight/crawl/page.hpp>

#include "crawl/detail/json_line.hpp"

namespace bight::crawl {

std::string to_json(const page& p) {
  json_line o;
  o.field("url", p.url.redacted());
  o.field("final_url", p.final_url.redacted());
  o.field("status", p.status);
  o.field("depth", p.depth);
  o.field("referrer", http::redacted(p.referrer));
  o.field("content_type", p.content_type);
  o.field("bytes", p.bytes);
  o.field("elapsed_ms", std::chrono::duration<double, std::milli>(p.elapsed).count());
  o.field("links", p.links);
  o.field("error", p.error);
  return std::move(o).finish();
}

}  // namespace bight::crawl
