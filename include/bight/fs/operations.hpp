// make_directory, remove, rename, copy_file, links and permissions: changes to the tree of files.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstdint>
#include <filesystem>

namespace bight::fs {

/// Trivially copyable.
struct directory_options {
  /// Makes the folders on the way too; they, and this one, may be there already.
  bool parents = false;
  /// Less the umask.
  unsigned permissions = 0777;
};

/// Makes a directory. Each function of this header is one call on a thread. Cancellation, of all: what has
/// not begun never does; what has is awaited to its end, and its result is delivered. Errors, of all:
/// system_error that names the path. Of this one: without `parents` EEXIST if the path is there, and ENOENT
/// if the folder that it would be in is not. With `parents` a directory that is there is no error, nor is a
/// link to one; for a file in its place, or on the way, EEXIST, which names that. What was made on the way
/// stays.
[[nodiscard]] awaitable<void> make_directory(std::filesystem::path path, directory_options options = {});

/// Removes a file, a symbolic link or an empty directory. Returns false if there was none. Errors: ENOTEMPTY.
[[nodiscard]] awaitable<bool> remove(std::filesystem::path path);
/// Removes what is there with all that is in it, at any depth. Symbolic links are not followed, even if they
/// are exchanged for directories meanwhile. Returns how many were removed; what others remove at the same
/// time is none. Errors: name the path where it stopped; what was removed before is gone. ENOTEMPTY for a
/// directory into which others put something while it was emptied 100 times. EINVAL for `/`, `.` and `..`, of
/// which nothing is removed.
[[nodiscard]] awaitable<std::uint64_t> remove_all(std::filesystem::path path);

/// Renames a file or directory within a file system (EXDEV otherwise). `replace`: what is at `to` may be
/// replaced, a file by a file and an empty directory by a directory (ENOTEMPTY, EISDIR and ENOTDIR
/// otherwise). Without it EEXIST if something is there, which the system decides in one step; EINVAL on file
/// systems that have no such step (RENAME_NOREPLACE; some of networks). Symbolic links are renamed
/// themselves.
[[nodiscard]] awaitable<void> rename(std::filesystem::path from, std::filesystem::path to,
                                     bool replace = true);

/// Trivially copyable.
struct copy_options {
  /// False: it is an error (EEXIST) if the target is there.
  bool replace = true;
  /// Waits until the copy is on the storage.
  bool sync = false;
};

/// Copies a file, with its permissions (the nine bits 0777, whatever the umask and a file at `to` have);
/// where the file system can, without moving a byte (copy_file_range). Holes of sparse files stay holes.
/// Symbolic links are followed on both sides. Not copied: times, owner, extended attributes; a file that it
/// replaces hands on its owner. Nobody ever sees a part: the copy gets its name when it is complete, as with
/// write_file_atomically.
/// Cancellation: stops after at most 8 MiB more; the target is as it was. Errors: EISDIR for a directory.
[[nodiscard]] awaitable<void> copy_file(std::filesystem::path from, std::filesystem::path to,
                                        copy_options options = {});

/// Makes `link` a symbolic link to `target` (os.symlink), which need not be there. `target` is kept as it is
/// written: a relative one is relative to the folder that the link is in. Errors: EEXIST if `link` is there.
[[nodiscard]] awaitable<void> make_symlink(std::filesystem::path target, std::filesystem::path link);
/// Gives a file another name (os.link); if `existing` is a symbolic link, that itself. Errors: EEXIST if
/// `link` is there, EXDEV in another file system, EPERM for a directory.
[[nodiscard]] awaitable<void> make_link(std::filesystem::path existing, std::filesystem::path link);
/// Returns what a symbolic link says, as it is written. Errors: EINVAL for what is no symbolic link.
[[nodiscard]] awaitable<std::filesystem::path> read_symlink(std::filesystem::path path);

/// Sets the mode of what `path` leads to, through symbolic links (chmod): the twelve bits 07777, whatever the
/// umask. Errors: EINVAL for other bits, EPERM for a file of somebody else.
[[nodiscard]] awaitable<void> set_permissions(std::filesystem::path path, unsigned permissions);

}  // namespace bight::fs
