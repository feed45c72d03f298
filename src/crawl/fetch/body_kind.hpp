// What the body of a response is, by its Content-Type or its first bytes.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace bight::crawl {

/// `xhtml`: as XML, by its Content-Type.
enum class body_kind : unsigned char { other, html, xhtml, css };

/// The number of bytes that sniff_body looks at (WHATWG MIME Sniffing 5.2).
inline constexpr std::size_t sniffed_bytes = 1445;

/// By the Content-Type. Returns: nullopt if only the body can tell: there is no valid type, or it is XML,
/// which may be XHTML.
std::optional<body_kind> body_kind_of(std::string_view content_type) noexcept;
/// By the first bytes of the body. For a body without a type, the tags of WHATWG MIME Sniffing 7.1 make it
/// HTML; for XML, the root element.
body_kind sniff_body(std::string_view content_type, std::string_view first) noexcept;

}  // namespace bight::crawl
