#include "http/url/address.hpp"

#include <array>
#include <bight/core/detail/ascii.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bight::http::url_detail {
namespace {

constexpr std::uint64_t too_big = std::uint64_t{1} << 32;

using bight::detail::hex_value;
using bight::detail::is_digit;

// The IPv4 number parser. Numbers of 32 bits and more all count as `too_big`.
std::optional<std::uint64_t> ipv4_number(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t radix = 10;
  if (text.size() >= 2 && text[0] == '0') {
    const bool hexadecimal = text[1] == 'x' || text[1] == 'X';
    radix = hexadecimal ? 16 : 8;
    text.remove_prefix(hexadecimal ? 2 : 1);
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || static_cast<std::uint64_t>(digit) >= radix) return std::nullopt;
    value = value * radix + static_cast<std::uint64_t>(digit);
    if (value > too_big) value = too_big;
  }
  return value;
}

void append_number(std::string& out, unsigned value, int base) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

using pieces = std::array<std::uint16_t, 8>;

// The dotted tail of an IPv6 address: strictly four decimal numbers. `place` counts the pieces so far.
bool parse_dotted_tail(std::string_view text, pieces& address, std::size_t& place) noexcept {
  if (place > 6) return false;
  std::size_t numbers = 0;
  std::size_t i = 0;
  while (i != text.size()) {
    if (numbers == 4) return false;
    if (numbers != 0 && text[i++] != '.') return false;
    if (i == text.size() || !is_digit(text[i])) return false;
    unsigned value = static_cast<unsigned>(text[i++] - '0');
    while (i != text.size() && is_digit(text[i])) {
      if (value == 0) return false;
      value = value * 10 + static_cast<unsigned>(text[i++] - '0');
      if (value > 255) return false;
    }
    address[place] = static_cast<std::uint16_t>(address[place] * 256U + value);
    ++numbers;
    if (numbers % 2 == 0) ++place;
  }
  return numbers == 4;
}

// Moves the pieces after the double colon to the end; there are fewer than eight.
void expand(pieces& address, std::size_t compress, std::size_t place) noexcept {
  std::size_t to = address.size();
  while (place != compress) {
    address[--to] = address[--place];
    address[place] = 0;
  }
}

std::optional<pieces> parse_ipv6(std::string_view text) noexcept {
  pieces address{};
  std::size_t place = 0;
  std::optional<std::size_t> compress;
  std::size_t i = 0;
  if (text.starts_with(':')) {
    if (!text.starts_with("::")) return std::nullopt;
    i = 2;
    compress = 0;
  }
  while (i != text.size()) {
    if (place == 8) return std::nullopt;
    if (text[i] == ':') {
      if (compress) return std::nullopt;
      ++i;
      compress = place;
      continue;
    }
    const std::size_t start = i;
    unsigned value = 0;
    while (i != text.size() && i - start < 4 && hex_value(text[i]) >= 0) {
      value = value * 16 + static_cast<unsigned>(hex_value(text[i++]));
    }
    if (i != text.size() && text[i] == '.') {
      if (i == start || !parse_dotted_tail(text.substr(start), address, place)) return std::nullopt;
      break;
    }
    if (i != text.size()) {
      if (text[i] != ':' || i == start) return std::nullopt;
      if (++i == text.size()) return std::nullopt;
    }
    address[place++] = static_cast<std::uint16_t>(value);
  }
  if (compress) {
    if (place == 8) return std::nullopt;
    expand(address, *compress, place);
  } else if (place != 8) {
    return std::nullopt;
  }
  return address;
}

}  // namespace

bool ends_in_number(std::string_view domain) noexcept {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  const auto last = domain.substr(domain.rfind('.') + 1);  // npos + 1 is 0
  if (last.empty() || !is_digit(last[0])) return false;
  if (last.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return ipv4_number(last).has_value();
}

bool append_ipv4(std::string& out, std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::uint64_t address = 0;
  unsigned numbers = 0;
  while (true) {
    const auto dot = text.find('.');
    const auto value = ipv4_number(text.substr(0, dot));
    if (!value || ++numbers > 4) return false;
    if (dot == std::string_view::npos) {
      if (*value >> (8U * (5 - numbers)) != 0) return false;
      address = (address << (8U * (5 - numbers))) + *value;
      break;
    }
    if (*value > 255) return false;
    address = address * 256 + *value;
    text.remove_prefix(dot + 1);
  }
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    if (shift != 32) out.push_back('.');
    append_number(out, static_cast<unsigned>(address >> (shift - 8)) & 255U, 10);
  }
  return true;
}

bool append_ipv6(std::string& out, std::string_view text) {
  const auto parsed = parse_ipv6(text);
  if (!parsed) return false;
  const pieces& address = *parsed;
  // The first of the longest runs of two or more zeros is the one to compress.
  std::size_t longest_at = 8;
  std::size_t longest = 1;
  for (std::size_t i = 0; i != 8;) {
    std::size_t end = i;
    while (end != 8 && address[end] == 0) ++end;
    if (end - i > longest) {
      longest = end - i;
      longest_at = i;
    }
    i = end == i ? i + 1 : end;
  }
  for (std::size_t i = 0; i != 8;) {
    if (i == longest_at) {
      out.append(i == 0 ? "::" : ":");
      i += longest;
      continue;
    }
    append_number(out, address[i], 16);
    if (++i != 8) out.push_back(':');
  }
  return true;
}

}  // namespace bight::http::url_detail
