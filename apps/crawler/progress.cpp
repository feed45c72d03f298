#include "progress.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <utility>
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

namespace {

// Why nothing moves, and until when: "waiting 12 s for http://h: 429 Too Many Requests".
std::string describe(const bight::crawl::crawl_wait& wait) {
  const auto left = std::chrono::duration<double>(wait.until - bight::clock::now()).count();
  std::array<char, 64> text;
  const int n =
      std::snprintf(text.data(), text.size(), left < 10 ? "waiting %.1f s for " : "waiting %.0f s for ",
                    left > 0 ? left : 0.0);
  std::string line{text.data(), static_cast<std::size_t>(n)};
  return line.append(wait.host).append(": ").append(wait.reason);
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
    std::vector<std::string> lines{std::move(text)};
    if (const auto wait = c.waiting()) lines.push_back(describe(*wait));
    screen.draw(lines);
    co_await bight::sleep(interval);
  }
}

}  // namespace crawler
