// Boundaries of multipart bodies (RFC 2046 5.1.1).
#pragma once
#include <algorithm>
#include <bight/core/detail/ascii.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::multipart_detail {

inline constexpr std::size_t max_boundary = 70;

/// Whether it is 1 to 70 characters that a boundary may have, and does not end with a space.
inline bool is_boundary(std::string_view text) noexcept {
  const auto allowed = [](char c) {
    return bight::detail::is_alpha(c) || bight::detail::is_digit(c) ||
           std::string_view{"'()+_,-./:=? "}.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= max_boundary && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), allowed);
}

/// The boundary of a Content-Type of multipart/form-data; nullopt if it is not that or has no valid one.
std::optional<std::string> boundary_of(std::string_view content_type);

}  // namespace bight::http::multipart_detail
