// Dates in HTTP headers.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http {

/// The length of an IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t date_size = 29;

/// Writes an IMF-fixdate (RFC 9110 5.6.7). Precondition: the year is between 0 and 9999.
std::array<char, date_size> to_date_chars(std::chrono::sys_seconds time) noexcept;
/// Same as a string.
std::string format_date(std::chrono::sys_seconds time);

/// Parses a date in any of the formats of RFC 9110 5.6.7: IMF-fixdate, RFC 850 and asctime. Day and month
/// names are case-insensitive; a day name that contradicts the date is ignored; a leap second is read as the
/// second before it. `now` determines the century of RFC 850 years: at most 50 years in the future. Returns:
/// nullopt if the text is not a date.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text,
                                                   std::chrono::sys_seconds now) noexcept;

/// Parses Retry-After (RFC 9110 10.2.3): seconds, or a date, which is compared with `now`. Returns: nullopt
/// if it is neither; zero for dates in the past.
std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value,
                                                          std::chrono::sys_seconds now) noexcept;

/// Caches the formatted current second for Date headers. Use one per thread.
class date_cache {
 public:
  /// The IMF-fixdate of `now`. Lifetime: until the next call with a different second.
  std::string_view at(std::chrono::sys_seconds now) noexcept;

 private:
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::array<char, date_size> text_{};
};

}  // namespace bight::http
