// Searches over runs of bytes, 16 at a time where the processor can.
#pragma once
#include <bight/core/detail/ascii.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bight::crawl::html {

/// HTML's white space; CR counts because the standard's input preprocessing makes it LF.
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}
using bight::detail::hex_value;
using bight::detail::is_alpha;
using bight::detail::is_digit;
using bight::detail::to_lower;

/// ASCII case-insensitive equality; `lower` is in lower case.
constexpr bool equals_lower(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (to_lower(text[i]) != lower[i]) return false;
  }
  return true;
}
/// Does `text` start with `lower`, in any case?
constexpr bool starts_with_lower(std::string_view text, std::string_view lower) noexcept {
  return text.size() >= lower.size() && equals_lower(text.substr(0, lower.size()), lower);
}

/// Removes C0 controls and spaces at both ends, as the URL parser does first (WHATWG URL 4.4).
constexpr std::string_view trim_url(std::string_view text) noexcept {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}
/// Removes HTML white space at both ends.
constexpr std::string_view trim_space(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}
/// Cuts the next token off `text`, which `is_separator` bytes delimit; empty when there is none left.
template <typename IsSeparator>
constexpr std::string_view next_token(std::string_view& text, IsSeparator is_separator) noexcept {
  std::size_t begin = 0;
  while (begin != text.size() && is_separator(text[begin])) ++begin;
  std::size_t end = begin;
  while (end != text.size() && !is_separator(text[end])) ++end;
  const auto token = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return token;
}

/// How many bytes the functions below may look at past their start without being told an end.
inline constexpr std::ptrdiff_t scan_window = 16;

#ifdef __SSE2__

namespace detail {
inline __m128i load(const char* p) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline unsigned mask(__m128i bytes) noexcept { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }
inline __m128i equal(__m128i bytes, char c) noexcept { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
inline __m128i at_most(__m128i bytes, char c) noexcept {  // unsigned
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(c)), bytes);
}
inline std::size_t first(unsigned bits) noexcept {
  return static_cast<std::size_t>(std::countr_zero(bits | 0x10000u));
}
}  // namespace detail

/// Returns the first `c` in [p, end), or end.
inline const char* find_byte(const char* p, const char* end, char c) noexcept {
  for (; end - p >= scan_window; p += scan_window) {
    if (const unsigned bits = detail::mask(detail::equal(detail::load(p), c)); bits != 0)
      return p + std::countr_zero(bits);
  }
  while (p != end && *p != c) ++p;
  return p;
}
/// Writes the offset of each `c` in the 64 bytes at `p`, plus `base`, to `out`, which has room for 64;
/// returns how many there are. The first four are taken without a branch, which would be hard to predict.
inline std::size_t index_block(const char* p, char c, std::uint16_t base, std::uint16_t* out) noexcept {
  std::uint64_t bits = 0;
  for (int at = 0; at != 64; at += 16)
    bits |= std::uint64_t{detail::mask(detail::equal(detail::load(p + at), c))} << at;
  std::size_t count = 0;
  for (int i = 0; i != 4; ++i) {
    out[count] = static_cast<std::uint16_t>(base + std::countr_zero(bits | std::uint64_t{1} << 63));
    count += bits != 0 ? 1 : 0;
    bits &= bits - 1;
  }
  for (; bits != 0; bits &= bits - 1)
    out[count++] = static_cast<std::uint16_t>(base + std::countr_zero(bits));
  return count;
}
/// Returns the first `a` or `b` in [p, end), or end.
inline const char* find_either(const char* p, const char* end, char a, char b) noexcept {
  for (; end - p >= scan_window; p += scan_window) {
    const auto bytes = detail::load(p);
    if (const unsigned bits = detail::mask(_mm_or_si128(detail::equal(bytes, a), detail::equal(bytes, b)));
        bits != 0) {
      return p + std::countr_zero(bits);
    }
  }
  while (p != end && *p != a && *p != b) ++p;
  return p;
}
/// Is there an '&' or a byte up to CR in `text`?
inline bool has_ampersand_or_control(std::string_view text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  for (; end - p >= scan_window; p += scan_window) {
    const auto bytes = detail::load(p);
    if (detail::mask(_mm_or_si128(detail::equal(bytes, '&'), detail::at_most(bytes, '\r'))) != 0) return true;
  }
  while (p != end && *p != '&' && static_cast<unsigned char>(*p) > '\r') ++p;
  return p != end;
}
/// Bytes before the first that is below '0' or is '>': what ends a usual tag name. 16 if there is none.
inline std::size_t tag_name_length(const char* p) noexcept {
  const auto bytes = detail::load(p);
  return detail::first(detail::mask(_mm_or_si128(detail::at_most(bytes, '/'), detail::equal(bytes, '>'))));
}
/// Bytes before the first that is a control, space, '=', '>' or '/'. 16 if there is none.
inline std::size_t attr_name_length(const char* p) noexcept {
  const auto bytes = detail::load(p);
  const auto signs = _mm_or_si128(detail::equal(bytes, '='), detail::equal(bytes, '>'));
  return detail::first(detail::mask(
      _mm_or_si128(_mm_or_si128(detail::at_most(bytes, ' '), detail::equal(bytes, '/')), signs)));
}

#else

inline const char* find_byte(const char* p, const char* end, char c) noexcept {
  const auto at = std::string_view(p, static_cast<std::size_t>(end - p)).find(c);
  return at == std::string_view::npos ? end : p + at;
}
inline std::size_t index_block(const char* p, char c, std::uint16_t base, std::uint16_t* out) noexcept {
  std::size_t count = 0;
  for (std::uint16_t at = 0; at != 64; ++at) {
    out[count] = static_cast<std::uint16_t>(base + at);
    count += p[at] == c ? 1 : 0;
  }
  return count;
}
inline const char* find_either(const char* p, const char* end, char a, char b) noexcept {
  while (p != end && *p != a && *p != b) ++p;
  return p;
}
inline bool has_ampersand_or_control(std::string_view text) noexcept {
  for (const char c : text) {
    if (c == '&' || static_cast<unsigned char>(c) <= '\r') return true;
  }
  return false;
}
inline std::size_t tag_name_length(const char* p) noexcept {
  std::size_t n = 0;
  while (n != 16 && static_cast<unsigned char>(p[n]) > '/' && p[n] != '>') ++n;
  return n;
}
inline std::size_t attr_name_length(const char* p) noexcept {
  std::size_t n = 0;
  while (n != 16 && static_cast<unsigned char>(p[n]) > ' ' && p[n] != '=' && p[n] != '>' && p[n] != '/') ++n;
  return n;
}

#endif

}  // namespace bight::crawl::html
