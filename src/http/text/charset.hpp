// Texts of messages in UTF-8, whatever charset they come in.
#pragma once
#include <string>
#include <string_view>

namespace bight::http {

/// The text of a body in UTF-8. Its charset is, in this order: that of a byte order mark, which is dropped;
/// the charset parameter of Content-Type, by the labels of the WHATWG Encoding standard; UTF-8. Malformed
/// sequences become U+FFFD. Valid UTF-8 is returned as it is. `content_type`: empty if there is none.
/// Complexity: linear.
std::string to_utf8(std::string&& bytes, std::string_view content_type);

}  // namespace bight::http
