// ip_network: a block of IP addresses, in CIDR notation.
#pragma once
#include <bight/net/address.hpp>
#include <boost/system/result.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bight::net {

/// A block of IP addresses (Python's ip_network). IPv4 addresses and IPv4-mapped IPv6 addresses are the same
/// here. Trivially copyable. Default: all addresses.
///
///     const auto office = net::ip_network::parse("192.0.2.0/24").value();
///     if (office.contains(s.remote_endpoint().address())) co_await s.write("welcome\n");
class ip_network {
 public:
  constexpr ip_network() noexcept = default;

  /// Parses "10.0.0.0/8", "fd00::/8", "[fd00::]/8", or an address alone. Bits of the address beyond the
  /// prefix are ignored. Errors: errc::invalid_address.
  static boost::system::result<ip_network> parse(std::string_view text);
  /// The addresses that one client usually has: an IPv4 address alone, and the first 64 bits of an IPv6
  /// address.
  static ip_network of_client(const ip_address& address) noexcept;

  bool contains(const ip_address& address) const noexcept;
  /// The first address; an IPv4-mapped one is IPv6.
  ip_address address() const noexcept { return ip_address{bytes_}; }
  /// The number of bits that the addresses have in common, of 128.
  constexpr int prefix() const noexcept { return prefix_; }
  /// "192.0.2.0/24", "2001:db8::/32".
  std::string to_string() const;

  friend constexpr auto operator<=>(const ip_network&, const ip_network&) = default;

 private:
  friend struct std::hash<ip_network>;
  ip_network(const ip_address& address, int prefix) noexcept;

  ip_address::v6_bytes bytes_{};
  int prefix_ = 0;
};

}  // namespace bight::net

template <>
struct std::hash<bight::net::ip_network> {
  std::size_t operator()(const bight::net::ip_network& n) const noexcept;
};
