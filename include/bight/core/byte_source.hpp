// byte_source: the interface of everything that bytes are read from.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <span>
#include <string>

namespace bight {

/// A source of bytes: a network stream, a file, the output of a process, a message body. Derived classes may
/// be movable. Concurrency: one read at a time.
class byte_source {
 public:
  byte_source(const byte_source&) = delete;
  virtual ~byte_source() = default;

  /// Reads at least one byte into `buffer`. Returns the number of bytes, 0 at the end. Precondition: `buffer`
  /// is not empty, and stays valid until the read has completed. Cancellation: a cancelled read has taken
  /// nothing.
  [[nodiscard]] virtual awaitable<std::size_t> read_some(std::span<std::byte> buffer) = 0;

 protected:
  byte_source() = default;
  byte_source(byte_source&&) = default;
  byte_source& operator=(byte_source&&) = default;
};

/// Reads to the end (StreamReader.read), at most `limit` bytes. Errors: errc::limit_exceeded, which names the
/// limit, if there are more. Cancellation: the data read so far is lost.
[[nodiscard]] awaitable<std::string> read_all(byte_source& source, std::size_t limit = 64U << 20U);

/// Fills `buffer` (StreamReader.readexactly). Errors: errc::unexpected_end, with both byte counts, if the
/// source ends early. Cancellation: the data read so far is lost; reader::read_exactly keeps it.
[[nodiscard]] awaitable<void> read_exactly(byte_source& source, std::span<std::byte> buffer);

}  // namespace bight
