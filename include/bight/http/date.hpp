// Dates of HTTP fields.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http {

/// The size of an IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t date_size = 29;

/// Writes an IMF-fixdate (RFC 9110 5.6.7). Precondition: the year is between 0 and 9999.
std::array<char, date_size> to_date_chars(std::chrono::sys_seconds time) noexcept;
/// The same as a string.
std::string format_date(std::chrono::sys_seconds time);

/// Reads a date in any of the three formats of RFC 9110 5.6.7: IMF-fixdate, RFC 850, asctime. Names of days
/// and months in any case; a day name that does not fit the date is passed over; a leap second is read as the
/// second before. `now` decides the century of an RFC 850 year: never more than 50 years ahead. Returns:
/// nullopt if the text is none of the three.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text,
                                                   std::chrono::sys_seconds now) noexcept;

/// The text of the current second for Date headers, formatted once per second. One per thread.
class date_cache {
 public:
  /// The IMF-fixdate of `now`. Lifetime: until the next call with another second.
  std::string_view at(std::chrono::sys_seconds now) noexcept;

 private:
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::array<char, date_size> text_{};
};

}  // namespace bight::http
