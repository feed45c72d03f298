#include "fs/detail/successor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/unnamed.hpp"

namespace bight::fs::detail {

using bight::detail::unique_fd;
using std::filesystem::path;

path link_target(const path& p) {
  require_no_nul(p, "write");
  std::error_code error;
  if (!std::filesystem::is_symlink(p, error)) return p;
  auto target = std::filesystem::canonical(p, error);
  if (error) fail(error.value(), "write", p);
  return target;
}

void successor::look_at_other() {
  struct stat about {};
  if (!options_.replace || ::stat(of_.c_str(), &about) != 0) return;
  if (!S_ISREG(about.st_mode)) fail(S_ISDIR(about.st_mode) ? EISDIR : EINVAL, "write", of_);
  before_ = about;
}

successor::successor(path of, const atomic_options& options, unique_fd unnamed)
    : of_(std::move(of)), options_(options), fd_(std::move(unnamed)) {
  look_at_other();
}

successor::successor(path of, const atomic_options& options) : of_(std::move(of)), options_(options) {
  look_at_other();
  constexpr unsigned private_mode = 0600;
  const auto permissions = before_ ? private_mode : options.permissions;
  fd_ = open_unnamed(directory(), permissions);
  if (fd_ && can_be_named(fd_.get())) return;
  do {
    name_ = new_name();
    const int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                          static_cast<mode_t>(permissions));
    if (fd < 0 && errno != EEXIST && errno != EINTR) fail(errno, "write", of_);
    fd_ = unique_fd{fd};
  } while (!fd_);
}

successor::~successor() {
  if (!placed_ && !name_.empty()) ::unlink(name_.c_str());
}

// The mode comes last: a write takes the set-user-ID bit away.
void successor::finish() {
  if (before_) take_after(*before_);
  if (options_.sync && ::fsync(fd_.get()) != 0) fail(errno, "sync", of_);
  if (name_.empty()) take_name();
  if (!placed_) {
    close_file(std::move(fd_), of_);
    take_its_place();
  }
  if (options_.sync) sync_directory();
}

// Its final name if nobody has that: a link replaces nothing.
void successor::take_name() {
  // Some file systems report lost writes only when a descriptor is closed.
  close_file(duplicate_of(fd_.get(), "write", of_), of_);
  int error = before_ ? EEXIST : name_file(fd_.get(), of_);
  placed_ = error == 0;
  while (error == EEXIST && options_.replace) {
    auto name = new_name();
    error = name_file(fd_.get(), name);
    if (error == 0) name_ = std::move(name);
  }
  if (error != 0) fail(error, "make", of_);
}

void successor::take_its_place() {
  if (options_.replace) {
    if (::rename(name_.c_str(), of_.c_str()) != 0) fail(errno, "replace", of_);
    placed_ = true;
  } else if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, of_.c_str(), RENAME_NOREPLACE) == 0) {
    placed_ = true;
  } else if (errno != EINVAL && errno != ENOSYS) {
    fail(errno, "make", of_);
  } else if (::link(name_.c_str(), of_.c_str()) != 0) {  // the file system knows no better way
    fail(errno, "make", of_);
  }
}

path successor::new_name() const {
  return directory() / unlikely_name('.' + of_.filename().string() + '.', ".tmp");
}

path successor::directory() const { return of_.has_parent_path() ? of_.parent_path() : path{"."}; }

void successor::take_after(const struct stat& other) {
  struct stat mine {};
  if (::fstat(fd_.get(), &mine) != 0) fail(errno, "write", of_);
  if ((mine.st_uid != other.st_uid || mine.st_gid != other.st_gid) &&
      ::fchown(fd_.get(), other.st_uid, other.st_gid) != 0 && errno != EPERM)
    fail(errno, "change the owner of", of_);
  constexpr mode_t all_bits = 07777;
  if (::fchmod(fd_.get(), other.st_mode & all_bits) != 0) fail(errno, "change the mode of", of_);
}

void successor::sync_directory() {
  const auto where = directory();
  const unique_fd fd{::open(where.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  // EINVAL: this file system has no such thing.
  if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL)) fail(errno, "sync the folder", where);
}

}  // namespace bight::fs::detail
