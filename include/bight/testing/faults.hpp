// with_faults: a stream on which what goes wrong once a year goes wrong where the script says.
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

/// What happens to the bytes of one direction, by their number: `n` bytes pass, and then it happens to byte
/// `n`, counted from 0. The end of the stream counts as a byte.
///
///     auto script = testing::fault_script{}.split_every(1).delay_at(10, 5s).reset_at(40);
///
/// Any number of splits, delays and corruptions; of reset, end and stall the one that comes first in the
/// stream. Errors: std::invalid_argument for what has no meaning, as a split every 0 bytes.
class fault_script {
 public:
  fault_script() noexcept {}

  /// Bytes before and from `n` on are in different pieces: no read returns, and no write passes on, both at
  /// once. Between two pieces that are written, other tasks run once; to be sure of the pieces that are read,
  /// split what is read.
  fault_script& split_at(std::uint64_t n);
  /// In pieces of `n` bytes; 1 is byte by byte.
  fault_script& split_every(std::uint64_t n);
  /// Byte `n` waits for `d` when it is its turn.
  template <class Rep, class Period>
  fault_script& delay_at(std::uint64_t n, std::chrono::duration<Rep, Period> d) {
    return delay_for(n, bight::detail::to_duration(d));
  }
  /// The bits of `mask` are flipped in byte `n`.
  fault_script& corrupt_at(std::uint64_t n, std::byte mask = std::byte{0x01});
  /// Byte `n` never comes: whoever waits for it waits until it is cancelled, or the stream is closed.
  fault_script& stall_at(std::uint64_t n);
  /// The stream ends before byte `n` (half-close). Read: the end, again and again; what the peer sent besides
  /// is not taken. Written: the peer is told the end, and the rest is lost without an error.
  fault_script& end_at(std::uint64_t n);
  /// The connection is reset when it is byte `n`'s turn: connection_reset here, in both directions from then
  /// on, and at the peer when it has read what was sent before.
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

  std::vector<std::uint64_t> splits_;  // these three in order
  std::vector<delay> delays_;
  std::vector<corruption> corruptions_;
  std::uint64_t every_ = 0;
  std::optional<ending> ending_;
  std::uint64_t end_ = 0;
};

/// The scripts of both directions, as the holder of the stream sees them.
class faults {
 public:
  faults() noexcept {}
  fault_script reading;
  fault_script writing;
};

/// `s`, with what `script` says happening to its bytes.
///
///     testing::faults script;
///     script.reading.split_every(1).reset_at(40);
///     auto s = testing::with_faults(std::move(client), script);
///
/// Works on any stream: memory, a fake_network's, TCP (which it makes a little slower). All contracts of
/// `stream` hold: a write that fails or is cancelled half-way leaves it broken, a cancelled read has taken
/// nothing, a delay that was interrupted goes on later. `native_handle` is -1. Each read and write is a step
/// of fail_at_every_step. Precondition: s.valid().
[[nodiscard]] net::stream with_faults(net::stream s, faults script = {});

}  // namespace bight::testing
