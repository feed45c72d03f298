#include "progress.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "../live_lines.hpp"
#include "link_check.hpp"

namespace crawler {
namespace {

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

}  // namespace

bight::awaitable<void> show_progress(const bight::crawl::crawler& c, const link_check* check) {
  constexpr std::chrono::milliseconds interval{200};
  live_lines screen;
  const auto started = bight::clock::now();
  while (true) {
    bight::crawl::crawl_report now;
    now.counts = c.counts();
    now.elapsed = bight::clock::now() - started;
    auto text = describe(now);
    if (check && check->pending() != 0) text += "  " + std::to_string(check->pending()) + " links to check";
    const std::vector<std::string> line{std::move(text)};
    screen.draw(line);
    co_await bight::sleep(interval);
  }
}

}  // namespace crawler
