// make_directory, remove, remove_all, rename, copy_file: changes to the tree of files.
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
/// system_error that names the path.
[[nodiscard]] awaitable<void> make_directory(std::filesystem::path path, directory_options options = {});

/// Removes a file, a symbolic link or an empty directory. Returns false if there was none.
[[nodiscard]] awaitable<bool> remove(std::filesystem::path path);
/// Removes what is there with all that is in it, at any depth. Symbolic links are not followed, even if they
/// are exchanged for directories meanwhile. Returns how many were removed; what others remove at the same
/// time is none. Errors: name the path where it stopped; what was removed before is gone. EINVAL for `/`, `.`
/// and
/// `..`, of which nothing is removed.
[[nodiscard]] awaitable<std::uint64_t> remove_all(std::filesystem::path path);

/// Renames a file or directory within a file system (EXDEV otherwise). `replace`: what is at `to` may be
/// replaced; a directory only if it is empty.
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
/// Nobody ever sees a part: the copy gets its name when it is complete, as with write_file_atomically.
/// Cancellation: stops after at most 8 MiB more; the target is as it was. Errors: EISDIR for a directory.
[[nodiscard]] awaitable<void> copy_file(std::filesystem::path from, std::filesystem::path to,
                                        copy_options options = {});

}  // namespace bight::fs
