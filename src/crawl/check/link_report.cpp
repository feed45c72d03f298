#include <bight/crawl/link_report.hpp>

#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <cstdio>
#include <tuple>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl {

std::string_view to_string(link_verdict verdict) noexcept {
  switch (verdict) {
    case link_verdict::good:
      return "good";
    case link_verdict::broken:
      return "broken";
    case link_verdict::warning:
      return "warning";
    case link_verdict::not_checked:
      return "not_checked";
    case link_verdict::redirected:
      break;
  }
  return "redirected";
}

std::string_view to_string(link_cause cause) noexcept {
  using enum link_cause;
  switch (cause) {
    case none:
      return "none";
    case status:
      return "status";
    case fragment:
      return "fragment";
    case missing_file:
      return "missing_file";
    case unreadable_file:
      return "unreadable_file";
    case invalid_url:
      return "invalid_url";
    case name_resolution:
      return "name_resolution";
    case connection:
      return "connection";
    case tls:
      return "tls";
    case timeout:
      return "timeout";
    case protocol:
      return "protocol";
    case redirect:
      return "redirect";
    case insecure:
      return "insecure";
    case mixed_content:
      return "mixed_content";
    case challenge:
      return "challenge";
    case robots:
      return "robots";
    case limit:
      return "limit";
    case interrupted:
      return "interrupted";
    case other:
      break;
  }
  return "other";
}

std::string group_title(const checked_link& link) {
  using enum link_cause;
  switch (link.cause) {
    case none:
      return link.verdict == link_verdict::redirected ? "redirected" : "other reasons";
    case status: {
      auto title = std::to_string(link.status);
      if (const auto phrase = http::status{std::clamp(link.status, 100, 999)}.reason_phrase();
          !phrase.empty())
        title.append(" ").append(phrase);
      return title;
    }
    case fragment:
      return "missing fragment";
    case missing_file:
      return "missing file";
    case unreadable_file:
      return "unreadable file";
    case invalid_url:
      return "invalid URL";
    case name_resolution:
      return "unknown host";
    case connection:
      return "no connection";
    case tls:
      return "TLS failure";
    case timeout:
      return "no answer in time";
    case protocol:
      return "invalid answer";
    case redirect:
      return "bad redirect";
    case insecure:
      return "http instead of https";
    case mixed_content:
      return "mixed content";
    case challenge:
      return "challenge page";
    case robots:
      return "disallowed by robots.txt";
    case limit:
      return "limit of the check";
    case interrupted:
      return "interrupted";
    case other:
      break;
  }
  return "other reasons";
}

std::size_t link_report::count(link_verdict verdict) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(links, verdict, &checked_link::verdict));
}

void link_report::sort() {
  std::ranges::sort(links, {}, [](const checked_link& l) {
    return std::tuple<link_verdict, link_cause, int, std::string_view>{l.verdict, l.cause, l.status, l.url};
  });
}

namespace check {

std::vector<link_group> groups_of(std::span<const checked_link> links) {
  std::vector<link_group> groups;
  for (const auto& l : links) {
    auto title = group_title(l);
    if (groups.empty() || groups.back().verdict != l.verdict || groups.back().title != title)
      groups.push_back({l.verdict, std::move(title), {&l, 0}});
    groups.back().links = {groups.back().links.data(), groups.back().links.size() + 1};
  }
  return groups;
}

std::vector<checked_link> sorted(const link_report& report) {
  link_report copy;
  copy.links = report.links;
  copy.sort();
  return std::move(copy.links);
}

std::string one_line(std::string_view text, std::size_t max_bytes) {
  auto clean = bight::detail::replace_malformed_utf8(text);
  if (clean.size() > max_bytes) {
    while (max_bytes != 0 && (static_cast<unsigned char>(clean[max_bytes]) & 0xC0U) == 0x80U) --max_bytes;
    clean.resize(max_bytes);
    clean += "…";
  }
  for (auto& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  // C1 controls, which terminals obey, are two bytes in UTF-8.
  for (std::size_t at = clean.find('\xC2'); at != clean.npos; at = clean.find('\xC2', at + 1))
    if (static_cast<unsigned char>(clean[at + 1]) < 0xA0) clean.replace(at, 2, " ");
  return clean;
}

std::string shown_url(std::string_view url) { return one_line(http::redacted(url)); }

std::string shown_place(const link_place& place) {
  auto text = place.local ? one_line(place.page) : shown_url(place.page);
  if (place.line != 0) text += ':' + std::to_string(place.line);
  return text;
}

std::string grouped(std::size_t n) {
  auto digits = std::to_string(n);
  for (auto at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string plural(std::size_t n, std::string_view one, std::string_view many) {
  return grouped(n) + ' ' + std::string{n == 1 ? one : many};
}

std::string other_schemes(const link_report& report) {
  std::string text;
  for (const auto& [scheme, n] : report.counts.schemes)
    text.append(text.empty() ? "" : ", ").append(grouped(n)).append(" ").append(one_line(scheme, 64));
  return text;
}

std::string summary(const link_report& report) {
  auto text = plural(report.count(link_verdict::broken), "broken link", "broken links");
  const auto add = [&](link_verdict v, std::string_view what) {
    if (const auto n = report.count(v); n != 0) text.append(", ").append(grouped(n)).append(" ").append(what);
  };
  if (const auto n = report.count(link_verdict::warning); n != 0)
    text += ", " + plural(n, "warning", "warnings");
  add(link_verdict::not_checked, "not checked");
  add(link_verdict::redirected, "redirected");
  const auto& c = report.counts;
  text += "; " + plural(c.links, "link", "links") + " to " + plural(c.urls, "URL", "URLs") + " on " +
          plural(c.pages, "page", "pages");
  if (c.ignored != 0) text += ", " + grouped(c.ignored) + " ignored";
  if (c.external != 0) text += ", " + grouped(c.external) + " of other sites";
  if (c.cached != 0) text += ", " + grouped(c.cached) + " cached";
  if (const auto schemes = other_schemes(report); !schemes.empty()) text += ", skipped " + schemes;
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "; %.2f s", std::chrono::duration<double>(report.elapsed).count());
  text += buffer;
  if (!report.complete) text += "; incomplete";
  return text;
}

}  // namespace check
}  // namespace bight::crawl
