#include "http/client/connection.hpp"

#include <cstring>
#include <span>

namespace bight::http::detail {

awaitable<std::size_t> connection::receive() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ != 0 && end_ == size_) {
    std::memmove(slab_.get(), slab_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const auto n =
      co_await stream_.read_some(std::as_writable_bytes(std::span{slab_.get() + end_, size_ - end_}));
  end_ += n;
  co_return n;
}

bool connection::reusable(clock::time_point now) noexcept {
  // A connection that has just been given back is not asked: the question is a system call.
  constexpr std::chrono::milliseconds trusted{5};
  if (begin_ != end_) return false;
  return now - idle_since_ < trusted || !stream_.readable();
}

}  // namespace bight::http::detail
