#include "fs/detail/tree_scan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {

tree_scan::tree_scan(std::filesystem::path root, const walk_options& options, bool follow_root)
    : root_(std::move(root)), options_(options), follow_root_(follow_root) {}

bool tree_scan::is_open(dev_t device, ino_t inode) const noexcept {
  return std::any_of(levels_.begin(), levels_.end(),
                     [&](const level& l) { return l.device == device && l.inode == inode; });
}

// The root may be a symbolic link, nothing below it is followed.
void tree_scan::enter(int parent, const char* name, std::filesystem::path path) {
  const bool follow = parent == AT_FDCWD && follow_root_;
  const int no_follow = follow ? 0 : O_NOFOLLOW;
  bight::detail::unique_fd fd{::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_follow)};
  if (!fd) {
    const bool gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    if (!follow && (gone || (errno == EACCES && options_.skip_denied))) return;
    fail(errno, "read directory", path);
  }
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) fail(errno, "read directory", path);
  if (is_open(about.st_dev, about.st_ino)) return;
  directory_stream directory{std::move(fd)};
  if (!directory) fail(errno, "read directory", path);
  levels_.push_back({std::move(directory), std::move(path), about.st_dev, about.st_ino});
}

void tree_scan::read(std::vector<directory_entry>& to, std::size_t count) {
  if (!std::exchange(begun_, true)) {
    ended_ = true;  // unless this goes well
    require_no_nul(root_, "read directory");
    enter(AT_FDCWD, root_.c_str(), root_);
    ended_ = levels_.empty();
  }
  while (levels_.size() > most_levels_) levels_.pop_back();
  most_levels_ = std::numeric_limits<std::size_t>::max();
  const auto enough = to.size() + count;
  while (!levels_.empty() && to.size() < enough) read_entry(to);
  ended_ = levels_.empty();
}

// An entry of depth n is a name in the n-th level; where it is entered, it is the next one.
bool tree_scan::leave(unsigned depth) noexcept {
  most_levels_ = depth;
  return levels_.size() >= depth;
}

void tree_scan::read_entry(std::vector<directory_entry>& to) {
  auto& here = levels_.back();
  directory_stream::item found;
  if (!here.directory.next(found)) {
    const int error = here.directory.error();
    const auto path = here.path;
    levels_.pop_back();
    if (error != 0) fail(error, "read directory", path);
    return;
  }
  const auto depth = static_cast<unsigned>(levels_.size());
  to.push_back({here.path / found.name, found.kind, depth});
  if (found.kind != file_kind::directory || depth >= options_.max_depth) return;
  if (depth >= options_.max_open_directories)
    fail_depth("walk '" + root_.string() + '\'', options_.max_open_directories, to.back().path);
  enter(here.directory.descriptor(), found.name, to.back().path);
}

}  // namespace bight::fs::detail
