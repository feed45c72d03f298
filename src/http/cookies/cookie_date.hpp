// Dates of cookies, which are more lenient than other dates of HTTP.
#pragma once
#include <bight/core/clock.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bight::http::cookies {

/// Parses the value of Expires by the algorithm of RFC 6265 5.1.1: time, day, month and year in any order.
/// What is beyond the range of wall_clock becomes its end.
std::optional<wall_clock::time_point> parse_cookie_date(std::string_view text) noexcept;

/// A moment in seconds since 1970, brought into the range of wall_clock.
wall_clock::time_point from_seconds(std::int64_t seconds) noexcept;

}  // namespace bight::http::cookies
