// The part of a walk that blocks.
#pragma once
#include <sys/types.h>

#include <bight/fs/walk.hpp>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "fs/detail/directory_stream.hpp"

namespace bight::fs::detail {

/// Reads directories, depth first. Used by one thread at a time.
class tree_scan {
 public:
  tree_scan(std::filesystem::path root, const walk_options& options);

  /// Appends up to `count` entries; fewer only at the end. Errors: system_error for a directory that cannot
  /// be read; what was appended before counts, and the next call goes on after it.
  void read(std::vector<directory_entry>& to, std::size_t count);
  bool ended() const noexcept { return ended_; }

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
  std::vector<level> levels_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace bight::fs::detail
