#include "crawl/fetch/body_kind.hpp"

#include <algorithm>
#include <array>
#include <bight/http/headers.hpp>

namespace bight::crawl {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

void trim_start(std::string_view& text) noexcept {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

/// Whether `text` begins with the lower-case `tag`, followed by a space or '>'.
bool begins_with_tag(std::string_view text, std::string_view tag) noexcept {
  if (text.size() <= tag.size()) return false;
  if (!std::ranges::equal(text.substr(0, tag.size()), tag, {}, lower)) return false;
  const char next = text[tag.size()];
  return is_space(next) || next == '>';
}

bool looks_like_html(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 16> tags{
      "<!doctype html", "<html", "<head",  "<script", "<iframe", "<h1",   "<div", "<font",
      "<table",         "<a",    "<style", "<title",  "<b",      "<body", "<br",  "<p"};
  trim_start(text);
  if (text.starts_with("<!--")) return true;
  return std::ranges::any_of(tags, [&](std::string_view tag) { return begins_with_tag(text, tag); });
}

/// Whether the root element is html, after the declaration, comments and the document type.
bool has_html_root(std::string_view text) noexcept {
  trim_start(text);
  while (text.starts_with("<?") || text.starts_with("<!")) {
    const bool comment = text.starts_with("<!--");
    const auto end = comment ? text.find("-->") : text.find('>');
    if (end == text.npos) return false;
    text.remove_prefix(end + (comment ? 3 : 1));
    trim_start(text);
  }
  const auto name = text.substr(0, text.find_first_of(" \t\r\n/>"));
  return name == "<html" || name.ends_with(":html");
}

bool is_xml(const http::media_type_view& type) noexcept {
  return type.is("application", "xml") || type.is("text", "xml");
}

}  // namespace

std::optional<body_kind> body_kind_of(std::string_view content_type) noexcept {
  const auto type = http::media_type_view::parse(content_type);
  if (!type || is_xml(*type)) return std::nullopt;
  if (type->is("text", "html")) return body_kind::html;
  if (type->is("application", "xhtml+xml")) return body_kind::xhtml;
  return type->is("text", "css") ? body_kind::css : body_kind::other;
}

body_kind sniff_body(std::string_view content_type, std::string_view first) noexcept {
  const bool xml = http::media_type_view::parse(content_type).has_value();
  first = first.substr(0, sniffed_bytes);
  if (xml) return has_html_root(first) ? body_kind::xhtml : body_kind::other;
  return has_html_root(first) || looks_like_html(first) ? body_kind::html : body_kind::other;
}

}  // namespace bight::crawl
