// A new file that replaces another one when it is complete.
#pragma once
#include <sys/stat.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/write_file.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace bight::fs::detail {

/// The target of a symbolic link; other paths unchanged. Errors: ENOENT for a dangling link.
std::filesystem::path link_target(const std::filesystem::path& path);

/// A new file that replaces another one, and is removed unless it does. Where supported, it is unnamed until
/// it is complete, so a killed process leaves nothing behind. Otherwise, and just before it replaces a file,
/// it has a name with the beginning of the other's, so names and paths may be as long as the system allows.
/// Used on a thread. Errors: system_error that names the other file.
class replacement {
 public:
  /// `mode`: its mode, instead of that of the replaced file.
  replacement(std::filesystem::path of, const atomic_options& options, std::optional<unsigned> mode = {});
  /// Uses an existing unnamed file. `finish` may fail with EXDEV and ENOENT: see name_file.
  replacement(std::filesystem::path of, const atomic_options& options, bight::detail::unique_fd unnamed);
  replacement(const replacement&) = delete;
  replacement& operator=(const replacement&) = delete;
  ~replacement();

  /// The descriptor to write to.
  int descriptor() const noexcept { return fd_.get(); }
  /// Copies owner, group and mode where permitted, syncs and closes the file, and replaces the other one.
  void finish();

 private:
  void inspect_target();
  void create_temporary(unsigned permissions);
  std::string new_name() const;
  void name_unnamed();
  struct inherited_ids {
    bool owner = true;
    bool group = true;
  };
  inherited_ids copy_owner(const struct stat& other);
  bool change_owner(uid_t owner, gid_t group);
  static unsigned permitted(unsigned mode, inherited_ids handed_on) noexcept;
  void apply_mode(unsigned mode);
  void replace_target();
  void sync_folder();

  const std::filesystem::path of_;
  const atomic_options options_;
  const std::optional<unsigned> mode_;
  bight::detail::unique_fd folder_;
  std::string name_;       // in it
  std::string temporary_;  // likewise; empty: it has no name
  bight::detail::unique_fd fd_;
  std::optional<struct stat> before_;  // what it replaces
  bool committed_ = false;
};

}  // namespace bight::fs::detail
