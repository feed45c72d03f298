#include "fs/detail/unnamed.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace bight::fs::detail {
namespace {

// The other way, AT_EMPTY_PATH, is for processes with CAP_DAC_READ_SEARCH.
class proc_path {
 public:
  explicit proc_path(int fd) noexcept { std::snprintf(text_.data(), text_.size(), "/proc/self/fd/%d", fd); }
  const char* c_str() const noexcept { return text_.data(); }

 private:
  std::array<char, 32> text_{};
};

}  // namespace

std::filesystem::path place_of_temporaries(std::filesystem::path in) {
  if (!in.empty()) return in;
  const char* const wanted = std::getenv("TMPDIR");
  return wanted && *wanted ? wanted : "/tmp";
}

bight::detail::unique_fd open_unnamed(const std::filesystem::path& directory, unsigned permissions, int at) {
  int fd = -1;
  do fd = ::openat(at, directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, static_cast<mode_t>(permissions));
  while (fd < 0 && errno == EINTR);
  return bight::detail::unique_fd{fd};
}

bool can_be_named(int fd) noexcept { return ::access(proc_path{fd}.c_str(), F_OK) == 0; }

int name_file(int fd, const std::filesystem::path& name, int at) noexcept {
  const proc_path file{fd};
  return ::linkat(AT_FDCWD, file.c_str(), at, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

}  // namespace bight::fs::detail
