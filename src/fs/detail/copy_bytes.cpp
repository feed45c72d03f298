#include "fs/detail/copy_bytes.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {
namespace {

// Without moving them through this process, if the file systems can. Returns false if they cannot.
bool clone_bytes(int from, int to, const std::filesystem::path& shown, const std::stop_token& stop) {
  constexpr std::size_t step = 8U << 20U;
  bool any = false;
  while (true) {
    throw_if_stopped(stop, "copy", shown);
    const auto n = ::copy_file_range(from, nullptr, to, nullptr, step, 0);
    if (n > 0)
      any = true;
    else if (n == 0)
      return any;  // the end, or a file of /proc, which has no size
    else if (!any &&
             (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
      return false;
    else if (errno != EINTR)
      fail(errno, "copy", shown);
  }
}

}  // namespace

void copy_bytes(int from, int to, const std::filesystem::path& shown, const std::stop_token& stop) {
  if (clone_bytes(from, to, shown, stop)) return;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(blocking_piece);
  while (true) {
    const auto n = read_from(from, std::span{buffer.get(), blocking_piece}, shown);
    if (n == 0) return;
    write_to(to, std::span{buffer.get(), n}, shown, stop);
  }
}

}  // namespace bight::fs::detail
