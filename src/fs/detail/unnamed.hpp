// Unnamed files (O_TMPFILE) and naming them.
#pragma once
#include <fcntl.h>

#include <bight/core/detail/unique_fd.hpp>
#include <filesystem>

namespace bight::fs::detail {

/// `in`, or if that is empty: TMPDIR, or else /tmp.
std::filesystem::path place_of_temporaries(std::filesystem::path in);

/// Opens a new file of the directory, a path relative to `at`, to read and write; nothing if its file system
/// has no such thing, or does not let it be made. `permissions`: less the umask.
bight::detail::unique_fd open_unnamed(const std::filesystem::path& directory, unsigned permissions,
                                      int at = AT_FDCWD);

/// True if `name_file` can work here: it needs /proc.
bool can_be_named(int fd) noexcept;

/// Gives a file without a name one, relative to `at`. Returns 0 or errno: EEXIST if somebody has that name,
/// EXDEV in another file system, ENOENT if the file was made with a name and lost it.
int name_file(int fd, const std::filesystem::path& name, int at = AT_FDCWD) noexcept;

}  // namespace bight::fs::detail
