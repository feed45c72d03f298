// Numbers in paths.
#pragma once
#include <bight/core/detail/ascii.hpp>
#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace bight::http::routing {

/// A decimal number without spaces, a plus sign, "inf" or "nan". Returns: nullopt if it is not one, or does
/// not fit.
template <class T>
std::optional<T> parse_number(std::string_view text) noexcept {
  using bight::detail::is_digit;
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || !is_digit(digits.front()) || !is_digit(digits.back())) return std::nullopt;
  T value{};
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

}  // namespace bight::http::routing
