// const_buffers: a sequence of buffers to write.
#pragma once
#include <algorithm>
#include <cstddef>
#include <span>

namespace bight::net {

/// A sequence of one or more buffers, as passed by a stream to its backend. Can be consumed from the front.
/// Trivially copyable. Lifetime: refers to the bytes and to the list of buffers.
class const_buffers {
 public:
  using piece = std::span<const std::byte>;

  constexpr const_buffers() noexcept = default;
  constexpr explicit const_buffers(piece only) noexcept : front_(only) {}
  constexpr explicit const_buffers(std::span<const piece> pieces) noexcept : rest_(pieces) {
    while (!rest_.empty() && rest_.back().empty()) rest_ = rest_.first(rest_.size() - 1);
    skip_empty();
  }

  /// Whether no bytes are left.
  constexpr bool empty() const noexcept { return front_.empty(); }
  /// The number of bytes left. Complexity: linear in the number of buffers.
  constexpr std::size_t size() const noexcept {
    std::size_t all = front_.size();
    for (const auto& p : rest_) all += p.size();
    return all;
  }
  /// The rest of the first buffer; empty only if no bytes are left.
  constexpr piece front() const noexcept { return front_; }
  /// The buffers after it. Some may be empty, but not the last one.
  constexpr std::span<const piece> rest() const noexcept { return rest_; }

  /// Removes the first `n` bytes. Precondition: n <= size().
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
