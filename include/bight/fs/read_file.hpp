// read_file: a whole file at once.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <filesystem>
#include <string>

namespace bight::fs {

/// Returns the content of a file. Up to 256 KiB that the page cache holds are read in place, as by
/// `file::read_at`, about 16 files before others get their turn. Anything else is opened, read and closed in
/// one go on a thread: one way there and back. So are symbolic links, the first file of a folder, and file
/// systems that cannot tell whether they would wait (tmpfs, FUSE, networks).
///
///     auto text = co_await bight::fs::read_file("settings.json");
///
/// `limit`: how many bytes at most. Cancellation: nothing is left open; waits for at most 1 MiB more.
/// Errors: errc::limit_exceeded, which names limit and path, if there is more; system_error that names the
/// path otherwise, those of `open` among them.
[[nodiscard]] awaitable<std::string> read_file(std::filesystem::path path, std::size_t limit = 64U << 20U);

}  // namespace bight::fs
