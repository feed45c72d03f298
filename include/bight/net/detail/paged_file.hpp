// A file of which the page cache holds a part.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bight::net::detail {

/// Reads a file in place as far as it is in memory, and elsewhere on a thread. Does not own the descriptor.
/// File systems that cannot tell (tmpfs, and some where that matters) are asked once, and then read in place.
class paged_file {
 public:
  explicit paged_file(int file) noexcept : file_(file) {}

  /// Reads what is there without waiting for the storage, 0 at the end. Nothing if that would wait. Throws
  /// system codes.
  std::optional<std::size_t> read_now(std::uint64_t offset, std::span<std::byte> buffer);
  /// Reads at least a byte on a thread, 0 at the end. Cancellation: nothing was read.
  awaitable<std::size_t> read_later(std::uint64_t offset, std::span<std::byte> buffer) const;

  /// True if `size` bytes from `offset` on are in memory, as far as the last of them tells.
  bool is_here(std::uint64_t offset, std::uint64_t size);
  /// Brings `size` bytes from `offset` on into memory, on a thread, and begins with the rest of `ahead`
  /// bytes.
  awaitable<void> bring(std::uint64_t offset, std::uint64_t size, std::uint64_t ahead) const;

  /// Of tests: the errno of reads that must not wait; 0: none.
  static inline thread_local int injected_error = 0;

 private:
  long read_cached(std::uint64_t offset, std::span<std::byte> buffer);

  int file_;
  bool tells_ = true;  // what is in memory
};

}  // namespace bight::net::detail
