// Percent-encode sets (WHATWG URL 1.3) as one table, and appending forms of encoding and decoding.
#pragma once
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/http/url.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace bight::http::url_detail {

constexpr bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

constexpr bool is_alphanumeric(char c) { return bight::detail::is_alpha(c) || bight::detail::is_digit(c); }

// Each set of the standard is written as what it adds to the set that it builds on.
constexpr bool is_member(char c, percent_encode_set set) {
  using enum percent_encode_set;
  switch (set) {
    case c0_control:
      return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e;
    case fragment:
      return is_member(c, c0_control) || contains(" \"<>`", c);
    case query:
      return is_member(c, c0_control) || contains(" \"#<>", c);
    case special_query:
      return is_member(c, query) || c == '\'';
    case path:
      return is_member(c, query) || contains("?^`{}", c);
    case userinfo:
      return is_member(c, path) || contains("/:;=@[\\]|", c);
    case component:
      return is_member(c, userinfo) || contains("$%&+,", c);
    case form:
      return !is_alphanumeric(c) && !contains("*-._", c);
  }
  return true;
}

constexpr std::array<std::uint8_t, 256> make_percent_encode_sets() {
  std::array<std::uint8_t, 256> sets{};
  for (unsigned byte = 0; byte != 256; ++byte) {
    for (unsigned set = 0; set != 8; ++set) {
      if (is_member(static_cast<char>(static_cast<unsigned char>(byte)),
                    static_cast<percent_encode_set>(set))) {
        sets[byte] = static_cast<std::uint8_t>(sets[byte] | (1U << set));
      }
    }
  }
  return sets;
}

inline constexpr auto percent_encode_sets = make_percent_encode_sets();

/// Whether a byte is to be encoded; bytes that are not ASCII are in every set.
[[nodiscard]] constexpr bool in_set(unsigned char byte, percent_encode_set set) noexcept {
  return (static_cast<unsigned>(percent_encode_sets[byte]) >> static_cast<unsigned>(set) & 1U) != 0;
}

/// Appends `text`, encoding the bytes in `set`.
void append_percent_encoded(std::string& out, std::string_view text, percent_encode_set set);

/// Appends `%XX`.
void append_percent_byte(std::string& out, unsigned char byte);

/// Appends `text` with each `%XX` decoded, and each `+` as a space if `plus_is_space`.
void append_percent_decoded(std::string& out, std::string_view text, bool plus_is_space);

}  // namespace bight::http::url_detail
