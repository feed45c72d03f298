#include <bight/fs/writer.hpp>

#include <bight/core/log.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "fs/detail/busy.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {

class writer::impl {
 public:
  impl(const file& to, writer_options options)
      : file_(detail::open_state(to, "write")), offset_(options.offset), room_(options.buffer) {
    if (room_ == 0) throw std::invalid_argument("bight: fs::writer: the buffer size is 0");
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    if (buffered() == 0) return;
    try {
      log(log_level::warning, "bight: fs::writer: " + std::to_string(buffered()) + " bytes of '" +
                                  file_->path.string() + "' were never flushed");
    } catch (...) { log(log_level::warning, "bight: fs::writer: unflushed data was discarded"); }
  }

  std::uint64_t position() const noexcept { return offset_ + buffered(); }
  std::size_t buffered() const noexcept { return end_ - begin_; }

  // True if it fits.
  bool keep(std::span<const std::byte> data) {
    busy_.require_idle("fs::writer");
    if (file_->closing) detail::fail(EBADF, "write", file_->path);
    if (data.size() > room_ - end_) return false;
    put(data);
    return true;
  }

  awaitable<void> write_through(std::span<const std::byte> data) {
    if (keep(data)) co_return;
    const detail::busy_while at_work{busy_};
    const detail::in_use use{file_, "write"};
    co_await drain();
    while (data.size() >= room_) {
      const auto n = co_await detail::write_some(file_, offset_, data);
      offset_ += n;
      data = data.subspan(n);
    }
    put(data);
  }

  awaitable<void> flush() {
    busy_.require_idle("fs::writer");
    const detail::busy_while at_work{busy_};
    const detail::in_use use{file_, "write"};
    co_await drain();
  }

  awaitable<void> close() {
    busy_.require_idle("fs::writer");
    const detail::busy_while at_work{busy_};
    if (buffered() != 0) {
      const detail::in_use use{file_, "write"};
      co_await drain();
    }
    auto all = detail::file_access::make(file_);
    co_await all.close();
  }

 private:
  void put(std::span<const std::byte> data) {
    if (data.empty()) return;
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(room_);
    std::memcpy(buffer_.get() + end_, data.data(), data.size());
    end_ += data.size();
  }
  // What was written is out of the buffer at once: whatever stops this, nothing is written twice.
  awaitable<void> drain() {
    while (begin_ != end_) {
      const auto n =
          co_await detail::write_some(file_, offset_, std::span{buffer_.get() + begin_, end_ - begin_});
      offset_ += n;
      begin_ += n;
    }
    begin_ = end_ = 0;
  }

  detail::file_ptr file_;
  std::uint64_t offset_;  // of the first byte in the buffer
  std::size_t room_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  detail::busy_flag busy_;
};

writer::writer(file& to, writer_options options) : impl_(std::make_unique<impl>(to, options)) {}
writer::~writer() = default;
bool writer::keep(std::span<const std::byte> data) { return impl_->keep(data); }
awaitable<void> writer::write_through(std::span<const std::byte> data) { return impl_->write_through(data); }
awaitable<void> writer::flush() { return impl_->flush(); }
awaitable<void> writer::close() { return impl_->close(); }
std::uint64_t writer::position() const noexcept { return impl_->position(); }
std::size_t writer::buffered() const noexcept { return impl_->buffered(); }

}  // namespace bight::fs
