// byte_source: where bytes come from, and what is done with any of them.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <span>
#include <string>

namespace bight {

/// Something to read bytes from: a network stream, a file, the output of a process, the body of a message.
/// Implement it for sources of your own; derived classes may be movable. Concurrency: one read at a time.
class byte_source {
 public:
  byte_source(const byte_source&) = delete;
  virtual ~byte_source() = default;

  /// Reads what is there, at least one byte, into `buffer`. Returns the number of bytes, 0 at the end.
  /// Precondition: `buffer` is not empty, and stays where it is until the read ends.
  /// Cancellation: a cancelled read has taken nothing.
  [[nodiscard]] virtual awaitable<std::size_t> read_some(std::span<std::byte> buffer) = 0;

 protected:
  byte_source() = default;
  byte_source(byte_source&&) = default;
  byte_source& operator=(byte_source&&) = default;
};

/// Reads to the end (StreamReader.read). `limit`: how many bytes at most.
/// Errors: errc::limit_exceeded, which names the limit, as soon as there is more. Cancellation: what was read
/// is lost.
[[nodiscard]] awaitable<std::string> read_all(byte_source& source, std::size_t limit = 64U << 20U);

/// Fills all of `buffer` (StreamReader.readexactly). Errors: errc::unexpected_end, with both numbers, if the
/// source ends before. Cancellation: what was read is lost; reader::read_exactly keeps it.
[[nodiscard]] awaitable<void> read_exactly(byte_source& source, std::span<std::byte> buffer);

}  // namespace bight
