// The blocking part of walk.
#pragma once
#include <sys/types.h>

#include <bight/fs/walk.hpp>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <vector>

#include "fs/detail/directory_stream.hpp"

namespace bight::fs::detail {

/// Reads directories, depth first. Used by one thread at a time.
class tree_scan {
 public:
  /// `follow_root`: the root may be a symbolic link; otherwise a root that is none or is gone has nothing in
  /// it.
  tree_scan(std::filesystem::path root, const walk_options& options, bool follow_root = true);

  /// Appends up to `count` entries; fewer only at the end. Errors: system_error for a directory that cannot
  /// be read; what was appended before counts, and the next call goes on after it.
  void read(std::vector<directory_entry>& to, std::size_t count);
  bool ended() const noexcept { return ended_; }
  /// Leaves the directory that is the last entry of this depth, with all that is open beneath it, when the
  /// next read begins. Returns false if it was left before.
  bool leave(unsigned depth) noexcept;
  /// Of the directory that is read next: after a read of one entry, this entry if it was entered.
  /// Precondition: not ended.
  int descriptor() const noexcept { return levels_.back().directory.descriptor(); }
  /// How many directories are open.
  std::size_t depth() const noexcept { return levels_.size(); }

 private:
  struct level {
    directory_stream directory;
    std::filesystem::path path;
    dev_t device;
    ino_t inode;
  };
  void enter(int parent, const char* name, std::filesystem::path path);
  bool is_open(dev_t device, ino_t inode) const noexcept;
  void read_entry(std::vector<directory_entry>& to);

  const std::filesystem::path root_;
  const walk_options options_;
  const bool follow_root_;
  std::vector<level> levels_;
  std::size_t most_levels_ = std::numeric_limits<std::size_t>::max();  // when the next read begins
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace bight::fs::detail
