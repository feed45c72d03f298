// reader: lines, exact counts and delimiters from any byte_source.
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

/// Thrown when a source ends before what was asked for is complete (IncompleteReadError).
/// Its code is errc::unexpected_end.
class incomplete_read_error : public boost::system::system_error {
 public:
  incomplete_read_error(std::string partial, const std::string& what);
  /// What was read before the end. The reader does not hold it any more.
  const std::string& partial() const noexcept { return *partial_; }

 private:
  std::shared_ptr<const std::string> partial_;  // copies do not throw
};

/// Reads a byte_source through a buffer (asyncio.StreamReader). The calls may be mixed freely.
///
///     bight::reader in{stream};
///     auto greeting = co_await in.read_line();
///     auto header = co_await in.read_exactly(12);
///
/// It reads ahead, so use only the reader once there is one. At the end of the source each call asks the
/// source again. Memory: at most `max_buffered` bytes, and one call of read_exactly beyond that. Concurrency:
/// one call at a time. Lifetime: the source must outlive it and stay where it is. Cancellation: of any call
/// loses nothing; what was received stays in the buffer. Errors: those of the source, which leave the buffer
/// as it is, too.
class reader final : public byte_source {
 public:
  /// `max_buffered`: the longest line, delimited text or peek, in bytes; not 0.
  explicit reader(byte_source& from, std::size_t max_buffered = 64U << 10U) noexcept
      : source_(&from), max_buffered_(max_buffered) {}
  reader(reader&&) noexcept = default;
  reader& operator=(reader&&) noexcept = default;
  ~reader() override = default;

  /// The next line without its end, which is "\n" or "\r\n"; nothing at the end of the source. The last line
  /// need not have an end. Errors: errc::limit_exceeded, which names the limit, for a longer line; the data
  /// stays.
  [[nodiscard]] awaitable<std::optional<std::string>> read_line();
  /// Everything up to and including `end` (readuntil). Errors: incomplete_read_error if the source ends
  /// before it; errc::limit_exceeded if that is more than `max_buffered` bytes, and the data stays;
  /// std::invalid_argument for an empty `end`.
  [[nodiscard]] awaitable<std::string> read_until(std::string_view end);
  /// Exactly `n` bytes (readexactly), whatever the limit. Errors: incomplete_read_error.
  [[nodiscard]] awaitable<std::string> read_exactly(std::size_t n);
  /// The next `n` bytes, which stay where they are; fewer only at the end of the source. Lifetime: until the
  /// next call. Errors: errc::limit_exceeded for more than `max_buffered`.
  [[nodiscard]] awaitable<std::string_view> peek(std::size_t n);
  /// What is there, at least one byte; 0 at the end of the source.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;

  /// What was received and not returned yet. Lifetime: until the next call.
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
  std::size_t begin_ = 0;  // of what was not returned yet
};

/// Lines and nothing else (`async for line in reader`).
///
///     bight::line_reader lines{child.output()};
///     auto line = co_await lines.next();
///     while (line) {
///       print(*line);
///       line = co_await lines.next();
///     }
///
/// As reader::read_line, but a line ends with "\n" alone: a "\r" before it belongs to the line.
class line_reader {
 public:
  /// `max_line`: how many bytes a line may have, without its end.
  explicit line_reader(byte_source& source, std::size_t max_line = 64U << 10U) noexcept
      : in_(source, max_line) {}

  /// The next line; nothing at the end.
  [[nodiscard]] awaitable<std::optional<std::string>> next() { return in_.next_line(false); }

 private:
  reader in_;
};

}  // namespace bight
