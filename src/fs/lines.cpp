#include <bight/fs/lines.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <stdexcept>
#include <string>

#include "fs/detail/busy.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {

class lines::impl {
 public:
  impl(const file& from, const lines_options& options)
      : file_(detail::open_state(from, "read")), options_(options), offset_(options.offset) {
    if (options.buffer == 0) throw std::invalid_argument("bight: fs::lines: a buffer of 0 bytes");
  }

  // True if the answer is known: a line, or the end.
  bool take(std::optional<std::string_view>& line) {
    busy_.require_idle("fs::lines");
    const char* const from = buffer_.get() + begin_;
    const auto* const found =
        end_ == searched_
            ? nullptr
            : static_cast<const char*>(std::memchr(buffer_.get() + searched_, '\n', end_ - searched_));
    std::size_t size = found ? static_cast<std::size_t>(found - from) : end_ - begin_;
    if (!found) {
      searched_ = end_;
      if (!ended_) {
        const std::size_t slack = options_.crlf ? 1 : 0;  // a "\r" whose "\n" comes next
        if (size > options_.max_line && size - options_.max_line > slack) refuse();
        return false;
      }
      if (size == 0) return true;
    }
    const std::size_t taken = size + (found ? 1 : 0);
    if (found && options_.crlf && size != 0 && from[size - 1] == '\r') --size;
    if (size > options_.max_line) refuse();
    line.emplace(from, size);
    begin_ += taken;
    searched_ = begin_;
    return true;
  }

  awaitable<std::optional<std::string_view>> read_on() {
    std::optional<std::string_view> line;
    while (!take(line)) {
      const detail::busy_while at_work{busy_};
      const detail::in_use use{file_, "read"};
      make_room();
      const auto n = co_await detail::read_piece(
          file_, offset_, std::as_writable_bytes(std::span{buffer_.get() + end_, room_ - end_}));
      offset_ += n;
      end_ += n;
      ended_ = n == 0;
    }
    co_return line;
  }

 private:
  [[noreturn]] void refuse() {
    searched_ = begin_;  // the next call finds the same
    throw boost::system::system_error(make_error_code(errc::limit_exceeded),
                                      "bight: read '" + file_->path.string() + "': a line of more than " +
                                          std::to_string(options_.max_line) + " bytes");
  }

  // Moves what is left of a line to the front; a line that fills the buffer gets a larger one.
  void make_room() {
    const auto left = end_ - begin_;
    if (begin_ == 0 && end_ == room_) {
      const auto room = std::max(2 * room_, options_.buffer);
      auto larger = std::make_unique_for_overwrite<char[]>(room);
      if (left != 0) std::memcpy(larger.get(), buffer_.get(), left);
      buffer_ = std::move(larger);
      room_ = room;
    } else if (left != 0) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, left);
    }
    searched_ -= begin_;
    begin_ = 0;
    end_ = left;
  }

  detail::file_ptr file_;
  const lines_options options_;
  std::uint64_t offset_;  // of the next byte to be read
  std::unique_ptr<char[]> buffer_;
  std::size_t room_ = 0;
  std::size_t begin_ = 0;     // what was read, and not returned yet
  std::size_t searched_ = 0;  // no line end before this
  std::size_t end_ = 0;
  bool ended_ = false;
  detail::busy_flag busy_;
};

lines::lines(const file& from, lines_options options) : impl_(std::make_unique<impl>(from, options)) {}
lines::~lines() = default;
bool lines::take(std::optional<std::string_view>& line) { return impl_->take(line); }
awaitable<std::optional<std::string_view>> lines::read_on() { return impl_->read_on(); }

}  // namespace bight::fs
