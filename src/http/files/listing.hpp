// The page that lists a directory.
#pragma once
#include <bight/fs/directory.hpp>
#include <string>
#include <string_view>

namespace bight::http::files {

/// An HTML page. `path`: that of the directory as in the request, percent-encoded, from a slash to a slash.
/// `depth`: how many of its segments are beneath the root, which is what links lead to.
std::string render_listing(fs::directory_list list, std::string_view path, std::size_t depth);

}  // namespace bight::http::files
