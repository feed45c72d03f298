// The host parser (WHATWG URL 3.5).
#pragma once
#include <bight/http/url.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::url_detail {

/// Appends the serialised host, and says what it is. `text` is not empty. On nullopt, "failure", `out` may
/// have grown.
[[nodiscard]] std::optional<host_kind> append_host(std::string& out, std::string_view text, bool special,
                                                   const url_limits& limits);

}  // namespace bight::http::url_detail
