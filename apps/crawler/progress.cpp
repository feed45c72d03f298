#include "progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace crawler {
namespace {

std::size_t columns() {
  winsize w{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col != 0 ? w.ws_col : 80;
}

std::string describe(const bight::crawl::crawl_report& r) {
  const double s = std::chrono::duration<double>(r.elapsed).count();
  std::array<char, 256> text;
  const auto& c = r.counts;
  const int n =
      std::snprintf(text.data(), text.size(), "%zu pages  %.0f/s  %zu queued  %zu failed  %.1f MB  %.0f s",
                    c.pages, s > 0 ? static_cast<double>(c.pages) / s : 0.0, c.queued, c.failed,
                    static_cast<double>(c.bytes) / 1e6, s);
  return {text.data(), static_cast<std::size_t>(n)};
}

// Erases the line, however the crawl ends.
struct line_eraser {
  ~line_eraser() {
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
  }
};

}  // namespace

bool has_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }

bight::awaitable<void> show_progress(const bight::crawl::crawler& c) {
  constexpr std::chrono::milliseconds interval{200};
  const line_eraser at_end;
  const auto started = bight::clock::now();
  while (true) {
    bight::crawl::crawl_report now;
    now.counts = c.counts();
    now.elapsed = bight::clock::now() - started;
    auto line = describe(now);
    // A wrapped line could not be overwritten.
    if (const auto width = columns(); line.size() >= width) line.resize(width - 1);
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
    std::fflush(stderr);
    co_await bight::sleep(interval);
  }
}

}  // namespace crawler
