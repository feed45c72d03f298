// The charset that a page declares itself.
#pragma once
#include <string>
#include <string_view>

namespace bight::crawl::charsets {

/// The number of bytes that are searched.
inline constexpr std::size_t prescan_bytes = 1024;

/// The label in the first meta element or XML declaration that names a charset: "prescan a byte stream to
/// determine its encoding", HTML standard 13.2.3.2. A declared UTF-16 is UTF-8, as the standard says: it
/// could be read. Looks at `head` alone, whatever its size. Returns: empty if there is none.
std::string prescan(std::string_view head);

}  // namespace bight::crawl::charsets
