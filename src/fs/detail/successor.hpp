// A file that takes the place of another when it is complete.
#pragma once
#include <sys/stat.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/write_file.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace bight::fs::detail {

/// What a symbolic link leads to; what is none, as it is. Errors: ENOENT for a link that leads nowhere.
std::filesystem::path link_target(const std::filesystem::path& path);

/// A new file beside another, removed unless it takes that one's place. Its name has the beginning of the
/// other's, so names and paths may be as long as the system allows. On a thread. Errors: system_error that
/// names the other.
class successor {
 public:
  /// `mode`: what it gets in any case, instead of the mode of the other.
  successor(std::filesystem::path of, const atomic_options& options, std::optional<unsigned> mode = {});
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;
  ~successor();

  /// To write to.
  int descriptor() const noexcept { return fd_.get(); }
  /// Hands mode and owner on, syncs and closes it, and takes the place.
  void finish();

 private:
  void make_beside(unsigned permissions);
  void take_owner_of(const struct stat& other);
  void take_mode(unsigned mode);
  void take_its_place();
  void sync_folder();

  const std::filesystem::path of_;
  const atomic_options options_;
  const std::optional<unsigned> mode_;
  bight::detail::unique_fd folder_;
  std::string name_;       // in it
  std::string temporary_;  // likewise
  bight::detail::unique_fd fd_;
  std::optional<struct stat> before_;  // what it replaces
  bool placed_ = false;
};

}  // namespace bight::fs::detail
