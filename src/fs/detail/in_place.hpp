// Opening cached files on the loop's thread.
#pragma once
#include <sys/stat.h>

#include <bight/core/detail/unique_fd.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bight::fs::detail {

/// Directories whose file systems open and read cached files without blocking. Others, such as network file
/// systems and FUSE, may block even then; their files are never opened on a loop's thread.
class known_folders {
 public:
  enum class speed { unknown, quick, slow };
  struct probe_result {
    speed is = speed::unknown;
    dev_t device = 0;
  };

  speed of(const std::filesystem::path& file) const noexcept;
  void remember(const std::filesystem::path& file, probe_result j);
  /// Determines the speed of the directory of `file`, which is open for reading as `fd`. On a thread.
  static probe_result probe(const std::filesystem::path& file, int fd, const struct stat& about) noexcept;

  /// Opens a regular file in a quick directory for reading if everything is cached; otherwise returns
  /// nothing, for any reason, and a thread has to open it. Does not follow symbolic links, which may lead
  /// elsewhere. The file is O_NONBLOCK.
  bight::detail::unique_fd open_cached(const std::filesystem::path& file, struct stat& about) noexcept;

 private:
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  static constexpr std::size_t most = 256;
  std::unordered_map<std::string, probe_result, hash, std::equal_to<>> all_;
};

/// False for a regular file on a file system without non-blocking reads. File systems that have them are
/// local, and open and read cached files without blocking.
bool is_quick(int fd) noexcept;

}  // namespace bight::fs::detail
