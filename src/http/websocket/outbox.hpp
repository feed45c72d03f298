// The sending side of a WebSocket connection: what the system has not taken yet.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/net/stream.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bight::http::ws {

/// Frames leave in the order in which they were put. Nearly all leave at once; a task writes what is left.
class outbox {
 public:
  /// Sends `head` and `payload` as far as possible at once, and keeps a copy of the rest. Returns whether
  /// nothing is left: otherwise `flush` has to run. Errors: those of the stream.
  bool put(net::stream& to, std::string_view head, std::string_view payload);
  /// Writes until nothing is left. One at a time; `end_flush` must follow.
  awaitable<void> flush(net::stream& to);

  /// After `flush`, however it ended: drops what is left.
  void end_flush() noexcept;

  bool empty() const noexcept { return waiting_.empty() && in_flight_.empty(); }
  /// Set while it is empty.
  event& drained() noexcept { return drained_; }

 private:
  std::string waiting_;
  std::string in_flight_;  // what a write refers to
  event drained_;
};

}  // namespace bight::http::ws
