#include "http/extended_value.hpp"

#include <bight/core/detail/utf8.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>

namespace bight::http {

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0U | byte >> 6U);
      out += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return out;
}

std::optional<std::string> read_extended_value(std::string_view value) {
  const auto charset_end = value.find('\'');
  if (charset_end == value.npos) return {};
  const auto language_end = value.find('\'', charset_end + 1);
  if (language_end == value.npos) return {};
  const auto charset = value.substr(0, charset_end);
  auto text = percent_decode(value.substr(language_end + 1));
  if (equal_ignoring_case(charset, "iso-8859-1")) return from_latin1(text);
  if (!equal_ignoring_case(charset, "utf-8") || !bight::detail::is_utf8(text)) return {};
  return text;
}

}  // namespace bight::http
