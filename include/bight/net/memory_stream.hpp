// Streams in memory.
#pragma once
#include <bight/net/stream.hpp>
#include <cstddef>
#include <utility>

namespace bight::net {

/// Options of memory_pipe. Trivially copyable.
struct memory_pipe_options {
  /// Capacity of each direction in bytes; `write` waits when it is full.
  std::size_t capacity = 64 * 1024;
  /// The endpoints that the two streams report.
  endpoint first = {};
  endpoint second = {};
};

/// Returns two connected streams. They use no descriptors, so that tests run in virtual time. After `abort`
/// on one side, the other side reads the data sent before and then gets connection_reset. Concurrency: one
/// loop.
std::pair<stream, stream> memory_pipe(const memory_pipe_options& options = {});

}  // namespace bight::net
