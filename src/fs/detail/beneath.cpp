#include "fs/detail/beneath.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::fs::detail {
namespace {

using bight::detail::unique_fd;

std::atomic<bool> openat2_is_there = true;

unique_fd call_openat2(int directory, const char* path, int flags, std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = resolve;
  // Any rename on the system meanwhile lets ".." fail with EAGAIN: openat2(2) leaves it to the caller to try
  // again.
  constexpr int attempts = 1000;
  unique_fd fd;
  for (int i = 0; i != attempts; ++i) {
    fd = unique_fd{static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how))};
    if (fd || errno != EAGAIN) break;
  }
  return fd;
}

// EPERM may be about the file. Asked for the directory itself, which is open already, it is about the call.
bool is_about_the_call(int error, int directory) noexcept {
  if (error == ENOSYS) return true;
  if (error != EPERM) return false;
  return !call_openat2(directory, ".", O_PATH, 0) && errno == EPERM;
}

// The kernel's way through a path (fs/namei.c), made of openat alone. The folders on the way stay open, so
// that
// ".." leads back to where the walk came from, and never to where a folder was moved meanwhile.
class walk {
 public:
  walk(int root, const std::string& path, bool symlinks) : root_(root), rest_(path), symlinks_(symlinks) {}

  unique_fd open(int flags) {
    if (rest_.size() >= PATH_MAX) return fail(ENAMETOOLONG);
    if (rest_.starts_with('/')) return fail(EXDEV);
    while (error_ == 0) {
      const auto name = name_unnamed();
      if (name.empty()) return open_folder(flags);
      if (name == "." || name == "..") {
        stay_or_go_back(name);
      } else if (at_ != rest_.size()) {
        enter(name);
      } else if (auto fd = open_last(name, flags)) {
        return fd;
      }
    }
    return {};
  }
  /// 0 or errno.
  int error() const noexcept { return error_; }

 private:
  unique_fd fail(int error) noexcept {
    error_ = error;
    return {};
  }
  unique_fd open_here(const std::string& name, int flags) const noexcept {
    return unique_fd{::openat(here(), name.c_str(), flags | O_CLOEXEC)};
  }
  int here() const noexcept { return folders_.empty() ? root_ : folders_.back().get(); }

  // Empty at the end.
  std::string name_unnamed() {
    const auto begin = std::min(rest_.find_first_not_of('/', at_), rest_.size());
    at_ = std::min(rest_.find('/', begin), rest_.size());
    return rest_.substr(begin, at_ - begin);
  }

  void stay_or_go_back(std::string_view name) {
    if (!open_here(".", O_PATH)) {  // the permission to search the folder
      fail(errno);
    } else if (name == "..") {
      if (folders_.empty())
        fail(EXDEV);
      else
        folders_.pop_back();
    }
  }

  void enter(const std::string& name) {
    auto folder = open_here(name, O_PATH | O_NOFOLLOW | O_DIRECTORY);
    if (!folder && (errno == ENOTDIR || errno == ELOOP)) {
      folder = open_here(name, O_PATH | O_NOFOLLOW);
      struct stat about {};
      if (folder && ::fstat(folder.get(), &about) == 0 && !S_ISDIR(about.st_mode)) {
        if (S_ISLNK(about.st_mode))
          follow(folder, about);
        else
          fail(ENOTDIR);
        return;
      }
    }
    if (folder)
      folders_.push_back(std::move(folder));
    else
      fail(errno);
  }

  // Nothing and no error if it is a link: then the walk goes on.
  unique_fd open_last(const std::string& name, int flags) {
    auto found = open_here(name, O_PATH | O_NOFOLLOW);
    struct stat about {};
    if (!found || ::fstat(found.get(), &about) != 0) return fail(errno);
    if (S_ISLNK(about.st_mode)) {
      follow(found, about);
      return {};
    }
    if ((flags & O_PATH) != 0) return found;
    auto opened = open_here(name, flags | O_NOFOLLOW);
    if (!opened) return fail(errno == ELOOP ? EAGAIN : errno);  // a link by now
    return opened;
  }

  unique_fd open_folder(int flags) {
    if ((flags & O_PATH) != 0 && !folders_.empty()) return std::move(folders_.back());
    auto opened = open_here(".", flags);
    if (!opened) return fail(errno);
    return opened;
  }

  void follow(const unique_fd& link, const struct stat& about) {
    constexpr int most = 40;
    if (++links_ > most) return void(fail(ELOOP));
    const bool trailing = rest_.find_first_not_of('/', at_) == std::string::npos;
    if (trailing && is_protected(about)) return void(fail(EACCES));
    struct statfs system {};
    constexpr auto no_links = 0x2000;  // ST_NOSYMFOLLOW
    if (::fstatfs(link.get(), &system) != 0) return void(fail(errno));
    if (!symlinks_ || (system.f_flags & no_links) != 0) return void(fail(ELOOP));
    std::array<char, PATH_MAX> buffer;
    const auto size = ::readlinkat(link.get(), "", buffer.data(), buffer.size());
    if (size < 0) return void(fail(errno));
    const std::string_view text{buffer.data(), static_cast<std::size_t>(size)};
    const bool absolute = text.starts_with('/');
    // Links of /proc that are no texts: "/usr/bin/env", "pipe:[1]".
    if (system.f_type == PROC_SUPER_MAGIC && (absolute || text.find(':') != text.npos))
      return void(fail(ELOOP));
    if (text.empty()) return void(fail(ENOENT));
    if (absolute) return void(fail(EXDEV));
    rest_.replace(0, at_, text);
    at_ = 0;
  }

  // The rule of fs.protected_symlinks, which the kernel has for links that it follows. Where that is off,
  // this is stricter.
  bool is_protected(const struct stat& link) const noexcept {
    const auto me = static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1)));
    struct stat folder {};
    if (link.st_uid == me || ::fstat(here(), &folder) != 0) return false;
    constexpr mode_t shared = S_ISVTX | S_IWOTH;
    return (folder.st_mode & shared) == shared && folder.st_uid != link.st_uid;
  }

  int root_;
  std::string rest_;  // still to be walked, from at_ on
  std::size_t at_ = 0;
  bool symlinks_;
  int links_ = 0;
  int error_ = 0;
  std::vector<unique_fd> folders_;  // from the root, without that
};

}  // namespace

bool has_openat2() noexcept { return openat2_is_there.load(std::memory_order_relaxed); }

unique_fd open_beneath(int directory, const std::string& path, int flags, bool symlinks,
                       std::uint64_t resolve, int& error) {
  if (has_openat2()) {
    const auto links = symlinks ? 0U : static_cast<unsigned>(RESOLVE_NO_SYMLINKS);
    auto fd = call_openat2(directory, path.empty() ? "." : path.c_str(), flags,
                           resolve | links | RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
    error = fd ? 0 : errno;
    if (fd || !is_about_the_call(error, directory)) return fd;
    openat2_is_there.store(false, std::memory_order_relaxed);
  }
  error = ENOSYS;
  return resolve == 0 ? walk_beneath(directory, path, flags, symlinks, error) : unique_fd{};
}

unique_fd walk_beneath(int directory, const std::string& path, int flags, bool symlinks, int& error) {
  walk way{directory, path, symlinks};
  auto fd = way.open(flags);
  error = way.error();
  return fd;
}

}  // namespace bight::fs::detail
