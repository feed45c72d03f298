// Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
#include <bight/crawl/link_report.hpp>
#include <string>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl {
namespace {

std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;  // one_line has removed line breaks
  }
  return out;
}

std::string_view command_of(link_verdict verdict) {
  switch (verdict) {
    case link_verdict::broken:
      return "::error ";
    case link_verdict::redirected:
      return "::notice ";
    default:
      return "::warning ";
  }
}

std::string_view title_of(link_verdict verdict) {
  switch (verdict) {
    case link_verdict::broken:
      return "Broken link";
    case link_verdict::redirected:
      return "Redirected link";
    case link_verdict::not_checked:
      return "Link not checked";
    default:
      return "Link with a problem";
  }
}

void write(std::string& out, const checked_link& l, const link_place* place) {
  out += command_of(l.verdict);
  if (place && place->local) {
    out += "file=" + escaped(check::one_line(place->page), true);
    if (place->line != 0) out += ",line=" + std::to_string(place->line);
    out += ',';
  }
  out.append("title=").append(title_of(l.verdict)).append("::");
  std::string message =
      check::shown_url(l.url) + ": " + check::one_line(l.reason.empty() ? group_title(l) : l.reason);
  if (!l.final_url.empty()) message += " -> " + check::shown_url(l.final_url);
  if (place && !place->local) message += " (linked from " + check::shown_place(*place) + ')';
  out += escaped(message, false) + '\n';
}

}  // namespace

std::string to_github(const link_report& report) {
  std::string out;
  for (const auto& l : check::sorted(report)) {
    if (l.verdict == link_verdict::good) continue;
    for (const auto& place : l.places) write(out, l, &place);
    if (l.places.empty()) write(out, l, nullptr);
  }
  if (!report.complete)
    out += "::warning title=Link check incomplete::An error, a limit or a signal ended the check\n";
  // A line that begins with "::" would be a command.
  return out + check::summary(report) + '\n';
}

}  // namespace bight::crawl
