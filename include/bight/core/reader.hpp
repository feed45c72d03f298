// reader: buffered reading of lines, delimited text and exact counts.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bight {

/// Thrown if a source ends early (IncompleteReadError). Its code is errc::unexpected_end.
class incomplete_read_error : public boost::system::system_error {
 public:
  incomplete_read_error(std::string partial, const std::string& what);
  /// The data read before the end, which the reader no longer holds.
  const std::string& partial() const noexcept { return *partial_; }

 private:
  std::shared_ptr<const std::string> partial_;  // copies do not throw
};

/// Reads a byte_source through a buffer (asyncio.StreamReader). All functions may be mixed freely.
///
///     bight::reader in{stream};
///     auto greeting = co_await in.read_line();
///     auto header = co_await in.read_exactly(12);
///
/// Reads ahead: do not read the source directly while there is a reader. At the end of the source, each call
/// reads from the source again. Memory: at most `max_buffered` bytes, plus the result of read_exactly.
/// Concurrency: one call at a time. Lifetime: the source must outlive the reader and not move. Cancellation:
/// no data is lost; what was received stays in the buffer. Errors: those of the source, which leave the
/// buffer unchanged.
class reader final : public byte_source {
 public:
  /// `max_buffered`: the maximum size of a line, delimited text or peek in bytes; not 0.
  explicit reader(byte_source& from, std::size_t max_buffered = 64U << 10U) noexcept
      : source_(&from), max_buffered_(max_buffered) {}
  reader(reader&&) noexcept = default;
  reader& operator=(reader&&) noexcept = default;
  ~reader() override = default;

  /// The next line without its line ending, "\n" or "\r\n"; nullopt at the end of the source. The last line
  /// may lack a line ending. Errors: errc::limit_exceeded, which names the limit, if the line is longer; the
  /// data is kept.
  [[nodiscard]] awaitable<std::optional<std::string>> read_line();
  /// Reads up to and including `end` (readuntil). Errors: incomplete_read_error if the source ends first;
  /// errc::limit_exceeded if it exceeds `max_buffered`, and the data is kept; std::invalid_argument if `end`
  /// is empty.
  [[nodiscard]] awaitable<std::string> read_until(std::string_view end);
  /// Reads exactly `n` bytes (readexactly), regardless of max_buffered. Errors: incomplete_read_error.
  [[nodiscard]] awaitable<std::string> read_exactly(std::size_t n);
  /// Returns the next `n` bytes without consuming them; fewer only at the end of the source. Lifetime: until
  /// the next call. Errors: errc::limit_exceeded if n exceeds `max_buffered`.
  [[nodiscard]] awaitable<std::string_view> peek(std::size_t n);
  /// Reads at least one byte; 0 at the end of the source.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;

  /// The buffered data. Lifetime: until the next call.
  std::string_view buffered() const noexcept { return std::string_view{held_}.substr(begin_); }

 private:
  friend class line_reader;
  awaitable<std::optional<std::string>> next_line(bool with_carriage_return);
  awaitable<bool> receive(std::size_t at_least);
  std::string take(std::size_t n);
  [[noreturn]] void throw_limit(const char* what) const;
  [[noreturn]] void throw_incomplete(const char* what, std::size_t wanted);

  byte_source* source_;
  std::size_t max_buffered_;
  std::string held_;
  std::size_t begin_ = 0;  // of the data that has not been consumed
};

/// Reads only lines (`async for line in reader`).
///
///     bight::line_reader lines{child.output()};
///     auto line = co_await lines.next();
///     while (line) {
///       print(*line);
///       line = co_await lines.next();
///     }
///
/// Like reader::read_line, but only "\n" ends a line: a preceding "\r" is part of the line.
class line_reader {
 public:
  /// `max_line`: the maximum length of a line in bytes, without its ending.
  explicit line_reader(byte_source& source, std::size_t max_line = 64U << 10U) noexcept
      : in_(source, max_line) {}

  /// The next line; nullopt at the end.
  [[nodiscard]] awaitable<std::optional<std::string>> next() { return in_.next_line(false); }

 private:
  reader in_;
};

}  // namespace bight
