// The basic URL parser (WHATWG URL 4.4), by components rather than by states, and its fast path.
#pragma once
#include <bight/http/url.hpp>
#include <string_view>

#include "http/url/access.hpp"

namespace bight::http::url_detail {

/// Parses `input`, already trimmed, against `base`, or alone if `base` is null, into `out`, which may not be
/// `base`. Returns false on failure; `out` is then in no particular state.
[[nodiscard]] bool parse_url(std::string_view input, const url* base, url& out, const url_limits& limits);

enum class fast_result { parsed, failed, not_applicable };

/// Parses what most links are, trimmed: an absolute http or https URL, or a path, query or fragment against a
/// special base, where no character needs work. Otherwise gives not_applicable.
[[nodiscard]] fast_result parse_url_fast(std::string_view input, const url* base, url& out,
                                         const url_limits& limits);

/// Parses port digits. Returns false if there are others, or the number is too big.
/// The scheme's default, and the empty string, set no port.
[[nodiscard]] bool parse_port(std::string_view text, url_access::places& at);

/// Appends `:port` if there is one.
void append_port(std::string& out, const url_access::places& at);

}  // namespace bight::http::url_detail
