// Base64 (RFC 4648), in canonical form only: other texts of the same bytes are refused.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace bight::api::detail {

/// Section 4, with padding.
std::optional<std::string> from_base64(std::string_view text);
/// Section 5, without padding.
std::optional<std::string> from_base64url(std::string_view text);
std::string to_base64url(std::string_view bytes);

}  // namespace bight::api::detail
