// Networks of IP addresses, in CIDR notation.
#pragma once
#include <array>
#include <bight/net/address.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bight::http {

/// An address; an IPv4 address as ::ffff:a.b.c.d, so that one comparison does for both kinds.
using address_bytes = std::array<std::uint8_t, 16>;

std::optional<address_bytes> parse_address(std::string_view text);
address_bytes to_bytes(const net::ip_address& address) noexcept;
bool is_mapped_v4(const address_bytes& address) noexcept;

/// A network. Trivially copyable.
struct ip_network {
  /// Parses "10.0.0.0/8", "fd00::/8", "[fd00::]/8", or an address alone. Returns: nullopt if it is none of
  /// these.
  static std::optional<ip_network> parse(std::string_view text);
  bool contains(const address_bytes& address) const noexcept;

  address_bytes address{};
  int prefix = 0;  ///< Bits of `address` that count, of 128.
};

}  // namespace bight::http
