// write_file, write_file_atomically: a whole file at once.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace bight::fs {

/// Makes `data` the content of a file, which is made if it is not there. Opened, written and closed in one go
/// on a thread. `permissions`: of a file that is made, less the umask. Lifetime, of all functions here:
/// `data` must stay valid until the awaitable has ended: await it where `data` lives, do not return it.
///
///     co_await bight::fs::write_file("report.txt", text);
///
/// Cancellation and errors: a part from the beginning may have been written; waits for at most 1 MiB more.
/// Who must not see a part: write_file_atomically. Errors: system_error that names the path.
[[nodiscard]] awaitable<void> write_file(std::filesystem::path path, std::string_view data,
                                         unsigned permissions = 0666);
[[nodiscard]] awaitable<void> write_file(std::filesystem::path path, std::span<const std::byte> data,
                                         unsigned permissions = 0666);

/// Trivially copyable.
struct atomic_options {
  /// False: it is an error (EEXIST) if the file is there.
  bool replace = true;
  /// Waits until data and name are on the storage, so that a power cut leaves the old file or the new one.
  bool sync = true;
  /// Of a file that is made, less the umask.
  unsigned permissions = 0666;
};

/// The same so that nobody ever sees a part: writes another file in the same folder and renames it. A file
/// that it replaces hands on its mode and, where that is permitted, its owner and its group, each for itself;
/// not its other names (hard links), nor its access control list. Where the owner is not permitted the
/// set-user-ID bit is not handed on; where the group is not, the set-group-ID bit is not, and group and
/// others may do what both might before: 0660 becomes 0600, 0664 becomes 0644. A symbolic link is followed;
/// one that leads nowhere is an error.
///
///     co_await bight::fs::write_file_atomically("state.json", text);
///
/// Cancellation and errors: the file is as it was, and the other one is gone; a cancellation that comes after
/// the renaming finds it done. A process that is killed leaves nothing half-written where the file system has
/// files without names (O_TMPFILE), as most have: the other file gets its name when it is complete. To
/// replace a file it has one of its own, `.NAME.XXXXXXXXXX.tmp` with ten random characters and the beginning
/// of a long NAME, for the moment before the renaming; elsewhere from the start, and there it may be left.
/// Errors: system_error that names the path. If the folder cannot be synced the file is there all the same.
[[nodiscard]] awaitable<void> write_file_atomically(std::filesystem::path path, std::string_view data,
                                                    atomic_options options = {});
[[nodiscard]] awaitable<void> write_file_atomically(std::filesystem::path path,
                                                    std::span<const std::byte> data,
                                                    atomic_options options = {});

}  // namespace bight::fs
