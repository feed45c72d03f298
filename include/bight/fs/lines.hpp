// lines: reads a file line by line.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/file.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace bight::fs {

/// Trivially copyable.
struct lines_options {
  /// The offset of the first byte.
  std::uint64_t offset = 0;
  /// The maximum length of a line in bytes, without its ending.
  std::size_t max_line = 1U << 20U;
  /// Treat "\r\n" as a line ending, too.
  bool crlf = false;
  /// The size of the buffer in bytes.
  std::size_t buffer = 64U << 10U;
};

/// Reads a file line by line (`async for line in file`).
///
///     auto f = co_await bight::fs::open("access.log");
///     bight::fs::lines all{f};
///     auto line = co_await all.next();
///     while (line) {
///       count(*line);
///       line = co_await all.next();
///     }
///
/// Most calls neither suspend nor allocate. Memory: the buffer, or twice the longest line if that is larger.
/// Concurrency: one call at a time, otherwise std::logic_error. Lifetime: keeps the file open until it is
/// destroyed or `file::close` is called.
class lines {
 public:
  /// Errors: std::invalid_argument if the buffer size is 0; EBADF if the file is closed.
  explicit lines(const file& from, lines_options options = {});
  lines(const lines&) = delete;
  lines& operator=(const lines&) = delete;
  ~lines();

  /// The next line without its ending; nullopt at the end of the file. The last line may lack an ending.
  /// Lifetime: the view is valid until the next call, and not longer than `lines`. Cancellation: no line is
  /// lost. Errors: errc::limit_exceeded, which names limit and path, for a longer line, in this call and all
  /// later ones; system_error if reading fails, and the next call tries again.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

  /// The next lines that are in memory, at least one and at most `most`; empty at the end of the file (like
  /// readlines with a hint, which counts bytes in Python). May be mixed with `next`, which is as fast; use it
  /// to pass on many lines at once.
  ///
  ///     auto some = co_await all.next_lines(1000);
  ///     while (!some.empty()) {
  ///       for (const auto line : some) count(line);
  ///       some = co_await all.next_lines(1000);
  ///     }
  ///
  /// Lifetime: the views and the span are valid until the next call of either function. Memory: 16 bytes per
  /// line. Cancellation and errors: as for `next`; lines before an overlong one are returned first.
  /// std::invalid_argument if `most` is 0.
  auto next_lines(std::size_t most) noexcept {
    return detail::quick_operation<batch_step>{batch_step{this, most}};
  }

 private:
  class impl;
  struct step {
    using result_type = std::optional<std::string_view>;
    lines* from;
    bool now(result_type& line) { return from->take(line); }
    awaitable<result_type> later() { return from->read_on(); }
  };
  struct batch_step {
    using result_type = std::span<const std::string_view>;
    lines* from;
    std::size_t most;
    bool now(result_type& some) { return from->take_some(most, some); }
    awaitable<result_type> later() { return from->read_some(most); }
  };
  bool take(std::optional<std::string_view>& line);
  awaitable<std::optional<std::string_view>> read_on();
  bool take_some(std::size_t most, std::span<const std::string_view>& some);
  awaitable<std::span<const std::string_view>> read_some(std::size_t most);

  std::unique_ptr<impl> impl_;
};

}  // namespace bight::fs
