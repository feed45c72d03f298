// Paths of requests as routes see them: decoded, but still split at the slashes that were sent.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace bight::http::routing {

/// Stands for "%2F" in a decoded path. No UTF-8 text contains it.
inline constexpr char encoded_slash = '\xff';

/// Appends the decoded path. Returns: false for a malformed escape, a zero byte, or malformed UTF-8.
bool decode_path(std::string_view raw, std::string& out);

/// Whether a segment of a decoded path is "." or "..".
bool has_dot_segment(std::string_view text) noexcept;

/// The position of slash number `n`, from 0. Precondition: there are so many.
std::size_t nth_slash(std::string_view text, std::size_t n) noexcept;

}  // namespace bight::http::routing
