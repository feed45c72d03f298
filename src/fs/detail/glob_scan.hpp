// The blocking part of glob.
#pragma once
#include <sys/types.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/glob.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/detail/directory_stream.hpp"
#include "fs/detail/glob_pattern.hpp"

namespace bight::fs::detail {

/// Reads the directories that a pattern leads to, depth first. Each is entered once per path, with all parts
/// of the pattern that what is in it may match. Used by one thread at a time.
class glob_scan {
 public:
  glob_scan(std::string pattern, std::filesystem::path root, const glob_options& options);

  /// Appends up to `count` matches; fewer at the end, and after having looked at many names. Errors:
  /// system_error for a directory; what was appended before counts, and the next call goes on after it.
  void read(std::vector<directory_entry>& to, std::size_t count);
  bool ended() const noexcept { return ended_; }

 private:
  struct level {
    bight::detail::unique_fd place;             // one of them
    std::optional<directory_stream> directory;  // ... if it must be listed
    std::string text;                           // as results begin
    glob_states states;
    std::vector<std::string> names;  // to look up, the next one at the end
    dev_t device = 0;
    ino_t inode = 0;
    std::size_t loop_base = 0;  // the first level that this one must not be

    int descriptor() const noexcept { return directory ? directory->descriptor() : place.get(); }
  };

  void begin(std::vector<directory_entry>& to);
  void match_plain(int root, std::vector<directory_entry>& to);
  void enter(int parent, const char* name, std::string text, glob_states states, std::size_t loop_base,
             bool follow);
  bool open(level& to, int parent, const char* name, int flags);
  void look_up(std::string_view name, std::vector<directory_entry>& to);
  void found(const std::string& name, file_kind kind, std::vector<directory_entry>& to);
  void advance(std::vector<directory_entry>& to);
  std::vector<std::string> names_of(const glob_states& states, bool listed) const;
  bool leads_nowhere(int error) const noexcept;
  std::filesystem::path shown(const std::string& text) const;

  const glob_pattern pattern_;
  const std::filesystem::path root_;
  const glob_options options_;
  std::vector<level> levels_;
  glob_step step_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace bight::fs::detail
