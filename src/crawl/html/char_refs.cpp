#include "crawl/html/char_refs.hpp"
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include "crawl/html/scan.hpp"

namespace bight::crawl::html {
namespace {

struct source_entity {
  std::string_view name;
  char32_t first;
  char32_t second = 0;
};
constexpr source_entity source_entities[] = {
#include "crawl/html/entities.inc"
};
constexpr std::size_t entity_count = std::size(source_entities);
constexpr std::size_t entity_text_size = [] {
  std::size_t size = 0;
  for (const auto& entity : source_entities) size += entity.name.size();
  return size;
}();

/// The list above in a form that needs no relocation at load time.
struct entity_table {
  std::array<char, entity_text_size> text{};
  std::array<std::uint16_t, entity_count + 1> offset{};
  std::array<char32_t, entity_count> first{};
  std::array<std::uint16_t, entity_count> second{};

  constexpr std::string_view name(std::size_t i) const noexcept {
    return {text.data() + offset[i], static_cast<std::size_t>(offset[i + 1] - offset[i])};
  }
};
constexpr entity_table entities = [] {
  entity_table table;
  std::size_t at = 0;
  for (std::size_t i = 0; i != entity_count; ++i) {
    const auto& entity = source_entities[i];
    for (const char c : entity.name) table.text[at++] = c;
    table.offset[i + 1] = static_cast<std::uint16_t>(at);
    table.first[i] = entity.first;
    table.second[i] = static_cast<std::uint16_t>(entity.second);
  }
  return table;
}();

struct match {
  std::size_t index = 0;
  std::size_t size = 0;  // 0: none
};

/// The longest entity name that `text` starts with: narrows the range of names that agree with it, byte by
/// byte.
match longest_entity(std::string_view text) noexcept {
  match best;
  std::size_t low = 0;
  std::size_t high = entity_count;
  for (std::size_t at = 0; at != text.size() && low != high; ++at) {
    const auto byte_at = [at](std::size_t i) {
      return at < entities.name(i).size() ? entities.name(i)[at] : '\0';
    };
    const auto bound = [&](char c) {  // first name in [low, high) whose byte is not below c
      std::size_t from = low;
      for (std::size_t count = high - low; count != 0;) {
        const std::size_t half = count / 2;
        const bool below = byte_at(from + half) < c;
        if (below) from += half + 1;
        count = below ? count - half - 1 : half;
      }
      return from;
    };
    const char c = text[at];
    if (!is_alpha(c) && !is_digit(c) && c != ';') break;
    const std::size_t from = bound(c);
    high = bound(static_cast<char>(c + 1));
    low = from;
    if (low != high && entities.name(low).size() == at + 1) best = {low, at + 1};
  }
  return best;
}

/// numeric-character-reference-end: what becomes of a number that is no good code point.
char32_t numeric_reference(std::uint32_t code) noexcept {
  static constexpr std::array<char16_t, 32> windows_1252 = {
      0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0xFFFD;
  if (code >= 0x80 && code <= 0x9F) return windows_1252[code - 0x80];
  return code;
}

/// `text` starts after "&#". Returns how many of its bytes the reference takes; 0 if it is none.
std::size_t append_numeric(std::string& out, std::string_view text) {
  const bool hex = !text.empty() && (text[0] == 'x' || text[0] == 'X');
  const std::uint32_t base = hex ? 16 : 10;
  std::size_t at = hex ? 1 : 0;
  const std::size_t digits = at;
  std::uint32_t code = 0;
  for (; at != text.size(); ++at) {
    const int digit = hex ? hex_value(text[at]) : is_digit(text[at]) ? text[at] - '0' : -1;
    if (digit < 0) break;
    code = std::min<std::uint32_t>(code * base + static_cast<std::uint32_t>(digit), 0x110000);
  }
  if (at == digits) return 0;
  append_utf8(out, numeric_reference(code));
  return at != text.size() && text[at] == ';' ? at + 1 : at;
}

/// `text` starts after '&'. Returns as append_numeric.
std::size_t append_named(std::string& out, std::string_view text, text_place place) {
  if (text.starts_with("amp;")) {  // nearly all that occur in URLs
    out.push_back('&');
    return 4;
  }
  const auto found = longest_entity(text);
  if (found.size == 0) return 0;
  if (place == text_place::attribute && text[found.size - 1] != ';' && found.size != text.size()) {
    const char next = text[found.size];
    if (next == '=' || is_alpha(next) || is_digit(next)) return 0;
  }
  append_utf8(out, entities.first[found.index]);
  if (entities.second[found.index] != 0) append_utf8(out, entities.second[found.index]);
  return found.size;
}

}  // namespace

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

bool needs_decoding(std::string_view raw) noexcept { return has_ampersand_or_control(raw); }

void append_decoded(std::string& out, std::string_view raw, text_place place) {
  for (std::size_t at = 0; at != raw.size();) {
    const char c = raw[at++];
    if (c == '&') {
      const auto rest = raw.substr(at);
      const bool numeric = !rest.empty() && rest[0] == '#';
      const auto taken = numeric ? append_numeric(out, rest.substr(1)) : append_named(out, rest, place);
      if (taken == 0) out.push_back('&');
      at += taken == 0 ? 0 : taken + (numeric ? 1 : 0);
    } else if (c == '\r') {
      out.push_back('\n');
      if (at != raw.size() && raw[at] == '\n') ++at;
    } else if (c == '\0') {
      append_utf8(out, 0xFFFD);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace bight::crawl::html
