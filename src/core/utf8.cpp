#include <bight/core/detail/utf8.hpp>

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bight::detail {
namespace {

#if defined(__SSE2__)
__m128i bytes_at(const char* at) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
#endif

// Most text is ASCII: 64 or 32 bytes at a time.
std::size_t ascii_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t n = 0;
#if defined(__SSE2__)
  for (; text.size() - n >= 64; n += 64) {
    const char* const at = text.data() + n;
    const auto low = _mm_or_si128(bytes_at(at), bytes_at(at + 16));
    const auto high = _mm_or_si128(bytes_at(at + 32), bytes_at(at + 48));
    if (_mm_movemask_epi8(_mm_or_si128(low, high)) != 0) break;
  }
#endif
  for (; text.size() - n >= 4 * sizeof high_bits; n += 4 * sizeof high_bits) {
    std::uint64_t words[4];
    std::memcpy(words, text.data() + n, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) break;
  }
  while (n != text.size() && static_cast<unsigned char>(text[n]) < 0x80) ++n;
  return n;
}

}  // namespace

utf8_sequence first_of_utf8(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {.length = 1, .valid = true};
  if (lead < 0xc2 || lead > 0xf4) return {.length = 1};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // Only the second byte is restricted further: overlong forms, surrogates, and the end of Unicode.
  unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i != length; ++i) {
    if (i == text.size()) return {.length = i, .cut_off = true};
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < lowest || byte > highest) return {.length = i};
    lowest = 0x80;
    highest = 0xbf;
  }
  return {.length = length, .valid = true};
}

std::size_t utf8_prefix(std::string_view text) noexcept {
  std::size_t n = 0;
  while (true) {
    n += ascii_prefix(text.substr(n));
    // A run of other characters, without looking for ASCII after each.
    do {
      if (n == text.size()) return n;
      const auto found = first_of_utf8(text.substr(n));
      if (!found.valid) return n;
      n += found.length;
    } while (n != text.size() && static_cast<unsigned char>(text[n]) >= 0x80);
  }
}

std::string replace_malformed_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const auto whole = utf8_prefix(text);
    out.append(text.substr(0, whole));
    text.remove_prefix(whole);
    if (text.empty()) return out;
    out.append(utf8_replacement);
    text.remove_prefix(first_of_utf8(text).length);
  }
}

}  // namespace bight::detail
