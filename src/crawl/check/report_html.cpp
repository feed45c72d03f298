// The report as one HTML page: no script, no other files, light and dark, for wide and narrow windows.
#include <bight/crawl/link_report.hpp>
#include <string>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl {
namespace {

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --dim: #565d66; --line: #d5d9de;
  --card: #f6f7f9; --link: #0a53b5; --broken: #b3211b; --warning: #8a5200; --other: #4a5560; --good: #1a6b34; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e6e8ea; --dim: #a7afb8; --line: #363c43;
  --card: #1d2126; --link: #8ab8ff; --broken: #ff8f87; --warning: #f0b95c; --other: #b4bdc7; --good: #7fd49a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 70rem; margin: 0 auto; padding: .5rem 1rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-left: .6rem; border-left: .3rem solid var(--kind); }
h2::first-letter { text-transform: uppercase; } h2 small { color: var(--dim); font-weight: normal; }
a { color: var(--link); }
.broken { --kind: var(--broken); } .warning { --kind: var(--warning); }
.not_checked, .redirected { --kind: var(--other); } .good { --kind: var(--good); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; }
.counts div { flex: 1 1 8rem; border: 1px solid var(--line); border-top: .25rem solid var(--kind);
  background: var(--card); border-radius: .3rem; padding: .5rem .75rem; }
.counts dt { color: var(--dim); } .counts dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
nav ul { padding-left: 1.2rem; } nav li { padding: .15rem 0; }
.links { list-style: none; margin: 0; padding: 0; }
.links > li { border: 1px solid var(--line); border-radius: .3rem; background: var(--card); margin: .6rem 0;
  padding: .6rem .8rem; }
.links p { margin: 0; overflow-wrap: anywhere; } .url { font-weight: 600; }
.reason, .more, footer { color: var(--dim); }
.places { margin: .4rem 0 0; padding-left: 1.2rem; } .places li { overflow-wrap: anywhere; padding: .1rem 0; }
.places q { color: var(--dim); }
)css";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// What a page names may be "javascript:": only http and https URLs become links.
std::string anchor(std::string_view url) {
  const auto shown = escaped(check::shown_url(url));
  if (!shown.starts_with("http://") && !shown.starts_with("https://")) return shown;
  return "<a href=\"" + shown + "\" rel=\"noreferrer\">" + shown + "</a>";
}

std::string place_line(const link_place& place) {
  auto out = place.local ? escaped(check::one_line(place.page)) : anchor(place.page);
  if (place.line != 0) out += ", line " + std::to_string(place.line);
  if (!place.text.empty()) out += " <q>" + escaped(check::one_line(place.text, 200)) + "</q>";
  return out;
}

void write_link(std::string& out, const checked_link& l, std::string_view title) {
  out += "<li><p class=\"url\">" + anchor(l.url) + "</p>\n";
  if (!l.reason.empty() && l.reason != title)
    out += "<p class=\"reason\">" + escaped(check::one_line(l.reason)) + "</p>\n";
  if (!l.final_url.empty()) out += "<p class=\"reason\">leads to " + anchor(l.final_url) + "</p>\n";
  if (!l.places.empty()) {
    out += "<ul class=\"places\">\n";
    for (const auto& place : l.places) out += "<li>" + place_line(place) + "</li>\n";
    out += "</ul>\n";
  }
  if (l.more_places != 0)
    out += "<p class=\"more\">and " + check::plural(l.more_places, "other place", "other places") + "</p>\n";
  out += "</li>\n";
}

void write_count(std::string& out, std::string_view kind, std::string_view name, std::size_t n) {
  out.append("<div class=\"").append(kind).append("\"><dt>").append(name).append("</dt><dd>");
  out.append(check::grouped(n)).append("</dd></div>\n");
}

std::string prefixed(const check::link_group& group) {
  const auto title = escaped(group.title);
  if (group.verdict == link_verdict::not_checked) return "Not checked: " + title;
  if (group.verdict == link_verdict::warning) return "Warning: " + title;
  return title;
}

}  // namespace

std::string to_html(const link_report& report) {
  using enum link_verdict;
  const auto links = check::sorted(report);
  const auto groups = check::groups_of(links);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>Link report</title>\n<style>";
  out.append(style).append(
      "</style>\n</head>\n<body>\n<header>\n<h1>Link report</h1>\n<dl class=\"counts\">\n");
  write_count(out, "broken", "Broken links", report.count(broken));
  if (const auto n = report.count(warning); n != 0) write_count(out, "warning", "Warnings", n);
  write_count(out, "not_checked", "Not checked", report.count(not_checked));
  if (const auto n = report.count(redirected); n != 0) write_count(out, "redirected", "Redirected", n);
  write_count(out, "good", "Good URLs", report.counts.good);
  out += "</dl>\n</header>\n<main>\n";
  if (groups.empty() && report.complete) out += "<p>All links are good.</p>\n";
  if (!report.complete) out += "<p>The check is incomplete: there may be more.</p>\n";
  if (groups.size() > 1) {
    out += "<nav aria-label=\"Causes\">\n<ul>\n";
    for (std::size_t i = 0; i != groups.size(); ++i)
      out += "<li><a href=\"#cause-" + std::to_string(i + 1) + "\">" + prefixed(groups[i]) + "</a> (" +
             check::grouped(groups[i].links.size()) + ")</li>\n";
    out += "</ul>\n</nav>\n";
  }
  for (std::size_t i = 0; i != groups.size(); ++i) {
    const auto& group = groups[i];
    out += "<section class=\"" + std::string{to_string(group.verdict)} + "\">\n<h2 id=\"cause-" +
           std::to_string(i + 1) + "\">" + prefixed(group) + " <small>" + check::grouped(group.links.size()) +
           "</small></h2>\n<ul class=\"links\">\n";
    for (const auto& l : group.links) write_link(out, l, group.title);
    out += "</ul>\n</section>\n";
  }
  return out + "</main>\n<footer>" + escaped(check::summary(report)) + "</footer>\n</body>\n</html>\n";
}

}  // namespace bight::crawl
