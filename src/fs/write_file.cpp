#include <bight/fs/write_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {

using bight::detail::unique_fd;
using detail::fail;
using std::filesystem::path;

namespace {

void write_here(const path& to, std::span<const std::byte> data, unsigned permissions,
                const std::stop_token& stop) {
  auto fd = detail::open_file(to, O_WRONLY | O_CREAT | O_TRUNC, permissions);
  detail::write_to(fd.get(), data, to, stop);
  detail::close_file(std::move(fd), to);
}

// A new file beside another, removed unless it takes that one's place.
class successor {
 public:
  successor(const path& of, const atomic_options& options) : of_(of), options_(options) {
    struct stat about {};
    const bool there = options.replace && ::stat(of.c_str(), &about) == 0;
    if (there && !S_ISREG(about.st_mode)) fail(S_ISDIR(about.st_mode) ? EISDIR : EINVAL, "write", of);
    const unsigned private_mode = 0600;
    do {
      name_ = directory() / detail::unlikely_name('.' + of.filename().string() + '.', ".tmp");
      const int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                            static_cast<mode_t>(there ? private_mode : options.permissions));
      if (fd < 0 && errno != EEXIST && errno != EINTR) fail(errno, "write", of);
      fd_ = unique_fd{fd};
    } while (!fd_);
    if (there) take_after(about);
  }
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;
  ~successor() {
    if (!name_.empty() && !placed_) ::unlink(name_.c_str());
  }

  void write(std::span<const std::byte> data, const std::stop_token& stop) {
    detail::write_to(fd_.get(), data, of_, stop);
    if (options_.sync && ::fsync(fd_.get()) != 0) fail(errno, "sync", of_);
    detail::close_file(std::move(fd_), of_);
  }
  void take_its_place() {
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
    if (options_.sync) sync_directory();
  }

 private:
  path directory() const { return of_.has_parent_path() ? of_.parent_path() : path{"."}; }
  void take_after(const struct stat& other) {
    struct stat mine {};
    if (::fstat(fd_.get(), &mine) != 0) fail(errno, "write", of_);
    if ((mine.st_uid != other.st_uid || mine.st_gid != other.st_gid) &&
        ::fchown(fd_.get(), other.st_uid, other.st_gid) != 0 && errno != EPERM)
      fail(errno, "change the owner of", of_);
    constexpr mode_t all_bits = 07777;
    if (::fchmod(fd_.get(), other.st_mode & all_bits) != 0) fail(errno, "change the mode of", of_);
  }
  void sync_directory() {
    const auto where = directory();
    const unique_fd fd{::open(where.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    // EINVAL: this file system has no such thing.
    if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL)) fail(errno, "sync the folder", where);
  }

  const path of_;
  const atomic_options options_;
  path name_;
  unique_fd fd_;
  bool placed_ = false;
};

void replace_here(path to, std::span<const std::byte> data, const atomic_options& options,
                  const std::stop_token& stop) {
  if (to.native().find('\0') != std::string::npos) fail(EINVAL, "write", to);
  std::error_code error;
  if (std::filesystem::is_symlink(to, error)) {
    auto target = std::filesystem::canonical(to, error);
    if (error) fail(error.value(), "write", to);
    to = std::move(target);
  }
  successor made{to, options};
  made.write(data, stop);
  detail::throw_if_stopped(stop, "write", to);
  made.take_its_place();
}

}  // namespace

awaitable<void> write_file(path to, std::span<const std::byte> data, unsigned permissions) {
  const auto job = [&](const std::stop_token& stop) { write_here(to, data, permissions, stop); };
  co_await run_in_executor(detail::threads(), job);
}
awaitable<void> write_file(path to, std::string_view data, unsigned permissions) {
  return write_file(std::move(to), std::as_bytes(std::span{data}), permissions);
}

awaitable<void> write_file_atomically(path to, std::span<const std::byte> data, atomic_options options) {
  const auto job = [&](const std::stop_token& stop) { replace_here(to, data, options, stop); };
  co_await run_in_executor(detail::threads(), job);
}
awaitable<void> write_file_atomically(path to, std::string_view data, atomic_options options) {
  return write_file_atomically(std::move(to), std::as_bytes(std::span{data}), options);
}

}  // namespace bight::fs
