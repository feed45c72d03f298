// text_lines: the lines of a file as text.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/text.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace bight::fs {

/// Trivially copyable.
struct text_lines_options {
  /// Where to begin, in bytes: at the beginning of a character.
  std::uint64_t offset = 0;
  text_errors errors = text_errors::strict;
  /// "\r\n" and "\r" end a line as "\n" does (Python's newline=None); otherwise a "\r" belongs to the line.
  bool universal_newlines = true;
  /// Drops a byte order mark at offset 0.
  bool skip_bom = true;
  /// How many bytes of UTF-8 a line may have, without its end.
  std::size_t max_line = 1U << 20U;
  /// How many bytes are read at a time.
  std::size_t buffer = 64U << 10U;
};

/// Reads a file in UTF-8 line by line (`for line in open(path)`): as `lines`, which is the way for bytes, and
/// faster.
///
///     auto f = co_await bight::fs::open("names.txt");
///     bight::fs::text_lines all{f};
///     auto line = co_await all.next();
///     while (line) {
///       greet(*line);
///       line = co_await all.next();
///     }
///
/// Memory: three times the buffer, seven times if malformed bytes are replaced, and twice the longest line if
/// that is more. Concurrency and lifetime: as with `lines`.
class text_lines {
 public:
  /// Errors: std::invalid_argument for a buffer of no bytes; EBADF for a file that is closed.
  explicit text_lines(const file& from, text_lines_options options = {});
  text_lines(const text_lines&) = delete;
  text_lines& operator=(const text_lines&) = delete;
  ~text_lines();

  /// The next line without its end; nothing at the end of the file. The last line need not have an end.
  /// Lifetime: the view is valid until the next call, and as long as `text_lines`.
  /// Cancellation: nothing is lost. Errors: text_error for bytes that are not UTF-8, after the lines before
  /// them; errc::limit_exceeded, which names limit and path, for a longer line: both at this call and at all
  /// that follow; system_error if the file cannot be read: the next call tries again.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

  /// The next lines, up to `most`: see lines::next_lines.
  auto next_lines(std::size_t most) noexcept {
    return detail::quick_operation<batch_step>{batch_step{this, most}};
  }

 private:
  class impl;
  struct step {
    using result_type = std::optional<std::string_view>;
    text_lines* from;
    bool now(result_type& line) { return from->take(line); }
    awaitable<result_type> later() { return from->read_on(); }
  };
  struct batch_step {
    using result_type = std::span<const std::string_view>;
    text_lines* from;
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
