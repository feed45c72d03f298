// text_lines: reads a text file line by line.
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
  /// The offset of the first byte, which must begin a character.
  std::uint64_t offset = 0;
  text_errors errors = text_errors::strict;
  /// Treat "\r\n" and "\r" as line endings, too (Python's newline=None); otherwise "\r" is part of the line.
  bool universal_newlines = true;
  /// Remove a byte order mark at offset 0.
  bool skip_bom = true;
  /// The maximum length of a line in bytes of UTF-8, without its ending.
  std::size_t max_line = 1U << 20U;
  /// The size of the buffer in bytes.
  std::size_t buffer = 64U << 10U;
};

/// Reads a UTF-8 file line by line (`for line in open(path)`). Like `lines`, which is faster and reads bytes.
///
///     auto f = co_await bight::fs::open("names.txt");
///     bight::fs::text_lines all{f};
///     auto line = co_await all.next();
///     while (line) {
///       greet(*line);
///       line = co_await all.next();
///     }
///
/// Memory: three times the buffer, seven times if invalid bytes are replaced, and twice the longest line if
/// that is larger. Concurrency and lifetime: as for `lines`.
class text_lines {
 public:
  /// Errors: std::invalid_argument if the buffer size is 0; EBADF if the file is closed.
  explicit text_lines(const file& from, text_lines_options options = {});
  text_lines(const text_lines&) = delete;
  text_lines& operator=(const text_lines&) = delete;
  ~text_lines();

  /// The next line without its ending; nullopt at the end of the file. The last line may lack an ending.
  /// Lifetime: the view is valid until the next call, and not longer than `text_lines`. Cancellation: no line
  /// is lost. Errors: text_error for invalid UTF-8, after the lines before it; errc::limit_exceeded, which
  /// names limit and path, for a longer line; both in this call and all later ones. system_error if reading
  /// fails, and the next call tries again.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

  /// The next lines, at most `most`: see lines::next_lines.
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
