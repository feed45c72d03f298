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

// It is asked every time, however short it was idle: what came unasked would be taken for the next response
// (RFC 9112 9.2).
bool connection::reusable() noexcept { return begin_ == end_ && !stream_.readable(); }

}  // namespace bight::http::detail
