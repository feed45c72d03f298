// Special schemes (WHATWG URL 4.2).
#pragma once
#include <bight/core/detail/ascii.hpp>
#include <cstdint>
#include <string_view>

#include "http/url/access.hpp"

namespace bight::http::url_detail {

/// The kind of a lower-case scheme.
[[nodiscard]] url_access::scheme_kind kind_of_scheme(std::string_view scheme) noexcept;

/// The default port; 0 for file and for schemes that are not special.
[[nodiscard]] std::uint16_t default_port(url_access::scheme_kind scheme) noexcept;

/// The length of the scheme if `text` begins with one and a colon (RFC 3986 3.1), else 0.
[[nodiscard]] std::size_t scheme_length(std::string_view text) noexcept;

using bight::detail::to_lower;

}  // namespace bight::http::url_detail
