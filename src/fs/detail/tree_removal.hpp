// The removal of a directory with all that is in it.
#pragma once
#include <cstdint>
#include <filesystem>

namespace bight::fs::detail {

/// Removes what has this name, and all that is in it. Links are not followed, whatever is exchanged for what
/// meanwhile; what others remove at the same time does not matter. Any depth, any length of paths, with two
/// descriptors if there are no more. Returns how many names it removed. On a thread. Errors: system_error
/// that names the path where it stopped.
std::uint64_t remove_tree(const std::filesystem::path& root);

}  // namespace bight::fs::detail
