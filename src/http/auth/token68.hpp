// token68: a token or its like in Authorization (RFC 9110 11.2).
#pragma once
#include <bight/core/detail/ascii.hpp>
#include <cstddef>
#include <string_view>

namespace bight::http::auth_detail {

/// The length of the token68 at the beginning of a text; 0 if there is none.
inline std::size_t token68_size(std::string_view text) noexcept {
  std::size_t n = 0;
  const auto is_part = [](char c) {
    return bight::detail::is_alpha(c) || bight::detail::is_digit(c) ||
           std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
  };
  while (n < text.size() && is_part(text[n])) ++n;
  if (n == 0) return 0;
  while (n < text.size() && text[n] == '=') ++n;
  return n;
}

}  // namespace bight::http::auth_detail
