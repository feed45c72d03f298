// Paths and path patterns of robots.txt: their normal form, and matching one with the other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bight::crawl {

/// Which side of the comparison a text is: only in a pattern are `*` and a final `$` special.
enum class robots_text : bool { pattern, path };

/// Appends `text` in the form in which patterns and paths are compared (RFC 9309 2.2.2): bytes outside ASCII,
/// controls and a `%` without two digits percent-encoded, encoded unreserved characters decoded, hexadecimal
/// digits in upper case. In a query also `/`, `?`, `:` and `@`, which are mere data there (RFC 3986 3.4), are
/// decoded. A path's own `*` and `$` become %2A and %24, which is how a pattern names them; so does a `$` of
/// a pattern that is not its last byte.
void append_robots_normal(std::string& out, std::string_view text, robots_text side);

/// Returns a set of the pairs of neighbouring bytes that occur in `text`, hashed to 64 bits; those with a
/// special character of a pattern are left out. A pattern can match a path only if its set is part of the
/// path's.
std::uint64_t robots_signature(std::string_view text) noexcept;

/// Does `pattern` match `path` from its start? Both in normal form.
/// Complexity: linear in both, for any number of `*`; allocates only for a part between two `*` of more than
/// 32 bytes.
bool robots_match(std::string_view pattern, std::string_view path);

}  // namespace bight::crawl
