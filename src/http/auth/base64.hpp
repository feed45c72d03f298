// Base64 (RFC 4648 section 4).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::auth_detail {

/// With padding.
void append_base64(std::string& out, std::string_view bytes);
/// Decodes text with padding. Returns: nullopt if it is malformed or not in canonical form.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace bight::http::auth_detail
