// stat, lstat, exists: file metadata.
#pragma once
#include <bight/core/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>

namespace bight::fs {

/// The type of a file.
enum class file_kind : std::uint8_t {
  regular,
  directory,
  symlink,
  fifo,
  socket,
  character_device,
  block_device,
  unknown
};

/// Metadata of a file.
struct metadata {
  file_kind kind = file_kind::unknown;
  std::uint64_t size = 0;    ///< In bytes.
  unsigned permissions = 0;  ///< The mode bits 07777.
  /// When the content was last changed. All times are clamped to the range of the clock (1678 to 2261).
  std::chrono::system_clock::time_point modified;
  /// When it was last read, if the file system records that (relatime, noatime).
  std::chrono::system_clock::time_point accessed;
  /// When content, mode, owner or links last changed (st_ctime).
  std::chrono::system_clock::time_point changed;
  std::uint64_t links = 0;  ///< The number of hard links.
  unsigned owner = 0;
  unsigned group = 0;
  std::uint64_t device = 0;  ///< Identifies the file together with `inode`.
  std::uint64_t inode = 0;
};

/// Returns the metadata of `path`, following symbolic links. Each function of this header is one call on a
/// thread. Cancellation: a call that has not started is not made; otherwise it is awaited and its result
/// returned. Errors: system_error that names the path.
[[nodiscard]] awaitable<metadata> stat(std::filesystem::path path);
/// Same without following a symbolic link.
[[nodiscard]] awaitable<metadata> lstat(std::filesystem::path path);
/// Whether `path` exists, following symbolic links. Errors: system_error if that cannot be determined, such
/// as in an inaccessible directory.
[[nodiscard]] awaitable<bool> exists(std::filesystem::path path);

}  // namespace bight::fs
