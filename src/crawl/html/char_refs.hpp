// Character references (13.2.5.72 to .80) and the other rewriting that attribute values and RCDATA text need.
#pragma once
#include <string>
#include <string_view>

namespace bight::crawl::html {

/// Where a text stands: in attribute values `&copy=` and `&copyx` are no references, for the sake of old
/// query strings.
enum class text_place : bool { attribute, content };

/// May `raw` mean anything else than itself? If not, append_decoded would append just it.
bool needs_decoding(std::string_view raw) noexcept;

/// Appends what `raw` means: references replaced, CR LF and CR as LF, NUL as U+FFFD; in UTF-8.
/// `raw` is a whole attribute value or text. That makes the result what the standard's states arrive at byte
/// by byte.
void append_decoded(std::string& out, std::string_view raw, text_place place);

/// Appends a code point as UTF-8.
void append_utf8(std::string& out, char32_t code);

}  // namespace bight::crawl::html
