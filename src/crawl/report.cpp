#include <bight/crawl/report.hpp>

#include <cstdio>

#include "crawl/detail/json_line.hpp"

namespace bight::crawl {
namespace {

double seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

double rate(const crawl_report& r) {
  const auto s = seconds(r.elapsed);
  return s > 0 ? static_cast<double>(r.counts.pages) / s : 0;
}

std::string line(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string plural(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + ' ' + (n == 1 ? one : many);
}

}  // namespace

std::string to_json(const crawl_report& r) {
  json_line o;
  o.field("pages", r.counts.pages);
  o.field("fetched", r.counts.fetched);
  o.field("failed", r.counts.failed);
  o.field("broken_links", r.broken.size());
  o.field("skipped", r.counts.skipped);
  o.field("retries", r.counts.retries);
  o.field("not_checked", r.counts.not_checked);
  o.field("warnings", r.counts.warnings);
  o.field("dropped", r.counts.dropped);
  o.field("trapped", r.counts.trapped);
  o.field("known", r.counts.known);
  o.field("queued", r.counts.queued);
  o.field("bytes", r.counts.bytes);
  o.field("elapsed_s", seconds(r.elapsed));
  o.field("pages_per_s", rate(r));
  o.field("complete", r.complete);
  std::string list;
  for (const auto& b : r.broken) {
    std::string referrers;
    for (const auto& from : b.referrers)
      referrers.append(referrers.empty() ? "" : ",").append(json_line::quoted(http::redacted(from)));
    json_line one;
    one.field("url", http::redacted(b.url));
    one.raw("referrers", '[' + referrers + ']');
    one.field("more_referrers", b.more_referrers);
    list.append(list.empty() ? "" : ",").append(std::move(one).finish());
  }
  o.raw("broken", '[' + list + ']');
  return std::move(o).finish();
}

std::string to_text(const crawl_report& r, std::size_t max_broken) {
  std::string text = plural(r.counts.pages, "page", "pages") + ", " + std::to_string(r.counts.fetched) +
                     " fetched, " + std::to_string(r.counts.failed) + " failed, " +
                     plural(r.broken.size(), "broken link", "broken links") +
                     line(", %.1f MB", static_cast<double>(r.counts.bytes) / 1e6) +
                     line(" in %.2f s", seconds(r.elapsed)) + line(" (%.0f pages/s)\n", rate(r));
  if (r.counts.skipped != 0) text += plural(r.counts.skipped, "URL", "URLs") + " disallowed by robots.txt\n";
  if (r.counts.not_checked != 0)
    text += plural(r.counts.not_checked, "URL", "URLs") + " could not be checked\n";
  if (r.counts.trapped != 0)
    text += plural(r.counts.trapped, "URL", "URLs") + " ignored: part of a site without end\n";
  if (r.counts.dropped != 0)
    text += plural(r.counts.dropped, "link", "links") + " ignored: too many known URLs\n";
  if (r.counts.warnings != 0) text += plural(r.counts.warnings, "URL", "URLs") + " with a warning\n";
  if (!r.complete && r.counts.queued != 0)
    text += "incomplete: " + plural(r.counts.queued, "URL", "URLs") + " not fetched\n";
  else if (!r.complete)
    text += "incomplete\n";
  std::size_t shown = 0;
  for (const auto& b : r.broken) {
    if (shown++ == max_broken) {
      text += "... and " + plural(r.broken.size() - max_broken, "more broken link\n", "more broken links\n");
      break;
    }
    text += "broken: " + http::redacted(b.url) + '\n';
    for (const auto& referrer : b.referrers) text += "  linked from " + http::redacted(referrer) + '\n';
    if (b.more_referrers != 0)
      text += "  and from " + plural(b.more_referrers, "other page\n", "other pages\n");
  }
  return text;
}

}  // namespace bight::crawl
