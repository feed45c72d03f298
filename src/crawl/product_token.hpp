// The names by which robots.txt and X-Robots-Tag address a robot.
#pragma once
#include <algorithm>
#include <string_view>
#include "crawl/html/scan.hpp"

namespace bight::crawl {

/// The product token at the start of `text` (RFC 9309 2.2.1), with the digits and dots that deployed names
/// have.
constexpr std::string_view product_token(std::string_view text) noexcept {
  const auto belongs = [](char c) {
    return html::is_alpha(c) || html::is_digit(c) || c == '-' || c == '_' || c == '.';
  };
  const auto end = std::ranges::find_if_not(text, belongs);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// Are these tokens the same, in any case?
constexpr bool same_product(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, html::to_lower, html::to_lower);
}

}  // namespace bight::crawl
