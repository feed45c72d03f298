#include "duration.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <system_error>

using std::chrono::nanoseconds;

std::optional<nanoseconds> read_duration(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  double scale = 0;
  if (unit == "ms") scale = 1e6;
  if (unit == "s") scale = 1e9;
  if (unit == "m") scale = 60e9;
  if (unit == "h") scale = 3600e9;
  constexpr double longest = 1e18;
  if ((scale == 0 && value != 0) || value * scale > longest) return std::nullopt;
  return nanoseconds{static_cast<std::int64_t>(value * scale)};
}

std::string check_duration(const std::string& text) {
  if (read_duration(text)) return {};
  return "'" + text + "' is not a duration such as 250ms, 1.5s, 2m or 1h";
}
