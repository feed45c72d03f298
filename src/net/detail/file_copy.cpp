#include <bight/net/detail/file_copy.hpp>

#include <algorithm>

namespace bight::net::detail {
namespace {
constexpr std::uint64_t piece = 64 * 1024;
}

file_copy::file_copy(int file, std::uint64_t offset, std::uint64_t count)
    : file_(file), offset_(offset), count_(count), buffer_(std::min(piece, count)) {}

awaitable<bool> file_copy::next() {
  filled_ = 0;
  if (done_ == count_) co_return false;
  const auto wanted = std::min<std::uint64_t>(buffer_.size(), count_ - done_);
  const auto room = std::span{buffer_}.first(wanted);
  if (const auto now = file_.read_now(offset_ + done_, room))
    filled_ = *now;
  else
    filled_ = co_await file_.read_later(offset_ + done_, room);
  done_ += filled_;
  co_return filled_ != 0;
}

}  // namespace bight::net::detail
