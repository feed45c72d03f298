// Opening on the loop's own thread what the system has in memory.
#pragma once
#include <sys/stat.h>

#include <bight/core/detail/unique_fd.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bight::fs::detail {

/// Folders whose file system opens and reads what is cached without waiting. Others, like those of networks
/// and FUSE, may ask somebody even then: a file of theirs is never opened on a loop's thread.
class known_folders {
 public:
  enum class verdict { unknown, quick, slow };
  struct judgement {
    verdict is = verdict::unknown;
    dev_t device = 0;
  };

  verdict of(const std::filesystem::path& file) const noexcept;
  void remember(const std::filesystem::path& file, judgement j);
  /// Finds out, on a thread: of `file`, which is open to read as `fd`.
  static judgement judge(const std::filesystem::path& file, int fd, const struct stat& about) noexcept;

  /// Opens a regular file in a quick folder to read if that needs nobody but the caches. Nothing otherwise,
  /// whatever the reason: then a thread has to try. Symbolic links are not followed, they may lead elsewhere.
  /// The file is O_NONBLOCK.
  bight::detail::unique_fd open_cached(const std::filesystem::path& file, struct stat& about) noexcept;

 private:
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  static constexpr std::size_t most = 256;
  std::unordered_map<std::string, judgement, hash, std::equal_to<>> all_;
};

/// False for a regular file, open to read, whose file system has no reads that do not wait. Those that have
/// are local ones, which open and read what is cached without asking anybody.
bool is_quick(int fd) noexcept;

}  // namespace bight::fs::detail
