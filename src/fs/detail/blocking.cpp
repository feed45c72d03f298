#include "fs/detail/blocking.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {

using bight::detail::unique_fd;

namespace {

void wait_as_told(int fd, int flags, const std::filesystem::path& path) {
  if (::fcntl(fd, F_SETFL, flags & O_APPEND) != 0) fail(errno, "open", path);
}

void require_file(const struct stat& about, const std::filesystem::path& path) {
  if (S_ISDIR(about.st_mode)) fail(EISDIR, "open", path);
  if (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)) fail(ESPIPE, "open", path);
}

// What comes of it is O_NONBLOCK. A FIFO is not opened: that would be noticed on its other side. If it takes
// the place of a file in this moment, it is not waited for.
unique_fd open_any_file(const std::filesystem::path& path, int flags, unsigned permissions,
                        struct stat& about) {
  require_no_nul(path, "open");
  const bool there = (flags & O_EXCL) == 0 && ::stat(path.c_str(), &about) == 0;
  if (there) require_file(about, path);
  const auto attempt = [&](int more) {
    unique_fd fd;
    do
      fd = unique_fd{
          ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | more, static_cast<mode_t>(permissions))};
    while (!fd && errno == EINTR);
    return fd;
  };
  auto made = attempt(O_NONBLOCK);
  // A lease on the file, as file servers have it, is to be waited for.
  if (!made && errno == EWOULDBLOCK && there && S_ISREG(about.st_mode)) made = attempt(0);
  if (!made) fail(errno == ENXIO ? ESPIPE : errno, "open", path);
  if (::fstat(made.get(), &about) != 0) fail(errno, "open", path);
  require_file(about, path);
  return made;
}

}  // namespace

unique_fd open_file(const std::filesystem::path& path, int flags, unsigned permissions, struct stat& about) {
  auto made = open_any_file(path, flags, permissions, about);
  wait_as_told(made.get(), flags, path);
  return made;
}

unique_fd open_briefly(const std::filesystem::path& path, int flags, unsigned permissions,
                       struct stat& about) {
  auto made = open_any_file(path, flags, permissions, about);
  if (!S_ISREG(about.st_mode)) wait_as_told(made.get(), flags, path);
  return made;
}

std::size_t read_from(int fd, std::span<std::byte> buffer, const std::filesystem::path& path) {
  while (true) {
    const auto n = ::read(fd, buffer.data(), std::min(buffer.size(), blocking_piece));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) fail(errno, "read", path);
  }
}

void write_to(int fd, std::span<const std::byte> data, const std::filesystem::path& shown,
              const std::stop_token& stop) {
  while (!data.empty()) {
    throw_if_stopped(stop, "write", shown);
    const auto n = ::write(fd, data.data(), std::min(data.size(), blocking_piece));
    if (n > 0)
      data = data.subspan(static_cast<std::size_t>(n));
    else if (n == 0 || errno != EINTR)
      fail(n == 0 ? EIO : errno, "write", shown);
  }
}

void close_file(unique_fd fd, const std::filesystem::path& path) {
  if (::close(fd.release()) != 0 && errno != EINTR) fail(errno, "close", path);
}

unique_fd duplicate_of(int fd, const char* operation, const std::filesystem::path& shown) {
  unique_fd made{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
  if (!made) fail(errno, operation, shown);
  return made;
}

std::filesystem::path unlikely_name(const std::string& before, const std::string& after) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<unsigned char, 10> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    fail(errno, "getrandom for", before);
  auto name = before;
  for (const auto r : random) name += letters[r % letters.size()];
  return name + after;
}

void require_no_nul(const std::filesystem::path& path, const char* operation) {
  if (path.native().find('\0') != std::string::npos) fail(EINVAL, operation, path);
}

void throw_if_stopped(const std::stop_token& stop, const char* operation, const std::filesystem::path& path) {
  if (stop.stop_requested()) fail(ECANCELED, operation, path);
}

}  // namespace bight::fs::detail
