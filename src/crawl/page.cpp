#include <bight/crawl/page.hpp>

#include "crawl/detail/json_line.hpp"

namespace bight::crawl {

std::string_view to_string(page_verdict verdict) noexcept {
  switch (verdict) {
    case page_verdict::ok:
      return "ok";
    case page_verdict::warning:
      return "warning";
    case page_verdict::broken:
      return "broken";
    case page_verdict::skipped:
      return "skipped";
    case page_verdict::not_checked:
      return "not_checked";
  }
  return "unknown";
}

std::string to_json(const page& p) {
  json_line o;
  o.field("url", p.url.redacted());
  o.field("final_url", p.final_url.redacted());
  o.field("status", p.status);
  o.field("verdict", to_string(p.verdict));
  o.field("depth", p.depth);
  o.field("referrer", http::redacted(p.referrer));
  o.field("content_type", p.content_type);
  o.field("bytes", p.bytes);
  o.field("elapsed_ms", std::chrono::duration<double, std::milli>(p.elapsed).count());
  o.field("links", p.link_count);
  o.field("error", p.error);
  std::string warnings;
  for (const auto& w : p.warnings) warnings.append(warnings.empty() ? "" : ",").append(json_line::quoted(w));
  o.raw("warnings", '[' + warnings + ']');
  return std::move(o).finish();
}

}  // namespace bight::crawl
