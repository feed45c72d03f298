// The part of a line after time and level.
#pragma once
#include <bight/logging/logger.hpp>
#include <span>
#include <string>
#include <string_view>

namespace bight::logging::detail {

/// `orders: order stored id=17 customer="A. Smith"`.
std::string text_line(std::string_view name, std::string_view message, std::span<const field> fields);
/// `"logger":"orders","message":"order stored","id":17`.
std::string json_line(std::string_view name, std::string_view message, std::span<const field> fields);

}  // namespace bight::logging::detail
