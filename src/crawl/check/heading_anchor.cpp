#include <unicode/uchar.h>

#include <bight/core/detail/utf8.hpp>
#include <bight/crawl/markdown.hpp>

#include "crawl/check/lower_case.hpp"
#include "crawl/html/char_refs.hpp"

namespace bight::crawl {
namespace {

// What Ruby's \p{Word} matches: letters and what is like them, marks, decimal digits and connectors such as
// '_'.
bool is_word(UChar32 c) {
  return u_isUAlphabetic(c) != 0 ||
         (U_MASK(u_charType(c)) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

// Precondition: a valid sequence.
UChar32 code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) {
    return static_cast<UChar32>(static_cast<unsigned char>(sequence[i]));
  };
  if (sequence.size() == 1) return byte(0);
  UChar32 c = byte(0) & (0x7F >> sequence.size());
  for (std::size_t i = 1; i != sequence.size(); ++i) c = c * 64 + (byte(i) & 0x3F);
  return c;
}

// Calls `f` with each code point.
template <class F>
void each_code_point(std::string_view text, F f) {
  while (!text.empty()) {
    const auto next = bight::detail::first_of_utf8(text);
    if (next.valid) f(code_point(text.substr(0, next.length)));
    text.remove_prefix(next.length);
  }
}

}  // namespace

std::string check::lower_case(std::string_view text) {
  std::string out;
  each_code_point(text, [&](UChar32 c) { html::append_utf8(out, static_cast<char32_t>(u_tolower(c))); });
  return out;
}

std::string heading_anchor(std::string_view text) {
  std::string out;
  each_code_point(text, [&](UChar32 c) {
    if (c == ' ' || c == '-')
      out += '-';
    else if (is_word(c))
      html::append_utf8(out, static_cast<char32_t>(u_tolower(c)));
  });
  return out;
}

}  // namespace bight::crawl
