// What is in one file, into another.
#pragma once
#include <filesystem>
#include <stop_token>

namespace bight::fs::detail {

/// Copies from where `from` stands to its end, to where `to` stands. On a thread. `shown`: the path for
/// errors. Errors: also ECANCELED, once `stop` is requested: after at most 8 MiB more.
void copy_bytes(int from, int to, const std::filesystem::path& shown, const std::stop_token& stop);

}  // namespace bight::fs::detail
