// Texts of values, for messages.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bight::api::detail {

/// The shortest decimal text: "7", "0.5".
std::string number_text(long double n);
/// At most 100 characters, and then "...".
std::string cut(std::string text);
/// The number of Unicode characters of valid UTF-8.
std::size_t characters(std::string_view text) noexcept;
/// "a, b, c".
std::string listed(std::span<const std::string_view> names);

}  // namespace bight::api::detail
