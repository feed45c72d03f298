// Pages that are not in the page cache, 32 at a time: ours, and a ring with nothing around it.
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core/gather.hpp>
#include <bight/fs/backend.hpp>
#include <bight/fs/file.hpp>
#include <memory>

#include "bench/fs/cases.hpp"
#include "bench/report.hpp"

namespace bench {
namespace {

using bight::awaitable;

// Every page once, in an order that no read-ahead foresees.
std::vector<std::uint64_t> offsets(long n) {
  std::vector<std::uint64_t> all;
  std::uint64_t at = 0;
  constexpr std::uint64_t step = 7919;  // a prime: reaches every page unless n is a multiple of it
  require(n % static_cast<long>(step) != 0);
  for (long i = 0; i != n; ++i, at = (at + step) % static_cast<std::uint64_t>(n)) all.push_back(at * page);
  return all;
}

long pages_in_cache(int fd, long n) {
  const auto size = page * static_cast<std::size_t>(n);
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  require(map != MAP_FAILED);
  std::vector<unsigned char> there(static_cast<std::size_t>(n));
  require(::mincore(map, size, there.data()) == 0);
  ::munmap(map, size);
  return std::count_if(there.begin(), there.end(), [](unsigned char c) { return (c & 1U) != 0; });
}

void drop_from_cache(int fd, long n) {
  require(::fsync(fd) == 0);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  require(pages_in_cache(fd, n) == 0);
}

awaitable<void> read_cold(long n) {
  const scratch folder;
  auto f = co_await bight::fs::open(folder.large_file(page * static_cast<std::size_t>(n)));
  const auto where = offsets(n);
  const auto reader = [&](std::size_t first) -> awaitable<void> {
    std::array<std::byte, page> buffer;
    for (std::size_t i = first; i < where.size(); i += at_a_time) {
      const auto got = co_await f.read_at(where[i], buffer);
      require(got == page);
    }
  };
  drop_from_cache(f.native_handle(), n);
  const auto used = bight::fs::backend_in_use();
  const stopwatch watch;
  std::vector<awaitable<void>> readers;
  for (std::size_t i = 0; i != at_a_time; ++i) readers.push_back(reader(i));
  co_await bight::gather(std::move(readers));
  watch.report(used == bight::fs::backend::uring ? "read_cold" : "read_cold_threads", n);
}

struct bare_ring {
  bare_ring() {
    constexpr unsigned entries = 256;
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_CLAMP;
    require(io_uring_queue_init_params(entries, &ring, &parameters) == 0);
  }
  bare_ring(const bare_ring&) = delete;
  bare_ring& operator=(const bare_ring&) = delete;
  ~bare_ring() { io_uring_queue_exit(&ring); }
  io_uring ring{};
};

// Whatever is there is taken and replaced, then one call hands all over and waits for the next.
void read_through(bare_ring& with, int fd, const std::vector<std::uint64_t>& where) {
  auto* const ring = &with.ring;
  const auto buffers = std::make_unique<std::array<std::byte, page>[]>(at_a_time);
  std::size_t begun = 0;
  std::size_t ended = 0;
  const auto begin = [&](std::size_t slot) {
    if (begun == where.size()) return;
    auto* const entry = io_uring_get_sqe(ring);
    io_uring_prep_read(entry, fd, buffers[slot].data(), page, where[begun++]);
    io_uring_sqe_set_data64(entry, slot);
  };
  for (std::size_t slot = 0; slot != at_a_time; ++slot) begin(slot);
  while (ended != where.size()) {
    require(io_uring_submit_and_wait(ring, 1) >= 0);
    io_uring_cqe* done = nullptr;
    while (io_uring_peek_cqe(ring, &done) == 0) {
      require(done->res == static_cast<int>(page));
      const auto slot = io_uring_cqe_get_data64(done);
      io_uring_cqe_seen(ring, done);
      ++ended;
      begin(slot);
    }
  }
}

awaitable<void> bare_ring_cold(long n) {
  const scratch folder;
  const int fd = ::open(folder.large_file(page * static_cast<std::size_t>(n)).c_str(), O_RDONLY | O_CLOEXEC);
  const auto where = offsets(n);
  bare_ring ring;
  drop_from_cache(fd, n);
  const stopwatch watch;
  read_through(ring, fd, where);
  watch.report("bare_ring_cold", n);
  ::close(fd);
  co_return;
}

awaitable<void> plain_pread_cold(long n) {
  const scratch folder;
  const int fd = ::open(folder.large_file(page * static_cast<std::size_t>(n)).c_str(), O_RDONLY | O_CLOEXEC);
  const auto where = offsets(n);
  drop_from_cache(fd, n);
  std::array<std::byte, page> buffer;
  const stopwatch watch;
  for (const auto offset : where)
    require(::pread(fd, buffer.data(), page, static_cast<off_t>(offset)) == page);
  watch.report("plain_pread_cold", n);
  ::close(fd);
  co_return;
}

constexpr fs_case cases[] = {
    {"read_cold", read_cold, 10'000},
    {"bare_ring_cold", bare_ring_cold, 10'000},
    {"plain_pread_cold", plain_pread_cold, 10'000},
};

}  // namespace

std::span<const fs_case> cold_cases() { return cases; }

}  // namespace bench
