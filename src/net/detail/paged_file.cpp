#include <bight/net/detail/paged_file.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core/to_thread.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <memory>

namespace bight::net::detail {
namespace {

[[noreturn]] void fail(int error) {
  const boost::system::error_code code{error, boost::system::system_category()};
  throw boost::system::system_error(code, "send_file");
}

// Returns a number of bytes or -errno.
long read_through(int file, std::uint64_t offset, std::span<std::byte> buffer) noexcept {
  while (true) {
    const auto n = ::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (n >= 0) return n;
    if (errno != EINTR) return -errno;
  }
}

// Reading is what brings it: readahead(2) returns when the storage has been asked.
void touch(int file, std::uint64_t offset, std::uint64_t size) {
  constexpr std::size_t step = 64U << 10U;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(step);
  for (std::uint64_t done = 0; done < size;) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(step, size - done));
    const auto n = read_through(file, offset + done, std::span{buffer.get(), part});
    if (n <= 0) return;  // sending it tells
    done += static_cast<std::uint64_t>(n);
  }
}

}  // namespace

// As read_through, without waiting: -EAGAIN.
long paged_file::read_cached(std::uint64_t offset, std::span<std::byte> buffer) {
  if (!tells_) return -EOPNOTSUPP;
  if (injected_error != 0) return -injected_error;
  const iovec where{buffer.data(), buffer.size()};
  while (true) {
    const auto n = ::preadv2(file_, &where, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    if (n >= 0) return n;
    if (errno != EINTR) return -errno;
  }
}

std::optional<std::size_t> paged_file::read_now(std::uint64_t offset, std::span<std::byte> buffer) {
  long n = read_cached(offset, buffer);
  if (n == -EAGAIN) return std::nullopt;
  if (n == -EOPNOTSUPP || n == -ENOSYS || n == -EINVAL) {
    tells_ = false;
    n = read_through(file_, offset, buffer);
  }
  if (n < 0) fail(static_cast<int>(-n));
  return static_cast<std::size_t>(n);
}

awaitable<std::size_t> paged_file::read_later(std::uint64_t offset, std::span<std::byte> buffer) const {
  const auto job = [&] { return read_through(file_, offset, buffer); };
  const long n = co_await to_thread(job);
  if (n < 0) fail(static_cast<int>(-n));
  co_return static_cast<std::size_t>(n);
}

bool paged_file::is_here(std::uint64_t offset, std::uint64_t size) {
  std::array<std::byte, 1> last;
  const long n = read_cached(offset + size - 1, last);
  if (n >= 0) return n == 1;  // 0: it ends before, wherever that is
  if (n == -EAGAIN) return false;
  tells_ = false;  // of errors the sending tells
  return true;
}

awaitable<void> paged_file::bring(std::uint64_t offset, std::uint64_t size, std::uint64_t ahead) const {
  const auto job = [&] {
    ::posix_fadvise(file_, static_cast<off_t>(offset), static_cast<off_t>(ahead), POSIX_FADV_WILLNEED);
    touch(file_, offset, size);
  };
  co_await to_thread(job);
}

}  // namespace bight::net::detail
