// UTF-8 as the Encoding standard decodes it: what is malformed becomes U+FFFD.
#pragma once
#include <string>
#include <string_view>

namespace bight::http::url_detail {

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` with each maximal malformed part replaced by U+FFFD (Encoding standard, UTF-8 decode without BOM).
[[nodiscard]] std::string replace_malformed_utf8(std::string_view text);

}  // namespace bight::http::url_detail
