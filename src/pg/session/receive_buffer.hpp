// What a connection has received: whole messages in one piece, which events and rows refer to.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace bight::pg::detail {

/// Grows up to the size of the longest message, by doubling as its bytes come, and shrinks when it is empty.
class receive_buffer {
 public:
  static constexpr std::size_t usual_size = 64U * 1024;

  std::string_view pending() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t n) noexcept { begin_ += n; }
  void received(std::size_t n) noexcept { end_ += n; }
  /// Room for more behind what is pending, which may move. `message`: the size of the one that has begun, or
  /// 0.
  std::span<std::byte> room(std::size_t message) {
    if (begin_ == end_) {
      begin_ = end_ = 0;
      if (capacity_ != usual_size) resize(usual_size);
    } else if (end_ == capacity_ || message > capacity_ - begin_) {
      make_room(message);
    }
    return std::as_writable_bytes(std::span{memory_.get() + end_, capacity_ - end_});
  }
  /// Puts bytes that were received elsewhere.
  void put(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto to = room(end_ - begin_ + bytes.size());
      const auto n = std::min(to.size(), bytes.size());
      std::memcpy(to.data(), bytes.data(), n);
      received(n);
      bytes.remove_prefix(n);
    }
  }

 private:
  void make_room(std::size_t message) {
    const auto size = end_ - begin_;
    if (size == capacity_ || (message > capacity_ && size >= capacity_ / 2)) {
      resize(std::max(usual_size, std::max(std::min(message, capacity_ * 2), size + usual_size)));
      return;
    }
    if (begin_ == 0) return;
    std::memmove(memory_.get(), memory_.get() + begin_, size);
    begin_ = 0;
    end_ = size;
  }
  void resize(std::size_t capacity) {
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    const auto size = end_ - begin_;
    if (size != 0) std::memcpy(memory.get(), memory_.get() + begin_, size);
    memory_ = std::move(memory);
    capacity_ = capacity;
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace bight::pg::detail
