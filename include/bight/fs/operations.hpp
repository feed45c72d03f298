// make_directory, remove, rename, copy_file, links and permissions: file system operations.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstdint>
#include <filesystem>

namespace bight::fs {

/// Trivially copyable.
struct directory_options {
  /// Create missing parent directories; an existing directory is not an error.
  bool parents = false;
  /// The permissions, minus the umask.
  unsigned permissions = 0777;
};

/// Creates a directory. Each function of this header is one call on a thread. Cancellation: an operation that
/// has not started is not performed; otherwise it is awaited and its result returned. Errors of all:
/// system_error that names the path. Of this function: without `parents`, EEXIST if the path exists and
/// ENOENT if its parent does not. With `parents`, an existing directory, or a link to one, is not an error; a
/// file in its place or as a parent is EEXIST, which names it. Parents that were created remain.
[[nodiscard]] awaitable<void> make_directory(std::filesystem::path path, directory_options options = {});

/// Removes a file, a symbolic link or an empty directory. Returns false if it does not exist. Errors:
/// ENOTEMPTY.
[[nodiscard]] awaitable<bool> remove(std::filesystem::path path);
/// Removes a file or a directory tree of any depth. Does not follow symbolic links, even if they replace
/// directories meanwhile. Returns the number of entries removed, not counting those removed by others.
/// Errors: name the path of the failure; earlier removals are not undone. ENOTEMPTY if others keep adding
/// entries to a directory (100 attempts). EINVAL for `/`, `.` and `..`, of which nothing is removed.
[[nodiscard]] awaitable<std::uint64_t> remove_all(std::filesystem::path path);

/// Renames a file or directory within a file system (otherwise EXDEV). `replace`: `to` may be replaced, a
/// file by a file and an empty directory by a directory (otherwise ENOTEMPTY, EISDIR or ENOTDIR). If false,
/// an existing `to` is EEXIST, checked atomically; EINVAL on file systems without RENAME_NOREPLACE (some
/// network file systems). Symbolic links are not followed.
[[nodiscard]] awaitable<void> rename(std::filesystem::path from, std::filesystem::path to,
                                     bool replace = true);

/// Trivially copyable.
struct copy_options {
  /// If false, an existing target is an error (EEXIST).
  bool replace = true;
  /// Sync the copy to storage.
  bool sync = false;
};

/// Copies a file and its permissions (mode bits 0777, regardless of the umask and an existing file), by
/// copy_file_range where possible. Preserves holes of sparse files. Follows symbolic links on both sides.
/// Does not copy times, owner and extended attributes; a replaced file passes on its owner. The copy becomes
/// visible when it is complete, as with write_file_atomically. Cancellation: stops after at most 8 MiB more;
/// the target is unchanged. Errors: EISDIR for a directory.
[[nodiscard]] awaitable<void> copy_file(std::filesystem::path from, std::filesystem::path to,
                                        copy_options options = {});

/// Creates a symbolic link `link` to `target` (os.symlink), which need not exist. `target` is stored as
/// written; a relative one is relative to the directory of the link. Errors: EEXIST if `link` exists.
[[nodiscard]] awaitable<void> make_symlink(std::filesystem::path target, std::filesystem::path link);
/// Creates a hard link (os.link); does not follow `existing` if it is a symbolic link. Errors: EEXIST if
/// `link` exists, EXDEV on another file system, EPERM for a directory.
[[nodiscard]] awaitable<void> make_link(std::filesystem::path existing, std::filesystem::path link);
/// Returns the target of a symbolic link, as written. Errors: EINVAL if it is not a symbolic link.
[[nodiscard]] awaitable<std::filesystem::path> read_symlink(std::filesystem::path path);

/// Sets the mode bits 07777 of a file, following symbolic links and regardless of the umask (chmod). Errors:
/// EINVAL for other bits, EPERM if another user owns the file.
[[nodiscard]] awaitable<void> set_permissions(std::filesystem::path path, unsigned permissions);

}  // namespace bight::fs
