// stat, lstat, exists: what is known about a path.
#pragma once
#include <bight/core/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>

namespace bight::fs {

/// What a path leads to.
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

/// What the system says of a file.
struct metadata {
  file_kind kind = file_kind::unknown;
  std::uint64_t size = 0;    ///< In bytes.
  unsigned permissions = 0;  ///< Of the mode the twelve bits 07777.
  /// When the content was written. Of all three: what the clock cannot say, before 1678 or after 2261, is its
  /// `min()` or `max()`.
  std::chrono::system_clock::time_point modified;
  /// When it was read, as far as the file system keeps that (relatime, noatime).
  std::chrono::system_clock::time_point accessed;
  /// When content, mode, owner or names changed (st_ctime).
  std::chrono::system_clock::time_point changed;
  std::uint64_t links = 0;  ///< How many names it has.
  unsigned owner = 0;
  unsigned group = 0;
  std::uint64_t device = 0;  ///< With `inode` the identity of the file.
  std::uint64_t inode = 0;
};

/// Asks about what `path` leads to, through symbolic links. Each function of this header is one call on a
/// thread. Cancellation, of all: a call that has not begun never does; one that has is awaited to its end,
/// and its result is delivered. Errors: system_error that names the path.
[[nodiscard]] awaitable<metadata> stat(std::filesystem::path path);
/// Asks about `path` itself, a symbolic link or not.
[[nodiscard]] awaitable<metadata> lstat(std::filesystem::path path);
/// True if `path` leads to something; false also for a symbolic link that leads nowhere.
/// Errors: system_error if that cannot be told, as in a folder that may not be looked into.
[[nodiscard]] awaitable<bool> exists(std::filesystem::path path);

}  // namespace bight::fs
