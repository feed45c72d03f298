#include "crawl/fetch/url_text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bight::crawl {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";

unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}
bool continues(unsigned b) noexcept { return (b & 0xC0U) == 0x80U; }

/// The length of the UTF-8 sequence at `i`; 0 if there is no valid one (Unicode table 3-7).
std::size_t sequence_at(std::string_view text, std::size_t i) noexcept {
  const auto first = byte_at(text, i);
  if (first < 0x80) return 1;
  const auto second = byte_at(text, i + 1);
  if (!continues(second)) return 0;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (!continues(byte_at(text, i + 2))) return 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first < 0xF0 || first > 0xF4 || !continues(byte_at(text, i + 3))) return 0;
  const bool outside = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return outside ? 0 : 4;
}

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// "%" or "%c" that begins no encoding: a hex digit after it would make it one.
bool ends_in_stray_percent(std::string_view text) noexcept {
  if (text.ends_with('%')) return true;
  return text.size() >= 2 && text[text.size() - 2] == '%' && digit(text.back()) >= 0;
}

bool is_unreserved(unsigned char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
  std::uint64_t bits = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    bits |= word;
  }
  for (; i != text.size(); ++i) bits |= static_cast<unsigned char>(text[i]);
  return (bits & 0x8080'8080'8080'8080U) == 0;
}

std::string_view keep_bytes(std::string_view reference, std::string& buffer) {
  if (is_ascii(reference)) return reference;
  buffer.clear();
  bool changed = false;
  for (std::size_t i = 0; i < reference.size();) {
    const auto length = sequence_at(reference, i);
    if (length != 0) {
      buffer.append(reference.substr(i, length));
      i += length;
      continue;
    }
    const auto b = byte_at(reference, i++);
    buffer.append(1, '%').append(1, hex[b >> 4U]).append(1, hex[b & 15U]);
    changed = true;
  }
  return changed ? std::string_view{buffer} : reference;
}

std::string_view normal_spelling(std::string_view href, std::string& buffer) {
  auto percent = href.find('%');
  if (percent == href.npos) return href;
  buffer.clear();
  std::size_t done = 0;
  while (percent != href.npos) {
    const int high = percent + 2 < href.size() ? digit(href[percent + 1]) : -1;
    const int low = percent + 2 < href.size() ? digit(href[percent + 2]) : -1;
    buffer.append(href.substr(done, percent - done));
    done = percent;
    if (high >= 0 && low >= 0) {
      const auto value = static_cast<unsigned char>(high * 16 + low);
      const bool joins = digit(static_cast<char>(value)) >= 0 && ends_in_stray_percent(buffer);
      if (is_unreserved(value) && !joins)
        buffer.push_back(static_cast<char>(value));
      else
        buffer.append(1, '%').append(1, hex[value >> 4U]).append(1, hex[value & 15U]);
      done = percent + 3;
    } else {
      buffer.push_back('%');
      done = percent + 1;
    }
    percent = href.find('%', done);
  }
  buffer.append(href.substr(done));
  return buffer;
}

}  // namespace bight::crawl
