// write_file, write_file_atomically: write a whole file.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace bight::fs {

/// Writes `data` to a file, which is created or overwritten, by one call on a thread. `permissions`: of a new
/// file, minus the umask. Lifetime, for all functions here: `data` must stay valid until completion: await
/// the call where `data` lives.
///
///     co_await bight::fs::write_file("report.txt", text);
///
/// Cancellation and errors: a first part may have been written; at most 1 MiB more is written. To never
/// expose a partial file, use write_file_atomically. Errors: system_error that names the path.
[[nodiscard]] awaitable<void> write_file(std::filesystem::path path, std::string_view data,
                                         unsigned permissions = 0666);
[[nodiscard]] awaitable<void> write_file(std::filesystem::path path, std::span<const std::byte> data,
                                         unsigned permissions = 0666);

/// Trivially copyable.
struct atomic_options {
  /// If false, an existing file is an error (EEXIST).
  bool replace = true;
  /// Syncs the file and its directory, so that after a power failure either the old or the new file exists.
  bool sync = true;
  /// The permissions of a new file, minus the umask.
  unsigned permissions = 0666;
};

/// Same, but a partial file is never visible: writes another file in the same directory and renames it. A
/// replaced file passes on its mode and, independently and where permitted, its owner and group; not its
/// other hard links or access control list. If the owner cannot be set, the set-user-ID bit is cleared; if
/// the group cannot be set, the set-group-ID bit is cleared, and group and others get the permissions that
/// both had: 0660 becomes 0600, 0664 becomes 0644. Symbolic links are followed; a dangling one is an error.
///
///     co_await bight::fs::write_file_atomically("state.json", text);
///
/// Cancellation and errors: the file is unchanged, and the other one is removed; a cancellation after the
/// rename has no effect. Where O_TMPFILE is supported, as on most file systems, a killed process leaves no
/// partial file behind: the other file gets a name when it is complete. To replace a file, that is a name of
/// its own, `.NAME.XXXXXXXXXX.tmp` (ten random characters after the beginning of a long NAME), just before
/// the rename; on other file systems it has that name from the start and may be left behind. Errors:
/// system_error that names the path. If syncing the directory fails, the file exists anyway.
[[nodiscard]] awaitable<void> write_file_atomically(std::filesystem::path path, std::string_view data,
                                                    atomic_options options = {});
[[nodiscard]] awaitable<void> write_file_atomically(std::filesystem::path path,
                                                    std::span<const std::byte> data,
                                                    atomic_options options = {});

}  // namespace bight::fs
