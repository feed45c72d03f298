// IPv4 and IPv6 literals (WHATWG URL 3.5).
#pragma once
#include <string>
#include <string_view>

namespace bight::http::url_detail {

/// Whether a lower-case ASCII domain "ends in a number", so that it must be an IPv4 address.
[[nodiscard]] bool ends_in_number(std::string_view domain) noexcept;

/// Appends the dotted decimal form of an address in any of the spellings that browsers know: one to four
/// numbers, each decimal, octal or hexadecimal. Returns false, with `out` as it was, if it is none.
[[nodiscard]] bool append_ipv4(std::string& out, std::string_view text);

/// Appends the compressed form, without brackets. Returns false, with `out` as it was, if `text`, without
/// brackets, is not an address.
[[nodiscard]] bool append_ipv6(std::string& out, std::string_view text);

}  // namespace bight::http::url_detail
