#include <bight/crawl/page.hpp>

#include <bight/http/charset.hpp>
#include <utility>

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

const document& page::tree() const {
  if (!tree_) {
    std::string text;
    if (charset.empty() || http::charset_of(charset) == "UTF-8") {
      tree_ = document::parse(body);
    } else {
      http::text_decoder decoder{charset};
      decoder.decode(body, text);
      decoder.finish(text);
      tree_ = document::parse(text);
    }
  }
  return *tree_;
}

http::url page::resolve(std::string_view reference) const {
  http::url base = url;
  if (!body.empty())
    if (const auto given = select_one("base[href]"))
      if (auto declared = http::url::parse(*given->attribute("href"), url); declared && declared->is_http())
        base = std::move(*declared);
  return http::url::parse(http::encode_query(reference, charset), base).value();
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
