// UTF-8 as the Encoding standard decodes it: each maximal malformed part counts as one U+FFFD.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace bight::detail {

/// U+FFFD.
inline constexpr std::string_view utf8_replacement = "\xef\xbf\xbd";
/// U+FEFF, in front of a text.
inline constexpr std::string_view utf8_byte_order_mark = "\xef\xbb\xbf";

/// The first sequence of a text.
struct utf8_sequence {
  std::size_t length =
      0;  ///< The size in bytes of the character, or of the malformed part that one U+FFFD replaces.
  bool valid = false;    ///< It is a valid character.
  bool cut_off = false;  ///< It is truncated by the end of the text.
};

/// Overlong forms, surrogates and what is beyond U+10FFFF are malformed. Precondition: not empty.
[[nodiscard]] utf8_sequence first_of_utf8(std::string_view text) noexcept;

/// The size in bytes of the longest valid prefix.
[[nodiscard]] std::size_t utf8_prefix(std::string_view text) noexcept;

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept { return utf8_prefix(text) == text.size(); }

/// `text` with each maximal malformed part replaced by U+FFFD (Encoding standard, UTF-8 decode without BOM).
[[nodiscard]] std::string replace_malformed_utf8(std::string_view text);

}  // namespace bight::detail
