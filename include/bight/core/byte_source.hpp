// byte_source: where bytes come from, and what is done with any of them.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace bight {

/// Something to read bytes from: the output of a process, a file. Implement it for sources of your own.
/// Concurrency: one read at a time.
class byte_source {
 public:
  byte_source() = default;
  byte_source(const byte_source&) = delete;
  byte_source& operator=(const byte_source&) = delete;
  virtual ~byte_source() = default;

  /// Reads what is there, at least one byte, into `buffer`. Returns the number of bytes, 0 at the end.
  /// Precondition: `buffer` is not empty, and stays where it is until the read ends.
  /// Cancellation: a cancelled read has taken nothing.
  [[nodiscard]] virtual awaitable<std::size_t> read_some(std::span<std::byte> buffer) = 0;
};

/// Reads to the end (StreamReader.read). `limit`: how many bytes at most.
/// Errors: errc::limit_exceeded, which names the limit, as soon as there is more. Cancellation: what was read
/// is lost.
[[nodiscard]] awaitable<std::string> read_all(byte_source& source, std::size_t limit = 64U << 20U);

/// Fills all of `buffer` (StreamReader.readexactly). Errors: errc::unexpected_end, with both numbers, if the
/// source ends before. Cancellation: what was read so far is in `buffer`, and how much that is is lost.
[[nodiscard]] awaitable<void> read_exactly(byte_source& source, std::span<std::byte> buffer);

/// Reads lines (StreamReader.readline).
///
///     bight::line_reader lines{child.output()};
///     auto line = co_await lines.next();
///     while (line) {
///       ...
///       line = co_await lines.next();
///     }
///
/// It reads ahead: who reads from the source beside it misses what it holds. Memory: at most one line and
/// 4 KiB. Concurrency: one call at a time. Lifetime: the source must outlive it.
class line_reader {
 public:
  /// `max_line`: how many bytes a line may have, without its end.
  explicit line_reader(byte_source& source, std::size_t max_line = 64U << 10U) noexcept
      : source_(&source), max_line_(max_line) {}
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;
  ~line_reader() = default;

  /// The next line without its "\n"; nothing at the end. The last line need not have an end.
  /// Cancellation: nothing is lost. Errors: errc::limit_exceeded, which names the limit, for a longer line:
  /// at this call and at all that follow.
  [[nodiscard]] awaitable<std::optional<std::string>> next();

 private:
  std::optional<std::string> take_line();
  awaitable<void> read_more();

  byte_source* source_;
  std::size_t max_line_;
  std::string held_;          // what was read
  std::size_t begin_ = 0;     // ... and not returned yet, from here on
  std::size_t searched_ = 0;  // no line end before this
  bool ended_ = false;
};

}  // namespace bight
