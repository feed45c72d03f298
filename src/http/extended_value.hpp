// The values of parameters such as `filename*` (RFC 8187).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace bight::http {

/// The text of "UTF-8'en'na%C3%AFve.txt", in UTF-8; nullopt if it is malformed, or in another charset than
/// UTF-8 or ISO-8859-1.
std::optional<std::string> read_extended_value(std::string_view value);

/// ISO-8859-1 as UTF-8.
std::string from_latin1(std::string_view text);

}  // namespace bight::http
