#include "file_names.hpp"

#include <algorithm>
#include <array>
#include <bight/http/headers.hpp>
#include <cstdio>
#include <utility>

namespace crawler {
namespace {

struct typed {
  std::string_view type;
  std::string_view subtype;
  std::string_view suffix;
};
constexpr std::array<typed, 36> types{{
    {"text", "html", ".html"},
    {"application", "xhtml+xml", ".xhtml"},
    {"text", "css", ".css"},
    {"text", "javascript", ".js"},
    {"application", "javascript", ".js"},
    {"application", "json", ".json"},
    {"application", "xml", ".xml"},
    {"text", "xml", ".xml"},
    {"application", "rss+xml", ".rss"},
    {"application", "atom+xml", ".atom"},
    {"application", "pdf", ".pdf"},
    {"application", "zip", ".zip"},
    {"application", "gzip", ".gz"},
    {"application", "wasm", ".wasm"},
    {"text", "plain", ".txt"},
    {"text", "csv", ".csv"},
    {"text", "markdown", ".md"},
    {"image", "png", ".png"},
    {"image", "jpeg", ".jpg"},
    {"image", "gif", ".gif"},
    {"image", "webp", ".webp"},
    {"image", "avif", ".avif"},
    {"image", "svg+xml", ".svg"},
    {"image", "x-icon", ".ico"},
    {"image", "vnd.microsoft.icon", ".ico"},
    {"font", "woff", ".woff"},
    {"font", "woff2", ".woff2"},
    {"font", "ttf", ".ttf"},
    {"font", "otf", ".otf"},
    {"video", "mp4", ".mp4"},
    {"video", "webm", ".webm"},
    {"audio", "mpeg", ".mp3"},
    {"audio", "ogg", ".ogg"},
    {"audio", "wav", ".wav"},
    {"application", "manifest+json", ".webmanifest"},
    {"application", "ld+json", ".jsonld"},
}};

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return result;
}

std::string_view suffix_for(std::string_view content_type) {
  const auto type = bight::http::media_type_view::parse(content_type);
  if (!type) return {};
  const auto* const found =
      std::ranges::find_if(types, [&](const typed& t) { return type->is(t.type, t.subtype); });
  return found == types.end() ? std::string_view{} : found->suffix;
}

std::string_view extension(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? std::string_view{} : name.substr(dot);
}

bool fits(std::string_view ext, std::string_view suffix) {
  const auto e = lower(ext);
  if (suffix.empty()) return !e.empty() && e.size() <= 9;
  return e == suffix || (suffix == ".jpg" && e == ".jpeg") || (suffix == ".html" && e == ".htm") ||
         (suffix == ".js" && e == ".mjs") || (suffix == ".txt" && !e.empty());
}

bool is_device(std::string_view name) {
  static constexpr std::array<std::string_view, 6> devices{"con", "prn", "aux", "nul", "com", "lpt"};
  const auto stem = lower(name.substr(0, name.find('.')));
  const bool numbered = stem.size() == 4 && stem.back() >= '0' && stem.back() <= '9';
  const auto word = numbered ? stem.substr(0, 3) : stem;
  const auto* const found = std::ranges::find(devices, word);
  return found != devices.end() && (found - devices.begin() >= 4) == numbered;
}

std::string shortened(std::string name) {
  constexpr std::size_t longest = 180;  // leaves room for a suffix below 255
  if (name.size() <= longest) return name;
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  char text[20];
  std::snprintf(text, sizeof text, "~%016llx", static_cast<unsigned long long>(hash));
  name.resize(longest - 17);
  return name + text;
}

}  // namespace

std::string safe_name(std::string_view segment) {
  std::string name;
  const auto encode = [&](char c) {
    char text[4];
    std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    name += text;
  };
  const bool device = is_device(segment);
  for (std::size_t i = 0; i != segment.size(); ++i) {
    const char c = segment[i];
    const bool last = i + 1 == segment.size();
    const bool bad = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
                     std::string_view{"<>:\"/\\|?*"}.find(c) != std::string_view::npos ||
                     (c == '.' && (i == 0 || last)) || (c == ' ' && last) || (device && i == 0);
    if (bad)
      encode(c);
    else
      name += c;
  }
  return shortened(std::move(name));
}

std::string file_names::claim(const std::string& folder, const std::string& stem, const std::string& suffix,
                              const std::string& owner) {
  if (const auto known = paths_.find(owner); known != paths_.end()) return known->second;
  for (unsigned n = 1;; ++n) {
    auto path = folder + stem + (n == 1 ? "" : "~" + std::to_string(n)) + suffix;
    if (!owners_.try_emplace(lower(path), owner).second) continue;
    paths_.emplace(owner, path);
    return path;
  }
}

std::string file_names::path_of(const bight::http::url& url, std::string_view content_type) {
  const auto key = std::string{url.href_without_fragment()};
  if (const auto known = paths_.find(key); known != paths_.end()) return known->second;
  auto authority = std::string{url.host_and_port()};
  std::ranges::replace(authority, ':', '+');
  std::string owner = url.origin();
  std::string folder = claim("", safe_name(authority), "", owner) + "/";
  auto path = url.path().substr(1);
  constexpr std::size_t longest =
      1'500;  // systems refuse paths of 4,096 bytes, and that of --save counts, too
  for (auto slash = path.find('/'); slash != path.npos && folder.size() < longest; slash = path.find('/')) {
    const auto segment = path.substr(0, slash);
    owner.append("/").append(segment);
    folder = claim(folder, segment.empty() ? "%2F" : safe_name(segment), "", owner + "/") + "/";
    path.remove_prefix(slash + 1);
  }
  std::string name = path.empty() ? "index" : std::string{path};
  if (url.has_query()) name.append("?").append(url.query());
  const auto suffix = suffix_for(content_type);
  const auto own = url.has_query() || path.empty() ? std::string_view{} : extension(name);
  std::string added;
  if (!fits(own, suffix)) added = suffix.empty() ? ".bin" : suffix;
  return claim(folder, safe_name(name), added, key);
}

}  // namespace crawler
