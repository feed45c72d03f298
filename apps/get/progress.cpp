#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

namespace get {
namespace {

// What a line shows: as much of it as there is room for.
struct line_parts {
  std::string_view name;
  std::size_t widest_name = 0;  // of all lines
  std::optional<double> share;
  double received = 0;
  double rate = 0;
  std::optional<double> left;  // seconds
};

// "1:05", "2:00:00".
std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::min(seconds, 1e9));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bar(double share, std::size_t columns) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(columns));
  std::string out(std::min(filled, columns), '=');
  if (out.size() < columns) out += '>';
  out.resize(columns, ' ');
  return out;
}

std::string line_of(const line_parts& p, std::size_t columns) {
  constexpr std::size_t smallest_name = 8;
  constexpr std::size_t smallest_bar = 10;
  const auto percent = p.share ? fmt::format("{:3.0f}%", std::floor(*p.share * 100)) : std::string{"   -"};
  std::string right = " " + percent;
  const std::array more{fmt::format("{:>10}", size_text(p.received)),
                        fmt::format("{:>12}", size_text(p.rate) + "/s"),
                        fmt::format("{:>9}", p.left ? clock_text(*p.left) : "-")};
  for (const auto& part : more) {
    if (right.size() + part.size() + smallest_name > columns) break;
    right += part;
  }
  if (columns <= right.size() + 1) return fit(right.substr(1), columns);
  auto room = columns - right.size();
  std::string middle;
  if (room >= smallest_name + smallest_bar + 3) {
    const auto name = std::clamp(p.widest_name, smallest_name, std::max(room * 2 / 5, smallest_name));
    middle = p.share ? " [" + bar(*p.share, room - name - 3) + "]" : std::string(room - name, ' ');
    room = name;
  }
  auto name = fit_middle(p.name, room);
  name.append(room - columns_of(name), ' ');
  return name + middle + right;
}

}  // namespace

std::string size_text(double bytes) {
  constexpr std::array<std::string_view, 5> units{"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{:.0f} B", bytes);
  std::size_t unit = 0;
  for (bytes /= 1000; bytes >= 999.95 && unit + 1 != units.size(); bytes /= 1000) ++unit;
  return fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string time_text(bight::clock::duration d) {
  const auto seconds = std::chrono::duration<double>(d).count();
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  return seconds < 60 ? fmt::format("{:.0f} s", std::floor(seconds)) : clock_text(seconds);
}

void transfer::update(std::uint64_t received, std::optional<std::uint64_t> total) noexcept {
  if (!started_) ticked_at_ = received;  // what was there before is no part of the rate
  started_ = true;
  received_ = received;
  total_ = total;
}

void transfer::tick(bight::clock::time_point now) noexcept {
  const auto seconds = std::chrono::duration<double>(now - ticked_).count();
  if (seconds < 0.1) return;
  constexpr double weight = 0.3;
  const auto came = received_ >= ticked_at_ ? static_cast<double>(received_ - ticked_at_) : 0.0;
  const auto current = came / seconds;
  rate_ = rate_ == 0 ? current : rate_ * (1 - weight) + current * weight;
  ticked_at_ = received_;
  ticked_ = now;
}

std::optional<double> transfer::share() const noexcept {
  if (!total_) return std::nullopt;
  return *total_ == 0 ? 1.0 : std::min(1.0, static_cast<double>(received_) / static_cast<double>(*total_));
}

transfer& progress::begin(std::string name) { return running_.emplace_back(std::move(name)); }

void progress::end(const transfer& t, bool done) {
  ++(done ? done_ : failed_);
  bytes_ += t.received();
  running_.remove_if([&](const transfer& other) { return &other == &t; });
}

void progress::print(std::string_view line) {
  screen_.clear();
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
  if (shown_) draw();
}

std::string progress::sum_name() const {
  auto name = fmt::format("{} of {}", done_, urls_);
  if (failed_ != 0) name += fmt::format(", {} failed", failed_);
  return name;
}

std::string progress::sum_line(std::size_t columns, std::size_t widest_name) const {
  const auto name = sum_name();
  line_parts p{name, widest_name, static_cast<double>(done_ + failed_), static_cast<double>(bytes_), 0, {}};
  bool all_known = done_ + failed_ + running_.size() == urls_;
  double left = 0;
  for (const auto& t : running_) {
    p.received += static_cast<double>(t.received());
    p.rate += t.rate();
    *p.share += t.share().value_or(0);
    all_known = all_known && t.total();
    if (t.total()) left += static_cast<double>(*t.total()) - static_cast<double>(t.received());
  }
  *p.share /= static_cast<double>(urls_);
  if (all_known && p.rate > 0) p.left = std::max(left, 0.0) / p.rate;
  return line_of(p, columns);
}

void progress::draw() {
  if (running_.empty()) return screen_.clear();
  const auto size = size_of_terminal();
  // With room for the ^C that the terminal shows.
  const auto columns = size.columns - (size.columns > 10 ? 3 : 1);
  const bool sum = urls_ > 1;
  auto widest = sum ? sum_name().size() : std::size_t{0};
  for (const auto& t : running_) widest = std::max(widest, columns_of(t.name()));
  const auto now = bight::clock::now();
  std::vector<std::string> lines;
  for (auto& t : running_) {
    t.tick(now);
    if (lines.size() + (sum ? 2 : 1) >= size.rows) continue;
    line_parts p{t.name(), widest, t.share(), static_cast<double>(t.received()), t.rate(), {}};
    if (t.total() && t.rate() > 0)
      p.left = (static_cast<double>(*t.total()) - static_cast<double>(t.received())) / t.rate();
    lines.push_back(line_of(p, columns));
  }
  if (sum) lines.push_back(sum_line(columns, widest));
  screen_.draw(lines);
}

bight::awaitable<void> progress::draw_all() {
  constexpr std::chrono::milliseconds interval{200};
  struct at_end {
    progress& self;
    ~at_end() {
      self.screen_.clear();
      self.shown_ = false;
    }
  } const erase{*this};
  while (true) {
    draw();
    co_await bight::sleep(interval);
  }
}

}  // namespace get
