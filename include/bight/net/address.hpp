// IP addresses and endpoints, as values.
#pragma once
#include <array>
#include <boost/system/result.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bight::net {

/// An IPv4 or IPv6 address. Default: 0.0.0.0.
class ip_address {
 public:
  using v4_bytes = std::array<std::uint8_t, 4>;
  using v6_bytes = std::array<std::uint8_t, 16>;

  constexpr ip_address() noexcept = default;
  constexpr explicit ip_address(const v4_bytes& b) noexcept {
    for (std::size_t i = 0; i != b.size(); ++i) bytes_[i] = b[i];
  }
  constexpr explicit ip_address(const v6_bytes& b, std::uint32_t scope_id = 0) noexcept
      : bytes_(b), scope_id_(scope_id), v6_(true) {}

  /// Reads "127.0.0.1", "::1" or "fe80::1%2"; not the other spellings of IPv4 (see http::url for those).
  /// Errors: net::errc::invalid_address.
  static boost::system::result<ip_address> parse(std::string_view text);
  static constexpr ip_address loopback() noexcept { return ip_address{v4_bytes{127, 0, 0, 1}}; }

  constexpr bool is_v4() const noexcept { return !v6_; }
  constexpr bool is_v6() const noexcept { return v6_; }
  /// True for 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104.
  bool is_loopback() const noexcept;
  /// Precondition: is_v4().
  constexpr v4_bytes v4() const noexcept { return {bytes_[0], bytes_[1], bytes_[2], bytes_[3]}; }
  /// Precondition: is_v6().
  constexpr const v6_bytes& v6() const noexcept { return bytes_; }
  constexpr std::uint32_t scope_id() const noexcept { return scope_id_; }

  /// RFC 5952 for IPv6, without brackets.
  std::string to_string() const;

  friend constexpr auto operator<=>(const ip_address&, const ip_address&) = default;

 private:
  v6_bytes bytes_{};
  std::uint32_t scope_id_ = 0;
  bool v6_ = false;
};

/// An address and a port. Default: 0.0.0.0:0.
class endpoint {
 public:
  constexpr endpoint() noexcept = default;
  constexpr endpoint(const ip_address& address, std::uint16_t port) noexcept
      : address_(address), port_(port) {}

  /// Reads "127.0.0.1:80" or "[::1]:80". Errors: net::errc::invalid_address.
  static boost::system::result<endpoint> parse(std::string_view text);

  constexpr const ip_address& address() const noexcept { return address_; }
  constexpr std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:80", "[::1]:80".
  std::string to_string() const;

  friend constexpr auto operator<=>(const endpoint&, const endpoint&) = default;

 private:
  ip_address address_;
  std::uint16_t port_ = 0;
};

}  // namespace bight::net
