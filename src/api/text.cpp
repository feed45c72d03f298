#include "api/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace bight::api::detail {

std::string number_text(long double n) {
  std::array<char, 64> room;
  constexpr long double exact = 18446744073709551616.0L;  // 2^64
  const bool is_whole = std::trunc(n) == n && std::abs(n) < exact;
  const auto end = is_whole
                       ? std::to_chars(room.data(), room.data() + room.size(), n, std::chars_format::fixed, 0)
                       : std::to_chars(room.data(), room.data() + room.size(), static_cast<double>(n));
  return {room.data(), end.ptr};
}

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string cut(std::string text) {
  constexpr std::size_t most = 100;
  if (text.size() <= most) return text;
  std::size_t n = 0;
  std::size_t at = 0;
  for (; at != text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) continue;
    if (n++ == most) break;
  }
  if (at == text.size()) return text;
  text.resize(at);
  return text + "...";
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const auto name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace bight::api::detail
