#include <bight/crawl/link_report.hpp>
#include <string>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl {
namespace {

std::string_view prefix_of(link_verdict verdict) {
  switch (verdict) {
    case link_verdict::warning:
      return "warning: ";
    case link_verdict::not_checked:
      return "not checked: ";
    default:
      return {};
  }
}

void write_link(std::string& out, const checked_link& l, std::string_view title) {
  out.append("  ").append(check::shown_url(l.url));
  if (!l.reason.empty() && l.reason != title) out.append(": ").append(check::one_line(l.reason));
  if (!l.final_url.empty()) out.append(" -> ").append(check::shown_url(l.final_url));
  out += '\n';
  for (const auto& place : l.places) {
    out.append("    ").append(check::shown_place(place));
    if (!place.text.empty()) out.append("  \"").append(check::one_line(place.text, 80)).append("\"");
    out += '\n';
  }
  if (l.more_places != 0)
    out.append("    and ").append(check::plural(l.more_places, "other place\n", "other places\n"));
}

}  // namespace

std::string to_text(const link_report& report) {
  const auto links = check::sorted(report);
  std::string out;
  for (const auto& group : check::groups_of(links)) {
    out.append(prefix_of(group.verdict)).append(group.title);
    out.append(" (").append(check::grouped(group.links.size())).append(")\n");
    for (const auto& l : group.links) write_link(out, l, group.title);
    out += '\n';
  }
  return out + check::summary(report) + '\n';
}

}  // namespace bight::crawl
