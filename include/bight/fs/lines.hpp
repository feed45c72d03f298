// lines: the lines of a file.
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
  /// Where to begin, in bytes.
  std::uint64_t offset = 0;
  /// How many bytes a line may have, without its end.
  std::size_t max_line = 1U << 20U;
  /// A "\r" before the "\n" belongs to the end of the line.
  bool crlf = false;
  /// How many bytes are read at a time.
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
/// Most calls find the line in memory: they do not suspend and allocate nothing.
/// Memory: the buffer, or twice the longest line if that is more. Concurrency: one call at a time, otherwise
/// std::logic_error. Lifetime: it keeps the file open until it is destroyed or `file::close` is called.
class lines {
 public:
  /// Errors: std::invalid_argument for a buffer of no bytes; EBADF for a file that is closed.
  explicit lines(const file& from, lines_options options = {});
  lines(const lines&) = delete;
  lines& operator=(const lines&) = delete;
  ~lines();

  /// The next line without its end; nothing at the end of the file. The last line need not have an end.
  /// Lifetime: the view is valid until the next call, and as long as `lines`.
  /// Cancellation: nothing is lost. Errors: errc::limit_exceeded, which names limit and path, for a longer
  /// line: at this call and at all that follow; system_error if the file cannot be read: the next call tries
  /// again.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

  /// The next lines, up to `most` (readlines with a hint, which counts bytes in Python): those that are in
  /// memory, so perhaps fewer although more follow; at least one, and none at the end of the file. Each line
  /// as from `next`, with which it may be mixed. It is for who passes many lines on at once; `next` is as
  /// fast.
  ///
  ///     auto some = co_await all.next_lines(1000);
  ///     while (!some.empty()) {
  ///       for (const auto line : some) count(line);
  ///       some = co_await all.next_lines(1000);
  ///     }
  ///
  /// Lifetime: the views, and the span, are valid until the next call of either. Memory: 16 bytes per line.
  /// Cancellation and errors: as with `next`; lines before the one that is too long come first.
  /// std::invalid_argument for 0.
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
