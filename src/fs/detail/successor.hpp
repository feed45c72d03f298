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

/// A new file that takes the place of another, and is gone unless it does. Where the file system can, it has
/// no name until it is complete: a process that is killed before that leaves nothing. Elsewhere, and for the
/// moment before it replaces a file, its name has the beginning of the other's, so names and paths may be as
/// long as the system allows. On a thread. Errors: system_error that names the other.
class successor {
 public:
  /// `mode`: what it gets in any case, instead of the mode of the other.
  successor(std::filesystem::path of, const atomic_options& options, std::optional<unsigned> mode = {});
  /// The new file is there, and has no name. `finish` may fail with EXDEV and ENOENT: see name_file.
  successor(std::filesystem::path of, const atomic_options& options, bight::detail::unique_fd unnamed);
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;
  ~successor();

  /// To write to.
  int descriptor() const noexcept { return fd_.get(); }
  /// Hands owner, group and mode on, as far as that is permitted, syncs and closes it, and takes the place.
  void finish();

 private:
  void look_around();
  void make_beside(unsigned permissions);
  std::string new_name() const;
  void take_name();
  struct heritage {
    bool owner = true;
    bool group = true;
  };
  heritage take_owner_of(const struct stat& other);
  bool give_to(uid_t owner, gid_t group);
  static unsigned permitted(unsigned mode, heritage handed_on) noexcept;
  void take_mode(unsigned mode);
  void take_its_place();
  void sync_folder();

  const std::filesystem::path of_;
  const atomic_options options_;
  const std::optional<unsigned> mode_;
  bight::detail::unique_fd folder_;
  std::string name_;       // in it
  std::string temporary_;  // likewise; empty: it has no name
  bight::detail::unique_fd fd_;
  std::optional<struct stat> before_;  // what it replaces
  bool placed_ = false;
};

}  // namespace bight::fs::detail
