// uuid: universally unique identifiers (RFC 9562).
#pragma once
#include <array>
#include <boost/system/result.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bight {

/// A UUID: 16 bytes. Trivially copyable; ordered as its bytes and its text. Default: the nil UUID, all zero.
///
///     const auto id = bight::uuid::random();
///     std::cout << id.to_string();  // 1b4e28ba-2fa1-4d02-883f-0016d3cca427
class uuid {
 public:
  using bytes_type = std::array<std::uint8_t, 16>;

  constexpr uuid() noexcept = default;
  constexpr explicit uuid(const bytes_type& bytes) noexcept : bytes_(bytes) {}
  /// As `parse`. Errors: std::invalid_argument, which names the text.
  explicit uuid(std::string_view text);
  explicit uuid(const char* text) : uuid(std::string_view{text}) {}

  /// Reads "1b4e28ba-2fa1-4d02-883f-0016d3cca427", in any case, also in braces, after "urn:uuid:", or
  /// without hyphens. Errors: std::errc::invalid_argument.
  static boost::system::result<uuid> parse(std::string_view text) noexcept;

  /// Version 4: 122 random bits of the system's generator. Errors: system_error.
  static uuid random();
  /// Version 7: the time in milliseconds in front, so that newer ones are greater and databases add them at
  /// the end of an index; then the fraction of the millisecond and 62 random bits. Each is greater than the
  /// one before, in all threads of the process, also if the clock is set back; the time is wall_clock's.
  /// Errors: system_error.
  static uuid time_ordered();

  constexpr const bytes_type& bytes() const noexcept { return bytes_; }
  constexpr bool is_nil() const noexcept { return bytes_ == bytes_type{}; }
  /// The version, such as 4 or 7. Only meaningful for UUIDs of the variant of RFC 9562.
  constexpr int version() const noexcept { return bytes_[6] >> 4; }

  /// Lower case, with hyphens: 36 characters.
  std::string to_string() const;

  friend constexpr auto operator<=>(const uuid&, const uuid&) = default;

 private:
  bytes_type bytes_{};
};

}  // namespace bight

template <>
struct std::hash<bight::uuid> {
  std::size_t operator()(const bight::uuid& value) const noexcept;
};
