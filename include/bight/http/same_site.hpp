// same_site: an attribute of cookies.
#pragma once
#include <cstdint>

namespace bight::http {

/// The SameSite attribute of a cookie (RFC 6265bis 5.6.7): whether it is sent with requests that other sites
/// cause. `unset`: the attribute is absent, which browsers treat like `lax`.
enum class same_site : std::uint8_t { unset, none, lax, strict };

}  // namespace bight::http
