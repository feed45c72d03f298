// Lines of 100 bytes.
#include <bight/fs/lines.hpp>

#include <bight/fs/text_lines.hpp>
#include <bight/fs/writer.hpp>
#include <cstdio>
#include <cstring>

#include "bench/fs/cases.hpp"
#include "bench/report.hpp"

namespace bench {
namespace {

using bight::awaitable;

const std::string one_line = std::string(99, 'x') + '\n';

std::string made_lines(const scratch& in, long n) {
  auto path = in.file("lines");
  std::ofstream out{path, std::ios::binary};
  for (long i = 0; i != n; ++i) out << one_line;
  return path;
}

awaitable<void> lines(long n) {
  const scratch folder;
  auto f = co_await bight::fs::open(made_lines(folder, n));
  bight::fs::lines all{f};
  long count = 0;
  const stopwatch watch;
  auto line = co_await all.next();
  while (line) {
    count += static_cast<long>(line->size());
    line = co_await all.next();
  }
  require(count == 99 * n);
  watch.report("lines", n);
}

awaitable<void> next_lines(long n) {
  const scratch folder;
  auto f = co_await bight::fs::open(made_lines(folder, n));
  bight::fs::lines all{f};
  long count = 0;
  const stopwatch watch;
  auto some = co_await all.next_lines(1000);
  while (!some.empty()) {
    for (const auto line : some) count += static_cast<long>(line.size());
    some = co_await all.next_lines(1000);
  }
  require(count == 99 * n);
  watch.report("next_lines", n);
}

awaitable<void> text_lines(long n) {
  const scratch folder;
  auto f = co_await bight::fs::open(made_lines(folder, n));
  bight::fs::text_lines all{f};
  long count = 0;
  const stopwatch watch;
  auto line = co_await all.next();
  while (line) {
    count += static_cast<long>(line->size());
    line = co_await all.next();
  }
  require(count == 99 * n);
  watch.report("text_lines", n);
}

awaitable<void> plain_fgets(long n) {
  const scratch folder;
  std::FILE* const f = std::fopen(made_lines(folder, n).c_str(), "re");
  char line[256];
  long count = 0;
  const stopwatch watch;
  while (std::fgets(line, sizeof line, f)) count += static_cast<long>(std::strlen(line)) - 1;
  require(count == 99 * n);
  watch.report("plain_fgets", n);
  std::fclose(f);
  co_return;
}

awaitable<void> write_lines(long n) {
  const scratch folder;
  auto f = co_await bight::fs::open(folder.file("out"), bight::fs::writing);
  const stopwatch watch;
  bight::fs::writer out{f};
  for (long i = 0; i != n; ++i) co_await out.write(one_line);
  co_await out.close();
  watch.report("write_lines", n);
}

awaitable<void> plain_fputs(long n) {
  const scratch folder;
  std::FILE* const f = std::fopen(folder.file("out").c_str(), "we");
  const stopwatch watch;
  for (long i = 0; i != n; ++i) std::fputs(one_line.c_str(), f);
  std::fclose(f);
  watch.report("plain_fputs", n);
  co_return;
}

constexpr fs_case cases[] = {
    {"lines", lines, 1'000'000},
    {"next_lines", next_lines, 1'000'000},
    {"text_lines", text_lines, 1'000'000},
    {"plain_fgets", plain_fgets, 1'000'000},
    {"write_lines", write_lines, 1'000'000},
    {"plain_fputs", plain_fputs, 1'000'000},
};

}  // namespace

std::span<const fs_case> line_cases() { return cases; }

}  // namespace bench
