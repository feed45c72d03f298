// Opening paths beneath a directory, and nothing outside it. On any thread.
#pragma once
#include <bight/core/detail/unique_fd.hpp>
#include <cstdint>
#include <string>

namespace bight::fs::detail {

/// False once the kernel has answered openat2(2) with ENOSYS, or a sandbox with EPERM.
bool has_openat2() noexcept;

/// Opens `path`, "" for the directory itself, with `flags` of open(2): by openat2 with RESOLVE_BENEATH and
/// RESOLVE_NO_MAGICLINKS where that is possible, else by `walk_beneath`. `resolve`: further RESOLVE flags;
/// with any of them there is openat2 or nothing (ENOSYS). Returns nothing, and `error` is errno, if it fails.
bight::detail::unique_fd open_beneath(int directory, const std::string& path, int flags, bool symlinks,
                                      std::uint64_t resolve, int& error);

/// The same component by component, with the outcomes that openat2 has: links and ".." are followed as long
/// as they stay beneath the directory, whatever others rename meanwhile. ENOTDIR, ELOOP, EXDEV and EACCES as
/// there; EAGAIN if what was to be opened is another thing by then. Holds a descriptor for each folder on the
/// way.
bight::detail::unique_fd walk_beneath(int directory, const std::string& path, int flags, bool symlinks,
                                      int& error);

}  // namespace bight::fs::detail
