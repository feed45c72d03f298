#include "http/url/utf8.hpp"

#include <cstddef>

namespace bight::http::url_detail {
namespace {

struct sequence {
  std::size_t length;
  bool valid;
};

// The sequence that begins at `text[0]`, or the malformed part that one U+FFFD stands for.
sequence next_sequence(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {1, true};
  if (lead < 0xc2 || lead > 0xf4) return {1, false};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // Only the second byte is restricted further: overlong forms, surrogates, and the end of Unicode.
  unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i != length; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < lowest || byte > highest) return {i, false};
    lowest = 0x80;
    highest = 0xbf;
  }
  return {length, true};
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
  unsigned char all = 0;
  for (const char c : text) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all < 0x80;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto [length, valid] = next_sequence(text);
    if (!valid) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string replace_malformed_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [length, valid] = next_sequence(text);
    out.append(valid ? text.substr(0, length) : std::string_view("\xef\xbf\xbd"));
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace bight::http::url_detail
