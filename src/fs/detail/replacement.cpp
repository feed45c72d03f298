#include "fs/detail/replacement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
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

namespace {

// The beginning of a name that leaves room for the affixes, without splitting a character.
std::string beginning_of(const std::string& name) {
  constexpr std::size_t most = NAME_MAX - (sizeof "..0123456789.tmp" - 1);
  auto size = std::min(name.size(), most);
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(name[i]) & 0xC0U) == 0x80U;
  };
  for (int i = 0; i != 3 && size != name.size() && size != 0 && continues(size); ++i) --size;
  return name.substr(0, size);
}

// Returns 0 or errno.
int sync(int fd) {
  while (::fsync(fd) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

}  // namespace

replacement::replacement(path of, const atomic_options& options, std::optional<unsigned> mode)
    : of_(std::move(of)), options_(options), mode_(mode) {
  inspect_target();
  constexpr unsigned private_mode = 0600;
  const auto permissions = before_ || mode_ ? private_mode : options.permissions;
  fd_ = open_unnamed(".", permissions, folder_.get());
  if (!fd_ || !can_be_named(fd_.get())) create_temporary(permissions);
}

replacement::replacement(path of, const atomic_options& options, unique_fd unnamed)
    : of_(std::move(of)), options_(options), fd_(std::move(unnamed)) {
  inspect_target();
}

replacement::~replacement() {
  if (!committed_ && !temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
}

void replacement::inspect_target() {
  const auto folder = of_.has_parent_path() ? of_.parent_path() : path{"."};
  folder_ = unique_fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!folder_) fail(errno, "write", of_);
  name_ = of_.filename().string();
  struct stat about {};
  const bool named = !name_.empty();  // not "folder/"
  const bool there = named ? options_.replace && ::fstatat(folder_.get(), name_.c_str(), &about, 0) == 0
                           : ::fstat(folder_.get(), &about) == 0;
  if (there && !S_ISREG(about.st_mode)) fail(S_ISDIR(about.st_mode) ? EISDIR : EINVAL, "write", of_);
  if (there) before_ = about;
}

void replacement::create_temporary(unsigned permissions) {
  do {
    temporary_ = new_name();
    const int fd =
        ::openat(folder_.get(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                 static_cast<mode_t>(permissions));
    if (fd < 0 && errno != EEXIST && errno != EINTR) {
      temporary_.clear();
      fail(errno, "write", of_);
    }
    fd_ = unique_fd{fd};
  } while (!fd_);
}

std::string replacement::new_name() const {
  return unlikely_name('.' + beginning_of(name_) + '.', ".tmp").string();
}

// The mode is set last: a write clears the set-user-ID bit.
void replacement::finish() {
  if (before_) {
    const auto handed_on = copy_owner(*before_);
    apply_mode(mode_ ? *mode_ : permitted(before_->st_mode, handed_on));
  } else if (mode_) {
    apply_mode(*mode_);
  }
  if (options_.sync) {
    if (const int error = sync(fd_.get())) fail(error, "sync", of_);
  }
  if (temporary_.empty()) name_unnamed();
  if (!committed_) {
    close_file(std::move(fd_), of_);
    replace_target();
  }
  if (options_.sync) sync_folder();
}

// Tries the final name first: a link cannot replace a file.
void replacement::name_unnamed() {
  // Some file systems report lost writes only when a descriptor is closed.
  close_file(duplicate_of(fd_.get(), "write", of_), of_);
  int error = before_ ? EEXIST : name_file(fd_.get(), name_, folder_.get());
  committed_ = error == 0;
  while (error == EEXIST && options_.replace && temporary_.empty()) {
    auto name = new_name();
    error = name_file(fd_.get(), name, folder_.get());
    if (error == 0) temporary_ = std::move(name);
  }
  if (error != 0) fail(error, "make", of_);
}

void replacement::replace_target() {
  const int folder = folder_.get();
  const auto rename = [&](unsigned how) {
    return ::renameat2(folder, temporary_.c_str(), folder, name_.c_str(), how) == 0;
  };
  if (options_.replace) {
    if (!rename(0)) fail(errno, "replace", of_);
    committed_ = true;
  } else if (rename(RENAME_NOREPLACE)) {
    committed_ = true;
  } else if (errno != EINVAL && errno != ENOSYS) {
    fail(errno, "make", of_);
  } else if (::linkat(folder, temporary_.c_str(), folder, name_.c_str(), 0) != 0) {  // an old file system
    fail(errno, "make", of_);
  }
}

// In a user namespace all unknown owners look the same, and cannot be set.
replacement::inherited_ids replacement::copy_owner(const struct stat& other) {
  constexpr uid_t unknown = 65534;
  constexpr auto same_owner = static_cast<uid_t>(-1);
  constexpr auto same_group = static_cast<gid_t>(-1);
  struct stat mine {};
  if (::fstat(fd_.get(), &mine) != 0) fail(errno, "write", of_);
  const bool known = mine.st_uid != unknown && mine.st_gid != unknown;
  if (known && mine.st_uid == other.st_uid && mine.st_gid == other.st_gid) return {};
  if (change_owner(other.st_uid, other.st_gid)) return {};
  const bool group = change_owner(same_owner, other.st_gid);  // first: later it may be somebody else's
  return {.owner = change_owner(other.st_uid, same_group), .group = group};
}

// Returns false if that is not permitted.
bool replacement::change_owner(uid_t owner, gid_t group) {
  if (::fchown(fd_.get(), owner, group) == 0) return true;
  if (errno != EPERM && errno != EINVAL) fail(errno, "change the owner of", of_);
  return false;
}

// Without its owner, a program must not run as another user, and nobody may gain permissions: members of the
// new group were others, and members of the old group become others.
unsigned replacement::permitted(unsigned mode, inherited_ids handed_on) noexcept {
  if (!handed_on.owner) mode &= ~static_cast<unsigned>(S_ISUID);
  if (handed_on.group) return mode;
  const unsigned both = mode >> 3U & mode & S_IRWXO;
  return (mode & (S_ISUID | S_ISVTX | S_IRWXU)) | both << 3U | both;
}

void replacement::apply_mode(unsigned mode) {
  constexpr mode_t all_bits = 07777;
  if (::fchmod(fd_.get(), mode & all_bits) != 0) fail(errno, "change the mode of", of_);
}

void replacement::sync_folder() {
  const auto folder = of_.has_parent_path() ? of_.parent_path() : path{"."};
  const unique_fd fd{::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const int error = fd ? sync(fd.get()) : errno;
  // EINVAL: this file system has no such thing.
  if (error != 0 && error != EINVAL) fail(error, "sync the folder", folder);
}

}  // namespace bight::fs::detail
