// with_faults: a stream with scripted faults.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/net/stream.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace bight::testing {

namespace detail {
class fault_track;
}

/// The faults of one direction of a stream, by byte offset: `n` bytes pass, then the fault applies to byte
/// `n`, counted from 0. The end of the stream counts as a byte.
///
///     auto script = testing::fault_script{}.split_every(1).delay_at(10, 5s).reset_at(40);
///
/// Any number of splits, delays and corruptions; of reset, end and stall, the first in the stream applies.
/// Errors: std::invalid_argument for invalid arguments, such as a split every 0 bytes.
class fault_script {
 public:
  fault_script() noexcept {}

  /// Splits the data before byte `n`: no read returns, and no write passes on, bytes from both sides. Between
  /// two pieces written, other tasks run once; to control the pieces that are read, split the reading
  /// direction.
  fault_script& split_at(std::uint64_t n);
  /// Splits the data into pieces of `n` bytes; 1 means byte by byte.
  fault_script& split_every(std::uint64_t n);
  /// Delays byte `n` by `d`.
  template <class Rep, class Period>
  fault_script& delay_at(std::uint64_t n, std::chrono::duration<Rep, Period> d) {
    return delay_for(n, bight::detail::to_duration(d));
  }
  /// Flips the bits of `mask` in byte `n`.
  fault_script& corrupt_at(std::uint64_t n, std::byte mask = std::byte{0x01});
  /// Byte `n` never passes: operations wait until they are cancelled or the stream is closed.
  fault_script& stall_at(std::uint64_t n);
  /// Ends the stream before byte `n` (half-close). Reading: returns the end from then on, and discards
  /// further data from the peer. Writing: the peer sees the end, and further data is discarded without an
  /// error.
  fault_script& end_at(std::uint64_t n);
  /// Resets the connection before byte `n`: connection_reset here, in both directions from then on, and at
  /// the peer after it has read what was sent before.
  fault_script& reset_at(std::uint64_t n);

 private:
  friend class detail::fault_track;
  enum class ending : std::uint8_t { stall, end, reset };
  struct delay {
    std::uint64_t at;
    clock::duration time;
  };
  struct corruption {
    std::uint64_t at;
    std::byte mask;
  };
  fault_script& delay_for(std::uint64_t n, clock::duration d);
  fault_script& finish_at(std::uint64_t n, ending how);

  std::vector<std::uint64_t> splits_;  // these three are sorted
  std::vector<delay> delays_;
  std::vector<corruption> corruptions_;
  std::uint64_t every_ = 0;
  std::optional<ending> ending_;
  std::uint64_t end_ = 0;
};

/// The scripts of both directions, from the point of view of the owner of the stream.
class faults {
 public:
  faults() noexcept {}
  fault_script reading;
  fault_script writing;
};

/// Returns `s` with the faults of `script`.
///
///     testing::faults script;
///     script.reading.split_every(1).reset_at(40);
///     auto s = testing::with_faults(std::move(client), script);
///
/// Works with any stream: in memory, of a fake_network, TCP (with some overhead). All contracts of `stream`
/// hold: a write that fails or is cancelled midway breaks the stream, a cancelled read has consumed nothing,
/// an interrupted delay continues later. `native_handle` is -1. Each read and write is a step of
/// fail_at_every_step. Precondition: s.valid().
[[nodiscard]] net::stream with_faults(net::stream s, faults script = {});

}  // namespace bight::testing
