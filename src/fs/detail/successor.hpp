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

/// A new file that takes the place of another, and is gone unless it does. Where the file system can, it has
/// no name until it is complete: a process that is killed before that leaves nothing. On a thread. Errors:
/// system_error that names the other.
class successor {
 public:
  successor(std::filesystem::path of, const atomic_options& options);
  /// The new file is there, and has no name. `finish` may fail with EXDEV and ENOENT: see name_file.
  successor(std::filesystem::path of, const atomic_options& options, bight::detail::unique_fd unnamed);
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;
  ~successor();

  /// To write to.
  int descriptor() const noexcept { return fd_.get(); }
  /// Hands mode and owner on, syncs and closes it, and takes the place.
  void finish();

 private:
  std::filesystem::path directory() const;
  void look_at_other();
  void take_after(const struct stat& other);
  std::filesystem::path new_name() const;
  void take_name();
  void take_its_place();
  void sync_directory();

  const std::filesystem::path of_;
  const atomic_options options_;
  std::filesystem::path name_;  // empty: it has none
  bight::detail::unique_fd fd_;
  std::optional<struct stat> before_;  // what it replaces
  bool placed_ = false;
};

}  // namespace bight::fs::detail
