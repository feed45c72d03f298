// A file that takes the place of another when it is complete.
#pragma once
#include <sys/stat.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/write_file.hpp>
#include <filesystem>
#include <optional>

namespace bight::fs::detail {

/// What a symbolic link leads to; what is none, as it is. Errors: ENOENT for a link that leads nowhere.
std::filesystem::path link_target(const std::filesystem::path& path);

/// A new file beside another, removed unless it takes that one's place. On a thread. Errors: system_error
/// that names the other.
class successor {
 public:
  successor(std::filesystem::path of, const atomic_options& options);
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;
  ~successor();

  /// To write to.
  int descriptor() const noexcept { return fd_.get(); }
  /// Hands mode and owner on, syncs and closes it, and takes the place.
  void finish();

 private:
  std::filesystem::path directory() const;
  void take_after(const struct stat& other);
  void take_its_place();
  void sync_directory();

  const std::filesystem::path of_;
  const atomic_options options_;
  std::filesystem::path name_;
  bight::detail::unique_fd fd_;
  std::optional<struct stat> before_;  // what it replaces
  bool placed_ = false;
};

}  // namespace bight::fs::detail
