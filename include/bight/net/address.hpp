// IP addresses, and endpoints of TCP and Unix domain sockets.
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

  /// Parses "127.0.0.1", "::1" or "fe80::1%2"; not other spellings of IPv4 (see http::url).
  /// Errors: net::errc::invalid_address.
  static boost::system::result<ip_address> parse(std::string_view text);
  static constexpr ip_address loopback() noexcept { return ip_address{v4_bytes{127, 0, 0, 1}}; }

  constexpr bool is_v4() const noexcept { return !v6_; }
  constexpr bool is_v6() const noexcept { return v6_; }
  /// True for 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104.
  bool is_loopback() const noexcept;
  /// Whether it is a unicast address of the public Internet, by the special-purpose registries of IANA (as
  /// Python's is_global). False for loopback, private (RFC 1918), link-local, shared (100.64.0.0/10), unique
  /// local, documentation, multicast, reserved and Teredo addresses, and for all IPv6 addresses outside of
  /// 2000::/3. IPv4-mapped, 6to4 and NAT64 (64:ff9b::/96) addresses are as public as the IPv4 address inside.
  bool is_public() const noexcept;
  /// Precondition: is_v4().
  constexpr v4_bytes v4() const noexcept { return {bytes_[0], bytes_[1], bytes_[2], bytes_[3]}; }
  /// Precondition: is_v6().
  constexpr const v6_bytes& v6() const noexcept { return bytes_; }
  constexpr std::uint32_t scope_id() const noexcept { return scope_id_; }

  /// The textual form; RFC 5952 for IPv6, without brackets.
  std::string to_string() const;

  friend constexpr auto operator<=>(const ip_address&, const ip_address&) = default;

 private:
  v6_bytes bytes_{};
  std::uint32_t scope_id_ = 0;
  bool v6_ = false;
};

/// An IP address and port, or a Unix domain socket. Trivially copyable. Default: 0.0.0.0:0.
///
///     net::endpoint loopback{net::ip_address::loopback(), 8080};
///     const auto local = net::endpoint::unix_path("/run/app.sock");
///     const auto either = net::endpoint::parse("unix:/run/app.sock").value();
class endpoint {
 public:
  /// Maximum length of a path or name in bytes.
  static constexpr std::size_t max_path = 107;

  constexpr endpoint() noexcept = default;
  constexpr endpoint(const ip_address& address, std::uint16_t port) noexcept
      : address_(address), port_(port) {}

  /// A Unix domain socket at `path`, which may be relative. Errors: errc::invalid_address, naming the path,
  /// if it is empty, longer than `max_path`, or contains a null byte.
  static endpoint unix_path(std::string_view path);
  /// A socket in Linux's abstract namespace, without a file. `name` may contain any bytes. Errors:
  /// errc::invalid_address if it is empty or longer than `max_path`.
  static endpoint unix_abstract(std::string_view name);
  /// The address of an unbound Unix domain socket, as of most clients.
  static constexpr endpoint unix_unnamed() noexcept {
    endpoint e;
    e.family_ = family::unix_path;
    return e;
  }

  /// Parses "127.0.0.1:80", "[::1]:80", "unix:/run/app.sock" or, for an abstract socket, "unix:@name".
  /// Errors: net::errc::invalid_address.
  static boost::system::result<endpoint> parse(std::string_view text);

  constexpr bool is_ip() const noexcept { return family_ == family::ip; }
  constexpr bool is_unix() const noexcept { return family_ != family::ip; }
  constexpr bool is_abstract() const noexcept { return family_ == family::unix_abstract; }

  /// The IP address; 0.0.0.0 and port 0 unless is_ip().
  constexpr const ip_address& address() const noexcept { return address_; }
  constexpr std::uint16_t port() const noexcept { return port_; }
  /// The path or abstract name of a Unix domain socket; empty if there is none.
  constexpr std::string_view path() const noexcept { return {path_.data(), path_size_}; }
  /// The form that `parse` accepts. Null bytes in abstract names become "@"; an unnamed socket is "unix:".
  std::string to_string() const;

  friend constexpr auto operator<=>(const endpoint&, const endpoint&) = default;

 private:
  enum class family : std::uint8_t { ip, unix_path, unix_abstract };
  static endpoint make_unix(family f, std::string_view path) noexcept;

  ip_address address_;
  std::uint16_t port_ = 0;
  family family_ = family::ip;
  std::uint8_t path_size_ = 0;
  std::array<char, max_path> path_{};
};

}  // namespace bight::net
