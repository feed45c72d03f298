#include <bight/fs/metadata.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/kinds.hpp"

namespace bight::fs {

namespace detail {

file_kind kind_of_mode(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return file_kind::regular;
    case S_IFDIR:
      return file_kind::directory;
    case S_IFLNK:
      return file_kind::symlink;
    case S_IFIFO:
      return file_kind::fifo;
    case S_IFSOCK:
      return file_kind::socket;
    case S_IFCHR:
      return file_kind::character_device;
    case S_IFBLK:
      return file_kind::block_device;
    default:
      return file_kind::unknown;
  }
}

namespace {

using std::chrono::system_clock;

// The clock ends in 2262, and files may be later than that, or as early as in 1677.
system_clock::time_point time_of(const timespec& t) {
  using std::chrono::seconds;
  constexpr auto latest = system_clock::time_point::max();
  constexpr auto earliest = system_clock::time_point::min();
  if (t.tv_sec >= std::chrono::floor<seconds>(latest).time_since_epoch().count()) return latest;
  if (t.tv_sec <= std::chrono::ceil<seconds>(earliest).time_since_epoch().count()) return earliest;
  const auto since = seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  return system_clock::time_point{std::chrono::duration_cast<system_clock::duration>(since)};
}

}  // namespace

metadata translate(const struct stat& s) {
  constexpr unsigned all_bits = 07777;
  return {.kind = kind_of_mode(s.st_mode),
          .size = static_cast<std::uint64_t>(s.st_size),
          .permissions = s.st_mode & all_bits,
          .modified = time_of(s.st_mtim),
          .accessed = time_of(s.st_atim),
          .changed = time_of(s.st_ctim),
          .links = s.st_nlink,
          .owner = s.st_uid,
          .group = s.st_gid,
          .device = s.st_dev,
          .inode = s.st_ino};
}

}  // namespace detail

namespace {

// Returns 0 or errno.
int ask(const std::filesystem::path& path, bool follow, struct stat& about) {
  detail::require_no_nul(path, "stat");
  const int r = follow ? ::stat(path.c_str(), &about) : ::lstat(path.c_str(), &about);
  return r == 0 ? 0 : errno;
}

awaitable<metadata> metadata_of(std::filesystem::path path, bool follow) {
  struct stat about {};
  const auto job = [&] { return ask(path, follow, about); };
  const int error = co_await run_in_executor(detail::threads(), job);
  if (error != 0) detail::fail(error, "stat", path);
  co_return detail::translate(about);
}

}  // namespace

awaitable<metadata> stat(std::filesystem::path path) { return metadata_of(std::move(path), true); }
awaitable<metadata> lstat(std::filesystem::path path) { return metadata_of(std::move(path), false); }

awaitable<bool> exists(std::filesystem::path path) {
  struct stat about {};
  const auto job = [&] { return ask(path, true, about); };
  const int error = co_await run_in_executor(detail::threads(), job);
  if (error != 0 && error != ENOENT && error != ENOTDIR) detail::fail(error, "stat", path);
  co_return error == 0;
}

}  // namespace bight::fs
