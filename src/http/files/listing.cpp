#include "http/files/listing.hpp"

#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/url.hpp>
#include <cstdio>
#include <ctime>
#include <vector>

namespace bight::http::files {
namespace {

constexpr std::string_view head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>)html";

constexpr std::string_view style = R"html(</title>
<style>
:root { color-scheme: light dark; --line: #8883; --quiet: #6b7280; --link: #0b57d0; --row: #8881; }
@media (prefers-color-scheme: dark) {
  :root { --quiet: #9aa0a6; --link: #8ab4f8; }
  body { background: #17181a; color: #e6e7e9; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; margin: 0 .5rem 1rem; }
h1 i { color: var(--quiet); font-style: normal; font-weight: 400; padding: 0 .15em; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: .8rem; font-weight: 500; color: var(--quiet); }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
tr > :first-child { padding-left: .5rem; }
tbody tr:hover { background: var(--row); }
td:first-child { overflow-wrap: anywhere; width: 100%; }
td + td, th + th { white-space: nowrap; color: var(--quiet); font-variant-numeric: tabular-nums; font-size: .875rem; }
thead th + th { font-size: .8rem; }
.size { text-align: right; }
.folder { font-weight: 600; }
p { color: var(--quiet); }
@media (max-width: 36rem) {
  body { padding: 1rem .5rem 3rem; }
  .time { display: none; }
  .size { padding-right: .5rem; }
}
</style>
</head>
<body>
<h1>)html";

constexpr std::string_view table = R"html(</h1>
<table>
<thead><tr><th scope="col">Name</th><th scope="col" class="size">Size</th><th scope="col" class="time">Modified (UTC)</th></tr></thead>
<tbody>
)html";

void append_escaped(std::string& to, std::string_view bytes) {
  for (const char c : bight::detail::replace_malformed_utf8(bytes)) {
    if (c == '&')
      to += "&amp;";
    else if (c == '<')
      to += "&lt;";
    else if (c == '>')
      to += "&gt;";
    else if (c == '"')
      to += "&quot;";
    else if (c == '\'')
      to += "&#39;";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      to += bight::detail::utf8_replacement;
    else
      to += c;
  }
}

// A relative reference: "./" keeps a colon from ending a scheme.
void append_reference(std::string& to, std::string_view name) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  to += "./";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (bight::detail::is_alpha(c) || bight::detail::is_digit(c) ||
        std::string_view{"-._~"}.find(c) != std::string_view::npos) {
      to += c;
    } else {
      to += '%';
      to += digits[byte >> 4U];
      to += digits[byte & 15U];
    }
  }
}

// "17 bytes", "1.5 KiB".
void append_size(std::string& to, std::uint64_t size) {
  constexpr std::array<const char*, 7> units{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  constexpr double step = 1024;
  auto value = static_cast<double>(size);
  std::size_t unit = 0;
  constexpr double rounds_up = 1023.95;  // would be shown as 1024.0
  for (; value >= rounds_up; ++unit) value /= step;
  std::array<char, 32> text;
  const int digits = unit == 0 ? 0 : 1;
  const int n = std::snprintf(text.data(), text.size(), "%.*f %s", digits, value, units[unit]);
  to.append(text.data(), static_cast<std::size_t>(n));
}

void append_time(std::string& to, std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  const std::time_t t = seconds;
  std::tm parts{};
  std::array<char, 32> text;
  if (::gmtime_r(&t, &parts))
    to.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts));
}

bool is_folder(const fs::listed_entry& e) noexcept { return e.about.kind == fs::file_kind::directory; }

// Folders first; by letters of any case, then by bytes.
bool comes_before(const fs::listed_entry& a, const fs::listed_entry& b) {
  if (is_folder(a) != is_folder(b)) return is_folder(a);
  const auto [x, y] =
      std::mismatch(a.name.begin(), a.name.end(), b.name.begin(), b.name.end(),
                    [](char l, char r) { return bight::detail::to_lower(l) == bight::detail::to_lower(r); });
  if (x == a.name.end() && y == b.name.end()) return a.name < b.name;
  if (x == a.name.end() || y == b.name.end()) return x == a.name.end();
  return static_cast<unsigned char>(bight::detail::to_lower(*x)) <
         static_cast<unsigned char>(bight::detail::to_lower(*y));
}

void append_row(std::string& to, const fs::listed_entry& e) {
  const std::string_view slash = is_folder(e) ? "/" : "";
  to.append("<tr><td").append(is_folder(e) ? " class=\"folder\"" : "").append("><a href=\"");
  append_reference(to, e.name);
  to.append(slash).append("\">");
  append_escaped(to, e.name);
  to.append(slash).append("</a></td><td class=\"size\">");
  if (!is_folder(e)) append_size(to, e.about.size);
  to.append("</td><td class=\"time\">");
  append_time(to, e.about.modified);
  to.append("</td></tr>\n");
}

// The segments of "/a/b/", decoded.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> all;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (end != 0) all.push_back(percent_decode(path.substr(0, end)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return all;
}

// "/ a / b", each but the last with a link, as far as that leads beneath the root.
void append_trail(std::string& to, const std::vector<std::string>& segments, std::size_t depth) {
  const auto link = [&](std::size_t steps, std::string_view text) {
    if (steps == 0 || steps > depth) {
      append_escaped(to, text);
      return;
    }
    to += "<a href=\"";
    for (std::size_t i = 0; i != steps; ++i) to += "../";
    to += "\">";
    append_escaped(to, text);
    to += "</a>";
  };
  link(segments.size(), "/");
  for (std::size_t i = 0; i != segments.size(); ++i) {
    if (i != 0) to += "<i>/</i>";
    link(segments.size() - i - 1, segments[i]);
  }
}

}  // namespace

std::string render_listing(fs::directory_list list, std::string_view path, std::size_t depth) {
  std::sort(list.entries.begin(), list.entries.end(), comes_before);
  const auto segments = segments_of(path);
  std::string html{head};
  html += '/';
  for (const auto& s : segments) {
    append_escaped(html, s);
    html += '/';
  }
  html += style;
  append_trail(html, segments, depth);
  html += table;
  if (depth != 0)
    html += "<tr><td class=\"folder\"><a href=\"../\">../</a></td><td></td><td class=\"time\"></td></tr>\n";
  for (const auto& e : list.entries) append_row(html, e);
  html += "</tbody>\n</table>\n";
  if (list.entries.empty()) html += "<p>This directory is empty.</p>\n";
  if (!list.complete)
    html +=
        "<p>Only " + std::to_string(list.entries.size()) + " of the names in this directory are shown.</p>\n";
  html += "</body>\n</html>\n";
  return html;
}

}  // namespace bight::http::files
