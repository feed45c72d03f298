// Streams in memory: both ends in one process, in virtual time.
#pragma once
#include <bight/net/stream.hpp>
#include <cstddef>
#include <utility>

namespace bight::net {

/// Options of memory_pipe. Trivially copyable.
struct memory_pipe_options {
  /// Bytes that each direction holds before `write` waits.
  std::size_t capacity = 64 * 1024;
  /// What the first and the second end say that their address is.
  endpoint first = {};
  endpoint second = {};
};

/// Two connected streams: what is written to one is read from the other. They need no descriptor, and time in
/// a test stays virtual. `abort` on one side gives connection_reset on the other once it has read what was
/// sent before. Concurrency: one loop.
std::pair<stream, stream> memory_pipe(const memory_pipe_options& options = {});

}  // namespace bight::net
