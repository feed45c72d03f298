#include "crawl/robots_path.hpp"
#include <vector>
#include "crawl/html/scan.hpp"

namespace bight::crawl {
namespace {

bool is_unreserved(unsigned char byte) noexcept {
  const char c = static_cast<char>(byte);
  return html::is_alpha(c) || html::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, unsigned char byte) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  out.push_back('%');
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 0x0F]);
}

/// Finds `part` in `text` by Knuth, Morris and Pratt.
std::size_t find_long(std::string_view text, std::string_view part) {
  std::vector<std::size_t> border(part.size(), 0);
  for (std::size_t i = 1, length = 0; i != part.size(); ++i) {
    while (length != 0 && part[i] != part[length]) length = border[length - 1];
    if (part[i] == part[length]) ++length;
    border[i] = length;
  }
  for (std::size_t i = 0, length = 0; i != text.size(); ++i) {
    while (length != 0 && text[i] != part[length]) length = border[length - 1];
    if (text[i] == part[length]) ++length;
    if (length == part.size()) return i + 1 - length;
  }
  return std::string_view::npos;
}

std::size_t find_part(std::string_view text, std::string_view part) {
  return part.size() <= 32 ? text.find(part) : find_long(text, part);
}

}  // namespace

void append_robots_normal(std::string& out, std::string_view text, robots_text side) {
  bool in_query = false;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' && text.size() - i > 2 && html::hex_value(text[i + 1]) >= 0 &&
        html::hex_value(text[i + 2]) >= 0) {
      const auto code =
          static_cast<unsigned char>(html::hex_value(text[i + 1]) * 16 + html::hex_value(text[i + 2]));
      const bool data = in_query && (code == '/' || code == '?' || code == ':' || code == '@');
      if (data || is_unreserved(code)) {
        out.push_back(static_cast<char>(code));
      } else {
        append_encoded(out, code);
      }
      i += 2;
      continue;
    }
    in_query = in_query || c == '?';
    const bool literal_sign =
        side == robots_text::path ? c == '*' || c == '$' : c == '$' && i + 1 != text.size();
    if (byte >= 0x7F || byte <= 0x20 || c == '%' || literal_sign) {
      append_encoded(out, byte);
    } else {
      out.push_back(c);
    }
  }
}

std::uint64_t robots_signature(std::string_view text) noexcept {
  std::uint64_t pairs = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i - 1]);
    const auto b = static_cast<unsigned char>(text[i]);
    if (a == '*' || b == '*' || b == '$') continue;  // a path in normal form has neither
    pairs |= std::uint64_t{1} << ((a * 7u + b * 13u) % 64u);
  }
  return pairs;
}

/// Each part between two `*` is looked for at its first place after the one before: if there is any match,
/// there is one with these places. So nothing is ever tried again.
bool robots_match(std::string_view pattern, std::string_view path) {
  const bool to_the_end = pattern.ends_with('$');
  if (to_the_end) pattern.remove_suffix(1);
  auto star = pattern.find('*');
  const auto first = pattern.substr(0, star);
  if (!path.starts_with(first)) return false;
  path.remove_prefix(first.size());
  if (star == std::string_view::npos) return !to_the_end || path.empty();
  while (true) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    if (star == std::string_view::npos) break;
    const auto part = pattern.substr(0, star);
    const auto at = find_part(path, part);
    if (at == std::string_view::npos) return false;
    path.remove_prefix(at + part.size());
  }
  return to_the_end ? path.ends_with(pattern) : find_part(path, pattern) != std::string_view::npos;
}

}  // namespace bight::crawl
