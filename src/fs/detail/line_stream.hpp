// Splitting data into lines: the common part of lines and text_lines.
#pragma once
#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/detail/busy.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {

/// Bytes that are taken out line by line.
class line_buffer {
 public:
  enum class taken : std::uint8_t { line, end, nothing, too_long };

  /// `crlf`: a "\r" before the "\n" belongs to the end of the line.
  line_buffer(std::size_t max_line, std::size_t usual_room, bool crlf) noexcept
      : max_line_(max_line), usual_room_(usual_room), crlf_(crlf) {}

  /// `line` is valid until the next `room`. After `too_long` the next call finds the same.
  taken take(std::string_view& line) noexcept {
    const char* const from = bytes_.get() + begin_;
    const auto* const found =
        end_ == searched_
            ? nullptr
            : static_cast<const char*>(std::memchr(bytes_.get() + searched_, '\n', end_ - searched_));
    std::size_t size = found ? static_cast<std::size_t>(found - from) : end_ - begin_;
    if (!found) {
      searched_ = end_;
      if (!ended_) {
        const std::size_t slack = crlf_ ? 1 : 0;  // a "\r" whose "\n" comes next
        return size > max_line_ && size - max_line_ > slack ? refuse() : taken::nothing;
      }
      if (size == 0) return taken::end;
    }
    const std::size_t with_end = size + (found ? 1 : 0);
    if (found && crlf_ && size != 0 && from[size - 1] == '\r') --size;
    if (size > max_line_) return refuse();
    line = {from, size};
    begin_ += with_end;
    searched_ = begin_;
    return taken::line;
  }

  /// Where more goes: `at_least` bytes. Moves what is left of a line to the front; a line that fills the
  /// buffer gets a larger one.
  std::span<char> room(std::size_t at_least) {
    const auto left = end_ - begin_;
    if (room_ - left < at_least) {
      const auto room = std::max({2 * room_, usual_room_, left + at_least});
      auto larger = std::make_unique_for_overwrite<char[]>(room);
      if (left != 0) std::memcpy(larger.get(), bytes_.get() + begin_, left);
      bytes_ = std::move(larger);
      room_ = room;
    } else if (left != 0) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, left);
    }
    searched_ -= begin_;
    begin_ = 0;
    end_ = left;
    return {bytes_.get() + end_, room_ - end_};
  }
  void add(std::size_t size) noexcept { end_ += size; }
  /// There is no more.
  void end() noexcept { ended_ = true; }

 private:
  taken refuse() noexcept {
    searched_ = begin_;
    return taken::too_long;
  }

  const std::size_t max_line_;
  const std::size_t usual_room_;
  const bool crlf_;
  std::unique_ptr<char[]> bytes_;
  std::size_t room_ = 0;
  std::size_t begin_ = 0;     // what was added, and not taken yet
  std::size_t searched_ = 0;  // no line end before this
  std::size_t end_ = 0;
  bool ended_ = false;
};

/// `Source`: `name`, `file`, `awaitable<void> read(line_buffer&)`, which adds something or ends the buffer,
/// and `check()`, which throws what keeps it from reading on.
template <class Source, class Options>
class line_stream {
 public:
  line_stream(const file& from, const Options& options)
      : source_(open_state(from, "read"), options),
        buffer_(source_.buffer(options)),
        max_line_(options.max_line) {
    if (options.buffer == 0)
      throw std::invalid_argument(std::string{"bight: "} + Source::name + ": the buffer size is 0");
  }

  /// True if the answer is known: a line, or the end.
  bool take(std::optional<std::string_view>& line) {
    busy_.require_idle(Source::name);
    std::string_view found;
    const auto what = buffer_.take(found);
    if (what != line_buffer::taken::line) return is_end(what);
    line = found;
    return true;
  }

  /// The same for up to `most` lines, those that are there.
  bool take_some(std::size_t most, std::span<const std::string_view>& lines) {
    busy_.require_idle(Source::name);
    if (most == 0)
      throw std::invalid_argument(std::string{"bight: "} + Source::name +
                                  ": next_lines: the number of lines is 0");
    batch_.clear();
    std::string_view found;
    auto what = line_buffer::taken::line;
    while (batch_.size() != most && (what = buffer_.take(found)) == line_buffer::taken::line)
      batch_.push_back(found);
    if (batch_.empty()) return is_end(what);
    lines = batch_;
    return true;
  }

  awaitable<std::optional<std::string_view>> read_on() {
    std::optional<std::string_view> line;
    while (!take(line)) co_await read();
    co_return line;
  }
  awaitable<std::span<const std::string_view>> read_some(std::size_t most) {
    std::span<const std::string_view> lines;
    while (!take_some(most, lines)) co_await read();
    co_return lines;
  }

 private:
  awaitable<void> read() {
    const busy_while at_work{busy_};
    const in_use use{source_.file, "read"};
    co_await source_.read(buffer_);
  }

  bool is_end(line_buffer::taken what) const {
    if (what == line_buffer::taken::too_long)
      throw boost::system::system_error(make_error_code(errc::limit_exceeded),
                                        "bight: read '" + source_.file->path.string() + "': a line exceeds " +
                                            std::to_string(max_line_) + " bytes");
    if (what == line_buffer::taken::nothing) source_.check();
    return what == line_buffer::taken::end;
  }

  Source source_;
  line_buffer buffer_;
  std::vector<std::string_view> batch_;
  std::size_t max_line_;
  busy_flag busy_;
};

}  // namespace bight::fs::detail
