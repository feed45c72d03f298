// The content of a file, copied to another.
#pragma once
#include <filesystem>
#include <stop_token>

namespace bight::fs::detail {

/// Copies everything from `from` to `to`, which is empty; where the file systems can, without moving a byte.
/// Holes stay holes. `shown`: the paths for errors. On a thread. Errors: system_error, of ECANCELED once
/// `stop` is requested.
void copy_bytes(int from, int to, const std::filesystem::path& shown, const std::stop_token& stop);

}  // namespace bight::fs::detail
