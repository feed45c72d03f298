#include "fs/detail/tree_removal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/detail/unique_fd.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {
namespace {

constexpr int open_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

class tree_removal {
 public:
  explicit tree_removal(const std::filesystem::path& root) {
    auto text = root.native();
    while (text.size() > 1 && text.back() == '/') text.pop_back();  // it would follow a link
    root_ = std::move(text);
    // These cannot be removed by such a name, which the system would say when all that is in them is gone.
    const auto name = std::filesystem::path{root_}.filename();
    if (root_ == "/" || name == "." || name == "..") fail(EINVAL, "remove", root);
  }

  std::uint64_t run() {
    if (root_.empty()) return 0;
    remove(AT_FDCWD, root_, false);
    while (!levels_.empty()) step();
    return count_;
  }

 private:
  struct closer {
    void operator()(DIR* d) const noexcept { ::closedir(d); }
  };
  // A directory on the way down. Those far above may be closed meanwhile.
  struct level {
    std::unique_ptr<DIR, closer> directory;
    std::string name;
    dev_t device;
    ino_t inode;
    int passes = 0;
  };

  std::filesystem::path shown(const std::string& name = {}) const {
    std::filesystem::path all;
    for (const auto& l : levels_) all /= l.name;
    return name.empty() ? all : all / name;
  }

  void step() {
    auto& here = levels_.back();
    errno = 0;
    const auto* const found = ::readdir(here.directory.get());
    if (!found) {
      if (errno != 0) fail(errno, "read directory", shown());
      leave();
      return;
    }
    const std::string name = found->d_name;
    if (name == "." || name == "..") return;
    remove(::dirfd(here.directory.get()), name, found->d_type == DT_DIR);
  }

  // A file goes at once, a directory is entered. Each may become the other before it is reached.
  void remove(int parent, const std::string& name, bool directory) {
    constexpr int attempts = 100;
    for (int i = 0; i != attempts; ++i) {
      if (!directory) {
        if (::unlinkat(parent, name.c_str(), 0) == 0) {
          ++count_;
          return;
        }
        if (is_gone(errno)) return;
        if (errno != EISDIR) fail(errno, "remove", shown(name));
      }
      if (enter(parent, name)) return;
      directory = false;
    }
    fail(EBUSY, "remove", shown(name));
  }

  // ENOTDIR: of the root, a file in the place of a directory on the way there.
  static bool is_gone(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

  // Returns false if it is not a directory any more.
  bool enter(int parent, const std::string& name) {
    auto fd = open(parent, name.c_str());
    const int error = errno;
    if (!fd && error == EACCES && ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) {  // an empty one
      ++count_;
      return true;
    }
    if (!fd && error == ENOENT) return true;
    if (!fd && (error == ENOTDIR || error == ELOOP)) return false;
    if (!fd) fail(error, "read directory", shown(name));
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0) fail(errno, "read directory", shown(name));
    levels_.push_back({nullptr, name, about.st_dev, about.st_ino});
    read_from(levels_.back(), std::move(fd));
    return true;
  }

  void read_from(level& here, bight::detail::unique_fd fd) {
    here.directory.reset(::fdopendir(fd.get()));
    if (!here.directory) fail(errno, "read directory", shown());
    fd.release();
  }

  // Descriptors of levels above are given up for it: all but that of the last one.
  bight::detail::unique_fd open(int parent, const char* name) {
    constexpr std::size_t most = 64;
    if (levels_.size() > most) levels_[levels_.size() - 1 - most].directory.reset();
    while (true) {
      bight::detail::unique_fd fd{::openat(parent, name, open_flags)};
      if (fd || (errno != EMFILE && errno != ENFILE)) return fd;
      const int error = errno;
      const auto open = std::find_if(levels_.begin(), levels_.end(), [](auto& l) { return !!l.directory; });
      if (open == levels_.end() || open + 1 == levels_.end()) {
        errno = error;
        return {};
      }
      open->directory.reset();
    }
  }

  void leave() {
    auto& here = levels_.back();
    const int parent = levels_.size() == 1 ? AT_FDCWD : parent_of(here);
    if (::unlinkat(parent, here.name.c_str(), AT_REMOVEDIR) == 0) {
      ++count_;
    } else if (errno == ENOTEMPTY || errno == EEXIST) {  // something came while this went on
      constexpr int most_passes = 100;
      if (++here.passes == most_passes) fail(ENOTEMPTY, "remove", shown());
      ::rewinddir(here.directory.get());
      return;
    } else if (!is_gone(errno)) {
      fail(errno, "remove", shown());
    }
    levels_.pop_back();
  }

  // Opens it again by way of this one, if it was closed. That is not it if this one was moved.
  int parent_of(const level& here) {
    auto& above = levels_[levels_.size() - 2];
    if (!above.directory) {
      bight::detail::unique_fd fd{::openat(::dirfd(here.directory.get()), "..", open_flags)};
      struct stat about {};
      if (!fd || ::fstat(fd.get(), &about) != 0) fail(errno, "remove", shown());
      if (about.st_dev != above.device || about.st_ino != above.inode) fail(ESTALE, "remove", shown());
      read_from(above, std::move(fd));
    }
    return ::dirfd(above.directory.get());
  }

  std::string root_;
  std::vector<level> levels_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::uint64_t remove_tree(const std::filesystem::path& root) {
  require_no_nul(root, "remove");
  return tree_removal{root}.run();
}

}  // namespace bight::fs::detail
