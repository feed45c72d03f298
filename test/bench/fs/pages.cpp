// Pages of one file that are in the page cache.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <bight/fs/file.hpp>

#include "bench/fs/cases.hpp"
#include "bench/report.hpp"

namespace bench {
namespace {

using bight::awaitable;
constexpr long pages = 256;

std::uint64_t offset_of(long i) { return static_cast<std::uint64_t>(i * 7 % pages) * page; }

awaitable<void> read_at(long n) {
  const scratch folder;
  auto f = co_await bight::fs::open(folder.large_file(page * pages));
  std::array<std::byte, page> buffer;
  const stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto got = co_await f.read_at(offset_of(i), buffer);
    require(got == page);
  }
  watch.report("read_at", n);
}

awaitable<void> plain_pread(long n) {
  const scratch folder;
  const int fd = ::open(folder.large_file(page * pages).c_str(), O_RDONLY | O_CLOEXEC);
  std::array<std::byte, page> buffer;
  const stopwatch watch;
  for (long i = 0; i != n; ++i)
    require(::pread(fd, buffer.data(), page, static_cast<off_t>(offset_of(i))) == page);
  watch.report("plain_pread", n);
  ::close(fd);
  co_return;
}

awaitable<void> plain_preadv2(long n) {
  const scratch folder;
  const int fd = ::open(folder.large_file(page * pages).c_str(), O_RDONLY | O_CLOEXEC);
  std::array<std::byte, page> buffer;
  const iovec where{buffer.data(), page};
  const stopwatch watch;
  for (long i = 0; i != n; ++i)
    require(::preadv2(fd, &where, 1, static_cast<off_t>(offset_of(i)), RWF_NOWAIT) == page);
  watch.report("plain_preadv2", n);
  ::close(fd);
  co_return;
}

constexpr fs_case cases[] = {
    {"read_at", read_at, 1'000'000},
    {"plain_pread", plain_pread, 1'000'000},
    {"plain_preadv2", plain_preadv2, 1'000'000},
};

}  // namespace

std::span<const fs_case> page_cases() { return cases; }

}  // namespace bench
