#include "fs/detail/copy_bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {
namespace {

constexpr auto no_end = std::numeric_limits<std::int64_t>::max();

class copier {
 public:
  copier(int from, int to, const std::filesystem::path& shown, const std::stop_token& stop)
      : from_(from), to_(to), shown_(shown), stop_(stop) {}

  void run() {
    struct stat about {};
    if (::fstat(from_, &about) != 0) fail(errno, "copy", shown_);
    if (about.st_size == 0) {  // empty, or of /proc
      copy(no_end);
      return;
    }
    std::int64_t at = 0;
    while (true) {
      const auto data = ::lseek(from_, at, SEEK_DATA);
      if (data < 0 && errno == ENXIO) return extend(at);
      const auto begin = data < 0 ? at : data;  // not every file system knows
      const auto hole = data < 0 ? -1 : ::lseek(from_, data, SEEK_HOLE);
      const auto end = hole < 0 ? no_end : hole;
      move_to(begin);
      if (!copy(end - begin)) return;
      at = end;
    }
  }

 private:
  void move_to(std::int64_t where) {
    if (::lseek(from_, where, SEEK_SET) < 0 || ::lseek(to_, where, SEEK_SET) < 0) fail(errno, "copy", shown_);
  }

  // Nothing but a hole follows, or the end.
  void extend(std::int64_t at) {
    const auto size = ::lseek(from_, 0, SEEK_END);
    while (size > at && ::ftruncate(to_, size) != 0)
      if (errno != EINTR) fail(errno, "copy", shown_);
  }

  // Returns false if the file ends before.
  bool copy(std::int64_t size) {
    while (size != 0) {
      throw_if_stopped(stop_, "copy", shown_);
      const auto n = clones_ ? clone(size) : move(size);
      if (n < 0) continue;
      if (n == 0) return false;
      size -= n;
    }
    return true;
  }

  // As many bytes as the file systems copy at once; -1: again, 0: the end.
  std::int64_t clone(std::int64_t size) {
    constexpr std::int64_t step = 8 << 20;
    const auto wanted = static_cast<std::size_t>(std::min(size, step));
    const auto n = ::copy_file_range(from_, nullptr, to_, nullptr, wanted, 0);
    const bool cannot = n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                                  errno == EOPNOTSUPP || errno == EPERM);
    if (!any_ && (cannot || n == 0)) {  // files of /proc have no size: that is no end
      clones_ = false;
      return -1;
    }
    if (n < 0 && errno != EINTR) fail(errno, "copy", shown_);
    any_ = any_ || n > 0;
    return n;
  }

  std::int64_t move(std::int64_t size) {
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(blocking_piece);
    const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(size, blocking_piece));
    const auto n = read_from(from_, std::span{buffer_.get(), wanted}, shown_);
    write_to(to_, std::span{buffer_.get(), n}, shown_, stop_);
    return static_cast<std::int64_t>(n);
  }

  const int from_;
  const int to_;
  const std::filesystem::path& shown_;
  const std::stop_token& stop_;
  std::unique_ptr<std::byte[]> buffer_;
  bool clones_ = true;
  bool any_ = false;
};

}  // namespace

void copy_bytes(int from, int to, const std::filesystem::path& shown, const std::stop_token& stop) {
  copier{from, to, shown, stop}.run();
}

}  // namespace bight::fs::detail
