// Many files of 4 KiB: one after the other, 32 at a time, and in a plain loop on a thread.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/core/map_concurrent.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <thread>

#include "bench/fs/cases.hpp"
#include "bench/report.hpp"

namespace bench {
namespace {

namespace fs = bight::fs;
using bight::awaitable;

awaitable<void> read_one(const std::string& path) {
  const auto text = co_await fs::read_file(path);
  require(text.size() == page);
}

awaitable<void> read_files(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  const stopwatch watch;
  for (const auto& path : paths) co_await read_one(path);
  watch.report("read_files", n);
}

awaitable<void> read_files_32(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  const stopwatch watch;
  co_await bight::map_concurrent(paths, at_a_time, read_one);
  watch.report("read_files_32", n);
}

void read_all_of(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    std::string text(page, '\0');
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require(::read(fd, text.data(), page) == page);
    ::close(fd);
  }
}

awaitable<void> plain_read_files(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  const stopwatch watch;
  co_await bight::to_thread(read_all_of, std::cref(paths));
  watch.report("plain_read_files", n);
}

const std::string one_page(page, 'y');

// To files that are not there, and to files that are. How much the former costs depends on what was removed
// before: ext4 passes over the inodes of the last minutes.
awaitable<void> write_one(const std::string& path) { co_await fs::write_file(path, one_page); }

awaitable<void> write_in_turn(const char* name, const std::vector<std::string>& paths) {
  const stopwatch watch;
  for (const auto& path : paths) co_await write_one(path);
  watch.report(name, std::ssize(paths));
}
awaitable<void> write_files(long n) {
  const scratch folder;
  const auto paths = folder.names(n);
  co_await write_in_turn("write_files", paths);
}
awaitable<void> rewrite_files(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  co_await write_in_turn("rewrite_files", paths);
}

awaitable<void> write_at_a_time(const char* name, const std::vector<std::string>& paths) {
  const stopwatch watch;
  co_await bight::map_concurrent(paths, at_a_time, write_one);
  watch.report(name, std::ssize(paths));
}
awaitable<void> write_files_32(long n) {
  const scratch folder;
  const auto paths = folder.names(n);
  co_await write_at_a_time("write_files_32", paths);
}
awaitable<void> rewrite_files_32(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  co_await write_at_a_time("rewrite_files_32", paths);
}

void plainly_write(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  require(::write(fd, one_page.data(), page) == page);
  require(::close(fd) == 0);
}
void write_all_of(const std::vector<std::string>& paths) {
  for (const auto& path : paths) plainly_write(path);
}

awaitable<void> plain_write(const char* name, const std::vector<std::string>& paths) {
  const stopwatch watch;
  co_await bight::to_thread(write_all_of, std::cref(paths));
  watch.report(name, std::ssize(paths));
}
awaitable<void> plain_write_files(long n) {
  const scratch folder;
  const auto paths = folder.names(n);
  co_await plain_write("plain_write_files", paths);
}
awaitable<void> plain_rewrite_files(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  co_await plain_write("plain_rewrite_files", paths);
}

awaitable<void> open_read_close(long n) {
  const scratch folder;
  const auto paths = folder.small_files(n);
  std::array<std::byte, page> buffer;
  const stopwatch watch;
  for (const auto& path : paths) {
    auto f = co_await fs::open(path);
    const auto got = co_await f.read_at(0, buffer);
    require(got == page);
    co_await f.close();
  }
  watch.report("open_read_close", n);
}

// What no loop that leaves its writes to a thread can do without: to tell it, and to be told.
void hand_over(const std::vector<std::string>& paths) {
  const bight::detail::unique_fd done{::eventfd(0, EFD_CLOEXEC)};
  const bight::detail::unique_fd poll{::epoll_create1(EPOLL_CLOEXEC)};
  epoll_event event{.events = EPOLLIN, .data = {}};
  require(::epoll_ctl(poll.get(), EPOLL_CTL_ADD, done.get(), &event) == 0);
  std::atomic<std::size_t> told = 0;
  const std::jthread other{[&] {
    for (std::size_t i = 0; i != paths.size(); ++i) {
      told.wait(i);
      plainly_write(paths[i]);
      require(::eventfd_write(done.get(), 1) == 0);
    }
  }};
  for (std::size_t i = 0; i != paths.size(); ++i) {
    told = i + 1;
    told.notify_one();
    require(::epoll_wait(poll.get(), &event, 1, -1) == 1);
    eventfd_t n = 0;
    require(::eventfd_read(done.get(), &n) == 0);
  }
}

awaitable<void> handed_write_files(long n) {
  const scratch folder;
  const auto paths = folder.names(n);
  const stopwatch watch;
  hand_over(paths);
  watch.report("handed_write_files", n);
  co_return;
}

constexpr fs_case cases[] = {
    {"read_files", read_files, 10'000},
    {"read_files_32", read_files_32, 10'000},
    {"plain_read_files", plain_read_files, 10'000},
    {"write_files", write_files, 10'000},
    {"write_files_32", write_files_32, 10'000},
    {"plain_write_files", plain_write_files, 10'000},
    {"handed_write_files", handed_write_files, 10'000},
    {"rewrite_files", rewrite_files, 10'000},
    {"rewrite_files_32", rewrite_files_32, 10'000},
    {"plain_rewrite_files", plain_rewrite_files, 10'000},
    {"open_read_close", open_read_close, 10'000},
};

}  // namespace

std::span<const fs_case> whole_file_cases() { return cases; }

}  // namespace bench
