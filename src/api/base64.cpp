#include "api/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace bight::api::detail {
namespace {

int digit_of(char c, std::string_view last) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  const auto at = last.find(c);
  return at == last.npos ? -1 : static_cast<int>(62 + at);
}

std::optional<std::string> decode(std::string_view text, std::string_view last) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int n = 0;
  for (const char c : text) {
    const int digit = digit_of(c, last);
    if (digit < 0) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    n += 6;
    if (n < 8) continue;
    n -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(n) & 0xFFU);
  }
  if ((bits & ((1U << static_cast<unsigned>(n)) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i != 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode(text, "+/");
}

std::optional<std::string> from_base64url(std::string_view text) { return decode(text, "-_"); }

std::string to_base64url(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  unsigned n = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    n += 8;
    for (; n >= 6; n -= 6) out += digits[bits >> (n - 6) & 63U];
  }
  if (n != 0) out += digits[bits << (6 - n) & 63U];
  return out;
}

}  // namespace bight::api::detail
