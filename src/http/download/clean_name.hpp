// Names of files that others wrote.
#pragma once
#include <string>
#include <string_view>

namespace bight::http {

/// `name` as a name that can be used in a directory: without what comes before a slash or backslash, leading
/// dots, control characters and malformed UTF-8; at most 200 bytes. Empty if nothing is left.
std::string clean_file_name(std::string_view name);

}  // namespace bight::http
