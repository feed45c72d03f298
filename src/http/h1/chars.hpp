// Character classes and scans of the HTTP/1 grammar.
#pragma once
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bight::http::h1 {

enum char_class : std::uint8_t {
  token_char = 1,   // tchar, RFC 9110 5.6.2
  value_char = 2,   // HTAB, SP, VCHAR, obs-text: what a field value may have, RFC 9110 5.5
  target_char = 4,  // VCHAR but "#": what a request target may have
  host_char = 8,    // unreserved, sub-delims: what a reg-name may have besides escapes, RFC 3986 3.2.2
};

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c != 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const auto in = [c](std::string_view set) {
      return c < 128 && set.find(static_cast<char>(c)) != set.npos;
    };
    unsigned bits = 0;
    if (alnum || in("!#$%&'*+-.^_`|~")) bits |= token_char;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= value_char;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= target_char;
    if (alnum || in("-._~!$&'()*+,;=")) bits |= host_char;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}

inline constexpr auto char_classes = make_char_classes();

constexpr bool has_class(char c, char_class wanted) noexcept {
  return (char_classes[static_cast<unsigned char>(c)] & wanted) != 0;
}
constexpr bool is_ows(char c) noexcept { return c == ' ' || c == '\t'; }
using bight::detail::hex_value;
using bight::detail::is_digit;
using bight::detail::to_lower;

/// How many characters [from, to) has.
constexpr std::size_t distance(const char* from, const char* to) noexcept {
  return static_cast<std::size_t>(to - from);
}

/// The first character in [p, end) that is not of the class; `end` if all are.
inline const char* find_other(const char* p, const char* end, char_class wanted) noexcept {
  while (p != end && has_class(*p, wanted)) ++p;
  return p;
}

inline std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

/// Calls `visit(element)` for every element of a comma-separated list that is not empty (RFC 9110 5.6.1),
/// until it returns false. Quoted strings are not looked into: no field that is read so has them.
template <class Visit>
bool for_each_element(std::string_view list, Visit&& visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim_ows(list.substr(0, comma));
    if (!element.empty() && !visit(element)) return false;
    if (comma == list.npos) return true;
    list.remove_prefix(comma + 1);
  }
}

#if defined(__SSE2__)
// A scan is a class whose call operator turns 16 characters into the bit mask of those that stop it.
struct name_end_scan {
  unsigned operator()(__m128i v) const noexcept {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x20)), v);
    return bits(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')), low));
  }
  static unsigned bits(__m128i lanes) noexcept { return static_cast<unsigned>(_mm_movemask_epi8(lanes)); }
};

struct value_end_scan {
  unsigned operator()(__m128i v) const noexcept {
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    const __m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
    return name_end_scan::bits(_mm_or_si128(_mm_andnot_si128(tab, control), del));
  }
};

struct target_end_scan {
  unsigned operator()(__m128i v) const noexcept {
    const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x21));  // signed: obs-text is below, too
    const __m128i other =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
    return name_end_scan::bits(_mm_or_si128(low, other));
  }
};

inline __m128i load_16(const char* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// Goes on with a scan. Near the end it looks at the last 16 characters again, so that nothing is read
/// outside. Precondition: at least 16 characters lie before `end`.
template <class Scan>
const char* scan_on(const char* p, const char* end) noexcept {
  while (end - p >= 16) {
    const unsigned mask = Scan()(load_16(p));
    if (mask != 0) return p + std::countr_zero(mask);
    p += 16;
  }
  const unsigned mask = p == end ? 0 : Scan()(load_16(end - 16)) >> (16 - (end - p));
  return mask != 0 ? p + std::countr_zero(mask) : end;
}

/// The first character in [p, end) at which the scan stops. Most scans end in the first step: only that is
/// inlined.
template <class Scan>
const char* scan(const char* p, const char* end) noexcept {
  if (end - p >= 16) [[likely]] {
    const unsigned mask = Scan()(load_16(p));
    if (mask != 0) [[likely]]
      return p + std::countr_zero(mask);
    p += 16;
  }
  return scan_on<Scan>(p, end);
}
#endif

/// The first ":" or character up to SP in [p, end): where a field name ends. [begin, end) is what may be
/// read.
inline const char* find_name_end(const char* p, const char* begin, const char* end) noexcept {
#if defined(__SSE2__)
  if (end - begin >= 16) return scan<name_end_scan>(p, end);
#else
  static_cast<void>(begin);
#endif
  while (p != end && *p != ':' && static_cast<unsigned char>(*p) > 0x20) ++p;
  return p;
}

/// The first character in [p, end) that a field value may not have.
inline const char* find_value_end(const char* p, const char* begin, const char* end) noexcept {
#if defined(__SSE2__)
  if (end - begin >= 16) return scan<value_end_scan>(p, end);
#else
  static_cast<void>(begin);
#endif
  return find_other(p, end, value_char);
}

/// The first character in [p, end) that a request target may not have.
inline const char* find_target_end(const char* p, const char* begin, const char* end) noexcept {
#if defined(__SSE2__)
  if (end - begin >= 16) return scan<target_end_scan>(p, end);
#else
  static_cast<void>(begin);
#endif
  return find_other(p, end, target_char);
}

/// Reads 1*DIGIT that is at most 2^63 - 1. Returns: whether it is that.
inline bool parse_decimal(std::string_view text, std::uint64_t& value) noexcept {
  if (text.empty()) return false;
  std::uint64_t result = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    if (result > (std::uint64_t{1} << 63) / 10) return false;
    result = result * 10 + static_cast<std::uint64_t>(c - '0');
  }
  value = result;
  return result < std::uint64_t{1} << 63;
}

}  // namespace bight::http::h1
