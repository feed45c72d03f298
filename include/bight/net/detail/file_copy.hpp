// send_file for transports that have no descriptor: pieces of the file, read into memory.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/const_buffers.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <bight/net/detail/paged_file.hpp>

namespace bight::net::detail {

/// Reads a part of a file, piece by piece.
class file_copy {
 public:
  file_copy(int file, std::uint64_t offset, std::uint64_t count);

  /// Reads the next piece, off the loop if that is not in memory. Returns false at the end of the part or of
  /// the file; throws system codes.
  awaitable<bool> next();
  /// What was read last.
  std::span<const std::byte> part() const noexcept { return std::span{buffer_}.first(filled_); }
  /// Bytes read by now.
  std::uint64_t done() const noexcept { return done_; }

 private:
  paged_file file_;
  std::uint64_t offset_;
  std::uint64_t count_;
  std::uint64_t done_ = 0;
  std::size_t filled_ = 0;
  std::vector<std::byte> buffer_;
};

/// Sends a part of a file by `write_to(to, buffers)`; interrupted half-way, it leaves `to->broken` behind.
template <class State>
awaitable<std::uint64_t> send_copies(std::shared_ptr<State> to, int file, std::uint64_t offset,
                                     std::uint64_t count) {
  file_copy source{file, offset, count};
  bool progress = false;
  const const_buffers nothing;
  try {
    co_await write_to(to, nothing);  // throws if it is closed or broken
    bool more = co_await source.next();
    while (more) {
      const const_buffers part{source.part()};
      co_await write_to(to, part);
      progress = true;
      more = co_await source.next();
    }
  } catch (...) {
    to->broken = to->broken || progress;
    throw;
  }
  co_return source.done();
}

}  // namespace bight::net::detail
