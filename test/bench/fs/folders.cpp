// Folders, temporary files, files that replace others, and a ring that nobody uses.
#include <fcntl.h>
#include <unistd.h>
#include <bight/core/sleep.hpp>
#include <bight/fs/temporary.hpp>
#include <bight/fs/walk.hpp>
#include <bight/fs/write_file.hpp>
#include <cstdio>

#include "bench/fs/cases.hpp"
#include "bench/report.hpp"

namespace bench {
namespace {

namespace fs = bight::fs;
using bight::awaitable;

// `n` entries: a hundred folders and what is in them.
void make_tree(const scratch& in, long n) {
  constexpr long folders = 100;
  for (long d = 0; d != folders; ++d) std::filesystem::create_directory(in.file(std::to_string(d)));
  for (long i = folders; i < n; ++i)
    std::ofstream{in.file(std::to_string(i % folders) + "/f" + std::to_string(i))};
}

awaitable<void> walk(long n) {
  const scratch folder;
  make_tree(folder, n);
  long found = 0;
  const stopwatch watch;
  fs::walk all{folder.path()};
  auto entry = co_await all.next();
  while (entry) {
    ++found;
    entry = co_await all.next();
  }
  require(found == n);
  watch.report("walk", n);
}

awaitable<void> plain_walk(long n) {
  const scratch folder;
  make_tree(folder, n);
  const auto count = [&] {
    long found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()})
      found += entry.path().empty() ? 0 : 1;
    return found;
  };
  const stopwatch watch;
  const long found = co_await bight::to_thread(count);
  require(found == n);
  watch.report("plain_walk", n);
}

const std::string one_page(page, 'y');

awaitable<void> replace(const char* name, long n, bool sync) {
  const scratch folder;
  const auto path = folder.file("state");
  co_await fs::write_file(path, one_page);
  const fs::atomic_options options{.sync = sync};
  const stopwatch watch;
  for (long i = 0; i != n; ++i) co_await fs::write_file_atomically(path, one_page, options);
  watch.report(name, n);
}
awaitable<void> write_atomically(long n) { return replace("write_atomically", n, false); }
awaitable<void> write_atomically_sync(long n) { return replace("write_atomically_sync", n, true); }

void plain_replace_all(const scratch& folder, long n, bool sync) {
  const auto path = folder.file("state");
  const auto other = folder.file("other");
  for (long i = 0; i != n; ++i) {
    const int fd = ::open(other.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    require(::write(fd, one_page.data(), page) == page);
    if (sync) require(::fsync(fd) == 0);
    require(::close(fd) == 0 && std::rename(other.c_str(), path.c_str()) == 0);
    if (!sync) continue;
    const int folder_fd = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(::fsync(folder_fd) == 0);
    ::close(folder_fd);
  }
}

awaitable<void> plain_replace(const char* name, long n, bool sync) {
  const scratch folder;
  plain_replace_all(folder, 1, false);
  const stopwatch watch;
  co_await bight::to_thread(plain_replace_all, std::cref(folder), n, sync);
  watch.report(name, n);
}
awaitable<void> plain_atomically(long n) { return plain_replace("plain_atomically", n, false); }
awaitable<void> plain_atomically_sync(long n) { return plain_replace("plain_atomically_sync", n, true); }

awaitable<void> temporary_file(long n) {
  const scratch folder;
  const stopwatch watch;
  for (long i = 0; i != n; ++i) {
    auto f = co_await fs::make_temporary_file(folder.path());
    co_await f.remove();
  }
  watch.report("temporary_file", n);
}

void make_and_remove(const scratch& folder, long n) {
  for (long i = 0; i != n; ++i) {
    auto name = folder.file("bight-XXXXXX");
    const int fd = ::mkostemp(name.data(), O_CLOEXEC);
    require(fd >= 0 && ::close(fd) == 0 && ::unlink(name.c_str()) == 0);
  }
}

awaitable<void> plain_temporary_file(long n) {
  const scratch folder;
  const stopwatch watch;
  co_await bight::to_thread(make_and_remove, std::cref(folder), n);
  watch.report("plain_temporary_file", n);
}

// `n` milliseconds in which nothing happens, after a ring and threads were used.
awaitable<void> idle(long n) {
  const scratch folder;
  {
    auto f = co_await fs::open(folder.file("a"), fs::writing);
    co_await f.write_at(0, one_page);
    co_await f.sync_data();
  }
  co_await fs::write_file(folder.file("b"), one_page);
  co_await bight::sleep(std::chrono::milliseconds{100});
  const stopwatch watch;
  co_await bight::sleep(std::chrono::milliseconds{n});
  watch.report("idle", n);
}

constexpr fs_case cases[] = {
    {"walk", walk, 20'000},
    {"plain_walk", plain_walk, 20'000},
    {"write_atomically", write_atomically, 5'000},
    {"plain_atomically", plain_atomically, 5'000},
    {"write_atomically_sync", write_atomically_sync, 300},
    {"plain_atomically_sync", plain_atomically_sync, 300},
    {"temporary_file", temporary_file, 5'000},
    {"plain_temporary_file", plain_temporary_file, 5'000},
    {"idle", idle, 1'000},
};

}  // namespace

std::span<const fs_case> folder_cases() { return cases; }

}  // namespace bench
