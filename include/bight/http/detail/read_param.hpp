// Path parameters as values.
#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http::detail {

// They throw a problem with status 404, or std::out_of_range for a parameter that is absent.
std::int64_t read_signed(std::string_view name, std::string_view value, std::int64_t min, std::int64_t max);
std::uint64_t read_unsigned(std::string_view name, std::string_view value, std::uint64_t max);
double read_float(std::string_view name, std::string_view value);
void require_param(std::string_view name, std::string_view value);

template <class T>
concept text_param = std::same_as<T, std::string> || std::same_as<T, std::string_view>;
template <class T>
concept integer_param = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

template <class T>
  requires integer_param<T> || std::floating_point<T> || text_param<T>
T read_param(std::string_view name, std::string_view value) {
  if constexpr (text_param<T>) {
    require_param(name, value);
    return T{value};
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(read_float(name, value));
  } else if constexpr (std::signed_integral<T>) {
    using limits = std::numeric_limits<T>;
    return static_cast<T>(read_signed(name, value, limits::min(), limits::max()));
  } else {
    return static_cast<T>(read_unsigned(name, value, std::numeric_limits<T>::max()));
  }
}

}  // namespace bight::http::detail
