#include <bight/fs/reader.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "fs/detail/busy.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {

class reader::impl {
 public:
  impl(const file& from, reader_options options)
      : file_(detail::open_state(from, "read")), offset_(options.offset), size_(options.buffer) {
    if (size_ == 0) throw std::invalid_argument("bight: fs::reader: the buffer size is 0");
  }

  std::uint64_t position() const noexcept { return offset_ - (end_ - begin_); }
  void seek(std::uint64_t position) noexcept {
    offset_ = position;
    begin_ = end_ = 0;
  }

  awaitable<std::size_t> read_some(std::span<std::byte> to) {
    busy_.require_idle("fs::reader");
    const detail::busy_while at_work{busy_};
    const detail::in_use use{file_, "read"};
    if (begin_ == end_) {
      if (to.size() >= size_) {
        const auto n = co_await detail::read_piece(file_, offset_, to);
        offset_ += n;
        co_return n;
      }
      if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(size_);
      const auto n = co_await detail::read_piece(file_, offset_, std::span{buffer_.get(), size_});
      offset_ += n;
      begin_ = 0;
      end_ = n;
    }
    const auto n = std::min(to.size(), end_ - begin_);
    std::memcpy(to.data(), buffer_.get() + begin_, n);
    begin_ += n;
    co_return n;
  }

 private:
  detail::file_ptr file_;
  std::uint64_t offset_;  // of the next byte to be read into the buffer
  std::size_t size_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0;  // what was read, and not taken yet
  std::size_t end_ = 0;
  detail::busy_flag busy_;
};

reader::reader(const file& from, reader_options options) : impl_(std::make_unique<impl>(from, options)) {}
reader::~reader() = default;
awaitable<std::size_t> reader::read_some(std::span<std::byte> buffer) { return impl_->read_some(buffer); }
std::uint64_t reader::position() const noexcept { return impl_->position(); }
void reader::seek(std::uint64_t position) noexcept { impl_->seek(position); }

}  // namespace bight::fs
