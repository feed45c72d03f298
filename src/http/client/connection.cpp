#include "http/client/connection.hpp"

#include <cstring>

namespace bight::http::detail {

std::span<std::byte> connection::room() noexcept {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ != 0 && end_ == size_) {
    std::memmove(slab_.get(), slab_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return std::as_writable_bytes(std::span{slab_.get() + end_, size_ - end_});
}

bool connection::reusable(clock::time_point now) noexcept {
  // A connection that has just been given back is not asked: the question is a system call.
  constexpr std::chrono::milliseconds trusted{5};
  if (begin_ != end_) return false;
  return now - idle_since_ < trusted || !stream_.readable();
}

}  // namespace bight::http::detail
