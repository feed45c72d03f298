// const_buffers: what is to be written, in one piece or several.
#pragma once
#include <algorithm>
#include <cstddef>
#include <span>

namespace bight::net {

/// Bytes to be written: one piece of memory, or several in turn. What a stream hands to its backend.
/// Trivially copyable. It can be consumed from the front, as writes go on. Lifetime: refers to the bytes, and
/// of several pieces to the list of them.
class const_buffers {
 public:
  using piece = std::span<const std::byte>;

  constexpr const_buffers() noexcept = default;
  constexpr explicit const_buffers(piece only) noexcept : front_(only) {}
  constexpr explicit const_buffers(std::span<const piece> pieces) noexcept : rest_(pieces) {
    while (!rest_.empty() && rest_.back().empty()) rest_ = rest_.first(rest_.size() - 1);
    skip_empty();
  }

  /// True if no byte is left.
  constexpr bool empty() const noexcept { return front_.empty(); }
  /// Bytes left. Complexity: linear in the number of pieces.
  constexpr std::size_t size() const noexcept {
    std::size_t all = front_.size();
    for (const auto& p : rest_) all += p.size();
    return all;
  }
  /// What is left of the first piece; empty only if nothing is left.
  constexpr piece front() const noexcept { return front_; }
  /// The pieces after it, of which some may be empty, but not the last one.
  constexpr std::span<const piece> rest() const noexcept { return rest_; }

  /// Drops the first `n` bytes. Precondition: n <= size().
  constexpr void consume(std::size_t n) noexcept {
    while (true) {
      const auto of_front = std::min(n, front_.size());
      front_ = front_.subspan(of_front);
      n -= of_front;
      if (!front_.empty()) return;
      skip_empty();
      if (n == 0 || front_.empty()) return;
    }
  }

 private:
  constexpr void skip_empty() noexcept {
    while (front_.empty() && !rest_.empty()) {
      front_ = rest_.front();
      rest_ = rest_.subspan(1);
    }
  }

  piece front_;
  std::span<const piece> rest_;
};

}  // namespace bight::net
