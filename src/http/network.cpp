#include "http/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace bight::http {

namespace {

constexpr address_bytes mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t mapped_size = 12;

}  // namespace

std::optional<address_bytes> parse_address(std::string_view text) {
  const std::string copy{text};
  if (copy.find('\0') != copy.npos) return std::nullopt;
  address_bytes out{};
  if (::inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
  out = mapped_prefix;
  if (::inet_pton(AF_INET, copy.c_str(), out.data() + mapped_size) == 1) return out;
  return std::nullopt;
}

address_bytes to_bytes(const net::ip_address& address) noexcept {
  if (address.is_v6()) return address.v6();
  address_bytes out = mapped_prefix;
  const auto v4 = address.v4();
  std::copy(v4.begin(), v4.end(), out.begin() + mapped_size);
  return out;
}

bool is_mapped_v4(const address_bytes& address) noexcept {
  return std::equal(address.begin(), address.begin() + mapped_size, mapped_prefix.begin());
}

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto base = text.substr(0, slash);
  if (base.starts_with('[') && base.ends_with(']')) base = base.substr(1, base.size() - 2);
  const auto parsed = parse_address(base);
  if (!parsed) return std::nullopt;
  ip_network out;
  out.address = *parsed;
  out.prefix = 128;
  if (slash == text.npos) return out;
  const auto bits = text.substr(slash + 1);
  const bool v4 = base.find(':') == base.npos;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), out.prefix);
  if (error != std::errc{} || end != bits.data() + bits.size() || out.prefix < 0 ||
      out.prefix > (v4 ? 32 : 128))
    return std::nullopt;
  if (v4) out.prefix += 96;
  return out;
}

bool ip_network::contains(const address_bytes& other) const noexcept {
  const auto whole = static_cast<std::size_t>(prefix) / 8;
  if (!std::equal(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(whole), address.begin()))
    return false;
  const int left = prefix % 8;
  return left == 0 || (other[whole] ^ address[whole]) >> (8 - left) == 0;
}

}  // namespace bight::http
