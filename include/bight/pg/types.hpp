// Values of PostgreSQL's types for which the standard library has no type.
#pragma once
#include <array>
#include <bight/net/address.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bight::pg {

/// An interval: months and days have no fixed length, so they are kept apart. 1 month and 30 days are
/// different intervals here, although PostgreSQL's `=` calls them equal. Parameters and results may also be
/// durations of std::chrono, for intervals without months and days.
struct interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::chrono::microseconds time{};

  /// As PostgreSQL writes it: "1 year 2 mons -3 days +04:05:06.7".
  std::string to_string() const;
  friend bool operator==(const interval&, const interval&) = default;
};

/// A time of day, of type `time`: from 00:00 to 24:00.
struct time_of_day {
  std::chrono::microseconds since_midnight{};

  /// "04:05:06.789"
  std::string to_string() const;
  friend auto operator<=>(const time_of_day&, const time_of_day&) = default;
};

/// A date or timestamp that may be 'infinity' or '-infinity'. Those types do not hold the infinities by
/// themselves: reading one is an error, so that nobody calculates with it by accident.
///
///     using expiry = pg::maybe_infinite<std::chrono::sys_days>;
///     auto until = co_await db.fetch_value<expiry>("select valid_until from licences where id = $1", id);
///     if (until.is_finite()) show(until.value());
template <class T>
class maybe_infinite {
 public:
  /// T's default value.
  constexpr maybe_infinite() = default;
  constexpr maybe_infinite(T value) : value_(std::move(value)) {}
  static constexpr maybe_infinite infinity() { return maybe_infinite{1}; }
  static constexpr maybe_infinite minus_infinity() { return maybe_infinite{-1}; }

  constexpr bool is_finite() const noexcept { return sign_ == 0; }
  constexpr bool is_infinity() const noexcept { return sign_ > 0; }
  constexpr bool is_minus_infinity() const noexcept { return sign_ < 0; }
  /// T's default value unless it is finite.
  constexpr const T& value() const noexcept { return value_; }

  friend constexpr auto operator<=>(const maybe_infinite&, const maybe_infinite&) = default;

 private:
  constexpr explicit maybe_infinite(int sign) : sign_(sign) {}

  int sign_ = 0;  // first: it decides the order
  T value_{};
};

/// An address, with the length of its network's prefix: "192.168.0.1/24".
struct inet {
  constexpr inet() = default;
  /// A host: the whole address is the prefix.
  constexpr inet(const net::ip_address& a) noexcept : inet(a, a.is_v4() ? 32 : 128) {}
  constexpr inet(const net::ip_address& a, std::uint8_t length) noexcept : address(a), prefix(length) {}
  /// Reads "192.168.0.1/24", "192.168.0.1" or "2001:db8::/32". Errors: net::errc::invalid_address.
  static boost::system::result<inet> parse(std::string_view text);

  net::ip_address address;
  std::uint8_t prefix = 32;

  /// As PostgreSQL writes it: without the prefix if that is the whole address.
  std::string to_string() const;
  friend constexpr auto operator<=>(const inet&, const inet&) = default;
};

/// A network: "192.168.0.0/24". The bits behind the prefix are zero.
struct cidr {
  constexpr cidr() = default;
  constexpr cidr(const net::ip_address& a, std::uint8_t length) noexcept : address(a), prefix(length) {}
  /// Reads "192.168.0.0/24". Errors: net::errc::invalid_address, also for bits behind the prefix.
  static boost::system::result<cidr> parse(std::string_view text);

  net::ip_address address;
  std::uint8_t prefix = 0;

  /// "192.168.0.0/24", always with the prefix.
  std::string to_string() const;
  friend constexpr auto operator<=>(const cidr&, const cidr&) = default;
};

/// A MAC address of `N` bytes: EUI-48 or EUI-64.
template <std::size_t N>
struct basic_macaddr {
  std::array<std::uint8_t, N> bytes{};

  /// "08:00:2b:01:02:03"
  std::string to_string() const;
  friend constexpr auto operator<=>(const basic_macaddr&, const basic_macaddr&) = default;
};
using macaddr = basic_macaddr<6>;
using macaddr8 = basic_macaddr<8>;

extern template struct basic_macaddr<6>;
extern template struct basic_macaddr<8>;

}  // namespace bight::pg
