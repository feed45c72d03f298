#include "http/url/percent.hpp"

#include <bight/core/detail/ascii.hpp>

namespace bight::http {
namespace url_detail {
using bight::detail::hex_value;

void append_percent_byte(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const char text[3] = {'%', digits[byte >> 4U], digits[byte & 15U]};
  out.append(text, 3);
}

void append_percent_encoded(std::string& out, std::string_view text, percent_encode_set set) {
  std::size_t run = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!in_set(byte, set)) continue;
    out.append(text, run, i - run);
    append_percent_byte(out, byte);
    run = i + 1;
  }
  out.append(text, run, text.size() - run);
}

void append_percent_decoded(std::string& out, std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i != text.size(); ++i) {
    char c = text[i];
    if (c == '%' && text.size() - i > 2) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(static_cast<unsigned char>(high * 16 + low));
        i += 2;
      }
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    out.push_back(c);
  }
}

}  // namespace url_detail

std::string percent_encode(std::string_view text, percent_encode_set set) {
  std::string out;
  out.reserve(text.size());
  url_detail::append_percent_encoded(out, text, set);
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  url_detail::append_percent_decoded(out, text, false);
  return out;
}

}  // namespace bight::http
