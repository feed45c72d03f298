#include "fs/detail/in_place.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace bight::fs::detail {
namespace {

using bight::detail::unique_fd;

// Up to and with the last slash; nothing for a name in the working directory.
std::string_view folder_of(const std::filesystem::path& file) noexcept {
  const std::string_view all = file.native();
  return all.substr(0, all.rfind('/') + 1);
}

}  // namespace

known_folders::speed known_folders::of(const std::filesystem::path& file) const noexcept {
  const auto found = all_.find(folder_of(file));
  return found == all_.end() ? speed::unknown : found->second.is;
}

void known_folders::remember(const std::filesystem::path& file, probe_result j) {
  if (j.is == speed::unknown) return;
  if (all_.size() >= most) all_.clear();
  all_.insert_or_assign(std::string{folder_of(file)}, j);
}

bool is_quick(int fd) noexcept {
  char byte = 0;
  const iovec where{&byte, 1};
  return ::preadv2(fd, &where, 1, 0, RWF_NOWAIT) >= 0 || errno == EAGAIN;
}

known_folders::probe_result known_folders::probe(const std::filesystem::path& file, int fd,
                                                 const struct stat& about) noexcept {
  if (!S_ISREG(about.st_mode)) return {};
  if (!is_quick(fd)) return {speed::slow, about.st_dev};
  std::string folder;
  try {
    const auto named = folder_of(file);
    folder = named.empty() ? std::string_view{"."} : named;
  } catch (const std::bad_alloc&) { return {}; }
  struct stat around {};
  if (::stat(folder.c_str(), &around) != 0) return {};
  if (around.st_dev != about.st_dev) return {};  // a link that leads elsewhere
  return {speed::quick, about.st_dev};
}

unique_fd known_folders::open_cached(const std::filesystem::path& file, struct stat& about) noexcept {
  static std::atomic<bool> possible = true;
  const auto found = all_.find(folder_of(file));
  if (found == all_.end() || found->second.is != speed::quick) return unique_fd{};
  if (!possible.load(std::memory_order_relaxed) || file.native().find('\0') != std::string::npos)
    return unique_fd{};
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
  how.resolve = RESOLVE_CACHED;
  unique_fd fd{static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, file.c_str(), &how, sizeof how))};
  // Kernels before 5.12, and places where the call is forbidden.
  if (!fd && (errno == ENOSYS || errno == EPERM || errno == EINVAL))
    possible.store(false, std::memory_order_relaxed);
  if (fd && (::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode))) return unique_fd{};
  if (fd && about.st_dev != found->second.device) {  // the name means another folder by now
    all_.erase(found);
    return unique_fd{};
  }
  return fd;
}

}  // namespace bight::fs::detail
