// Progress of downloads on a terminal: a line for each, and one in sum.
#pragma once
#include <bight/core.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../live_lines.hpp"

namespace get {

/// "999 B", "12.3 kB", "1.0 MB".
std::string size_text(double bytes);
/// "0.42 s", "12 s", "1:05", "2:00:00".
std::string time_text(bight::clock::duration d);

/// One download that is in progress.
class transfer {
 public:
  explicit transfer(std::string name) : name_(std::move(name)) {}

  const std::string& name() const noexcept { return name_; }
  void update(std::uint64_t received, std::optional<std::uint64_t> total) noexcept;
  std::uint64_t received() const noexcept { return received_; }
  std::optional<std::uint64_t> total() const noexcept { return total_; }
  /// Measures the rate since the last call.
  void tick(bight::clock::time_point now) noexcept;
  double rate() const noexcept { return rate_; }
  /// From 0 to 1; nullopt without a size.
  std::optional<double> share() const noexcept;

 private:
  std::string name_;
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> total_;
  bool started_ = false;
  std::uint64_t ticked_at_ = 0;  // bytes
  bight::clock::time_point ticked_ = bight::clock::now();
  double rate_ = 0;  // bytes a second
};

/// All of them.
class progress {
 public:
  /// `shown`: draws on the terminal.
  progress(std::size_t urls, bool shown) : urls_(urls), shown_(shown) {}

  bool shown() const noexcept { return shown_; }
  transfer& begin(std::string name);
  void end(const transfer& t, bool done);
  /// Prints a line to stderr, above those that are drawn.
  void print(std::string_view line);
  /// Draws five times a second, until cancelled.
  bight::awaitable<void> draw_all();

 private:
  void draw();
  std::string sum_name() const;
  std::string sum_line(std::size_t columns, std::size_t widest_name) const;

  std::size_t urls_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::uint64_t bytes_ = 0;  // of those that have ended
  bool shown_;
  std::list<transfer> running_;
  live_lines screen_;
};

}  // namespace get
