// bench_fs [CASE [N]]: files in a scratch folder, beside what the system calls and stdio cost.
#include <bight/core.hpp>
#include <bight/fs.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report.hpp"

namespace {

namespace fs = bight::fs;
using bight::awaitable;

constexpr std::size_t page = 4096;
constexpr long pages = 256;

class scratch {
 public:
  scratch() {
    std::string text = (std::filesystem::temp_directory_path() / "bight-bench-XXXXXX").string();
    if (!::mkdtemp(text.data())) std::abort();
    path_ = text;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string made_file(const scratch& in, std::size_t size) {
  auto path = in.file("data");
  std::ofstream{path, std::ios::binary} << std::string(size, 'x');
  return path;
}

std::uint64_t offset_of(long i) { return static_cast<std::uint64_t>(i * 7 % pages) * page; }

awaitable<void> read_at(long n) {
  const scratch folder;
  auto f = co_await fs::open(made_file(folder, page * pages));
  std::array<std::byte, page> buffer;
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto got = co_await f.read_at(offset_of(i), buffer);
    if (got != page) std::abort();
  }
  watch.report("read_at", n);
}

awaitable<void> plain_pread(long n) {
  const scratch folder;
  const int fd = ::open(made_file(folder, page * pages).c_str(), O_RDONLY | O_CLOEXEC);
  std::array<std::byte, page> buffer;
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i)
    if (::pread(fd, buffer.data(), page, static_cast<off_t>(offset_of(i))) != page) std::abort();
  watch.report("plain_pread", n);
  ::close(fd);
  co_return;
}

awaitable<void> plain_preadv2(long n) {
  const scratch folder;
  const int fd = ::open(made_file(folder, page * pages).c_str(), O_RDONLY | O_CLOEXEC);
  std::array<std::byte, page> buffer;
  const iovec where{buffer.data(), page};
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i)
    if (::preadv2(fd, &where, 1, static_cast<off_t>(offset_of(i)), RWF_NOWAIT) != page) std::abort();
  watch.report("plain_preadv2", n);
  ::close(fd);
  co_return;
}

// What is not in the page cache, 32 at a time.
awaitable<void> read_cold(long n) {
  const scratch folder;
  const auto path = made_file(folder, page * static_cast<std::size_t>(n));
  auto f = co_await fs::open(path);
  co_await f.sync_all();
  ::posix_fadvise(f.native_handle(), 0, 0, POSIX_FADV_RANDOM);
  ::posix_fadvise(f.native_handle(), 0, 0, POSIX_FADV_DONTNEED);
  const auto reader = [&](long first) -> awaitable<void> {
    constexpr long at_a_time = 32;
    std::array<std::byte, page> buffer;
    for (long i = first; i < n; i += at_a_time) {
      const auto got = co_await f.read_at(static_cast<std::uint64_t>(i) * page, buffer);
      if (got != page) std::abort();
    }
  };
  const bench::stopwatch watch;
  std::vector<awaitable<void>> readers;
  for (long i = 0; i != 32; ++i) readers.push_back(reader(i));
  co_await bight::gather(std::move(readers));
  watch.report(fs::backend_in_use() == fs::backend::uring ? "read_cold_uring" : "read_cold_threads", n);
}

std::string made_lines(const scratch& in, long n) {
  auto path = in.file("lines");
  std::ofstream out{path, std::ios::binary};
  const std::string line = std::string(99, 'x') + '\n';
  for (long i = 0; i != n; ++i) out << line;
  return path;
}

awaitable<void> lines(long n) {
  const scratch folder;
  auto f = co_await fs::open(made_lines(folder, n));
  fs::lines all{f};
  long count = 0;
  const bench::stopwatch watch;
  auto line = co_await all.next();
  while (line) {
    count += static_cast<long>(line->size());
    line = co_await all.next();
  }
  if (count != 99 * n) std::abort();
  watch.report("lines", n);
}

awaitable<void> next_lines(long n) {
  const scratch folder;
  auto f = co_await fs::open(made_lines(folder, n));
  fs::lines all{f};
  long count = 0;
  const bench::stopwatch watch;
  auto some = co_await all.next_lines(1000);
  while (!some.empty()) {
    for (const auto line : some) count += static_cast<long>(line.size());
    some = co_await all.next_lines(1000);
  }
  if (count != 99 * n) std::abort();
  watch.report("next_lines", n);
}

awaitable<void> text_lines(long n) {
  const scratch folder;
  auto f = co_await fs::open(made_lines(folder, n));
  fs::text_lines all{f};
  long count = 0;
  const bench::stopwatch watch;
  auto line = co_await all.next();
  while (line) {
    count += static_cast<long>(line->size());
    line = co_await all.next();
  }
  if (count != 99 * n) std::abort();
  watch.report("text_lines", n);
}

awaitable<void> plain_fgets(long n) {
  const scratch folder;
  std::FILE* const f = std::fopen(made_lines(folder, n).c_str(), "re");
  char line[256];
  long count = 0;
  const bench::stopwatch watch;
  while (std::fgets(line, sizeof line, f)) count += static_cast<long>(std::strlen(line)) - 1;
  if (count != 99 * n) std::abort();
  watch.report("plain_fgets", n);
  std::fclose(f);
  co_return;
}

awaitable<void> write_lines(long n) {
  const scratch folder;
  auto f = co_await fs::open(folder.file("out"), fs::writing);
  const std::string line = std::string(99, 'x') + '\n';
  const bench::stopwatch watch;
  fs::writer out{f};
  for (long i = 0; i != n; ++i) co_await out.write(line);
  co_await out.close();
  watch.report("write_lines", n);
}

std::vector<std::string> made_small_files(const scratch& in, long n) {
  std::vector<std::string> paths;
  for (long i = 0; i != n; ++i) {
    paths.push_back(in.file(std::to_string(i)));
    std::ofstream{paths.back(), std::ios::binary} << std::string(1000, 'x');
  }
  return paths;
}

// One after the other, and 32 at a time.
awaitable<void> small_files(long n) {
  const scratch folder;
  const auto paths = made_small_files(folder, n);
  {
    const bench::stopwatch watch;
    for (const auto& path : paths) {
      const auto text = co_await fs::read_file(path);
      if (text.size() != 1000) std::abort();
    }
    watch.report("small_files", n);
  }
  const auto read = [](const std::string& path) -> awaitable<void> {
    const auto text = co_await fs::read_file(path);
    if (text.size() != 1000) std::abort();
  };
  const bench::stopwatch watch;
  co_await bight::map_concurrent(paths, 32, read);
  watch.report("small_files_32", n);
}

awaitable<void> plain_small_files(long n) {
  const scratch folder;
  const auto paths = made_small_files(folder, n);
  const bench::stopwatch watch;
  for (const auto& path : paths) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char text[1001];
    if (::read(fd, text, sizeof text) != 1000) std::abort();
    ::close(fd);
  }
  watch.report("plain_small_files", n);
  co_return;
}

struct benchmark {
  const char* name;
  awaitable<void> (*run)(long n);
  long n;
};

constexpr benchmark all[] = {
    {"read_at", read_at, 1'000'000},
    {"plain_pread", plain_pread, 1'000'000},
    {"plain_preadv2", plain_preadv2, 1'000'000},
    {"read_cold", read_cold, 10'000},
    {"lines", lines, 1'000'000},
    {"next_lines", next_lines, 1'000'000},
    {"text_lines", text_lines, 1'000'000},
    {"plain_fgets", plain_fgets, 1'000'000},
    {"write_lines", write_lines, 1'000'000},
    {"small_files", small_files, 10'000},
    {"plain_small_files", plain_small_files, 10'000},
};

}  // namespace

int main(int count, char** arguments) {
  const std::string_view wanted = count > 1 ? arguments[1] : "";
  const long n = count > 2 ? std::atol(arguments[2]) : 0;
  bool found = false;
  for (const auto& b : all) {
    if (!wanted.empty() && wanted != b.name) continue;
    found = true;
    bight::run(b.run, n > 0 ? n : b.n);
  }
  if (found) return 0;
  std::fputs("usage: bench_fs [CASE [N]], CASE one of:", stderr);
  for (const auto& b : all) std::fprintf(stderr, " %s", b.name);
  std::fputc('\n', stderr);
  return 2;
}
