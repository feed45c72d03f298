// The spelling of URLs.
#pragma once
#include <string>
#include <string_view>

namespace bight::crawl {

/// Whether all bytes are ASCII.
bool is_ascii(std::string_view text) noexcept;

/// A URL reference whose bytes that are not UTF-8 are percent-encoded, so that a URL parser keeps them
/// instead of replacing them. Returns: `reference` itself if it is valid UTF-8, or a view of `buffer`.
std::string_view keep_bytes(std::string_view reference, std::string& buffer);

/// The normal spelling of a serialized URL: hex digits of percent-encodings in upper case, and unreserved
/// characters not encoded (RFC 3986 6.2.2). Returns: `href` itself if that is what it is, or a view of
/// `buffer`.
std::string_view normal_spelling(std::string_view href, std::string& buffer);

}  // namespace bight::crawl
