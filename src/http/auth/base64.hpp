// Base64 (RFC 4648 section 4).
#pragma once
#include <string>
#include <string_view>

namespace bight::http::auth_detail {

/// With padding.
void append_base64(std::string& out, std::string_view bytes);

}  // namespace bight::http::auth_detail
