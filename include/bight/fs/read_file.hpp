// read_file: reads a whole file.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <filesystem>
#include <string>

namespace bight::fs {

/// Returns the content of a file. Up to 256 KiB of cached data are read in place, as by `file::read_at`, for
/// about 16 files before other tasks run. Otherwise the file is opened, read and closed by one call on a
/// thread; so are symbolic links, the first file of a directory, and files on file systems without
/// non-blocking reads (tmpfs, FUSE, network).
///
///     auto text = co_await bight::fs::read_file("settings.json");
///
/// `limit`: the maximum size in bytes. Cancellation: leaves nothing open; reads at most 1 MiB more. Errors:
/// errc::limit_exceeded, which names limit and path; otherwise system_error that names the path, including
/// the errors of `open`.
[[nodiscard]] awaitable<std::string> read_file(std::filesystem::path path, std::size_t limit = 64U << 20U);

}  // namespace bight::fs
