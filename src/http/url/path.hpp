// The path state of the URL parser, on strings: a path is "/segment/segment", the empty list is "".
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace bight::http::url_detail {

/// What the scheme means for paths.
struct path_style {
  bool special = false;  ///< A backslash is a slash.
  bool file = false;     ///< Windows drive letters are kept.
};

/// Whether `text` is an ASCII letter and then `:` or `|`.
[[nodiscard]] bool is_windows_drive_letter(std::string_view text) noexcept;
/// Whether `text` begins with a drive letter that is all of its first segment, up to / \ ? # or the end.
[[nodiscard]] bool starts_with_windows_drive_letter(std::string_view text) noexcept;
/// The drive letter and colon with the slash before it, if that is the first segment of a path; else empty.
[[nodiscard]] std::string_view normalized_drive_letter(std::string_view path) noexcept;

/// Removes the last segment of the path that begins at `path_begin` of `out`; keeps a lone drive letter of
/// file.
void shorten_path(std::string& out, std::size_t path_begin, path_style style);

/// Appends the segments of `text`, which has no leading slash of its own, to that path: resolves dot segments
/// and encodes what is in the path percent-encode set.
void append_path(std::string& out, std::size_t path_begin, std::string_view text, path_style style);

}  // namespace bight::http::url_detail
